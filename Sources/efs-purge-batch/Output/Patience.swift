import Kernel
import Synchronization

/// Does what may never come to an end (a pipe that nobody reads, a file server that hangs) on a thread of its own, and
/// waits for it with patience, not for ever.
final class Patience: Sendable {
  /// What is told at the end, in this order.
  enum Output: CaseIterable {
    case report
    /// The log's lines up to there.
    case lines
    case summary, message, log

    fileprivate var patience: Duration {
      switch self {
      case .report: .seconds(30)
      case .lines: .seconds(1)
      case .summary: .seconds(10)
      case .message: .seconds(5)
      case .log: .seconds(1)
      }
    }

    /// What is kept for those behind it when a signal has set an end.
    fileprivate var reserve: Duration {
      switch self {
      case .report: .milliseconds(500)
      case .lines: .milliseconds(400)
      case .summary: .milliseconds(300)
      case .message: .milliseconds(200)
      case .log: .milliseconds(100)
      }
    }
  }

  /// What was waited for has not come to an end.
  struct NoAnswer: Error, CustomStringConvertible {
    let waited: Duration

    var description: String {
      let tenths = (waited / .milliseconds(100)).rounded()
      return "no answer within \(tenths.remainder(dividingBy: 10) == 0 ? "\(Int(tenths / 10))" : "\(tenths / 10)") s"
    }
  }

  // Writers encode as they write, which takes more than walking does. Only touched pages count.
  private static let stackSize = 1 << 20

  /// However late it is, what answers at once is waited for.
  private static let least: Duration = .milliseconds(50)

  /// When everything must be over; nil: no signal has set that.
  private let end = Monitor<MonotonicTime?>(nil)

  var deadline: MonotonicTime? { end.withLock { $0 } }

  /// Everything must be over by `deadline`, whatever is waited for now; a later one than before is without effect. Whether
  /// this was the first.
  @discardableResult
  func shorten(to deadline: MonotonicTime) -> Bool {
    let isFirst = end.withLock { end in
      defer { end = min(end ?? deadline, deadline) }
      return end == nil
    }
    end.broadcast()
    return isFirst
  }

  /// Until when to wait for `output`, from now.
  func deadline(of output: Output) -> MonotonicTime { Patience.limit(of: output, from: .now(), deadline) }

  private static func limit(
    of output: Output, from began: MonotonicTime, _ deadline: MonotonicTime?
  ) -> MonotonicTime {
    let own = began.advanced(by: output.patience)
    let shared = deadline?.advanced(by: .zero - output.reserve) ?? own
    return max(began.advanced(by: least), min(own, shared))
  }

  /// Has `act` done, and throws what it throws, or `NoAnswer`; it then goes on until the process ends.
  ///
  /// - Parameter insists: where no thread is to be had, the calling one does it, however long it takes. Not for the signals'
  ///   thread, which ends the process when its time is over.
  func wait(_ output: Output, insists: Bool = true, for act: @escaping @Sendable () throws -> Void) throws {
    let began = MonotonicTime.now()
    let answer = Answer()
    do {
      try PlainThread.start(name: "output", stackSize: Patience.stackSize) { [end] in
        let result = Result { try act() }
        end.withLock { _ in answer.give(result) }
        end.broadcast()
      }
    } catch {
      guard insists else { throw error }
      return try act()
    }
    guard let result = result(of: answer, output, from: began) else {
      throw NoAnswer(waited: MonotonicTime.now().since(began))
    }
    try result.get()
  }

  private final class Answer: Sendable {
    private let result = Mutex<Result<Void, any Error>?>(nil)
    var value: Result<Void, any Error>? { result.withLock { $0 } }
    func give(_ value: Result<Void, any Error>) { result.withLock { $0 = value } }
  }

  private func result(of answer: Answer, _ output: Output, from began: MonotonicTime) -> Result<Void, any Error>? {
    enum News { case answer(Result<Void, any Error>), deadline }
    while true {
      let known = deadline
      let rest = Patience.limit(of: output, from: began, known).since(.now())
      let news = end.wait(timeout: max(.zero, rest)) { end -> News? in
        if let result = answer.value { return .answer(result) }
        return end == known ? nil : .deadline
      }
      switch news {
      case .answer(let result): return result
      case .deadline: continue
      case nil: return nil
      }
    }
  }
}
