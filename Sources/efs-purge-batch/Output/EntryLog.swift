import Report
import Runner

/// Writes a line of the log for each entry. Unlike other lines these are waited for, so that none is missing as long as somebody
/// reads them.
struct EntryLog: EntryRecorder {
  let events: EventLog
  let format: LogFormat
  let queue: LogQueue

  var wantsKept: Bool { true }

  func record(_ entry: RecordedEntry) {
    queue.writePatiently(LineLogHandler.bytes(of: events.line(for: entry), label: LogQueue.label, format: format))
  }
}

/// Tells two recorders.
struct RecorderPair: EntryRecorder {
  let first: any EntryRecorder
  let second: any EntryRecorder

  var wantsKept: Bool { first.wantsKept || second.wantsKept }

  func record(_ entry: RecordedEntry) {
    first.record(entry)
    second.record(entry)
  }
}
