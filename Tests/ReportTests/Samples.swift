import Plan
import Runner

/// Outcomes as a run could bring them; the books of every tally balance.
enum Samples {
  static let start = Timestamp(seconds: 1_795_415_675, nanoseconds: 120_000_000)
  static let later = Timestamp(seconds: 1_795_415_687, nanoseconds: 470_000_000)

  static let memory = MemorySummary(
    source: "cgroup v2 memory.max /kubepods/pod1", limit: .mebibytes(256), base: .mebibytes(9), peak: .mebibytes(21),
    current: .mebibytes(18))

  static let operations = OperationFigures(
    calls: [
      .list: OperationFigures.Calls(count: 12, meanTime: .microseconds(4250)),
      .removeFile: OperationFigures.Calls(count: 500, meanTime: .nanoseconds(3_000_600)),
    ], perSecond: 1234.46)

  static func tally(kept: UInt64, purged: UInt64, mode: RunMode = .purge) -> Tally {
    var tally = Tally()
    tally.filesScanned = kept + purged
    tally.filesKept[.tooNew] = kept
    tally.filesToPurge = purged
    tally.bytesToFree = purged * 4096
    tally.dirsFound = 12
    tally.dirsScanned = 12
    tally.emptyDirsToDelete = 3
    if mode == .purge {
      tally.filesPurged = purged
      tally.bytesFreed = purged * 4096
      tally.emptyDirsDeleted = 3
    }
    return tally
  }

  static func target(_ name: String, _ ending: Ending = .completed, reason: String? = nil, tally: Tally = Tally())
    -> TargetOutcome
  {
    var target = TargetOutcome(name: name, path: "/data/\(name)", ending: ending, reason: reason)
    guard ending != .notStarted else { return target }
    target.startedAt = start
    target.finishedAt = later
    target.duration = .milliseconds(12_350)
    target.tally = tally
    target.peakMemory = .mebibytes(20)
    target.concurrencyPeak = 8
    target.operations = operations
    return target
  }

  static func step(_ kind: MemoryStep.Kind, paused: Duration? = nil, workers: Int? = nil) -> MemoryStep {
    let (name, bytes): (String, ByteCount) =
      kind == .resumed || kind == .widened ? ("resume_at", .mebibytes(179)) : ("pause_at", .mebibytes(205))
    return MemoryStep(
      kind, target: "api", at: start, used: memory.current, limit: memory.limit, threshold: name,
      thresholdBytes: bytes, paused: paused, workers: workers)
  }

  static func batch(
    _ targets: [TargetOutcome], mode: RunMode = .purge, ending: Ending = .completed, status: ExitStatus = .success,
    memory: MemorySummary = memory
  ) -> BatchOutcome {
    BatchOutcome(
      runID: "20261123T063435Z-k3f9q2", mode: mode, startedAt: start, finishedAt: later,
      duration: .milliseconds(12_350),
      ending: ending, exitStatus: status, memory: MemoryOutcome(memory), books: TargetBooks(targets))
  }

  /// One with errors, one stopped, one that never started.
  static var troubledTargets: [TargetOutcome] {
    var failing = tally(kept: 1200, purged: 30_500)
    failing.filesToPurge += 7
    failing.filesScanned += 7
    failing.filesFailed = 7
    failing.errors = 9
    var api = target("api-files", .completedWithErrors, reason: "9 entries failed", tally: failing)
    api.errorsByKind = ["EACCES": 7, "EIO": 1, "ESTALE": 1]

    var cut = tally(kept: 88, purged: 1_234_567)
    (cut.filesToPurge, cut.filesScanned, cut.filesLeft) = (cut.filesToPurge + 5000, cut.filesScanned + 5000, 5000)
    (cut.dirsFound, cut.dirsLeft, cut.emptyDirsLeft) = (cut.dirsFound + 1, 1, 17)
    let monthly = target("monthly/2026-07", .stoppedMemory, reason: "memory stayed above abort_at", tally: cut)
    let last = target("monthly/2026-08", .notStarted, reason: "the run was stopped before")
    return [api, monthly, last]
  }

  /// Every remark there is.
  static var troubled: BatchOutcome {
    var pressed = memory
    (pressed.peak, pressed.pauses, pressed.paused) = (.mebibytes(245), 4, .seconds(95))
    var outcome = batch(troubledTargets, ending: .stoppedMemory, status: .memory, memory: pressed)
    outcome.unmatchedPatterns = [.init(key: "exclude", pattern: "keep\n/", target: "api-files", targets: 3)]
    var passedOver = PassedOver()
    passedOver.links.note(Array("/data/2026-05".utf8))
    for path in ["/data/2026-1", "/data/2026-13"] { passedOver.nearMisses.note(Array(path.utf8)) }
    outcome.passedOver = [TargetPassedOver(target: "monthly", passedOver)]
    outcome.memory.processPeak = .mebibytes(21)
    outcome.memory.largestDelay = .microseconds(120)
    outcome.memory.trend = .flat
    outcome.memory.points = [
      MemoryPoint(
        elapsed: .milliseconds(100), used: .mebibytes(18), workingSet: .mebibytes(40), process: .mebibytes(9),
        reserved: .mebibytes(7), files: 12_000)
    ]
    outcome.memory.steps = [step(.paused), step(.narrowed, workers: 1), step(.resumed, paused: .seconds(3))]
    return outcome
  }

  /// A rehearsal of two targets, of which all that there is to tell is told.
  static var rehearsal: BatchOutcome {
    var tally = tally(kept: 1200, purged: 21_800, mode: .dryRun)
    (tally.filesKept[.excluded], tally.filesKept[.inFuture], tally.filesScanned) = (20, 1, tally.filesScanned + 21)
    var api = target("api-files", tally: tally)
    api.samples = [
      FileSample(path: "/data/api/a/old.log", size: ByteCount(bytes: 4096), age: .seconds(90 * 86_400)),
      FileSample(path: "/data/api/b", size: ByteCount(bytes: 12), age: nil),
    ]
    for path in ["/data/api/protected", "/data/api/x"] { api.holds.note(path) }
    var held = Samples.tally(kept: 0, purged: 1210, mode: .dryRun)
    (held.filesKept[.held], held.filesScanned) = (3, held.filesScanned + 3)
    var month = target("monthly/2026-02", tally: held)
    month.samples = [
      FileSample(path: "/data/2026-02/file", size: .mebibytes(3), age: .seconds(300 * 86_400 + 7200))
    ]
    month.holds.note("/data/2026-02/audit")
    var outcome = batch([api, month], mode: .dryRun)
    outcome.memory.processPeak = .mebibytes(14)
    var kept = FoldersKept(target: "monthly")
    var (young, bounds, last) = (PathSamples(), PathSamples(), PathSamples())
    for month in 8...11 { young.note("/data/2026-\(month)") }
    bounds.note("/data/2023-12")
    for _ in 0..<25 { last.note("/data/2026-03") }
    kept.folders = [.tooYoung: young, .outsideBounds: bounds, .keepLast: last]
    outcome.foldersKept = [kept]
    var passedOver = PassedOver()
    passedOver.links.note(Array("/data/2026-05".utf8))
    for path in ["/data/2026-1", "/data/2026-13"] { passedOver.nearMisses.note(Array(path.utf8)) }
    passedOver.mounts.note(Array("/data/2026-04".utf8))
    outcome.passedOver = [TargetPassedOver(target: "monthly", passedOver)]
    outcome.capForecasts = [
      CapForecast(key: "safety.max_deletions", target: nil, limit: 2500, wanted: 23_010, isBytes: false),
      CapForecast(
        key: "max_deleted_bytes", target: "monthly", limit: 10 << 30, wanted: 33_500_000_000, isBytes: true),
    ]
    return outcome
  }
}
