import Kernel
public import Plan
import SystemPackage

/// Looks at what plans' targets are on this host, and at what this process may use.
///
/// It opens and lists as a run does, and tries what cannot be known otherwise on an empty file with a name of its own in each
/// folder it looks at; nothing else is made or removed. When such a file may remain, it is named.
///
/// One survey can look for several plans, one after another: what hangs for one is not tried again for the next.
public final class HostSurvey: Sendable {
  /// `interrupt` was called.
  public struct Interrupted: Error, Hashable {
    public let reason: String
    /// Files that may remain, as in `HostFacts.Answer.noAnswer`.
    public let probes: [String]
  }

  struct Limits {
    /// How long each target may take; a file server that hangs is not waited for any longer.
    var target: Duration = .seconds(10)
    /// How long all looks for all plans may take together.
    var total: Duration = .seconds(60)
    /// How long a look that is given up may take to remove what it has made.
    var farewell: Duration = .seconds(1)
  }

  /// What of this host tests replace.
  struct Host {
    var fileSystem: any Kernel.FileSystem = LinuxFileSystem()
    /// What stands before `/proc` and `/sys` when limits on threads are read.
    var systemRoot = ""
    /// This host's, which is compared with the file systems'.
    var clock: @Sendable () -> Timestamp = { Timestamp(WallClock.now()) }
    var mounts: @Sendable () -> MountTable = MountTable.current
  }

  private let host: Host
  private let limits: Limits
  private let memory = Monitor(SurveyMemory())
  let mailbox = Monitor(SurveyMail())

  /// Threads of a run besides those that walk: the first, signals, log, memory.
  private static let otherThreads = 4

  public convenience init() { self.init(on: Host()) }

  init(on host: Host, limits: Limits = Limits()) { (self.host, self.limits) = (host, limits) }

  /// Blocks the calling thread until every enabled target of `plan`, and the place of its report, has answered or had its time. What hangs goes on hanging
  /// on a thread of its own, which the end of the process ends. One call at a time has its turn.
  public func facts(of plan: BatchPlan) throws(Interrupted) -> HostFacts {
    let (targets, report) = memory.withLock { memory in
      mailbox.withLock { $0.isLooking = true }
      defer { mailbox.withLock { $0.isLooking = false } }
      var round = SurveyRound(plan, host, limits, mailbox, memory)
      defer { memory = round.memory }
      return round.run()
    }
    // Only now: an interruption of what has just come to its end must not be lost.
    if let reason = mailbox.withLock({ $0.interruption }) { throw Interrupted(reason: reason, probes: probes) }
    return HostFacts(process: process(of: plan), targets: targets, report: report)
  }

  /// From any thread: has `facts` throw, in little more than the second that looks under way are given to remove what they
  /// have made, and every later call at once. False when nothing is being looked at now.
  public func interrupt(_ reason: String) -> Bool {
    let isLooking = mailbox.withLock { mail in
      if mail.interruption == nil { mail.interruption = reason }
      return mail.isLooking
    }
    mailbox.broadcast()
    return isLooking
  }

  /// The files that were made and may remain now.
  public var probes: [String] { mailbox.withLock { $0.ledgers }.sorted { $0.key < $1.key }.flatMap { $0.value.paths } }

  private func process(of plan: BatchPlan) -> HostFacts.Process {
    let descriptors = ResourceLimits.descriptors.map { limit in
      HostFacts.Descriptors(
        limit: limit, concurrency: DescriptorShares(limit: limit, parallelTargets: plan.run.parallelTargets).workers)
    }
    let threads = ResourceLimits.threads(root: host.systemRoot).map { limit in
      HostFacts.Threads(
        limit: limit.count, source: limit.source, concurrency: max(0, limit.count - HostSurvey.otherThreads))
    }
    return HostFacts.Process(user: ResourceLimits.user, descriptors: descriptors, threads: threads)
  }
}
