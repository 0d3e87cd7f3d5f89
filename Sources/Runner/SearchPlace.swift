import Kernel
import Plan
import Synchronization

/// The folder at which the search for folders is: what its call is named by, should it never answer.
final class SearchPlace: Sendable {
  private struct State {
    var target: String
    var head: [UInt8]
    var tail: [UInt8]
    var since: MonotonicTime
  }

  struct Call {
    let id: CallInHand.ID
    /// As configured.
    let target: String
    /// Absolute, for people.
    let path: String
  }

  private let state = Mutex<State?>(nil)

  /// A call about this folder begins.
  func note(target: String, _ head: [UInt8], _ tail: [UInt8]) {
    state.withLock { $0 = State(target: target, head: head, tail: tail, since: .now()) }
  }

  func end() { state.withLock { $0 = nil } }

  /// The call that goes on now; nil: there is none.
  var present: Call? {
    guard let state = state.withLock({ $0 }) else { return nil }
    let parts = [state.head, state.tail].filter { !$0.isEmpty }
    return Call(
      id: CallInHand.ID(caller: ObjectIdentifier(self), since: state.since), target: state.target,
      path: PrintableText.path(parts.joined(separator: [UInt8(ascii: "/")])))
  }
}
