import Kernel
import Synchronization

/// The file system call that a worker is in: what it is named by, should it never answer.
///
/// Written by that worker alone: what it is about once a piece of work, and after each call the time.
final class CallInHand: Sendable {
  /// What a piece of work does, and to what.
  struct Piece: Sendable {
    var operation: PurgeFailure.Operation
    /// Nil: the target's own folder.
    var node: NodeID?
    /// Of a folder in that one which it is about; empty: that one itself.
    var name: [UInt8] = []
  }

  /// One call, by which worker's it is and when it began.
  struct ID: Hashable, Sendable {
    let caller: ObjectIdentifier
    let since: MonotonicTime
  }

  private let since = Atomic<Int64>(MonotonicTime.distantFuture.nanoseconds)
  private let piece = Mutex<Piece?>(nil)

  func begin(_ piece: Piece) { self.piece.withLock { $0 = piece } }

  /// In the same piece of work, this is done from now on.
  func turn(to operation: PurgeFailure.Operation) { piece.withLock { $0?.operation = operation } }

  /// A call is over, or something else than a call, and the next one begins.
  @inline(__always)
  func callBegins(at time: MonotonicTime) { since.store(time.nanoseconds, ordering: .relaxed) }

  /// The piece of work is done.
  func end() { callBegins(at: .distantFuture) }

  /// The call that goes on now; nil: there is none.
  var present: (id: ID, piece: Piece)? {
    let start = since.load(ordering: .relaxed)
    guard start != MonotonicTime.distantFuture.nanoseconds, let piece = piece.withLock({ $0 }) else { return nil }
    // It may have come to its end since.
    guard since.load(ordering: .relaxed) == start else { return nil }
    return (ID(caller: ObjectIdentifier(self), since: MonotonicTime(nanoseconds: start)), piece)
  }
}

extension Work {
  /// What of it is told if it hangs.
  var piece: CallInHand.Piece {
    switch self {
    case .openRoot, .reopenRoot: CallInHand.Piece(operation: .openDirectory)
    case .removeOwnFolder: CallInHand.Piece(operation: .removeDirectory)
    case .reopen(let reopening): CallInHand.Piece(operation: .openDirectory, node: reopening.node)
    case .enter(let entering):
      CallInHand.Piece(operation: .openDirectory, node: entering.parent, name: entering.name)
    case .read(let reading): CallInHand.Piece(operation: .readDirectory, node: reading.node)
    case .judge(let chunk): CallInHand.Piece(operation: .readStatus, node: chunk.node)
    case .check(let place, _, _): CallInHand.Piece(operation: .readStatus, node: place.node)
    case .remove(let place, .files): CallInHand.Piece(operation: .removeFile, node: place.node)
    case .remove(let place, .directory(let empty, _)):
      CallInHand.Piece(operation: .removeDirectory, node: place.node, name: empty.name)
    case .recheck(let recheck): CallInHand.Piece(operation: .readDirectory, node: recheck.place.node)
    }
  }
}

extension TargetWalk {
  /// Calls that workers are in for so long at least, the longest first.
  func callsInHand(for least: Duration = .zero, at time: MonotonicTime) -> [(
    id: CallInHand.ID, piece: CallInHand.Piece
  )] {
    inHand.withLock { $0.compactMap(\.call.present) }.filter { time.since($0.id.since) >= least }.sorted {
      $0.id.since < $1.id.since
    }
  }

  /// One of these for people.
  func hanging(_ call: (id: CallInHand.ID, piece: CallInHand.Piece), at time: MonotonicTime) -> HangingCall {
    let directory = state.withLock { state -> [UInt8] in
      guard let node = call.piece.node, state.table.contains(node) else { return [] }
      return state.table.relativePath(of: node)
    }
    let parts = [directory, call.piece.name].filter { !$0.isEmpty }
    return HangingCall(
      operation: call.piece.operation, age: time.since(call.id.since),
      path: shownPath(of: nil, entry: parts.joined(separator: [UInt8(ascii: "/")])))
  }

  /// Sentence of what does not come back at the end of a walk.
  func unreturned(_ count: Int) -> String {
    let now = MonotonicTime.now()
    let calls = callsInHand(at: now).prefix(TargetWalk.mostUnreturned).map { hanging($0, at: now).sentence }
    let sentence = "\(count) \(count == 1 ? "operation" : "operations") in flight did not return in time"
    return calls.isEmpty ? sentence : "\(sentence): \(calls.joined(separator: ", "))\(count > calls.count ? ", …" : "")"
  }
  private static let mostUnreturned = 3
}

extension HangingCall {
  /// E.g. `remove file in /data/x (62 s)`.
  fileprivate var sentence: String {
    let link =
      switch operation {
      case .removeFile, .readStatus: " in"
      case .openDirectory, .readDirectory, .removeDirectory, .expandTarget: ""
      }
    return "\(operation.rawValue)\(link) \(path) (\(age.components.seconds) s)"
  }
}
