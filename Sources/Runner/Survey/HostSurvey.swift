import Kernel
public import Plan
import SystemPackage

/// Looks at what a plan's targets are on this host, and at what this process may use.
///
/// It opens and lists as a run does, and tries what cannot be known otherwise on an empty file with a name of its own in each
/// folder it looks at; nothing else is made or removed.
public struct HostSurvey: Sendable {
  private let plan: BatchPlan
  private let fileSystem: any Kernel.FileSystem
  private let timeLimit: Duration
  private let systemRoot: String
  private let clock: @Sendable () -> Timestamp

  /// Targets looked at at once: as many calls as one NFS mount has in flight anyway.
  private static let parallelTargets = 64
  /// Threads of a run besides those that walk: the first, signals, log, memory.
  private static let otherThreads = 4

  /// - Parameters:
  ///   - timeLimit: how long each target may take; a file server that hangs is not waited for any longer.
  ///   - systemRoot: what stands before `/proc` and `/sys` when limits on threads are read: another directory for tests.
  public init(_ plan: BatchPlan, timeLimit: Duration = .seconds(10), systemRoot: String = "") {
    self.init(plan, fileSystem: LinuxFileSystem(), timeLimit: timeLimit, systemRoot: systemRoot)
  }

  /// - Parameter clock: this host's, which is compared with the file systems'.
  init(
    _ plan: BatchPlan, fileSystem: any Kernel.FileSystem, timeLimit: Duration, systemRoot: String = "",
    clock: @escaping @Sendable () -> Timestamp = { Timestamp(WallClock.now()) }
  ) {
    (self.plan, self.fileSystem, self.timeLimit) = (plan, fileSystem, timeLimit)
    (self.systemRoot, self.clock) = (systemRoot, clock)
  }

  /// Blocks the calling thread until every enabled target has answered or had its time. What hangs goes on hanging on a
  /// thread of its own, which the end of the process ends.
  public func facts() -> HostFacts {
    HostFacts(process: process, targets: targets)
  }

  // MARK: The process

  private var process: HostFacts.Process {
    let descriptors = ResourceLimits.descriptors.map { limits in
      HostFacts.Descriptors(
        soft: limits.soft, hard: limits.hard,
        concurrency: DescriptorShares(limit: limits.hard, parallelTargets: plan.run.parallelTargets).workers)
    }
    let threads = ResourceLimits.threads(root: systemRoot).map { limit in
      HostFacts.Threads(
        limit: limit.count, source: limit.source, concurrency: max(0, limit.count - HostSurvey.otherThreads))
    }
    return HostFacts.Process(user: ResourceLimits.user, descriptors: descriptors, threads: threads)
  }

  // MARK: Targets

  private var targets: [HostFacts.Target] {
    var waiting = plan.targets.indices.filter { plan.targets[$0].isEnabled }[...]
    var looking: [Int: Look] = [:]
    var answers: [Int: HostFacts.Answer] = [:]
    let mailbox = Monitor<[Int: HostFacts.Answer]>([:])
    while !waiting.isEmpty || !looking.isEmpty {
      while looking.count < HostSurvey.parallelTargets, let index = waiting.popFirst() {
        do throws(Errno) {
          looking[index] = try look(at: index, mailbox)
        } catch {
          if looking.isEmpty {
            answers[index] = .noThread(errno: ErrnoName.of(error))
          } else {
            // Others have threads: when one of them ends, there is one for this.
            waiting.insert(index, at: waiting.startIndex)
          }
          break
        }
      }
      for (index, answer) in answersNow(mailbox, before: looking.values.map(\.deadline).min()) {
        if looking.removeValue(forKey: index) != nil { answers[index] = answer }
      }
      let now = MonotonicTime.now()
      for (index, look) in looking where look.deadline <= now {
        look.job.giveUp()
        looking[index] = nil
        answers[index] = .noAnswer(within: timeLimit)
      }
    }
    return answers.sorted { $0.key < $1.key }.map { HostFacts.Target(index: $0.key, answer: $0.value) }
  }

  private struct Look {
    let job: TargetSurvey
    let deadline: MonotonicTime
  }

  private func look(at index: Int, _ mailbox: Monitor<[Int: HostFacts.Answer]>) throws(Errno) -> Look {
    let job = TargetSurvey(plan.targets[index], fileSystem: fileSystem, clock: clock)
    try PlainThread.start(name: "survey") {
      let answer = job.answer()
      mailbox.withLock { $0[index] = answer }
      mailbox.broadcast()
    }
    return Look(job: job, deadline: MonotonicTime.now().advanced(by: timeLimit))
  }

  /// What came in; waits for something until `deadline`, and not at all without one.
  private func answersNow(
    _ mailbox: Monitor<[Int: HostFacts.Answer]>, before deadline: MonotonicTime?
  ) -> [Int: HostFacts.Answer] {
    guard let deadline else { return [:] }
    return mailbox.wait(timeout: max(.zero, deadline.since(.now()))) { answers in
      if answers.isEmpty { return nil }
      defer { answers = [:] }
      return answers
    } ?? [:]
  }
}
