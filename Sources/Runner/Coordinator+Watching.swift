import Kernel
import Plan

/// What the coordinator looks at while targets are walked: their progress, and what memory does meanwhile.
extension Coordinator {
  mutating func reportProgress(at time: MonotonicTime) {
    runner.onEvent(.batchProgress(progress(at: time)))
    let filesOfRun = tally.filesScanned
    for (id, target) in running.sorted(by: { $0.key < $1.key }) {
      var progress = target.walk.progress(target.pace, memory: governor.summary)
      progress.pauses = governor.pauses(of: id)
      progress.trend = trend
      progress.filesOfRun = filesOfRun
      let calls = target.walk.operations.totals.calls
      progress.operations = OperationFigures(calls - target.reported.calls, over: time.since(target.reported.at))
      running[id]?.reported = (calls, time)
      runner.onEvent(.progress(progress))
      if progress.tally != target.lastTally || progress.isPaused { running[id]?.lastChange = time }
      running[id]?.lastTally = progress.tally
      let quiet = time.since(running[id]?.lastChange ?? time)
      if quiet >= Coordinator.stallAfter {
        runner.onEvent(
          .targetStalled(
            target: progress.target, quiet: quiet, operationsInFlight: progress.busyWorkers, calls: []))
      }
    }
  }

  private func progress(at time: MonotonicTime) -> BatchProgress {
    BatchProgress(
      targets: targets, targetsDone: books.count, targetsRunning: running.count, elapsed: time.since(startedAt),
      tally: tally, filesPerSecond: pace.figures.files.short, deletionsPerSecond: pace.figures.deletions.short,
      memory: governor.summary, timeLeft: deadline.map { max(.zero, $0.since(time)) })
  }

  /// Of the targets done and running.
  var tally: Tally {
    running.values.reduce(into: books.totals) { sum, target in sum += target.walk.tally }
  }

  mutating func notePace(at time: MonotonicTime) {
    pace.note(PaceMeter.Count(tally), at: time)
  }

  mutating func noteMemory() {
    let summary = governor.summary
    var (files, reserved) = (books.totals.filesScanned, 0)
    for target in running.values {
      let (scanned, held) = target.walk.filesAndReserved
      (files, reserved) = (files + scanned, reserved + held)
    }
    series.note(
      MemoryPoint(
        elapsed: MonotonicTime.now().since(startedAt), used: summary.current, workingSet: summary.workingSet,
        process: summary.process, reserved: ByteCount(bytes: UInt64(reserved)), files: files))
  }

  /// While memory per 1000 files rises, every target goes on with half of its workers, and with half of those when it still
  /// does at the next look.
  mutating func heedTrend() {
    let before = trend
    trend = MemoryTrend.of(series.points)
    guard trend == .growing || before == .growing else { return }
    for (id, target) in running {
      if trend == .growing {
        // What a pause or a narrowing has left of its workers says nothing.
        guard target.walk.gate.isOpenWide else { continue }
        narrow(id, target, to: max(1, (target.widthWhileGrowing ?? target.walk.allowedWorkers) / 2))
      } else if target.widthWhileGrowing != nil {
        narrow(id, target, to: nil)
      }
    }
  }

  private mutating func narrow(_ id: Int, _ target: Running, to workers: Int?) {
    guard workers != target.widthWhileGrowing else { return }
    running[id]?.widthWhileGrowing = workers
    target.walk.gate.narrow(whileGrowing: workers)
    target.walk.heedGate()
    let message =
      workers.map { "memory per 1000 files rises: going on with \($0 == 1 ? "1 worker" : "\($0) workers")" }
      ?? "memory per 1000 files does not rise any more: going on with all workers"
    runner.onEvent(.notice(target: target.walk.target.name, message: message))
  }
}
