public import SystemPackage

/// Has a thread of its own write a file, so that one on a slow or hanging volume does not hold up whoever has something to
/// write; from a buffer of limited size. What a full disk does not take stays in the buffer, as long as that has room: it is tried
/// again with what comes next, and at the end.
public final class BackgroundFile: Sendable {
  /// Bytes that may wait. Whoever has more waits, too.
  public static let capacity = 128 * 1024
  /// Between two looks at whether to wait on.
  private static let interval: Duration = .milliseconds(100)

  private enum End { case commit, abandon }

  private struct State {
    var pending: [UInt8] = []
    var error: Errno?
    var end: End?
    var isStarted = false
    var isOver = false
    /// The disk was full when last tried.
    var isFull = false
  }

  private let file: AtomicFile
  private let state = Monitor(State())

  /// Takes over `file`.
  public init(_ file: AtomicFile) { self.file = file }

  /// To be called once, before all else but `abandon`.
  public func start() throws(Errno) {
    try PlainThread.start(name: "report") { [self] in while writeNext() {} }
    state.withLock { $0.isStarted = true }
  }

  /// Appends `bytes`, when there is room for them or an error has made them useless. Gives the file up when there is no room and
  /// the disk is full, or `patience`, asked again and again, is at its end.
  public func append(_ bytes: [UInt8], patience: () -> Bool) {
    while true {
      let answer = state.wait(timeout: BackgroundFile.interval) { state -> Result<Void, Errno>? in
        if state.error != nil { return .success(()) }
        guard state.pending.isEmpty || state.pending.count + bytes.count <= BackgroundFile.capacity else {
          return state.isFull ? .failure(.noSpace) : nil
        }
        state.pending += bytes
        state.isFull = false
        return .success(())
      }
      switch answer {
      case .success: return state.broadcast()
      case .failure(let error): return fail(error)
      case nil: if !patience() { return fail(.timedOut) }
      }
    }
  }

  /// Writes what is left and puts the file in its place. Throws the first error there was; ETIMEDOUT when `patience` was at its
  /// end first.
  public func commit(patience: () -> Bool) throws(Errno) {
    end(.commit, patience: patience)
    let (isOver, error) = state.withLock { ($0.isOver, $0.error) }
    if let error { throw error }
    if !isOver { throw .timedOut }
  }

  /// Leaves what stood in the file's place.
  public func abandon(patience: () -> Bool) {
    if state.withLock({ $0.isStarted }) { end(.abandon, patience: patience) } else { file.abandon() }
  }

  private func end(_ end: End, patience: () -> Bool) {
    state.withLock { if $0.end == nil { $0.end = end } }
    state.broadcast()
    while state.wait(timeout: BackgroundFile.interval, until: { $0.isOver ? true : nil }) == nil, patience() {}
  }

  private func fail(_ error: Errno) {
    state.withLock { state in
      if state.error == nil { state.error = error }
      state.pending = []
    }
    state.broadcast()
  }
}

// MARK: - Its thread

extension BackgroundFile {
  private enum Step {
    case write([UInt8])
    case end(End)
  }

  /// False when it is over.
  private func writeNext() -> Bool {
    switch nextStep() {
    case .write(let bytes):
      state.broadcast()
      write(bytes)
      return true
    case .end(.commit): carryOut { () throws(Errno) in try file.commit() }
    case .end(.abandon): file.abandon()
    }
    state.withLock { $0.isOver = true }
    state.broadcast()
    return false
  }

  private func write(_ bytes: [UInt8]) {
    let (written, failure) = file.writeMost(of: bytes)
    guard let failure else { return }
    let isKept = state.withLock { state in
      // The end was the last attempt.
      guard failure.meansFull, state.end == nil, state.error == nil else { return false }
      state.pending.insert(contentsOf: bytes[written...], at: 0)
      state.isFull = true
      return true
    }
    if isKept { state.broadcast() } else { fail(failure) }
  }

  private func carryOut(_ work: () throws(Errno) -> Void) {
    do throws(Errno) {
      try work()
    } catch {
      fail(error)
    }
  }

  private func nextStep() -> Step {
    state.wait { state -> Step? in
      if !state.pending.isEmpty, !state.isFull || state.end != nil {
        defer { state.pending = [] }
        return .write(state.pending)
      }
      guard let end = state.end else { return nil }
      return .end(state.error == nil ? end : .abandon)
    } ?? .end(.abandon)
  }
}
