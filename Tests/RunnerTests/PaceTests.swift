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
      meter.note(PaceMeter.Count(files: files, directories: files / 10), at: time(second))
    }
    let figures = meter.figures
    #expect(figures.instant == 10)
    #expect(figures.short == 55)
    #expect(figures.overall == 82)
    #expect(figures.peak == 100)
    #expect(figures.directories == 5.5)
  }

  @Test func `before the first sample there is no pace`() {
    #expect(PaceMeter(now: time(0)).figures.overall == 0)
    #expect(PaceMeter(now: time(0)).figures.peak == 0)
  }
}
