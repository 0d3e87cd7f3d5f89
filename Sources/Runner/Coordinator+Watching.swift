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

  /// Names the calls that do not answer.
  mutating func tellOfStalls(at time: MonotonicTime) {
    for (id, target) in running.sorted(by: { $0.key < $1.key }) {
      let walk = target.walk
      let calls = walk.callsInHand(for: runner.settings.stalls.hangsAfter, at: time)
      let totals = walk.operations.totals
      let stall = running[id]?.stalls.look(
        calls.map(\.id), finished: totals.pieces &+ totals.roundTrips.count,
        isHeldBack: walk.gate.opening.isShut || totals.waitingForLeave > 0, at: time)
      guard let stall else { continue }
      let told = calls.filter { stall.calls.contains($0.id) }.prefix(HangingCall.most)
      runner.onEvent(
        .targetStalled(
          target: walk.target.name, quiet: stall.quiet, operationsInFlight: walk.busyWorkers,
          calls: told.map { walk.hanging($0, at: time) }))
    }
  }

  /// The same of the search for folders, in which nothing goes on beside a call.
  func tellOfStall(of place: SearchPlace, _ stalls: inout StallWatch, at time: MonotonicTime) {
    let call = place.present.flatMap { time.since($0.id.since) >= runner.settings.stalls.hangsAfter ? $0 : nil }
    let stall = stalls.look(call.map { [$0.id] } ?? [], finished: 0, isHeldBack: call == nil, at: time)
    guard stall != nil, let call else { return }
    let age = time.since(call.id.since)
    runner.onEvent(
      .targetStalled(
        target: call.target, quiet: age, operationsInFlight: 1,
        calls: [HangingCall(operation: .expandTarget, age: age, path: call.path)]))
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
