import Plan

// The catalogue: what one host has against a config. Where several folders of a pattern have the same trouble,
// the first one is named, with how many more there are.

// MARK: - Folders

extension Diagnostic {
  /// Folders with the same trouble, for a message in the singular.
  struct HostFolders: Hashable, Sendable {
    var first: String
    var others = 0

    var text: String { others == 0 ? first.quoted : "\(first.quoted) (and \(others) more that match)" }
  }

  static func hostFolderMissing(_ folders: HostFolders, at place: SourcePlace) -> Diagnostic {
    .error(
      .hostFolderMissing, "\(folders.text) does not exist on this host", at: place,
      hint: "is the volume mounted? make the folder, or correct the path")
  }

  /// Without the folder that its wildcards and dates begin in, a target fails.
  static func hostNoFolderMatches(_ pattern: String, missing: String?, at place: SourcePlace) -> Diagnostic {
    let missed = missing.map { ": \($0.quoted) does not exist" } ?? ""
    var finding: Diagnostic = .error(
      .hostNoFolderMatches, "no folder on this host matches \(pattern.quoted)\(missed)", at: place,
      hint: "is the volume mounted, and the path right?")
    if missing == nil { finding.severity = .warning }
    return finding
  }

  static func hostLinksPassedOver(_ count: UInt64, first: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .hostLinksPassedOver,
      count == 1
        ? "\(first.quoted) matches and is a symbolic link on this host, and a run follows none"
        : "\(count) entries match and are symbolic links on this host, and a run follows none: \(first.quoted) is one",
      at: place, hint: "what they lead to needs a target of its own: readlink -f \(first.inShell)")
  }

  static func hostMountsPassedOver(_ count: UInt64, first: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .hostMountsPassedOver,
      count == 1
        ? "\(first.quoted) matches and is a mount point on this host, and a run stays on one file system"
        : "\(count) folders match and are mount points on this host, and a run stays on one file system: \(first.quoted) is one",
      at: place, hint: "write a target of its own for it, or one_file_system: false")
  }

  static func hostAlmostDates(_ count: UInt64, first: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .hostAlmostDates,
      "\(count == 1 ? "a folder looks" : "\(count) folders look") like a date on this host, and no run takes \(count == 1 ? "it" : "them"): \(first.quoted)",
      at: place,
      hint: "fields have leading zeros, as in 2024-01, and name days from 1970 on; "
        + "digits that go on behind a year or month are fields or ? of their own")
  }

  static func hostTooManyFolders(_ pattern: String, limit: Int, at place: SourcePlace) -> Diagnostic {
    .error(
      .hostTooManyFolders, "more than \(limit) folders on this host match \(pattern.quoted)", at: place,
      hint: "end the path with the folder that holds them: a target is walked to any depth")
  }

  static func hostSymbolicLink(_ folders: HostFolders, at place: SourcePlace) -> Diagnostic {
    .error(
      .hostSymbolicLink, "\(folders.text) is a symbolic link on this host, and a run follows none", at: place,
      hint: "write the path it leads to: readlink -f \(folders.first.inShell)")
  }

  static func hostNotDirectory(_ folders: HostFolders, _ kind: HostFacts.EntryKind, at place: SourcePlace) -> Diagnostic
  {
    let noun = kind == .file ? "a file" : "a device, pipe or socket"
    return .error(
      .hostNotDirectory, "\(folders.text) is \(noun) on this host, not a folder", at: place,
      hint: kind == .file ? "write the folder it is in, and choose files with include" : nil)
  }

  static func hostFolderRefused(
    _ folders: HostFolders, _ access: HostFacts.Access, errno: String, user: String, at place: SourcePlace
  ) -> Diagnostic {
    let verb =
      switch access {
      case .look: "looked up"
      case .open: "opened"
      case .list: "listed"
      case .search: "searched"
      }
    let permissions = access == .search ? "search it (x)" : "read and search it (r-x)"
    return .error(
      .hostFolderRefused, "\(folders.text) cannot be \(verb) on this host (\(errno.shown))", at: place,
      hint: errno == "EACCES" ? "\(user) needs the permission to \(permissions)" : nil)
  }

  static func hostNoAnswer(_ path: String, within time: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .hostNoAnswer, "\(path.quoted) gave no answer within \(time)", at: place,
      hint: "is its file server up? a run would wait for it")
  }

  static func hostMountHangs(_ path: String, mount: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .hostMountHangs, "\(path.quoted) was not looked at: the mount \(mount.quoted) gave no answer for others",
      at: place,
      hint: "is its file server up? a run would wait for it")
  }

  static func hostOutOfTime(_ path: String, within time: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .hostOutOfTime, "\(path.quoted) gave no answer within the \(time) that all targets together are given", at: place,
      hint: "are the file servers up? if they are only slow, check fewer targets at once")
  }

  static func hostNoThread(_ path: String, errno: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .hostNoThread, "this host cannot start a thread to look at \(path.quoted) (\(errno.shown))", at: place,
      hint: "a run needs threads, too: raise the limit on them")
  }

  static func hostHeld(_ folders: HostFolders, by hold: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .hostHeld, "\(folders.text) is protected by \(hold.quoted) on this host: a run would skip it", at: place,
      hint: "remove that file when the target may be purged again")
  }
}

// MARK: - The report

extension Diagnostic {
  static func hostReportIsFolder(_ path: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .hostReportIsFolder, "\(path.quoted) is a folder on this host: a report is a file", at: place,
      hint: .didYouMean(YAMLScalar.flowText("\(path)/purge.json", isPlain: true)))
  }

  static func hostReportWithoutFolder(_ folder: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .hostReportWithoutFolder, "the report cannot be written: \(folder.quoted) is no folder on this host", at: place,
      hint: "is the volume mounted? make the folder, or correct the path")
  }
}

// MARK: - Deleting

extension Diagnostic {
  static func hostCannotDelete(
    _ folders: HostFolders, errno: String, isReadOnlyMount: Bool, user: String, at place: SourcePlace
  ) -> Diagnostic {
    let hint: String? =
      switch errno {
      case "EROFS" where isReadOnlyMount: "it is mounted read-only: a run needs it writable"
      case "EROFS": "its file server exports it read-only"
      case "EACCES": "\(user) needs the permission to write and search it (-wx)"
      default: "is it marked as immutable? lsattr -d tells"
      }
    return .error(
      .hostCannotDelete, "files in \(folders.text) cannot be deleted on this host (\(errno.shown))", at: place,
      hint: hint)
  }

  static func hostProbeRemains(
    _ folders: HostFolders, name: String, errno: String, at place: SourcePlace
  ) -> Diagnostic {
    .error(
      .hostProbeRemains, "files in \(folders.text) can be made but not deleted on this host (\(errno.shown))",
      at: place,
      hint: "remove the file that was made to try it: rm \("\(folders.first)/\(name)".inShell)")
  }

  /// - Parameter probes: at least one, by their paths.
  static func hostProbeMayRemain(_ probes: [String], at place: SourcePlace) -> Diagnostic {
    let noun = probes.count == 1 ? "a file that was" : "\(probes.count) files that were"
    let names = probes.prefix(1).map(\.quoted).joined() + (probes.count == 1 ? "" : ", …")
    return .warning(
      .hostProbeMayRemain, "\(noun) made to try deleting may still be there: \(names)", at: place,
      hint: "when the file server answers: rm -f \(probes.map(\.inShell).joined(separator: " "))")
  }

  static func hostDeletionUnknown(_ folders: HostFolders, errno: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .hostDeletionUnknown,
      "whether files in \(folders.text) can be deleted is not known: none could be made to try it (\(errno.shown))",
      at: place, hint: nil)
  }

  /// - Parameter path: where the target is, when `place` is another one.
  static func hostClockSkew(
    _ folder: String, by size: String, isAhead: Bool, allowed: String, at place: SourcePlace, path: SourcePlace?
  ) -> Diagnostic {
    .error(
      .hostClockSkew,
      "the clock of the file system of \(folder.quoted) is at least \(size) \(isAhead ? "ahead of" : "behind") this host's, "
        + "and 'max_clock_skew' is \(allowed)", at: place, notes: path.map { [.pathHere(at: $0)] } ?? [],
      hint: "have both follow the same time server: a run would delete nothing")
  }
}

// MARK: - File systems

extension Diagnostic {
  static func hostContainerFileSystem(_ folders: HostFolders, at place: SourcePlace) -> Diagnostic {
    .warning(
      .hostContainerFileSystem, "\(folders.text) lies in the container's own file system: nothing is mounted there",
      at: place, hint: "mount the volume there, or correct the path")
  }

  static func hostSoftMount(_ folders: HostFolders, option: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .hostSoftMount,
      "\(folders.text) is mounted with \(option.quoted): a server that is slow for a while makes operations fail",
      at: place, hint: "mount it with the option hard")
  }

  static func hostAccessTimesOff(_ folders: HostFolders, at place: SourcePlace) -> Diagnostic {
    .warning(
      .hostAccessTimesOff,
      "'age_from' is atime, but \(folders.text) is mounted with 'noatime': files in use are deleted, too",
      at: place, hint: "write age_from: mtime, or mount it with relatime")
  }

  static func hostAccessTimesOnServer(_ folders: HostFolders, kind: String, at place: SourcePlace) -> Diagnostic {
    .warning(
      .hostAccessTimesOnServer,
      "'age_from' is atime, but \(folders.text) is on \(kind.shown), where reads may leave no trace: files in use are deleted, too",
      at: place, hint: "write age_from: mtime; EFS notes no reads, and other servers only those that reach them")
  }

  static func hostAccessTimesDaily(_ folders: HostFolders, at place: SourcePlace) -> Diagnostic {
    .warning(
      .hostAccessTimesDaily,
      "'age_from' is atime, but \(folders.text) is mounted with 'relatime': a file seems up to a day older than its last read",
      at: place, hint: "give max_age two days or more, or mount it with strictatime")
  }

  static func hostAccessTimesUnknown(_ folders: HostFolders, at place: SourcePlace) -> Diagnostic {
    .warning(
      .hostAccessTimesUnknown, "'age_from' is atime, but \(folders.text) has no access times: no file would be deleted",
      at: place, hint: "write age_from: mtime")
  }

  static func hostBirthTimesUnknown(_ folders: HostFolders, at place: SourcePlace) -> Diagnostic {
    .warning(
      .hostBirthTimesUnknown, "'age_from' is birth, but \(folders.text) has no birth times: no file would be deleted",
      at: place, hint: "write age_from: mtime")
  }
}

// MARK: - Limits of the process

extension Diagnostic {
  static func hostDescriptors(_ concurrency: Int, limit: Int, allows: Int, at place: SourcePlace) -> Diagnostic {
    .error(
      .hostDescriptors,
      "a concurrency of \(concurrency) needs more open files than this host allows, which is \(limit)", at: place,
      hint: "raise the hard limit (nofile), or write concurrency: \(allows), with which a run would go on")
  }

  static func hostThreads(
    _ concurrency: Int, of count: Int, limit: Int, source: String, at place: SourcePlace, others: [SourcePlace]
  ) -> Diagnostic {
    let need = count == 1 ? "a concurrency of \(concurrency) needs" : "\(count) targets at once need \(concurrency)"
    return .error(
      .hostThreads, "\(need) threads and a few more, but \(source.shown) is \(limit)", at: place,
      notes: others.map { .concurrencyHere(at: $0) },
      hint: "raise that limit, or lower concurrency or run.parallel_targets")
  }
}

extension Diagnostic.Note {
  static func concurrencyHere(at place: SourcePlace) -> Self {
    Self(rule: .concurrencyHere, message: "another of these concurrencies is here", place: place)
  }
}
