public import Kernel
public import Plan

/// Runs the targets of a plan, one after another or a few at once, and accounts for all they did.
public struct BatchRunner: Sendable {
  /// What a run needs to be told besides its plan.
  public struct Settings: Sendable {
    public var mode: RunMode
    /// Identifies the run in log and report.
    public var runID: String
    /// The moment file ages are counted from; nil: the host's clock at the start.
    public var now: Timestamp?
    /// Only targets whose name, or whose folder's name (`monthly/2026-07`), matches one of these; empty: all.
    public var selection: [Glob]
    /// What stands before `/proc` and `/sys` when memory is looked at: another directory for tests.
    public var systemRoot = ""
    /// Called once when everything is found and nothing is touched yet: why the run is not to start; nil: it may.
    public var willStart: @Sendable () -> String? = { nil }
    /// Files of the run itself (config, report, log): they stay, wherever they are and whatever the rules say. Asked once, after
    /// `willStart`, which may make some.
    public var ownFiles: @Sendable () -> [FileIdentity] = { [] }
    /// Is told of single entries; nil: nobody is, which costs nothing.
    public var recorder: (any EntryRecorder)?
    /// When calls that do not answer are told of.
    var stalls = StallWatch.Times()
    /// What was refused though it is permitted is waited for so many times shorter: for tests.
    var retryHaste = 1

    public init(mode: RunMode, runID: String, now: Timestamp? = nil, selection: [Glob] = []) {
      (self.mode, self.runID, self.now, self.selection) = (mode, runID, now, selection)
    }
  }

  let plan: BatchPlan
  let settings: Settings
  let fileSystem: any FileSystem
  let stop: StopRequest
  let progress: ProgressRequest
  let onEvent: @Sendable (RunEvent) -> Void

  /// - Parameters:
  ///   - fileSystem: what is walked; in a dry run removals from it are only pretended.
  ///   - stop: ends the run early, from any thread.
  ///   - progress: has it tell how far it is, from any thread.
  ///   - onEvent: is told what happens, from several threads.
  public init(
    plan: BatchPlan, settings: Settings, fileSystem: any FileSystem = LinuxFileSystem(), stop: StopRequest,
    progress: ProgressRequest = ProgressRequest(), onEvent: @escaping @Sendable (RunEvent) -> Void
  ) {
    self.plan = plan
    self.settings = settings
    self.fileSystem = settings.mode == .purge ? fileSystem : PretendingFileSystem(fileSystem)
    self.stop = stop
    self.progress = progress
    self.onEvent = onEvent
  }

  /// Carries the plan out and returns when every target has ended, or at the latest some seconds after a stop was
  /// requested, with what is stuck in the kernel accounted for as left. Blocks the calling thread.
  public func run() -> BatchOutcome {
    var coordinator = Coordinator(self)
    return coordinator.run()
  }
}
