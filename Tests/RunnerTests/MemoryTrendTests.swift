import Plan
import Testing

@testable import Runner

@Suite struct MemoryTrendTests {
  /// A run of `points` points in which `files` files went by, with memory in MiB as a function of files.
  private func run(
    points: Int = 60, files: UInt64 = 1_000_000, reserved: (Double) -> Double = { _ in 0 },
    _ memory: (Double) -> Double
  ) -> [MemoryPoint] {
    (1...points).map { index in
      let scanned = files * UInt64(index) / UInt64(points)
      let bytes = { (mebibytes: Double) in ByteCount(bytes: UInt64(mebibytes * 1_048_576)) }
      let used = bytes(memory(Double(scanned)))
      return MemoryPoint(
        elapsed: .seconds(index), used: used, workingSet: nil, process: used,
        reserved: bytes(reserved(Double(scanned))), files: scanned)
    }
  }

  @Test func `memory that does not follow the files is flat, whatever it does in between`() {
    #expect(MemoryTrend.of(run { _ in 15 }) == .flat)
    #expect(MemoryTrend.of(run { 15 + Double(Int($0) % 7) / 4 }) == .flat)
    // All of it comes in the beginning.
    #expect(MemoryTrend.of(run { $0 < 200_000 ? $0 / 4000 : 50 }) == .flat)
    #expect(MemoryTrend.of(run { 90 - $0 / 20_000 }) == .flat)
  }

  @Test func `memory that grows with the files is linear`() {
    #expect(MemoryTrend.of(run { 10 + $0 / 5000 }) == .linear)
    #expect(MemoryTrend.of(run { $0 / 5000 }) == .linear)
  }

  @Test func `memory per 1000 files that rises is growing`() {
    #expect(MemoryTrend.of(run { 10 + $0 * $0 / 2e9 }) == .growing)
    #expect(MemoryTrend.of(run { $0 < 500_000 ? 20 : 20 + ($0 - 500_000) / 1000 }) == .growing)
  }

  @Test func `what targets have reserved is no trend: more workers need more memory`() {
    let reserved = { (files: Double) in files < 500_000 ? 5.0 : 5 + (files - 500_000) / 5000 }
    #expect(MemoryTrend.of(run(reserved: reserved) { 12 + reserved($0) }) == .flat)
  }

  @Test func `a rise that follows the files is linear, however much was reserved for less`() {
    for reserved in [0, 30, 40] as [Double] {
      let workers = { (files: Double) in files < 50_000 ? 0 : reserved }
      #expect(MemoryTrend.of(run(reserved: workers) { 40 + $0 / 40_000 }) == .linear)
    }
  }

  @Test func `too little seen is no trend`() {
    #expect(MemoryTrend.of([]) == nil)
    #expect(MemoryTrend.of(run(points: 8) { _ in 15 }) == nil)
    #expect(MemoryTrend.of(run(files: 5000) { $0 }) == nil)
  }

  @Test func `a series stays bounded, in order, and spans the whole run`() {
    var series = MemorySeries()
    var next: Duration = .zero
    for point in run(points: 5000, { $0 / 1e6 }) where point.elapsed >= next {
      series.note(point)
      next = point.elapsed + series.interval
    }
    #expect(series.points.count < MemorySeries.most)
    #expect(series.points.count >= MemorySeries.most / 2)
    #expect(series.points.map(\.files) == series.points.map(\.files).sorted())
    #expect(series.points[0].files < 100_000)
    #expect(series.points.last?.files ?? 0 > 950_000)
  }
}
