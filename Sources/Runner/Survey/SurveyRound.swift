import Kernel
import Plan
import SystemPackage

/// What one survey keeps from plan to plan.
struct SurveyMemory {
  var hangingMounts = HangingMounts()
  /// Time that looks have taken so far.
  var spent: Duration = .zero
  /// Looks started so far: the last one's number.
  var lastLook = 0
  /// The mounts of looks that were given up and may answer yet, by the looks' numbers.
  var givenUp: [Int: [UInt8]] = [:]
}

/// What looks, and those who interrupt them, leave for the thread that waits.
struct SurveyMail {
  /// By the looks' numbers.
  var answers: [Int: HostFacts.Answer] = [:]
  /// Of looks that have not answered, or have left something.
  var ledgers: [Int: ProbeLedger] = [:]
  /// Whether anybody waits.
  var isLooking = false
  var interruption: String?
}

/// The looks at one plan's targets and at the place of its report: some at once, each for so long.
struct SurveyRound {
  private enum Subject: Hashable {
    /// By its index in the plan.
    case target(Int)
    case report
  }

  /// Looks at once: as many calls as one NFS mount has in flight anyway.
  private static let parallelLooks = 64

  private struct Look {
    let subject: Subject
    let job: TargetSurvey
    /// What it tells about when it gets no answer; nil: it may as well be about another mount.
    let mount: [UInt8]?
    var deadline: MonotonicTime
    /// Set when it is given up, and may only clear away what it has made.
    var silence: HostFacts.Silence?
  }

  private let plan: BatchPlan
  private let host: HostSurvey.Host
  private let limits: HostSurvey.Limits
  private let mailbox: Monitor<SurveyMail>
  private let mounts: MountTable
  private(set) var memory: SurveyMemory

  private let began = MonotonicTime.now()
  private let end: MonotonicTime
  private var isInterrupted: Bool
  private var waiting: ArraySlice<Subject>
  private var looking: [Int: Look] = [:]
  private var answers: [Subject: HostFacts.Answer] = [:]

  init(
    _ plan: BatchPlan, _ host: HostSurvey.Host, _ limits: HostSurvey.Limits, _ mailbox: Monitor<SurveyMail>,
    _ memory: SurveyMemory
  ) {
    (self.plan, self.host, self.limits) = (plan, host, limits)
    (self.mailbox, self.memory) = (mailbox, memory)
    isInterrupted = mailbox.withLock { $0.interruption != nil }
    mounts = host.mounts()
    end = began.advanced(by: limits.total - memory.spent)
    let targets = plan.targets.indices.filter { plan.targets[$0].isEnabled }.map { Subject.target($0) }
    waiting = (targets + (plan.report.file == nil ? [] : [.report]))[...]
  }

  /// What came of every enabled target, in the order of the plan, and of the report; nothing to go by when it was interrupted.
  mutating func run() -> (targets: [HostFacts.Target], report: HostFacts.Answer?) {
    while !waiting.isEmpty || !looking.isEmpty {
      giveUpOverdue()
      start()
      collect()
    }
    memory.spent += MonotonicTime.now().since(began)
    let targets = plan.targets.indices.compactMap { index in
      answers[.target(index)].map { HostFacts.Target(index: index, answer: $0) }
    }
    return (targets, answers[.report])
  }

  private func subject(_ subject: Subject) -> TargetSurvey.Subject {
    switch subject {
    case .target(let index): .target(plan.targets[index])
    case .report: .path(Array((plan.report.file?.fixedPart ?? "/").utf8))
    }
  }

  // MARK: Starting

  private mutating func start() {
    while looking.count < SurveyRound.parallelLooks, let next = waiting.popFirst() {
      if let mount = hangingMount(of: subject(next)) {
        answers[next] = .noAnswer(.hangingMount(PrintableText.path(mount)), probes: [])
        continue
      }
      do throws(Errno) {
        try look(at: next)
      } catch {
        if looking.isEmpty {
          answers[next] = .noThread(errno: ErrnoName.of(error))
        } else {
          // Others have threads: when one of them ends, there is one for this.
          waiting.insert(next, at: waiting.startIndex)
        }
        return
      }
    }
  }

  private mutating func look(at next: Subject) throws(Errno) {
    let subject = subject(next)
    let job = TargetSurvey(subject, fileSystem: host.fileSystem, clock: host.clock)
    let number = memory.lastLook + 1
    mailbox.withLock { $0.ledgers[number] = job.probes }
    do throws(Errno) {
      try PlainThread.start(name: "survey") { [mailbox] in
        let answer = job.answer()
        mailbox.withLock { mail in
          mail.answers[number] = answer
          if job.probes.paths.isEmpty { mail.ledgers[number] = nil }
        }
        mailbox.broadcast()
      }
    } catch {
      mailbox.withLock { $0.ledgers[number] = nil }
      throw error
    }
    memory.lastLook = number
    looking[number] = Look(
      subject: next, job: job, mount: blamedMount(of: subject),
      deadline: min(end, MonotonicTime.now().advanced(by: limits.target)))
  }

  private func hangingMount(of subject: TargetSurvey.Subject) -> [UInt8]? {
    mounts.holding(subject.literalPath).map(\.point).flatMap { memory.hangingMounts.contains($0) ? $0 : nil }
  }

  /// The mount that a look at this is about; nil where it may be one of several.
  private func blamedMount(of subject: TargetSurvey.Subject) -> [UInt8]? {
    let path = subject.literalPath
    if !subject.isLiteral, mounts.hasMounts(below: path) { return nil }
    // An automounter's folders are other mounts once somebody looks at them.
    return mounts.holding(path).flatMap { $0.kind == "autofs" ? nil : $0.point }
  }

  // MARK: Waiting

  /// Waits until something comes in or has had its time, and not at all when nothing is looked at.
  private mutating func collect() {
    guard let deadline = looking.values.map(\.deadline).min() else { return }
    let wasInterrupted = isInterrupted
    let timeout = max(.zero, deadline.since(.now()))
    let news = mailbox.wait(timeout: timeout) { mail -> ([Int: HostFacts.Answer], isInterrupted: Bool)? in
      let isInterrupted = mail.interruption != nil
      if mail.answers.isEmpty, isInterrupted == wasInterrupted { return nil }
      defer { mail.answers = [:] }
      return (mail.answers, isInterrupted)
    }
    guard let (answers, isInterrupted) = news else { return }
    self.isInterrupted = isInterrupted
    for (number, answer) in answers { take(answer, of: number) }
  }

  private mutating func take(_ answer: HostFacts.Answer, of number: Int) {
    let look = looking.removeValue(forKey: number)
    if let look {
      // An answer that came too late may be that of a look cut short.
      answers[look.subject] = look.silence.map { .noAnswer($0, probes: look.job.probes.paths) } ?? answer
    }
    if let mount = look?.mount ?? memory.givenUp.removeValue(forKey: number) {
      memory.hangingMounts.noteAnswer(of: mount, at: .now())
    }
  }

  // MARK: Giving up

  private mutating func giveUpOverdue() {
    let now = MonotonicTime.now()
    let isOver = isInterrupted || end <= now
    if isOver {
      for next in waiting { answers[next] = .noAnswer(.outOfTime(limits.total), probes: []) }
      waiting = []
    }
    for (number, look) in looking.filter({ isOver || $0.value.deadline <= now }) {
      if look.silence == nil {
        giveUp(number, look, at: now, end <= now ? .outOfTime(limits.total) : .slow(limits.target))
      } else if look.deadline <= now {
        drop(number)
      }
    }
  }

  /// Has a look end; when it has made a file, it gets a moment to remove it.
  private mutating func giveUp(_ number: Int, _ look: Look, at now: MonotonicTime, _ silence: HostFacts.Silence) {
    look.job.probes.close()
    let lastSign = look.job.lastSign
    if let mount = look.mount, look.deadline <= now, now.since(lastSign) * 2 >= limits.target {
      memory.hangingMounts.noteSilence(of: mount, since: lastSign)
    }
    var ending = look
    (ending.silence, ending.deadline) = (silence, now.advanced(by: limits.farewell))
    looking[number] = ending
    if look.job.probes.paths.isEmpty { drop(number) }
  }

  private mutating func drop(_ number: Int) {
    guard let look = looking.removeValue(forKey: number) else { return }
    memory.givenUp[number] = look.mount
    answers[look.subject] = look.silence.map { .noAnswer($0, probes: look.job.probes.paths) }
  }
}
