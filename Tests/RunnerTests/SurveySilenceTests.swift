import Glibc
import Kernel
import Plan
import Synchronization
import SystemPackage
import Testing

@testable import Kernel
@testable import Runner

/// What the survey says and leaves behind when a file server gives no answer, or somebody interrupts it.
@Suite struct SurveySilenceTests {
  private let tree = ScratchTree()
  private let probe = ".efs-purge-batch-probe-"

  private var limits: HostSurvey.Limits {
    HostSurvey.Limits(target: .milliseconds(300), total: .seconds(20), farewell: .milliseconds(500))
  }

  /// The targets' answers, in the time that they took.
  private func look(
    at targets: [Target], _ survey: HostSurvey
  ) throws -> (answers: [HostFacts.Answer], time: Duration) {
    let began = MonotonicTime.now()
    let answers = try survey.facts(of: BatchPlan(targets: targets)).targets.map(\.answer)
    return (answers, MonotonicTime.now().since(began))
  }

  private func makeTargets(_ count: Int, in folder: String) -> [Target] {
    (0..<count).map { makeTarget(tree.directory("\(folder)/d\($0)"), name: "\(folder)\($0)") }
  }

  private func pattern(_ tail: PathPattern.Component...) -> Target {
    var target = makeTarget(tree.path)
    target.path = PathPattern(text: "pattern", components: target.path.components + tail)
    return target
  }

  /// A host whose removals wait at `gate`.
  private func host(removingAt gate: Turnstile) -> HostSurvey.Host {
    HostSurvey.Host(
      fileSystem: ScriptedFileSystem(onRemoveFile: { _ in
        gate.pass()
        return nil
      }))
  }

  /// A host with these folders of the tree as mounts, besides the root; what is opened in `stuck`, or by its name, waits at `gate`.
  private func host(mounts: [String], stuck: String, at gate: Turnstile) -> HostSurvey.Host {
    let lines = (["/"] + mounts.map { "\(tree.path)/\($0)" }).enumerated().map { "\($0) 0 0:1 / \($1) rw - nfs4 x rw" }
    let table = MountTable(lines.compactMap { Mount($0[...]) })
    let path = "\(tree.path)/\(stuck)"
    let fileSystem = ScriptedFileSystem(
      onOpenPath: { if $0 == path || $0.hasPrefix(path + "/") { gate.pass() } },
      onOpen: { name in
        if path.hasSuffix("/" + name) { gate.pass() }
        return nil
      })
    return HostSurvey.Host(fileSystem: fileSystem, mounts: { table })
  }

  private func awaitEmpty(_ folder: String) -> Bool {
    for _ in 0..<500 {
      if walkTree("\(tree.path)/\(folder)").isEmpty { return true }
      PlainThread.nap(.milliseconds(10))
    }
    return false
  }

  // MARK: What is left behind

  @Test func `a probe whose removal hangs is named, and is there`() throws {
    let gate = Turnstile()
    defer { gate.open() }
    let path = tree.directory("data")
    let survey = HostSurvey(on: host(removingAt: gate), limits: limits)
    let (answers, time) = try look(at: [makeTarget(path)], survey)
    let left = try #require(tree.contents.first { $0.hasPrefix("data/\(probe)") })
    #expect(answers == [.noAnswer(.slow(.milliseconds(300)), probes: ["\(tree.path)/\(left)"])])
    #expect(survey.probes == ["\(tree.path)/\(left)"])
    #expect(time >= .milliseconds(800) && time < .seconds(8))
    gate.open()
    #expect(awaitEmpty("data"))
  }

  @Test func `a removal that takes a little too long is waited for, and nothing is named`() throws {
    let fileSystem = ScriptedFileSystem(onRemoveFile: { _ in
      PlainThread.nap(.milliseconds(600))
      return nil
    })
    var limits = limits
    limits.farewell = .seconds(15)
    let path = tree.directory("data")
    let survey = HostSurvey(on: HostSurvey.Host(fileSystem: fileSystem), limits: limits)
    #expect(try look(at: [makeTarget(path)], survey).answers == [.noAnswer(.slow(.milliseconds(300)), probes: [])])
    #expect(tree.contents == ["data"] && survey.probes.isEmpty)
  }

  @Test func `a look that is given up makes nothing when it gets on`() throws {
    let gate = Turnstile()
    defer { gate.open() }
    let made = Turnstile()
    let path = tree.directory("data")
    let fileSystem = ScriptedFileSystem(
      onRead: { _ in
        gate.pass()
        return nil
      },
      onRemoveFile: { _ in
        made.pass()
        return nil
      })
    let survey = HostSurvey(on: HostSurvey.Host(fileSystem: fileSystem), limits: limits)
    #expect(try look(at: [makeTarget(path)], survey).answers == [.noAnswer(.slow(.milliseconds(300)), probes: [])])
    gate.open()
    let late = survey.mailbox.wait(timeout: .seconds(10)) { $0.answers.isEmpty ? nil : true }
    made.open()
    #expect(late == true && made.mostAtOnce == 0)
    #expect(tree.contents == ["data"])
  }

  @Test func `a probe that cannot be removed is named in a pattern's answer that never came, too`() throws {
    let gate = Turnstile()
    defer { gate.open() }
    for name in ["a", "b"] { tree.directory(name) }
    let removals = Atomic<Int>(0)
    let counter = { @Sendable in removals.add(1, ordering: .relaxed).newValue }
    let fileSystem = ScriptedFileSystem(onRemoveFile: { _ in
      if counter() == 1 { return .notPermitted }
      gate.pass()
      return nil
    })
    let survey = HostSurvey(on: HostSurvey.Host(fileSystem: fileSystem), limits: limits)
    let answer = try look(at: [pattern(.wildcard(try Glob("?")))], survey).answers.first
    let left = tree.contents.filter { $0.contains(probe) }.map { "\(tree.path)/\($0)" }
    #expect(left.count == 2)
    #expect(answer == .noAnswer(.slow(.milliseconds(300)), probes: left))
  }

  // MARK: Interruptions

  /// Interrupts a survey of `path` once so many wait at `gate`.
  private func interruption(
    of survey: HostSurvey, _ path: String, at gate: Turnstile, then: @escaping @Sendable () -> Void
  )
    throws -> (HostSurvey.Interrupted?, time: Duration)
  {
    let interrupted = Monitor<(Bool, MonotonicTime)?>(nil)
    try PlainThread.start(name: "interrupt") {
      gate.awaitCrowd(of: 1)
      let now = MonotonicTime.now()
      let wasLooking = survey.interrupt("SIGTERM was received")
      interrupted.withLock { $0 = (wasLooking, now) }
      interrupted.broadcast()
      then()
    }
    let error = #expect(throws: HostSurvey.Interrupted.self) {
      try survey.facts(of: BatchPlan(targets: [makeTarget(path)]))
    }
    let (wasLooking, time) = try #require(interrupted.wait(timeout: .seconds(10)) { $0 })
    #expect(wasLooking)
    return (error, MonotonicTime.now().since(time))
  }

  @Test func `an interruption waits for what is being removed`() throws {
    let gate = Turnstile()
    let path = tree.directory("data")
    let survey = HostSurvey(on: host(removingAt: gate), limits: HostSurvey.Limits(farewell: .seconds(20)))
    let (error, time) = try interruption(of: survey, path, at: gate) {
      PlainThread.nap(.milliseconds(100))
      gate.open()
    }
    #expect(error == HostSurvey.Interrupted(reason: "SIGTERM was received", probes: []))
    #expect(time < .seconds(8))
    #expect(tree.contents == ["data"])
  }

  @Test func `an interruption names what it cannot wait for`() throws {
    let gate = Turnstile()
    defer { gate.open() }
    let path = tree.directory("data")
    let survey = HostSurvey(on: host(removingAt: gate), limits: HostSurvey.Limits())
    let (error, time) = try interruption(of: survey, path, at: gate) {}
    let left = try #require(tree.contents.first { $0.contains(probe) })
    #expect(error == HostSurvey.Interrupted(reason: "SIGTERM was received", probes: ["\(tree.path)/\(left)"]))
    #expect(time < .seconds(8))
  }

  @Test func `an interruption when nothing is looked at says so, and lets no look begin`() throws {
    let path = tree.directory("data")
    let opened = Turnstile()
    defer { opened.open() }
    let fileSystem = ScriptedFileSystem(onOpenPath: { _ in opened.pass() })
    let survey = HostSurvey(on: HostSurvey.Host(fileSystem: fileSystem))
    #expect(!survey.interrupt("SIGINT was received"))
    #expect(throws: HostSurvey.Interrupted(reason: "SIGINT was received", probes: [])) {
      try survey.facts(of: BatchPlan(targets: [makeTarget(path)]))
    }
    #expect(!opened.awaitCrowd(of: 1, within: .milliseconds(200)))
  }

  // MARK: Time

  @Test func `a mount that hangs costs the time limit once, and others nothing`() throws {
    let gate = Turnstile()
    defer { gate.open() }
    let targets = makeTargets(500, in: "dead") + makeTargets(100, in: "fine")
    let survey = HostSurvey(on: host(mounts: ["dead", "fine"], stuck: "dead", at: gate), limits: limits)
    let (answers, time) = try look(at: targets, survey)
    #expect(time < .seconds(5))
    #expect(answers[..<64].allSatisfy { $0 == .noAnswer(.slow(.milliseconds(300)), probes: []) })
    #expect(answers[64..<500].allSatisfy { $0 == .noAnswer(.hangingMount("\(tree.path)/dead"), probes: []) })
    #expect(answers[500...].allSatisfy { $0.isFolders } && answers.count == 600)
    #expect(gate.mostAtOnce == 64)
    // The next plan is not made to wait again.
    let again = try look(at: Array(targets[400..<501]), survey)
    #expect(again.time < .seconds(5) && gate.mostAtOnce == 64)
    #expect(again.answers[..<100].allSatisfy { $0 == .noAnswer(.hangingMount("\(tree.path)/dead"), probes: []) })
    #expect(again.answers.last?.isFolders == true)
  }

  @Test func `a mount that answers again is looked at again`() throws {
    let gate = Turnstile()
    let targets = makeTargets(3, in: "dead")
    let survey = HostSurvey(on: host(mounts: ["dead", "fine"], stuck: "dead", at: gate), limits: limits)
    #expect(try look(at: targets, survey).answers.allSatisfy { !$0.isFolders })
    let other = makeTargets(1, in: "fine")
    gate.open()
    for _ in 0..<500 {
      // Mail is read while something is looked at.
      _ = try look(at: other, survey)
      if try look(at: targets, survey).answers.allSatisfy({ $0.isFolders }) { return }
      PlainThread.nap(.milliseconds(10))
    }
    Issue.record("not looked at again")
  }

  @Test func `one slow folder does not condemn a mount whose others answer`() throws {
    let gate = Turnstile()
    defer { gate.open() }
    let survey = HostSurvey(on: host(mounts: ["data"], stuck: "data/slow", at: gate), limits: limits)
    let slow = makeTarget(tree.directory("data/slow"), name: "slow")
    let (answers, _) = try look(at: [slow] + makeTargets(10, in: "data"), survey)
    #expect(answers.first == .noAnswer(.slow(.milliseconds(300)), probes: []))
    #expect(answers.dropFirst().allSatisfy { $0.isFolders })
    #expect(try look(at: makeTargets(1, in: "data"), survey).answers.allSatisfy { $0.isFolders })
  }

  @Test func `a pattern that gets on, only slowly, does not condemn its mount`() throws {
    for number in 0..<200 { tree.directory("many/m\(number)") }
    let fileSystem = ScriptedFileSystem(onOpen: { name in
      if name.hasPrefix("m") { PlainThread.nap(.milliseconds(20)) }
      return nil
    })
    let survey = HostSurvey(on: HostSurvey.Host(fileSystem: fileSystem), limits: limits)
    let many = pattern(.literal("many"), .wildcard(try Glob("m*")))
    #expect(try look(at: [many], survey).answers == [.noAnswer(.slow(.milliseconds(300)), probes: [])])
    #expect(try look(at: makeTargets(1, in: "x"), survey).answers.allSatisfy { $0.isFolders })
  }

  @Test func `a pattern that hangs in one of the mounts below it does not condemn its own`() throws {
    let gate = Turnstile()
    defer { gate.open() }
    tree.directory("all/dead")
    let survey = HostSurvey(on: host(mounts: ["all", "all/dead"], stuck: "all/dead", at: gate), limits: limits)
    let star = PathPattern.Component.wildcard(try Glob("dea?"))
    #expect(try look(at: [pattern(.literal("all"), star)], survey).answers.allSatisfy { !$0.isFolders })
    #expect(try look(at: makeTargets(1, in: "all/x"), survey).answers.allSatisfy { $0.isFolders })
  }

  @Test func `all looks together have an end, however many mounts hang`() throws {
    let gate = Turnstile()
    defer { gate.open() }
    let targets = makeTargets(300, in: "m")
    var limits = limits
    limits.total = .milliseconds(700)
    let mounts = (0..<300).map { "m/d\($0)" }
    let survey = HostSurvey(on: host(mounts: mounts, stuck: "m", at: gate), limits: limits)
    let (answers, time) = try look(at: targets, survey)
    #expect(answers.count == 300 && time < .seconds(8))
    #expect(answers.first == .noAnswer(.slow(.milliseconds(300)), probes: []))
    #expect(answers.last == .noAnswer(.outOfTime(.milliseconds(700)), probes: []))
    // For further plans, too, even where all is well.
    let next = try look(at: makeTargets(2, in: "fine"), survey).answers
    #expect(next.allSatisfy { $0 == .noAnswer(.outOfTime(.milliseconds(700)), probes: []) })
    #expect(walkTree(tree.path + "/fine").count == 2)
  }
}

extension HostFacts.Answer {
  fileprivate var isFolders: Bool { if case .folders = self { true } else { false } }
}
