import Testing

@testable import Plan
@testable import Report
@testable import Runner

@Suite struct AdviceTests {
  private func plan(_ adjust: (inout BatchPlan) -> Void = { _ in }) -> BatchPlan {
    let path = PathPattern(text: "/data/api", components: [.literal("data"), .literal("api")])
    var plan = BatchPlan(targets: [Target(name: "api", path: path, retention: Retention(maxAge: .seconds(86_400)))])
    adjust(&plan)
    return plan
  }

  /// A rehearsal in a container of 256 MiB that went well.
  private func outcome(_ adjust: (inout BatchOutcome) -> Void = { _ in }) -> BatchOutcome {
    var outcome = Samples.batch([AdviceTests.target()], mode: .dryRun)
    outcome.memory.processPeak = .mebibytes(21)
    outcome.memory.trend = .flat
    outcome.memory.points = (1...4).map { index in
      MemoryPoint(
        elapsed: .seconds(index), used: .mebibytes(18), workingSet: nil, process: .mebibytes(10),
        reserved: .mebibytes(7), files: UInt64(index) * 500)
    }
    adjust(&outcome)
    return outcome
  }

  private static func target(_ adjust: (inout TargetOutcome) -> Void = { _ in }) -> TargetOutcome {
    var target = Samples.target("api", tally: Samples.tally(kept: 1500, purged: 500))
    target.concurrencyMean = 12.4
    adjust(&target)
    return target
  }

  /// The same run with another target.
  private static func with(_ adjust: (inout TargetOutcome) -> Void) -> (inout BatchOutcome) -> Void {
    let books = TargetBooks([target(adjust)])
    return { $0.books = books }
  }

  private func advice(
    isSelection: Bool = false, _ plan: BatchPlan? = nil, _ adjust: (inout BatchOutcome) -> Void = { _ in }
  ) -> RehearsalAdvice {
    RehearsalAdvice(outcome(adjust), plan: plan ?? self.plan(), isSelection: isSelection)
  }

  private func verdict(_ id: String, _ advice: RehearsalAdvice) -> Preflight.Verdict? {
    advice.preflight.items.first { $0.id == id }?.verdict
  }

  @Test func `The whole text of a rehearsal that went well, and of one that did not`() throws {
    let good = AdviceText(advice(plan { $0.safety.maxDeletions = 1000 })).text
    let bad = AdviceText(
      advice {
        $0.memory.summary.pauses = 1
        $0.memory.trend = .growing
        AdviceTests.with { $0.ending = .stoppedTime }(&$0)
      }
    ).text
    try expectGolden(good + "---\n" + bad, "advice.txt")
  }

  @Test func `Twice the peak, rounded up to 64 MiB`() {
    let recommended = { (peak: UInt64) in advice { $0.memory.processPeak = .mebibytes(peak) }.resources?.memoryQuantity
    }
    #expect([5, 21, 32, 33, 100].map(recommended) == ["64Mi", "64Mi", "64Mi", "128Mi", "256Mi"])
  }

  @Test func `What others in the container take counts, and so does what the config asks for`() {
    let crowded = advice { $0.memory.summary.peak = .mebibytes(200) }.resources
    #expect(crowded?.reason == .peakOfTheGroup)
    #expect(crowded?.memoryQuantity == "256Mi")
    let sized = plan {
      ($0.memory.resumeAt, $0.memory.pauseAt) = (.size(.mebibytes(300)), .size(.mebibytes(400)))
      $0.memory.abortAt = .size(.mebibytes(450))
    }
    #expect(advice(sized).resources?.reason == .thresholds)
    #expect(advice(sized).resources?.memoryQuantity == "512Mi")
  }

  @Test(arguments: 1...4) func `The recommended limit leaves room for the budgets that may run at once`(parallel: Int)
    throws
  {
    let anything = try Glob("*")
    for budget in [1, 30, 64, 100, 333] as [UInt64] {
      for isPattern in [false, true] {
        let plan = plan {
          $0.run.parallelTargets = parallel
          $0.targets[0].memoryBudget = .mebibytes(budget)
          if isPattern {
            $0.targets[0].path = PathPattern(text: "/data/*", components: [.literal("data"), .wildcard(anything)])
          }
        }
        let limit = advice(plan).resources?.memory ?? ByteCount(bytes: 0)
        let sum = ByteCount.mebibytes(budget * UInt64(isPattern ? parallel : 1))
        #expect(plan.memory.available(under: limit) >= sum)
      }
    }
  }

  @Test func `The recommended limit is one that a run accepts, whatever the thresholds, or it says so`() {
    let sizes: [MemoryPlan.Threshold] = [.size(.mebibytes(40)), .size(.mebibytes(440)), .size(.mebibytes(450))]
    let shares: [MemoryPlan.Threshold] = [.share(.seventy), .share(.eighty), .share(.ninetyFive)]
    for choice in 0..<8 {
      let plan = plan {
        $0.memory.resumeAt = choice & 1 == 0 ? sizes[0] : shares[0]
        $0.memory.pauseAt = choice & 2 == 0 ? sizes[1] : shares[1]
        $0.memory.abortAt = choice & 4 == 0 ? sizes[2] : shares[2]
      }
      let resources = advice(plan).resources
      let limit = resources?.memory ?? ByteCount(bytes: 0)
      #expect(plan.memory.objection(under: limit) == resources?.objection, "\(choice)")
      // Only a share below a size can be too large.
      if choice & 1 == 0 { #expect(resources?.objection == nil, "\(choice)") }
    }
  }

  @Test func `Absurd budgets are no trap`() {
    let plan = plan {
      $0.memory.pauseAt = .share(Percentage(percent: 1) ?? .eighty)
      $0.targets[0].memoryBudget = ByteCount(bytes: .max)
    }
    #expect(advice(plan).resources?.reason == .budgets)
  }

  @Test func `A walk that was cut short gives no recommendation, and fails`() {
    for ending in [Ending.stoppedMemory, .stoppedSignal, .stoppedTime, .stoppedGuard, .notStarted] {
      let advice = advice(nil, AdviceTests.with { $0.ending = ending })
      #expect(advice.resources == nil)
      #expect(verdict("dry_run", advice) == .failed)
    }
  }

  @Test func `Each item fails on its own`() {
    #expect(advice().preflight.failed.isEmpty)
    let failures: [(String, (inout BatchOutcome) -> Void)] = [
      ("readable", AdviceTests.with { $0.tally.errors = 1 }),
      ("per_1000_files", { $0.memory.trend = .growing }),
      ("estimate", { $0.memory.trend = .growing }),
      ("limit", { $0.memory.processPeak = .mebibytes(129) }),
      ("usage", { $0.memory.summary.peak = .mebibytes(205) }),
      ("pauses", { $0.memory.summary.pauses = 1 }),
      ("pauses", { $0.memory.summary.narrowings = 1 }),
      ("rate", AdviceTests.with { $0.duration = .seconds(21) }),
      ("caps", AdviceTests.with { $0.ending = .stoppedGuard }),
      ("caps", { $0.capForecasts = Samples.rehearsal.capForecasts }),
      ("permission", AdviceTests.with { $0.tally.dirsNotPermitted = 1 }),
      ("watched", AdviceTests.with { $0.ending = .stoppedTime }),
    ]
    for (id, change) in failures { #expect(verdict(id, advice(nil, change)) == .failed, "\(id)") }
  }

  @Test func `What cannot be told is left to people`() {
    #expect(verdict("dry_run", advice(isSelection: true)) == .byHand)
    let onMachine = advice { $0.memory.summary.source = MemorySummary.machine }
    #expect(verdict("limit", onMachine) == .byHand)
    #expect(verdict("usage", onMachine) == .byHand)
    #expect(verdict("per_1000_files", advice { $0.memory.trend = nil }) == .byHand)
    #expect(verdict("rate", advice(nil, AdviceTests.with { $0.tally.filesScanned = 999 })) == .byHand)
    #expect(verdict("caps", advice()) == .byHand)
    #expect(verdict("caps", advice(plan { $0.targets[0].maxDeletions = 5 })) == .passed)
  }

  private func figures(_ id: String, _ advice: RehearsalAdvice) -> String? {
    advice.preflight.items.first { $0.id == id }?.figures
  }

  @Test func `Where no folder was walked, that is said, and there was nothing to watch`() {
    let nothing = advice { $0.books = TargetBooks() }
    #expect(verdict("dry_run", nothing) == .failed)
    #expect(figures("dry_run", nothing) == "no folder was walked")
    #expect(verdict("watched", nothing) == .byHand)
    #expect(figures("watched", nothing) == "nothing to watch")
    #expect(verdict("permission", nothing) == .byHand)
    #expect(AdviceText(nothing).text.hasSuffix("\nNo recommendation: no folder was walked.\n"))
  }

  @Test func `Memory per 1000 files is a figure only where there are so many`() {
    let untold = "too little was seen for a trend"
    #expect(figures("per_1000_files", advice { $0.memory.trend = nil }) == "5.0000 MiB; \(untold)")
    let few = advice {
      $0.memory.trend = nil
      $0.memory.points = Array($0.memory.points.prefix(1))
    }
    #expect(figures("per_1000_files", few) == untold)
  }

  @Test func `A plan that was stopped does not say that nothing would be deleted when something would`() {
    let stopped = advice(nil, AdviceTests.with { $0.ending = .stoppedGuard })
    #expect(figures("subset", stopped) == "500 files would be deleted, but in no target that was walked to its end")
    let nothing = advice(nil, AdviceTests.with { $0.tally = Samples.tally(kept: 1500, purged: 0, mode: .dryRun) })
    #expect(figures("subset", nothing) == "nothing would be deleted")
  }

  @Test func `A slow target is told as the slowest, with what makes it faster`() {
    let slow = AdviceTests.with {
      $0.duration = .seconds(100)
      $0.operations = OperationFigures(perSecond: 40)
    }
    let base = "20 in api, the slowest target: "
    #expect(figures("rate", advice(nil, slow)) == base + "its file server is slow: see latency_ms in the log")
    let narrow = plan { $0.targets[0].concurrency = .atMost(4) }
    #expect(figures("rate", advice(narrow, slow)) == base + "raise its concurrency, now 4, or leave it at auto")
    let limited = plan {
      $0.targets[0].operationsPerSecond = 50
      $0.run.operationsPerSecond = 800
    }
    let raise = "limits it: raise that if the file server has room"
    #expect(figures("rate", advice(limited, slow)) == base + "operations_per_second: 50 \(raise)")
    let limitedRun = plan { $0.run.operationsPerSecond = 100 }
    #expect(figures("rate", advice(limitedRun, slow)) == base + "run.operations_per_second: 100 \(raise)")
    // A limit that is far from being met is not what makes it slow.
    let unmet = plan { $0.run.operationsPerSecond = 1000 }
    #expect(figures("rate", advice(unmet, slow)) == base + "its file server is slow: see latency_ms in the log")
  }

  @Test func `What a folder's target is told to raise is looked up by the configured name`() {
    let slow = AdviceTests.with {
      $0.name = "api/2026-02"
      $0.duration = .seconds(100)
    }
    let narrow = plan { $0.targets[0].concurrency = .atMost(4) }
    let remedy = "raise its concurrency, now 4, or leave it at auto"
    #expect(figures("rate", advice(narrow, slow))?.hasSuffix(remedy) == true)
  }

  @Test func `A limit far above the need is told as so many times the need`() {
    let limit = { (mebibytes: UInt64) in
      advice { $0.memory.summary.limit = .mebibytes(mebibytes) }
    }
    #expect(figures("limit", limit(4096)) == "4.0 GiB for a peak of 21.0 MiB: the limit is 64 times the need")
    #expect(verdict("limit", limit(4096)) == .passed)
    #expect(figures("limit", limit(256)) == "256.0 MiB for a peak of 21.0 MiB")
  }

  @Test func `The caps that a run would meet are named`() {
    let ahead = advice { $0.capForecasts = Samples.rehearsal.capForecasts }
    #expect(
      figures("caps", ahead)
        == "a run would stop at safety.max_deletions: 2,500 of 23,010 files; and 1 further cap")
    let target = advice { $0.capForecasts = [Samples.rehearsal.capForecasts[0]] }
    #expect(figures("caps", target) == "target monthly would stop at its max_deleted_bytes: 10.0 GiB of 31.2 GiB")
  }

  @Test func `Files that could not be deleted are counted with their folders`() {
    let told = { (files: UInt64, folders: UInt64) in
      let denied = advice(
        nil, AdviceTests.with { ($0.tally.filesNotPermitted, $0.tally.dirsNotPermitted) = (files, folders) })
      #expect(verdict("permission", denied) == .failed)
      return figures("permission", denied)
    }
    let others = "any others are in a sticky folder or immutable"
    let closed = "34 folders read-only or without write permission"
    #expect(told(12_000, 34) == "12,000 files could not be deleted (\(closed); \(others))")
    #expect(told(0, 34) == closed)
    #expect(told(1, 0) == "1 file could not be deleted (in a sticky folder, or immutable)")
    #expect(verdict("permission", advice()) == .passed)
  }

  @Test func `Alerts are to be set on what cannot be missed`() throws {
    let told = try #require(figures("alerts", advice()))
    for text in ["exit status other than 0", "Paused to free memory", "Batch completed"] {
      #expect(told.contains(text))
    }
  }
}
