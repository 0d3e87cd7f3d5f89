import Kernel
import Plan
import SystemPackage

/// What a search for folders finds, as it goes on. A path is given as what stands below the pattern's fixed part.
protocol FolderVisitor {
  /// A folder that matches, with what its name says of dates.
  mutating func found(
    _ tail: [UInt8], _ identity: FileIdentity, _ fields: DateTemplate.Fields
  ) throws(TargetExpansion.Failure)

  /// A folder on the way that cannot be searched.
  mutating func unsearchable(_ tail: [UInt8], _ failure: SearchFailure) throws(TargetExpansion.Failure)
}

/// Why a folder cannot be searched.
struct SearchFailure: Hashable, Sendable {
  let errno: Errno
  /// It may be otherwise the next time, though it is a question of rights by its number.
  var isPassing = false
}

/// One search for the folders of a pattern: down the tree with a list of the directories that still have something to offer,
/// however deep the pattern goes. Of a directory it keeps the names of one listing at most, however many match.
struct FolderSearch {
  /// A directory whose matching entries are taken one after another.
  private struct Level {
    var directory: DirectoryHandle
    /// Of the pattern, what its entries are matched with.
    var component: Int
    /// What the names above it say.
    var fields: DateTemplate.Fields
    /// Bytes of the path that lead to it.
    var length: Int
    /// Of the last listing, those that match and were not taken.
    var names = NameList()
    var repetition = RepetitionGuard()
    var isAtEnd = false
  }

  private let fileSystem: any FileSystem
  private let place: SearchPlace?
  private let retryHaste: Int
  private let retries = RetryLine()
  private let isStopped: @Sendable () -> Bool
  private let name: String
  private let head: [UInt8]
  private let components: [PathPattern.Component]
  private let staysOnOneFileSystem: Bool
  private var levels: [Level] = []
  /// Below the pattern's fixed part, as far as it has come.
  private var tail: [UInt8] = []
  private(set) var passedOver = PassedOver()
  /// Of the error that was thrown last.
  private var isPassing = false

  init(
    _ target: Target, on fileSystem: any FileSystem, place: SearchPlace? = nil, retryHaste: Int = 1,
    isStopped: @escaping @Sendable () -> Bool
  ) {
    (self.fileSystem, self.place, self.retryHaste) = (fileSystem, place, retryHaste)
    (self.isStopped, name) = (isStopped, target.name)
    head = target.path.literalPath
    components = Array(target.path.components.dropFirst(target.path.literalPrefix.count))
    staysOnOneFileSystem = target.oneFileSystem
  }

  /// Tells `visitor` of all there is. Throws when the pattern's fixed part cannot be searched, or `visitor` does.
  mutating func run(_ visitor: inout some FolderVisitor) throws(TargetExpansion.Failure) {
    try enterRoot()
    while var level = levels.popLast() {
      if isStopped() { throw .stopped }
      guard let name = level.names.popLast() else { continue }
      // What has nothing more to offer is closed, so that a long way down needs few descriptors.
      try listOn(&level, &visitor)
      if !level.names.isEmpty { levels.append(level) }
      try step(to: name, from: level, &visitor)
    }
  }

  private mutating func enterRoot() throws(TargetExpansion.Failure) {
    do throws(Errno) {
      let (fileSystem, head) = (fileSystem, head)
      let root = try patiently(asking: { () throws(Errno) in try fileSystem.mayRead(head, in: nil) }) {
        () throws(Errno) in
        try fileSystem.openRoot(head)
      }
      try enter(root, component: 0, fields: DateTemplate.Fields())
    } catch {
      throw isStopped() ? .stopped : error == .noSuchFileOrDirectory ? .missing : .system(failure(error))
    }
  }

  private mutating func step(
    to name: [UInt8], from level: Level, _ visitor: inout some FolderVisitor
  ) throws(TargetExpansion.Failure) {
    guard case .whole(let fields) = components[level.component].match(name, adding: level.fields) else { return }
    tail.removeSubrange(level.length...)
    if !tail.isEmpty { tail.append(UInt8(ascii: "/")) }
    tail += name
    let next = level.component + 1
    let identity: FileIdentity
    do throws(Errno) {
      let (fileSystem, access) = (fileSystem, access(for: next))
      let child = try patiently(asking: { () throws(Errno) in try fileSystem.mayRead(name, in: level.directory) }) {
        () throws(Errno) in
        try fileSystem.openDirectory(name, in: level.directory, for: access)
      }
      if staysOnOneFileSystem, child.status.isMountPoint(in: level.directory.identity.device) {
        return passedOver.mounts.note(path(to: nil))
      }
      if next < components.count { return try enter(child, component: next, fields: fields) }
      identity = child.identity
    } catch {
      // A file, or gone by now: not a folder.
      if !error.meansNoDirectory { return try visitor.unsearchable(tail, failure(error)) }
      if !error.meansVanished, kind(of: name, in: level) == .symlink { passedOver.links.note(path(to: nil)) }
      return
    }
    try visitor.found(tail, identity, fields)
  }

  private func failure(_ error: Errno) -> SearchFailure { SearchFailure(errno: error, isPassing: isPassing) }

  /// A call about the folder it has come to; again and again where that is refused though it is permitted.
  private mutating func patiently<Result>(
    asking ask: () throws(Errno) -> Void, _ call: () throws(Errno) -> Result
  ) throws(Errno) -> Result {
    var refusals = Refusals()
    isPassing = false
    while true {
      note()
      do throws(Errno) {
        return try call()
      } catch {
        guard refusals.isToBeTriedAgain(error, in: retries, asking: ask), wait(refusals.takePause(haste: retryHaste))
        else {
          isPassing = refusals.isPassing
          throw error
        }
      }
    }
  }

  /// False when it was stopped first.
  private func wait(_ pause: Duration) -> Bool {
    let end = MonotonicTime.now().advanced(by: pause)
    while MonotonicTime.now() < end {
      if isStopped() { return false }
      PlainThread.nap(.milliseconds(50))
      note()
    }
    return true
  }

  private func note() { place?.note(target: name, head, tail) }

  /// Only where names are to be matched must a folder be readable.
  private func access(for component: Int) -> DirectoryHandle.Access {
    guard component < components.count else { return .pass }
    switch components[component] {
    case .wildcard, .template: return .list
    case .literal: return .pass
    }
  }

  /// The absolute path of an entry of the folder it has come to, or of that folder.
  private func path(to name: [UInt8]?) -> [UInt8] {
    [head, tail, name ?? []].filter { !$0.isEmpty }.joined(separator: [UInt8(ascii: "/")]).map { $0 }
  }
}

// MARK: - What is in a directory

extension FolderSearch {
  private mutating func enter(
    _ directory: DirectoryHandle, component: Int, fields: DateTemplate.Fields
  ) throws(Errno) {
    var level = Level(directory: directory, component: component, fields: fields, length: tail.count)
    if case .literal(let name) = components[component] {
      level.names.append(Array(name.utf8))
      level.isAtEnd = true
    } else {
      try list(&level)
    }
    if !level.names.isEmpty { levels.append(level) }
  }

  /// Sees whether a directory has more to offer when all that it gave was taken.
  private mutating func listOn(
    _ level: inout Level, _ visitor: inout some FolderVisitor
  ) throws(TargetExpansion.Failure) {
    tail.removeSubrange(level.length...)
    do throws(Errno) {
      try list(&level)
    } catch {
      level.isAtEnd = true
      guard level.component > 0 else { throw .system(failure(error)) }
      try visitor.unsearchable(tail, failure(error))
    }
  }

  /// Lists on until there is a name that matches, or no further one.
  private mutating func list(_ level: inout Level) throws(Errno) {
    while level.names.isEmpty, !level.isAtEnd, !isStopped() {
      let (fileSystem, directory) = (fileSystem, level.directory)
      let batch = try patiently(asking: { () throws(Errno) in try fileSystem.mayRead(Array(".".utf8), in: directory) })
      {
        () throws(Errno) in
        try fileSystem.list(directory, limit: WalkLimits.firstListing, order: .asListed)
      }
      guard let batch else {
        level.isAtEnd = true
        break
      }
      guard level.repetition.accepts(batch) else { throw .tooManySymbolicLinkLevels }
      for index in batch.entries.indices { sort(batch, index, into: &level) }
    }
  }

  private mutating func sort(_ batch: EntryBatch, _ index: Int, into level: inout Level) {
    let kind = batch.entries[index].kind
    guard [.directory, .symlink, nil].contains(kind) else { return }
    let name = Array(batch.name(at: index))
    switch components[level.component].match(name, adding: level.fields) {
    case .none: break
    case .almost where (kind ?? self.kind(of: name, in: level)) == .directory:
      passedOver.nearMisses.note(path(to: name))
    case .almost: break
    case .whole where kind == .symlink: passedOver.links.note(path(to: name))
    case .whole: level.names.append(name)
    }
  }

  /// Where the listing does not say; nil: it is gone, or cannot be looked at.
  private func kind(of name: [UInt8], in level: Level) -> FileKind? {
    (try? fileSystem.look(at: name, in: level.directory, isFresh: false))?.kind
  }
}
