import Plan
public import Runner
public import SystemPackage

/// Turns what a run tells into lines of the log. Pure: the same event always gives the same line.
///
/// Messages and field names of a target's start, progress and end are those of the tool this one replaces, whose
/// dashboards and alerts go on working.
public struct EventLog: Sendable {
  /// What every line needs to know of its run.
  public struct Context: Sendable {
    public var runID: String
    public var toolVersion: String
    public var mode: RunMode
    /// Whether progress lines carry the figures for troubleshooting.
    public var isDetailed: Bool

    public init(runID: String, toolVersion: String, mode: RunMode, isDetailed: Bool) {
      (self.runID, self.toolVersion, self.mode, self.isDetailed) = (runID, toolVersion, mode, isDetailed)
    }
  }

  let context: Context
  let errnoName: @Sendable (Errno) -> String

  /// - Parameter errnoName: the symbol of an error number, e.g. `EACCES`.
  public init(_ context: Context, errnoName: @escaping @Sendable (Errno) -> String) {
    (self.context, self.errnoName) = (context, errnoName)
  }

  public func line(for event: RunEvent) -> LogLine {
    switch event {
    case .batchStarted(let targets): started(targets)
    case .batchProgress(let progress): self.progress(progress)
    case .targetStarted(let start): started(start)
    case .progress(let progress): self.progress(progress)
    case .failure(let failure): self.failure(failure)
    case .failuresSuppressed(let target, let kind, let count): suppressed(target, kind, count)
    case .memoryWatched(let watch): watching(watch)
    case .memoryNotices(let files): notices(files)
    case .workingSetNear(let memory): workingSetNear(memory)
    case .memoryStep(let step): self.step(step)
    case .targetStalled(let target, let quiet, let operations, let calls): stalled(target, quiet, operations, calls)
    case .guardTripped(let target, let message): remark(.error, "Safety guard tripped", target, message)
    case .passedOver(let passedOver, let target): self.passedOver(passedOver, target)
    case .notice(let target, let message): remark(.warning, "Notice", target, message)
    case .stopping(let ending, let message):
      line(.warning, "Stopping", ["outcome": .string(ending.rawValue), "reason": .string(message)])
    case .targetFinished(let outcome): finished(outcome)
    case .targetsNotStarted(let targets): notStarted(targets)
    }
  }

  func line(_ level: LogLine.Level, _ message: String, _ fields: [String: LogValue]) -> LogLine {
    var fields = fields
    fields["run_id"] = .string(context.runID)
    return LogLine(level, message, fields)
  }
}

extension Ending {
  /// Of the line that tells this ending.
  var logLevel: LogLine.Level {
    switch self {
    case .completed, .skipped, .notStarted: .info
    case .completedWithErrors, .stoppedMemory, .stoppedTime, .stoppedSignal: .warning
    case .stoppedGuard, .failed: .error
    }
  }
}

extension LogValue {
  static func seconds(_ duration: Duration) -> LogValue { .number(duration.inSeconds.rounded(to: 3)) }
  static func mebibytes(_ size: ByteCount) -> LogValue { .number(size.inMebibytes.rounded(to: 2)) }
  static func rate(_ perSecond: Double) -> LogValue { .number(perSecond.rounded(to: 1)) }
}
