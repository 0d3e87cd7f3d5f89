/// What one host says of a plan's targets and of this process: seen there, and judged elsewhere.
public struct HostFacts: Hashable, Sendable {
  public var process: Process
  /// Of enabled targets, in the order of the plan.
  public var targets: [Target]
  /// What stands at the path of the plan's report, where nothing is tried, and links are followed: what they lead to that is no
  /// folder, where one is wanted, counts as missing. Nil: the plan has none.
  public var report: Answer?

  public init(process: Process = Process(), targets: [Target] = [], report: Answer? = nil) {
    (self.process, self.targets, self.report) = (process, targets, report)
  }
}

// MARK: - The process

extension HostFacts {
  public struct Process: Hashable, Sendable {
    /// The user that files are asked for as; nil: not known.
    public var user: UInt32?
    /// Nil: the system does not tell.
    public var descriptors: Descriptors?
    /// The smallest of the limits on threads; nil: none is known.
    public var threads: Threads?

    public init(user: UInt32? = nil, descriptors: Descriptors? = nil, threads: Threads? = nil) {
      (self.user, self.descriptors, self.threads) = (user, descriptors, threads)
    }
  }

  public struct Descriptors: Hashable, Sendable {
    /// The hard limit on open ones, to which a run raises the soft one.
    public var limit: Int
    /// Operations that a run lets one target have in flight under it.
    public var concurrency: Int

    public init(limit: Int, concurrency: Int) { (self.limit, self.concurrency) = (limit, concurrency) }
  }

  public struct Threads: Hashable, Sendable {
    public var limit: Int
    /// What sets it, as in `cgroup v2 pids.max of /`.
    public var source: String
    /// Operations that all targets together can have in flight under it: each takes a thread, and a run needs a few more.
    public var concurrency: Int

    public init(limit: Int, source: String, concurrency: Int) {
      (self.limit, self.source, self.concurrency) = (limit, source, concurrency)
    }
  }
}

// MARK: - Targets

extension HostFacts {
  public struct Target: Hashable, Sendable {
    /// Which of the plan's targets.
    public var index: Int
    public var answer: Answer

    public init(index: Int, answer: Answer) { (self.index, self.answer) = (index, answer) }
  }

  /// What came of the look at one target, or at another path.
  public enum Answer: Hashable, Sendable {
    /// The folder of a literal path, whether it is there or not. Of a pattern, the first of those it finds, with how many it
    /// finds in all, and what of its matches a run passes over; none of them when its fixed part is no folder: then that is here.
    case folders([Folder], found: Int, passedOver: PassedOver = PassedOver())
    /// A pattern finds more than a run accepts, which is this many.
    case tooMany(limit: Int)
    /// Not waited for any longer. `probes` are the paths of files, fit to be printed, that were made to try deleting and may
    /// remain.
    case noAnswer(Silence, probes: [String])
    /// The host has no thread to look with: the name of the error.
    case noThread(errno: String)
  }

  /// Why a look was given up, or never taken.
  public enum Silence: Hashable, Sendable {
    /// It took longer than this.
    case slow(Duration)
    /// Other targets on the mount at this path, fit to be printed, gave no answer.
    case hangingMount(String)
    /// All looks together took longer than this.
    case outOfTime(Duration)
  }

  public struct Folder: Hashable, Sendable {
    /// Absolute, fit to be printed.
    public var path: String
    public var state: State

    public init(path: String, state: State) { (self.path, self.state) = (path, state) }
  }

  /// What stands where a folder is wanted. A `component` counts those of the path from 0, and says where along it this was
  /// found out: the trouble is that of the path down to there, and what follows was not reached.
  public enum State: Hashable, Sendable {
    /// Nothing stands there.
    case missing(component: Int)
    /// A symbolic link, which a run does not follow.
    case link(component: Int)
    /// Something that is neither a folder nor a link.
    case notDirectory(EntryKind, component: Int)
    /// It, or a folder on the way to it, is there and cannot be used: the name of the error.
    case refused(Access, errno: String, component: Int)
    /// A file at this path, fit to be printed, protects it from every run, so nothing was tried in it. The file stands in the
    /// folder that ends with the component; nil: in `/`.
    case held(by: String, component: Int?)
    /// A folder that a run would walk.
    case directory(Directory)
  }

  public enum EntryKind: Hashable, Sendable {
    case file
    /// A device, pipe or socket.
    case special
  }

  /// What was refused. The component beside it is the folder (or, with `look`, the entry) that this was asked of.
  public enum Access: Hashable, Sendable {
    /// To learn what the entry is, though the folder it stands in can be searched.
    case look
    /// To open it to get further down, for which no read permission is needed.
    case open
    /// To open it to be listed, or to list it.
    case list
    /// To reach what stands in it by name.
    case search
  }
}

// MARK: - Folders

extension HostFacts {
  /// A folder that can be listed and searched.
  public struct Directory: Hashable, Sendable {
    /// Nil: the system does not tell.
    public var mount: Mount?
    /// It lies on what is mounted at `/`, so nothing is mounted for it.
    public var isOnRootMount = false
    public var deletion: Deletion
    /// The file system's clock less this host's, as far as both were read at once; nil: it could not be asked.
    public var clockSkew: ClosedRange<Duration>?
    /// Nil: not known.
    public var givesBirthTimes: Bool?
    /// Nil: not known.
    public var givesAccessTimes: Bool?

    public init(deletion: Deletion, mount: Mount? = nil, clockSkew: ClosedRange<Duration>? = nil) {
      (self.deletion, self.mount, self.clockSkew) = (deletion, mount, clockSkew)
    }
  }

  /// Whether entries can be removed, by trying it on one that was made for it. Errors by their names.
  public enum Deletion: Hashable, Sendable {
    case possible
    case untried
    case refused(errno: String)
    /// The file could be made and not be removed: it is still there.
    case probeRemains(name: String, errno: String)
    /// Something else was wrong, which says nothing about removals. The file of that name may have been made all the same, and
    /// could not be removed; nil: it is not there.
    case unknown(errno: String, probe: String? = nil)
  }

  /// As in /proc/self/mountinfo.
  public struct Mount: Hashable, Sendable {
    /// `nfs4`, `ext4`, …
    public var kind: String
    /// Of this mount and of its file system, without repetition: `rw`, `noatime`, `vers=4.1`, …
    public var options: [String]

    public init(kind: String, options: [String]) { (self.kind, self.options) = (kind, options) }
  }
}
