import Kernel
import Testing

@testable import Runner

@Suite struct PaceTests {
  private func time(_ seconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: seconds * 1_000_000_000) }

  @Test func `each figure looks back as far as it says`() {
    var meter = PaceMeter(now: time(0))
    // 100 a second for two minutes, then 10 a second for half a minute.
    var files: UInt64 = 0
    for second in stride(from: 5, through: 150, by: 5) as StrideThrough<Int64> {
      files += second <= 120 ? 500 : 50
      let count = PaceMeter.Count(
        files: files, directories: files / 10, deletions: files / 5, emptyDirectories: files / 50)
      meter.note(count, at: time(second))
    }
    let figures = meter.figures
    #expect(figures.files == TargetProgress.Rates(instant: 10, short: 55, overall: 82, peak: 100))
    #expect(figures.directories == TargetProgress.Rates(instant: 1, short: 5.5, overall: 8.2, peak: 10))
    #expect(figures.deletions == TargetProgress.Rates(instant: 2, short: 11, overall: 16.4, peak: 20))
    #expect(figures.emptyDirectories == TargetProgress.Rates(instant: 0.2, short: 1.1, overall: 1.64, peak: 2))
  }

  @Test func `before the first sample there is no pace`() {
    #expect(PaceMeter(now: time(0)).figures == TargetProgress.Pace())
  }
}
