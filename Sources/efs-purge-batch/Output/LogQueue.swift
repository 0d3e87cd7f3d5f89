import Kernel
import SystemPackage

/// Takes log lines from any thread, in order, and has a thread of its own write them: whoever reads the log slowly, or not
/// at all, must not hold up a stop, the memory guard or the work.
final class LogQueue: Sendable {
  /// About a megabyte. What comes on top is dropped and counted; failures are in the report in any case.
  private static let capacity = 2048
  /// What the end of the process waits for a reader.
  private static let patience: Duration = .seconds(1)

  private struct State {
    var lines: [[UInt8]] = []
    var dropped = 0
    var isStarted = false
    var isWriting = false
  }

  private let state = Monitor(State())
  private let droppedLine: @Sendable (Int) -> [UInt8]

  /// - Parameter droppedLine: the line that tells how many were dropped.
  init(droppedLine: @escaping @Sendable (Int) -> [UInt8]) { self.droppedLine = droppedLine }

  /// Starts the writing thread; until then lines are written by whoever logs them. To be called after
  /// `StopSignals.watch`, so that no signal finds a thread that does not expect it.
  func start() throws(Errno) {
    try PlainThread.start(name: "log") { [self] in
      while true { writeNext() }
    }
    state.withLock { $0.isStarted = true }
  }

  func write(_ line: [UInt8]) {
    let isQueued = state.withLock { state in
      guard state.isStarted else { return false }
      if state.lines.count < LogQueue.capacity { state.lines.append(line) } else { state.dropped += 1 }
      return true
    }
    if isQueued { state.broadcast() } else { StandardError.write(line) }
  }

  /// Waits until all is written, but not for ever.
  func flush() {
    _ = state.wait(timeout: LogQueue.patience) { $0.lines.isEmpty && !$0.isWriting ? true : nil }
  }

  private func writeNext() {
    let (lines, dropped) =
      state.wait { state -> ([[UInt8]], Int)? in
        if state.lines.isEmpty { return nil }
        defer { (state.lines, state.dropped, state.isWriting) = ([], 0, true) }
        return (state.lines, state.dropped)
      } ?? ([], 0)
    for line in lines { StandardError.write(line) }
    if dropped > 0 { StandardError.write(droppedLine(dropped)) }
    state.withLock { $0.isWriting = false }
    state.broadcast()
  }
}
