import Kernel
import Report
import Runner
import SystemPackage

/// Writes the list of a plan while it goes on: one line for each file that would go.
struct ListStream: EntryRecorder {
  let file: StreamedFile

  var wantsKept: Bool { false }

  /// Makes sure that the list can be written at all. `-` is standard output.
  init(to path: String, _ patience: StopPatience) throws(Errno) {
    let atomic = try path == "-" ? AtomicFile(openAs: .standardOutput) : AtomicFile(at: path)
    file = StreamedFile(atomic, at: path, patience)
  }

  func record(_ entry: RecordedEntry) {
    if entry.fate == .wouldPurge { file.append(ListLine.bytes(entry)) }
  }
}
