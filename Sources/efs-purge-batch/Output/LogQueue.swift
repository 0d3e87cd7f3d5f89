import Kernel
import SystemPackage

/// Takes log lines from any thread, in order, and has a thread of its own write them: whoever reads the log slowly, or not
/// at all, must not hold up a stop, the memory guard or the work.
final class LogQueue: Sendable {
  /// The logger's name.
  static let label = "efs-purge-batch"
  /// Of all lines together. What comes on top is dropped and counted; failures are in the report in any case.
  static let capacity = 512 * 1024
  /// A reader that takes nothing for so long is none.
  private static let patience: Duration = .seconds(2)
  /// What a line costs besides its bytes.
  private static let overhead = 48
  /// Taken out at once: it counts until all of it is written.
  private static let portion = 64 * 1024

  private struct State {
    var lines: [[UInt8]] = []
    /// Of these, and of those that are being written.
    var bytes = 0
    var dropped = 0
    var isStarted = false
    var isWriting = false
    /// Portions written so far.
    var portions = 0
    /// How many there were when a line was waited for in vain: as long as there are no more, nobody reads.
    var portionsGivenUpAt: Int?

    mutating func append(_ line: [UInt8]) {
      lines.append(line)
      bytes += line.count + LogQueue.overhead
    }

    mutating func takeDropped() -> Int {
      defer { dropped = 0 }
      return dropped
    }

    /// Takes the first lines out.
    mutating func takePortion() -> ArraySlice<[UInt8]> {
      var (count, bytes) = (0, 0)
      while count < lines.count, bytes < LogQueue.portion {
        bytes += lines[count].count
        count += 1
      }
      defer { lines.removeFirst(count) }
      return lines[..<count]
    }
  }

  private let state = Monitor(State())
  private let writeOut: @Sendable ([UInt8]) -> Void
  private let droppedLine: @Sendable (Int) -> [UInt8]

  /// - Parameters:
  ///   - writeOut: writes one line to where the log goes.
  ///   - droppedLine: the line that tells how many were dropped.
  init(
    writeOut: @escaping @Sendable ([UInt8]) -> Void = StandardError.write,
    droppedLine: @escaping @Sendable (Int) -> [UInt8]
  ) {
    (self.writeOut, self.droppedLine) = (writeOut, droppedLine)
  }

  /// Starts the writing thread; until then lines are written by whoever logs them. To be called after
  /// `ProcessSignals.watch`, so that no signal finds a thread that does not expect it.
  func start() throws(Errno) {
    try PlainThread.start(name: "log") { [self] in
      while true { writeNext() }
    }
    state.withLock { $0.isStarted = true }
  }

  func write(_ line: [UInt8]) {
    let isQueued = state.withLock { state in
      guard state.isStarted else { return false }
      guard state.bytes == 0 || state.bytes + line.count + LogQueue.overhead <= LogQueue.capacity else {
        state.dropped += 1
        return true
      }
      if state.dropped > 0 { state.append(droppedLine(state.takeDropped())) }
      state.append(line)
      return true
    }
    if isQueued { state.broadcast() } else { writeOut(line) }
  }

  /// The same for a line that is to be missing only when nobody reads the log: waits for room as long as some is read.
  func writePatiently(_ line: [UInt8]) {
    var portions: Int?
    while true {
      let mayBeWritten: Void? = state.wait(timeout: LogQueue.patience) { state in
        let hasRoom = !state.isStarted || state.bytes + line.count + LogQueue.overhead <= LogQueue.capacity / 2
        return hasRoom || state.portionsGivenUpAt == state.portions ? () : nil
      }
      if mayBeWritten != nil { return write(line) }
      portions = state.withLock { state in
        if state.portions == portions { state.portionsGivenUpAt = portions }
        return state.portions
      }
    }
  }

  /// Waits until all is written, but not longer than until `end`.
  func flush(until end: MonotonicTime) {
    let rest = max(.zero, end.since(.now()))
    _ = state.wait(timeout: rest) { $0.lines.isEmpty && $0.dropped == 0 && !$0.isWriting ? true : nil }
  }

  private func writeNext() {
    let lines =
      state.wait { state -> ArraySlice<[UInt8]>? in
        // Behind all that is still there.
        if state.lines.isEmpty, state.dropped > 0 { state.append(droppedLine(state.takeDropped())) }
        if state.lines.isEmpty { return nil }
        state.isWriting = true
        return state.takePortion()
      } ?? []
    for line in lines { writeOut(line) }
    let bytes = lines.reduce(0) { $0 + $1.count + LogQueue.overhead }
    state.withLock { state in
      state.bytes -= bytes
      state.isWriting = false
      state.portions += 1
    }
    state.broadcast()
  }
}
