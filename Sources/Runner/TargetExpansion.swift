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
  let fileSystem: any FileSystem
  let now: Timestamp
  let onEvent: @Sendable (RunEvent) -> Void

  /// The folders of one target: exactly one for a literal path, whether it exists or not; for a pattern those that exist,
  /// in the order in which they are to be walked. Throws when the pattern's fixed part cannot be searched.
  func folders(of target: Target) throws(Errno) -> [ResolvedTarget] {
    guard !target.path.isLiteral else { return [literal(target)] }
    let prefix = target.path.literalPrefix
    let root = Found(path: prefix.flatMap { [UInt8(ascii: "/")] + Array($0.utf8) }, isAnchor: true)
    let start: DirectoryHandle
    do {
      start = try fileSystem.openRoot(root.path)
    } catch .noSuchFileOrDirectory {
      notice(target, "no folder matches \(target.path.text): \(ShownPath.of(root.path)) does not exist")
      return []
    }
    var found: [Found] = []
    try search(start, root, target.path.components.dropFirst(prefix.count), target, &found)
    return arranged(found, of: target)
  }

  private struct Found {
    var path: [UInt8]
    var isAnchor = false
    var tail: [UInt8] = []
    var fields = DateTemplate.Fields()
    var identity: FileIdentity?

    func appending(_ name: [UInt8], _ fields: DateTemplate.Fields, _ identity: FileIdentity) -> Found {
      let slash = [UInt8(ascii: "/")]
      return Found(
        path: path + slash + name, tail: tail.isEmpty ? name : tail + slash + name, fields: fields, identity: identity)
    }
  }

  private func literal(_ target: Target) -> ResolvedTarget {
    let path = target.path.literalPrefix.flatMap { [UInt8(ascii: "/")] + Array($0.utf8) }
    return ResolvedTarget(name: target.name, path: path, spec: target)
  }

  private func search(
    _ directory: DirectoryHandle, _ here: Found, _ components: ArraySlice<PathPattern.Component>, _ target: Target,
    _ found: inout [Found]
  ) throws(Errno) {
    guard let component = components.first else {
      found.append(here)
      return
    }
    for (name, fields) in try matches(of: component, in: directory, here) {
      do {
        let child = try fileSystem.openDirectory(name, in: directory)
        try search(
          child, here.appending(name, fields, child.identity), components.dropFirst(), target, &found)
      } catch {
        // A link, a file, or gone by now: not a folder.
        if error.meansNoDirectory { continue }
        throw error
      }
    }
  }

  private func matches(
    of component: PathPattern.Component, in directory: DirectoryHandle, _ here: Found
  ) throws(Errno) -> [([UInt8], DateTemplate.Fields)] {
    if case .literal(let name) = component { return [(Array(name.utf8), here.fields)] }
    var matches: [([UInt8], DateTemplate.Fields)] = []
    let batch = EntryBatch(capacity: WalkLimits.listing)
    while try fileSystem.read(directory, into: batch, limit: WalkLimits.listing) {
      for index in batch.entries.indices where [.directory, nil].contains(batch.entries[index].kind) {
        let name = Array(batch.name(at: index))
        switch component {
        case .wildcard(let glob): if glob.matches(name.span) { matches.append((name, here.fields)) }
        case .template(let template):
          if let fields = template.match(name, adding: here.fields) { matches.append((name, fields)) }
        case .literal: break
        }
      }
    }
    return matches.sorted { $0.0.lexicographicallyPrecedes($1.0) }
  }

  /// Names the folders, chooses among partitions and puts them in order.
  private func arranged(_ found: [Found], of target: Target) -> [ResolvedTarget] {
    let folders = found.map { folder in
      ResolvedTarget(
        name: target.name == target.path.text
          ? ShownPath.of(folder.path) : target.name + "/" + ShownPath.of(folder.tail),
        path: folder.path, identity: folder.identity, spec: target, period: folder.fields.period)
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
