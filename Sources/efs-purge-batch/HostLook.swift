import Glibc
import Kernel
import Plan
import Runner
import SystemPackage

/// Why `check-config` ended before its end, in good order: one sentence for the user. Ends the process with status 4.
struct Interrupted: Error {
  let message: String

  /// - Parameter probes: files that may remain.
  init(_ reason: String, probes: [String]) {
    let paths = probes.map { quoted($0) }.joined(separator: ", ")
    let remark = probes.isEmpty ? "" : "; what was made to try deleting may still be there: \(paths)"
    message = "\(reason): not everything was checked\(remark)"
  }

  var status: Int32 { ExitStatus.interrupted.rawValue }
}

/// Looks at this host for `--on-host`, and leaves nothing behind when a signal ends that.
struct HostLook {
  private let survey = HostSurvey()

  /// To be made before any thread is started.
  init() throws(Unusable) {
    let patience = Patience()
    do throws(Errno) {
      try ProcessSignals.watch { [survey] notice in
        switch notice {
        case .progress: break
        case .stop(let signal):
          patience.shorten(to: .now().advanced(by: ProcessEnd.timeToEnd))
          let reason = "\(signal) was received"
          // Whoever looks ends the process then. Else the first thread may be waiting for input for ever.
          if !survey.interrupt(reason) { HostLook.end(Interrupted(reason, probes: survey.probes), patience) }
        case .timeIsUp: _exit(ExitStatus.interrupted.rawValue)
        }
        return patience.deadline
      }
    } catch {
      throw Unusable("cannot watch for signals: \(error)")
    }
  }

  /// What a run here must get by with, when it is in a group with a limit.
  static var memoryLimit: ByteCount? { MemoryLimit.ofGroup().map { ByteCount(bytes: $0) } }

  private static func end(_ interrupted: Interrupted, _ patience: Patience) -> Never {
    try? patience.wait(.log, insists: false) { ErrorLine.write(interrupted.message) }
    _exit(interrupted.status)
  }

  func facts(of plan: BatchPlan) throws(Interrupted) -> HostFacts {
    do throws(HostSurvey.Interrupted) {
      return try survey.facts(of: plan)
    } catch {
      throw Interrupted(error.reason, probes: error.probes)
    }
  }
}
