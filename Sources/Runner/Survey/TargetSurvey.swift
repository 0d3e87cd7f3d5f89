import Kernel
import Plan
import Synchronization
import SystemPackage

/// Looks at the folders of one target, or at what stands at a path.
final class TargetSurvey: Sendable {
  enum Subject: Sendable {
    case target(Target)
    /// Nothing is tried there.
    case path([UInt8])

    /// What stands in front of the first wildcard or date.
    var literalPath: [UInt8] {
      switch self {
      case .target(let target): target.path.literalPath
      case .path(let path): path
      }
    }

    var isLiteral: Bool {
      switch self {
      case .target(let target): target.path.isLiteral
      case .path: true
      }
    }
  }

  private let subject: Subject
  private let fileSystem: any FileSystem
  private let clock: @Sendable () -> Timestamp
  private let lastSignAt = Atomic<Int64>(MonotonicTime.now().nanoseconds)
  /// What it makes. Closed when it is given up: nobody waits for the answer any more.
  let probes = ProbeLedger()

  init(_ subject: Subject, fileSystem: any FileSystem, clock: @escaping @Sendable () -> Timestamp) {
    (self.subject, self.fileSystem, self.clock) = (subject, fileSystem, clock)
  }

  /// When it was last known to get on.
  var lastSign: MonotonicTime { MonotonicTime(nanoseconds: lastSignAt.load(ordering: .relaxed)) }

  private func giveSign() { lastSignAt.store(MonotonicTime.now().nanoseconds, ordering: .relaxed) }

  /// Blocks for as long as the file server likes.
  func answer() -> HostFacts.Answer {
    switch subject {
    case .target(let target): answer(about: target)
    case .path(let path): .folders([look(followingLinksTo: path)], found: 1)
    }
  }

  /// Of a link at its end, only whether it leads to a folder is told: another is replaced, wherever it leads.
  private func look(followingLinksTo path: [UInt8]) -> HostFacts.Folder {
    var folder = look(at: path, trying: false)
    guard case .link(let first) = folder.state else { return folder }
    let names = path.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
    func leadsToFolder(_ component: Int) -> Bool {
      FolderListing.isFolder("/" + names[...component].joined(separator: "/"))
    }
    if let obstacle = (first..<names.count).first(where: { !leadsToFolder($0) }) {
      if obstacle + 1 < names.count { folder.state = .missing(component: obstacle) }
    } else {
      folder.state = .directory(HostFacts.Directory(deletion: .untried))
    }
    return folder
  }

  private func answer(about target: Target) -> HostFacts.Answer {
    let path = target.path.literalPath
    if target.path.isLiteral { return .folders([look(at: path)], found: 1) }
    if case .obstacle(let state) = arrival(at: path) {
      return .folders([HostFacts.Folder(path: PrintableText.path(path), state: state)], found: 0)
    }
    do throws(TargetExpansion.Failure) {
      var sample = FolderSample(of: target, now: clock())
      var search = FolderSearch(target, on: fileSystem) { [self] in
        giveSign()
        return probes.isClosed
      }
      try search.run(&sample)
      return answer(sample, search.passedOver)
    } catch {
      switch error {
      case .tooMany, .tooManySeries: return .tooMany(limit: TargetExpansion.maxFolders)
      // Of these a search does not judge.
      case .onlyMounts, .stopped: return .folders([], found: 0)
      case .missing: return .folders([look(at: path)], found: 0)
      // Changed since the look at it.
      case .system(let failure):
        return .folders([refused(.list, ErrnoName.of(failure.errno), PrintableText.path(path))], found: 0)
      }
    }
  }

  private func answer(_ sample: FolderSample, _ passedOver: PassedOver) -> HostFacts.Answer {
    var looks = sample.unsearchable.map { refused(.open, ErrnoName.of($0.errno), PrintableText.path($0.path)) }
    for path in sample.paths where !probes.isClosed { looks.append(look(at: path)) }
    return .folders(looks, found: sample.found, passedOver: passedOver)
  }

  private func look(at path: [UInt8], trying: Bool = true) -> HostFacts.Folder {
    giveSign()
    let state: HostFacts.State =
      switch arrival(at: path) {
      case .obstacle(let state): state
      case .at where !trying: .directory(HostFacts.Directory(deletion: .untried))
      case .at(let directory):
        FolderSurvey(directory, at: path, fileSystem: fileSystem, clock: clock, probes: probes).state()
      }
    return HostFacts.Folder(path: PrintableText.path(path), state: state)
  }

  private func refused(_ access: HostFacts.Access, _ errno: String, _ path: String) -> HostFacts.Folder {
    HostFacts.Folder(path: path, state: .refused(access, errno: errno, component: FolderSurvey.last(of: path.utf8)))
  }
}

// MARK: - The way to a folder

extension TargetSurvey {
  private enum Arrival {
    case at(DirectoryHandle)
    case obstacle(HostFacts.State)
  }

  /// Opens a folder as a run does; when that fails, says at which component of the path and why.
  private func arrival(at path: [UInt8]) -> Arrival {
    do throws(Errno) {
      return .at(try fileSystem.openRoot(path))
    } catch {
      return .obstacle(obstacle(to: path, error))
    }
  }

  /// What stands in the way to `path`, which could not be opened; when nothing does any more, the `error` of then.
  private func obstacle(to path: [UInt8], _ error: Errno) -> HostFacts.State {
    let names = path.split(separator: UInt8(ascii: "/")).map { Array($0) }
    var index = 0
    do throws(Errno) {
      var here = try fileSystem.openRoot([UInt8(ascii: "/")])
      while index < names.count {
        if let obstacle = try obstacle(names[index], in: here, index) { return obstacle }
        here = try fileSystem.openDirectory(names[index], in: here, for: index + 1 < names.count ? .pass : .list)
        index += 1
      }
      return .refused(.open, errno: ErrnoName.of(error), component: max(0, names.count - 1))
    } catch let failure {
      let isLast = index + 1 >= names.count
      return .refused(
        isLast ? .list : .open, errno: ErrnoName.of(failure), component: min(index, max(0, names.count - 1)))
    }
  }

  /// Throws what keeps a folder that is there from being looked at.
  private func obstacle(
    _ name: [UInt8], in directory: DirectoryHandle, _ component: Int
  ) throws(Errno) -> HostFacts.State? {
    do throws(Errno) {
      switch try fileSystem.freshStatus(of: name, in: directory).kind {
      case .directory: return nil
      case .symlink: return .link(component: component)
      case .file: return .notDirectory(.file, component: component)
      case .special: return .notDirectory(.special, component: component)
      }
    } catch {
      if error.meansVanished { return .missing(component: component) }
      // The folder that it stands in may not be searched.
      if error == .permissionDenied, component > 0 {
        return .refused(.search, errno: ErrnoName.of(error), component: component - 1)
      }
      return .refused(.look, errno: ErrnoName.of(error), component: component)
    }
  }
}

extension FileSystem {
  /// The status of one name, as the server has it now.
  func freshStatus(of name: [UInt8], in directory: DirectoryHandle) throws(Errno) -> EntryStatus {
    var names = NameList()
    names.append(name)
    var result: Result<EntryStatus, Errno> = .failure(.noSuchFileOrDirectory)
    freshStatus(of: 0..<1, of: names, in: directory) { result = $1 }
    return try result.get()
  }
}
