import Plan
import Testing

@testable import Runner

@Suite struct AdmissionTests {
  private func mebibytes(_ count: UInt64?) -> ByteCount? { count.map { ByteCount.mebibytes($0) } }

  @Test func `a target starts when its budget fits beside the running ones`() {
    var admission = Admission(room: .mebibytes(100), parallelTargets: 3)
    #expect(admission.admit(1, wanting: .mebibytes(60)) == .mebibytes(60))
    #expect(admission.admit(2, wanting: .mebibytes(50)) == nil)
    #expect(admission.admit(3, wanting: .mebibytes(40)) == .mebibytes(40))
    admission.release(1)
    #expect(admission.admit(2, wanting: .mebibytes(50)) == .mebibytes(50))
  }

  @Test func `without a budget a target takes its share, or what others leave of it`() {
    var admission = Admission(room: .mebibytes(100), parallelTargets: 2)
    #expect(admission.admit(1, wanting: nil) == .mebibytes(50))
    #expect(admission.admit(2, wanting: nil) == .mebibytes(50))
    var greedy = Admission(room: .mebibytes(100), parallelTargets: 2)
    #expect(greedy.admit(1, wanting: .mebibytes(90)) == .mebibytes(90))
    #expect(greedy.admit(2, wanting: nil) == .mebibytes(10))
    var full = Admission(room: .mebibytes(100), parallelTargets: 2)
    #expect(full.admit(1, wanting: .mebibytes(98)) == .mebibytes(98))
    #expect(full.admit(2, wanting: nil) == nil)
  }

  @Test func `many at once with little room get what is worth starting with, as long as there is some`() {
    var admission = Admission(room: .mebibytes(10), parallelTargets: 20)
    #expect((0..<4).map { admission.admit($0, wanting: nil) } == [.mebibytes(4), .mebibytes(4), nil, nil])
  }

  @Test func `whoever would run alone starts, with what there is`() {
    var admission = Admission(room: .mebibytes(30), parallelTargets: 1)
    #expect(admission.admit(1, wanting: .mebibytes(50)) == .mebibytes(30))
    #expect(admission.admit(2, wanting: .mebibytes(1)) == nil)
  }

  @Test func `higher priorities first, then the order of the config`() {
    let priorities = [0, 5, 5, -1, 0]
    #expect(Admission.inOrder([4, 1, 2, 3, 0]) { priorities[Int($0)] } == [1, 2, 4, 0, 3])
  }

  @Test func `what the run keeps for its folders is no target's, but leaves one enough to start`() {
    var admission = Admission(room: .mebibytes(100), parallelTargets: 1)
    admission.keep(.mebibytes(30))
    #expect(admission.admit(1, wanting: nil) == .mebibytes(70))
    var small = Admission(room: .mebibytes(10), parallelTargets: 1)
    small.keep(.mebibytes(30))
    #expect(small.admit(1, wanting: nil) == Admission.leastBudget)
    var smallest = Admission(room: .mebibytes(1), parallelTargets: 1)
    smallest.keep(.mebibytes(30))
    #expect(smallest.admit(1, wanting: nil) == .mebibytes(1))
  }

  @Test(arguments: 1...200 as ClosedRange<UInt64>)
  func `what is reserved never exceeds the room, and somebody can always start`(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let room = ByteCount.mebibytes(UInt64.random(in: 4...500, using: &random))
    var admission = Admission(room: room, parallelTargets: Int.random(in: 1...6, using: &random))
    for id in 0..<200 {
      let wanted = Bool.random(using: &random) ? nil : mebibytes(UInt64.random(in: 1...600, using: &random))
      let granted = admission.admit(id, wanting: wanted)
      #expect(admission.taken <= room, "seed \(seed)")
      #expect(granted != nil || !admission.reserved.isEmpty, "seed \(seed): nobody runs and nobody may")
      #expect(admission.reserved.count <= admission.parallelTargets, "seed \(seed)")
      if let wanted, let granted { #expect(granted <= wanted, "seed \(seed)") }
      for running in admission.reserved.keys.sorted() where Int.random(in: 0..<3, using: &random) == 0 {
        admission.release(running)
      }
    }
  }
}
