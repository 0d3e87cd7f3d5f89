import Kernel
import Plan
import SystemPackage

@testable import Runner

/// Walks one target with limits of the test's own, without a coordinator.
@discardableResult
func walk(
  _ target: Target, fileSystem: any FileSystem = LinuxFileSystem(),
  limits adjust: (inout WalkLimits) -> Void = { _ in },
  workers: Int, events: Events = Events(), caps: [DeletionCap] = [], rateLimits: [RateLimit] = [],
  onBegin: (TargetWalk) -> Void = { _ in }
) -> Tally {
  walkToEnd(
    target, fileSystem: fileSystem, limits: adjust, workers: workers, events: events, caps: caps,
    rateLimits: rateLimits,
    onBegin: onBegin
  ).tally
}

/// The same, with all that came of it.
func walkToEnd(
  _ target: Target, mode: RunMode = .purge, fileSystem: any FileSystem = LinuxFileSystem(),
  limits adjust: (inout WalkLimits) -> Void = { _ in },
  workers: Int, events: Events = Events(), caps: [DeletionCap] = [], rateLimits: [RateLimit] = [],
  clockGuard: ClockGuard? = nil, onBegin: (TargetWalk) -> Void = { _ in }
) -> TargetOutcome {
  var limits = WalkLimits(workers: workers, firstWorkers: workers, openDirectories: 1000, memory: .mebibytes(256))
  adjust(&limits)
  let rules = WalkRules(target, mode: mode, now: Fixture.now, caps: TargetCaps(target), fileSystem)
  let means = TargetWalk.Means(
    fileSystem: fileSystem, rateLimits: rateLimits, caps: caps, clockGuard: clockGuard, stop: StopRequest(),
    onEvent: events.add)
  let ended = Monitor(false)
  let walk = TargetWalk(
    ResolvedTarget(name: target.name, path: target.path.literalPath, spec: target), rules: rules, limits: limits,
    means: means
  ) {
    ended.withLock { $0 = true }
    ended.broadcast()
  }
  onBegin(walk)
  walk.start()
  _ = ended.wait { $0 ? true : nil }
  return walk.outcome(startedAt: Fixture.now, finishedAt: Fixture.now)
}
