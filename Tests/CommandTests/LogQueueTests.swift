import Foundation
import Plan
import Synchronization
import Testing

@testable import Kernel
@testable import efs_purge_batch

@Suite struct LogQueueTests {
  /// A reader that takes nothing until it is let.
  private final class Reader: Sendable {
    let isOpen = Monitor(false)
    let seen = Monitor<[String]>([])

    func take(_ line: [UInt8]) {
      _ = isOpen.wait { $0 ? true : nil }
      seen.withLock { $0.append(String(decoding: line, as: UTF8.self)) }
      seen.broadcast()
    }

    func open() {
      isOpen.withLock { $0 = true }
      isOpen.broadcast()
    }
  }

  @Test(arguments: [100, 5000, 60_000]) func `It holds half a mebibyte, however long lines are, and counts the others`(
    length: Int
  ) throws {
    let reader = Reader()
    let queue = LogQueue(writeOut: { reader.take($0) }, droppedLine: { Array("dropped \($0)".utf8) })
    try queue.start()
    let count = 2 * LogQueue.capacity / length
    for number in 0..<count {
      let text = "\(number) "
      queue.write(Array((text + String(repeating: "x", count: length - text.utf8.count)).utf8))
    }
    reader.open()
    queue.flush(until: .distantFuture)
    let lines = reader.seen.withLock { $0 }
    let dropped = try #require(lines.last.flatMap { Int($0.dropFirst("dropped ".count)) })
    #expect(dropped + lines.count - 1 == count)
    let bytes = lines.reduce(0) { $0 + $1.utf8.count }
    #expect(bytes <= LogQueue.capacity && bytes > LogQueue.capacity / 2)
    #expect(lines.dropLast().enumerated().allSatisfy { $1.hasPrefix("\($0) ") })
  }

  @Test func `Lines that are written patiently wait for a slow reader, and none is missing`() throws {
    let seen = Atomic<Int>(0)
    let queue = LogQueue(
      writeOut: { _ in
        if seen.add(1, ordering: .relaxed).newValue % 500 == 0 { usleep(2000) }
      }, droppedLine: { Array("dropped \($0)".utf8) })
    try queue.start()
    let ended = Monitor(0)
    for _ in 0..<4 {
      try PlainThread.start(name: "writer") {
        for _ in 0..<5000 { queue.writePatiently([UInt8](repeating: 0x78, count: 200)) }
        ended.withLock { $0 += 1 }
        ended.broadcast()
      }
    }
    _ = ended.wait { $0 == 4 ? true : nil }
    queue.flush(until: .distantFuture)
    #expect(seen.load(ordering: .relaxed) == 20_000)
  }

  @Test func `A reader that takes nothing is waited for once, not for ever, and again when it has read`() throws {
    let reader = Reader()
    let queue = LogQueue(writeOut: { reader.take($0) }, droppedLine: { Array("dropped \($0)".utf8) })
    try queue.start()
    let line = [UInt8](repeating: 0x78, count: 60_000)
    func seconds(_ count: Int) -> Double {
      let start = MonotonicTime.now()
      for _ in 0..<count { queue.writePatiently(line) }
      return MonotonicTime.now().since(start) / .seconds(1)
    }
    _ = seconds(4)
    let first = seconds(1)
    #expect(first > 1.5 && first < 10)
    #expect(seconds(20) < 1)
    reader.open()
    queue.flush(until: .distantFuture)
    let read = reader.seen.withLock { $0.count }
    _ = seconds(200)
    queue.flush(until: .distantFuture)
    #expect(reader.seen.withLock { $0.count } == read + 200)
  }

  @Test func `What could not be told makes a success a failure, and one for good worth another try`() {
    #expect(ExitStatus.allCases.filter { $0.withSomethingUntold != $0 } == [.success, .permanentFailures])
    #expect(ExitStatus.success.withSomethingUntold == .failures)
    #expect(ExitStatus.permanentFailures.withSomethingUntold == .failures)
  }
}
