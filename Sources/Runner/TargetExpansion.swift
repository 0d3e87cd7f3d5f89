import Kernel
import Plan
import SystemPackage

/// One folder to be walked.
struct ResolvedTarget: Sendable {
  /// Unique; for a folder found by a pattern the configured name and the found part of the path: `monthly/2026-07`.
  var name: String
  /// Absolute; bytes as the file system has them.
  var path: [UInt8]
  /// The folder's identity when it was found; nil for a path written out in the config.
  var identity: FileIdentity?
  var spec: Target
  var period: Period?
}

/// Finds the folders a target's path pattern stands for, following no link.
struct TargetExpansion {
  /// Folders of one target. A run keeps an outcome for each, and its report is made in memory: a pattern that stands for
  /// more should be one target with the folder above, or several runs.
  static let maxFolders = 10_000

  let fileSystem: any FileSystem
  let now: Timestamp
  let isStopped: @Sendable () -> Bool
  let onEvent: @Sendable (RunEvent) -> Void

  /// What a pattern stands for on this file system.
  struct Folders {
    /// In the order in which they are to be walked.
    var found: [ResolvedTarget] = []
    /// Folders on the way that could not be searched.
    var unsearchable: [TargetOutcome] = []
  }

  enum Failure: Error {
    case system(Errno)
    case tooMany
    case stopped
  }

  /// The folders of one target: exactly one for a literal path, whether it exists or not; for a pattern those that exist.
  /// Throws when the pattern's fixed part cannot be searched.
  func folders(of target: Target) throws(Failure) -> Folders {
    guard !target.path.isLiteral else { return Folders(found: [literal(target)]) }
    var search = Search(target: target)
    let root = Found(path: target.path.literalPath)
    do {
      let start = try fileSystem.openRoot(root.path)
      try look(in: start, root, target.path.components.dropFirst(target.path.literalPrefix.count), &search)
    } catch let failure as Failure {
      throw failure
    } catch Errno.noSuchFileOrDirectory {
      notice(target, "no folder matches \(target.path.text): \(PrintableText.path(root.path)) does not exist")
    } catch {
      throw .system(error as? Errno ?? .ioError)
    }
    return Folders(found: arranged(search.found, of: target), unsearchable: search.unsearchable)
  }

  private struct Found {
    var path: [UInt8]
    var tail: [UInt8] = []
    var fields = DateTemplate.Fields()
    var identity: FileIdentity?

    func appending(_ name: [UInt8], _ fields: DateTemplate.Fields, _ identity: FileIdentity?) -> Found {
      let slash = [UInt8(ascii: "/")]
      return Found(
        path: path + slash + name, tail: tail.isEmpty ? name : tail + slash + name, fields: fields, identity: identity)
    }
  }

  private struct Search {
    let target: Target
    var found: [Found] = []
    var unsearchable: [TargetOutcome] = []
  }

  private func literal(_ target: Target) -> ResolvedTarget {
    ResolvedTarget(name: target.name, path: target.path.literalPath, spec: target)
  }

  /// Throws an `Errno` when `directory` itself cannot be listed, and a `Failure` that ends the whole search.
  private func look(
    in directory: DirectoryHandle, _ here: Found, _ components: ArraySlice<PathPattern.Component>,
    _ search: inout Search
  ) throws {
    guard let component = components.first else {
      search.found.append(here)
      guard search.found.count <= TargetExpansion.maxFolders else { throw Failure.tooMany }
      return
    }
    let rest = components.dropFirst()
    for (name, fields) in try matches(of: component, in: directory, here) {
      if isStopped() { throw Failure.stopped }
      do {
        let child = try fileSystem.openDirectory(name, in: directory, for: TargetExpansion.access(for: rest.first))
        try look(in: child, here.appending(name, fields, child.identity), rest, &search)
      } catch let error as Errno {
        // A link, a file, or gone by now: not a folder.
        if error.meansNoDirectory { continue }
        cannotSearch(here.appending(name, fields, nil), error, &search)
      }
    }
  }

  /// Only where names are to be matched must a folder be readable.
  private static func access(for component: PathPattern.Component?) -> DirectoryHandle.Access {
    switch component {
    case .wildcard, .template: .list
    case .literal, nil: .pass
    }
  }

  private func cannotSearch(_ folder: Found, _ error: Errno, _ search: inout Search) {
    let path = PrintableText.path(folder.path)
    let name = name(of: folder, search.target)
    onEvent(.failure(PurgeFailure(target: name, operation: .expandTarget, path: path, errno: error)))
    search.unsearchable.append(.unsearchable(name: name, path: path, error))
  }

  private func matches(
    of component: PathPattern.Component, in directory: DirectoryHandle, _ here: Found
  ) throws -> [([UInt8], DateTemplate.Fields)] {
    if case .literal(let name) = component { return [(Array(name.utf8), here.fields)] }
    var matches: [([UInt8], DateTemplate.Fields)] = []
    while let batch = try fileSystem.list(directory, limit: WalkLimits.firstListing, order: .asListed) {
      if isStopped() { throw Failure.stopped }
      for index in batch.entries.indices where [.directory, nil].contains(batch.entries[index].kind) {
        let name = Array(batch.name(at: index))
        if let fields = match(name, component, here.fields) { matches.append((name, fields)) }
      }
      guard matches.count <= TargetExpansion.maxFolders else { throw Failure.tooMany }
    }
    return matches.sorted { $0.0.lexicographicallyPrecedes($1.0) }
  }

  private func match(
    _ name: [UInt8], _ component: PathPattern.Component, _ known: DateTemplate.Fields
  ) -> DateTemplate.Fields? {
    switch component {
    case .wildcard(let glob): glob.matches(name.span) ? known : nil
    case .template(let template): template.match(name, adding: known)
    case .literal(let literal): name == Array(literal.utf8) ? known : nil
    }
  }

  private func name(of folder: Found, _ target: Target) -> String {
    target.name == target.path.text
      ? PrintableText.path(folder.path) : target.name + "/" + PrintableText.path(folder.tail)
  }

  /// Names the folders, chooses among partitions and puts them in order.
  private func arranged(_ found: [Found], of target: Target) -> [ResolvedTarget] {
    let folders = found.map { folder in
      ResolvedTarget(
        name: name(of: folder, target), path: folder.path, identity: folder.identity, spec: target,
        period: folder.fields.period)
    }
    guard let rule = target.partitions else {
      if folders.isEmpty { notice(target, "no folder matches \(target.path.text)") }
      return folders
    }
    let chosen = folders.filter { folder in folder.period.map { rule.chooses($0, at: now) } ?? false }
    if chosen.isEmpty {
      notice(target, "none of \(folders.count) folders that match \(target.path.text) is old enough and within bounds")
    }
    return chosen.sorted { a, b in
      guard let first = a.period, let second = b.period else { return false }
      return rule.order == .oldestFirst ? first < second : second < first
    }
  }

  private func notice(_ target: Target, _ message: String) {
    onEvent(.notice(target: target.name, message: message))
  }
}

extension TargetOutcome {
  static func unsearchable(name: String, path: String, _ error: Errno) -> TargetOutcome {
    let reason = "the folders that match cannot be found: \(error.description) (\(ErrnoName.of(error)))"
    var outcome = TargetOutcome(name: name, path: path, ending: .failed, reason: reason)
    outcome.errorsByKind = [ErrnoName.of(error): 1]
    outcome.tally.errors = 1
    return outcome
  }
}
