internal import Plan
internal import Runner
internal import SystemPackage

func watchSignals(_ stop: StopRequest) {
}

func errnoName(_ errno: Errno) -> String {
  "errno \(errno.rawValue)"
}

func runnerSettings(_ settings: BatchSettings, runID: String) -> BatchRunner.Settings {
  BatchRunner.Settings(mode: settings.mode, runID: runID, now: settings.now)
}
