import Plan
import Report
import Testing

@Suite struct HumanTextTests {
  @Test(arguments: [
    (UInt64(0), "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567"),
    (.max, "18,446,744,073,709,551,615"),
  ])
  func `Counts have commas between thousands`(_ count: UInt64, _ text: String) {
    #expect(HumanText.count(count) == text)
  }

  @Test(arguments: [
    (UInt64(0), "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (1_048_575, "1.0 MiB"),
    (5 << 30, "5.0 GiB"), (.max, "16.0 EiB"),
  ])
  func `Sizes are in IEC units and never read 1024 of one`(_ bytes: UInt64, _ text: String) {
    #expect(ByteCount(bytes: bytes).text == text)
  }

  @Test(arguments: [
    (Duration.zero, "0.00s"), (.milliseconds(-5), "0.00s"), (.milliseconds(346), "0.35s"),
    (.milliseconds(9999), "10.0s"),
    (.milliseconds(59_940), "59.9s"), (.milliseconds(59_950), "1m 00s"), (.seconds(245), "4m 05s"),
    (.seconds(11_220), "3h 07m"), (.seconds(187_200), "2d 04h"), (.seconds(Int64.max), "11,574,074,074d 01h"),
  ])
  func `Durations have two units at most`(_ duration: Duration, _ text: String) {
    #expect(HumanText.duration(duration) == text)
  }

  @Test(arguments: [
    (0.0, 2, "0.00"), (1.005, 0, "1"), (-0.26, 1, "-0.3"), (12.3456, 3, "12.346"), (.infinity, 1, "0.0"),
    (.nan, 0, "0"),
  ])
  func `Decimals are rounded and never anything but a number`(_ value: Double, _ digits: Int, _ text: String) {
    #expect(HumanText.decimal(value, digits: digits) == text)
  }

  @Test(arguments: [(0.0, "0.0"), (9.94, "9.9"), (9.96, "10"), (81_234.5, "81,235"), (-1, "0.0"), (.infinity, "0.0")])
  func `Rates are whole numbers from ten on`(_ rate: Double, _ text: String) {
    #expect(HumanText.rate(rate) == text)
  }
}
