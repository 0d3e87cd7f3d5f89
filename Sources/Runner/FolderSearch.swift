import Kernel
import Plan
import SystemPackage

/// One search for the folders of a pattern: down the tree with a list of the directories that still have something to offer,
/// however deep the pattern goes.
struct FolderSearch {
  typealias IsWanted = TargetExpansion.IsWanted

  /// A directory whose matching entries are taken one after another, in the order of their names.
  private struct Level {
    var directory: DirectoryHandle
    /// Of the pattern, what its entries are matched with.
    var component: Int
    /// What the names above it say.
    var fields: DateTemplate.Fields
    /// Bytes of the path that lead to it.
    var length: Int
    var names = SortedNames()
  }

  private let expansion: TargetExpansion
  private let number: Int
  private let target: Target
  private let components: [PathPattern.Component]
  private var levels: [Level] = []
  /// Below the pattern's fixed part, as far as it has come.
  private var tail: [UInt8] = []

  private(set) var folders = TargetExpansion.Folders()
  /// Folders that match, and those among them that are old enough and within bounds.
  private(set) var matching = 0
  private(set) var chosen = 0
  /// The pattern's fixed part does not exist.
  private(set) var isMissing = false
  private var wasStopped = false

  init(_ expansion: TargetExpansion, _ number: Int, _ target: Target) {
    (self.expansion, self.number, self.target) = (expansion, number, target)
    components = Array(target.path.components.dropFirst(target.path.literalPrefix.count))
  }

  /// Adds what it finds to `list`. `isWanted` is asked for each folder.
  mutating func run(into list: inout FolderList, isWanted: IsWanted) throws(TargetExpansion.Failure) {
    try enterRoot()
    while !wasStopped, var level = levels.popLast() {
      guard let name = level.names.next() else {
        try turnPage(of: level, &list, isWanted)
        continue
      }
      // What has nothing more to offer is closed, so that a long way down needs few descriptors.
      if level.names.hasMore { levels.append(level) }
      if expansion.isStopped() { throw .stopped }
      try step(to: name, from: level, &list, isWanted)
    }
    if wasStopped { throw .stopped }
  }

  private mutating func enterRoot() throws(TargetExpansion.Failure) {
    do throws(Errno) {
      let root = try expansion.fileSystem.openRoot(target.path.literalPath)
      try enter(root, component: 0, fields: DateTemplate.Fields())
    } catch {
      guard error == .noSuchFileOrDirectory else { throw .system(error) }
      isMissing = true
    }
  }

  private mutating func step(
    to name: [UInt8], from level: Level, _ list: inout FolderList, _ isWanted: IsWanted
  ) throws(TargetExpansion.Failure) {
    let fields = match(name[...], level) ?? level.fields
    lengthen(to: name, from: level)
    let next = level.component + 1
    do throws(Errno) {
      let child = try expansion.fileSystem.openDirectory(name, in: level.directory, for: access(for: next))
      if next < components.count { return try enter(child, component: next, fields: fields) }
      note(child.identity, fields, &list, isWanted)
    } catch {
      // A link, a file, or gone by now: not a folder.
      if !error.meansNoDirectory { cannotSearch(error, &list, isWanted) }
    }
    guard folders.found.count + folders.unsearchable.count <= TargetExpansion.maxFolders, !list.isTooLong else {
      throw .tooMany
    }
  }

  private mutating func lengthen(to name: [UInt8], from level: Level) {
    tail.removeSubrange(level.length...)
    if !tail.isEmpty { tail.append(UInt8(ascii: "/")) }
    tail += name
  }

  /// Only where names are to be matched must a folder be readable.
  private func access(for component: Int) -> DirectoryHandle.Access {
    guard component < components.count else { return .pass }
    switch components[component] {
    case .wildcard, .template: return .list
    case .literal: return .pass
    }
  }
}

// MARK: - What is in a directory

extension FolderSearch {
  private mutating func enter(
    _ directory: DirectoryHandle, component: Int, fields: DateTemplate.Fields
  ) throws(Errno) {
    var level = Level(directory: directory, component: component, fields: fields, length: tail.count)
    if case .literal(let name) = components[component] {
      level.names = SortedNames(only: Array(name.utf8))
    } else {
      level.names = try names(in: level)
    }
    levels.append(level)
  }

  /// Goes on with the names of a directory that were too many for one page.
  private mutating func turnPage(
    of level: Level, _ list: inout FolderList, _ isWanted: IsWanted
  ) throws(TargetExpansion.Failure) {
    guard level.names.isCut else { return }
    var level = level
    do throws(Errno) {
      try level.directory.seek(to: 0)
      level.names = try names(in: level)
      levels.append(level)
    } catch {
      guard level.component > 0 else { throw .system(error) }
      tail.removeSubrange(level.length...)
      cannotSearch(error, &list, isWanted)
    }
  }

  private mutating func names(in level: Level) throws(Errno) -> SortedNames {
    var names = SortedNames(after: level.names.last, most: expansion.mostNames)
    var repetition = RepetitionGuard()
    while let batch = try expansion.fileSystem.list(
      level.directory, limit: WalkLimits.firstListing, order: .asListed)
    {
      wasStopped = expansion.isStopped()
      if wasStopped { break }
      guard repetition.accepts(batch) else { throw .tooManySymbolicLinkLevels }
      for index in batch.entries.indices where [.directory, nil].contains(batch.entries[index].kind) {
        let name = Array(batch.name(at: index))
        if match(name[...], level) != nil { names.add(name) }
      }
    }
    names.finish()
    return names
  }

  private func match(_ name: ArraySlice<UInt8>, _ level: Level) -> DateTemplate.Fields? {
    switch components[level.component] {
    case .wildcard(let glob): glob.matches(name.span) ? level.fields : nil
    case .template(let template): template.match(Array(name), adding: level.fields)
    case .literal(let literal): name.elementsEqual(literal.utf8) ? level.fields : nil
    }
  }
}

// MARK: - What was found

extension FolderSearch {
  private mutating func note(
    _ identity: FileIdentity, _ fields: DateTemplate.Fields, _ list: inout FolderList,
    _ isWanted: IsWanted
  ) {
    matching += 1
    if let rule = target.partitions {
      guard let period = fields.period, rule.chooses(period, at: expansion.now) else { return }
    }
    chosen += 1
    if let folder = add(identity, &list, isWanted) { folders.found.append(folder) }
  }

  private mutating func cannotSearch(_ error: Errno, _ list: inout FolderList, _ isWanted: IsWanted) {
    let folder = list.append(tail, identity: nil, of: number)
    let (name, path) = (list.name(of: folder), PrintableText.path(list.path(of: folder)))
    expansion.onEvent(.failure(PurgeFailure(target: name, operation: .expandTarget, path: path, errno: error)))
    if isWanted(list, folder) {
      folders.unsearchable.append((folder, error))
    } else {
      list.removeAll(from: Int(folder))
    }
  }

  /// Nil when it is not wanted.
  private func add(
    _ identity: FileIdentity, _ list: inout FolderList, _ isWanted: IsWanted
  ) -> FolderList.Index? {
    let folder = list.append(tail, identity: identity, of: number)
    if isWanted(list, folder) { return folder }
    list.removeAll(from: Int(folder))
    return nil
  }
}

/// The first so many names of a directory, in their order, to be taken one after another.
struct SortedNames {
  private var names = NameList()
  private var order: [UInt32] = []
  private var taken = 0
  private let after: [UInt8]?
  private let most: Int
  /// There are more than these.
  private(set) var isCut = false
  /// The last one that was taken.
  private(set) var last: [UInt8]?

  init(after: [UInt8]? = nil, most: Int = 1) { (self.after, self.most) = (after, most) }

  init(only name: [UInt8]) {
    self.init()
    add(name)
    finish()
  }

  var hasMore: Bool { isCut || taken < order.count }

  mutating func next() -> [UInt8]? {
    guard taken < order.count else { return nil }
    last = names[Int(order[taken])]
    taken += 1
    return last
  }

  mutating func add(_ name: [UInt8]) {
    if let after, !after.lexicographicallyPrecedes(name) { return }
    names.append(name)
    if names.count >= 2 * most { cut() }
  }

  /// To be called when all were added.
  mutating func finish() {
    if names.count > most { cut() }
    order = sorted
  }

  private var sorted: [UInt32] {
    Array(0..<UInt32(names.count)).sorted { names.precedes(Int($0), Int($1)) }
  }

  private mutating func cut() {
    guard names.count > most else { return }
    var first = NameList()
    for index in sorted.prefix(most) { first.append(names[Int(index)]) }
    (names, isCut) = (first, true)
  }
}
