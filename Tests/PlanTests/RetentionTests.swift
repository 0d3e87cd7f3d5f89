import Plan
import Testing

@Suite struct RetentionTests {
  private let now = Timestamp(seconds: 1_000_000)

  private func file(
    mtime: Int64 = 0, atime: Int64 = 0, ctime: Int64 = 0, birth: Int64? = 0, size: UInt64 = 10, owner: UInt32 = 0
  ) -> FileFacts {
    FileFacts(
      mtime: Timestamp(seconds: mtime), atime: Timestamp(seconds: atime), ctime: Timestamp(seconds: ctime),
      birth: birth.map { Timestamp(seconds: $0) }, size: size, owner: owner)
  }

  private func verdict(_ retention: Retention, _ file: FileFacts) -> Verdict {
    Cutoff(retention, now: now).verdict(for: file)
  }

  @Test func `a file goes when it is older than max_age, not when it is exactly that old`() {
    let retention = Retention(maxAge: .seconds(100))
    #expect(verdict(retention, file(mtime: 999_900)) == .kept(.tooNew))
    #expect(verdict(retention, file(mtime: 999_899)) == .expired)
    let almost = FileFacts(
      mtime: Timestamp(seconds: 999_899, nanoseconds: 999_999_999), atime: now, ctime: now, birth: nil, size: 0,
      owner: 0)
    #expect(verdict(retention, almost) == .expired)
  }

  @Test func `a file from the future is young`() {
    #expect(verdict(Retention(maxAge: .zero), file(mtime: 2_000_000)) == .kept(.tooNew))
    #expect(verdict(Retention(maxAge: .zero), file(mtime: 1_000_000)) == .kept(.tooNew))
  }

  @Test(arguments: [
    (Retention.AgeSource.mtime, 1), (.atime, 2), (.ctime, 3), (.birth, 4), (.newest, 5),
  ])
  func `age_from says which time counts`(source: Retention.AgeSource, index: Int) {
    let young: Int64 = 999_999
    let files = [
      file(mtime: young), file(atime: young), file(ctime: young), file(birth: young),
    ]
    for (position, file) in files.enumerated() {
      let counts = source == .newest || position == index - 1
      #expect(verdict(Retention(maxAge: .seconds(100), ageFrom: source), file) == (counts ? .kept(.tooNew) : .expired))
    }
  }

  @Test func `a time that is asked for and not kept keeps the file`() {
    #expect(verdict(Retention(maxAge: .zero, ageFrom: .birth), file(birth: nil)) == .kept(.birthTimeUnknown))
    #expect(verdict(Retention(maxAge: .zero, ageFrom: .newest), file(birth: nil)) == .expired)
    var unvouched = file()
    unvouched.atime = nil
    #expect(verdict(Retention(maxAge: .zero, ageFrom: .atime), unvouched) == .kept(.accessTimeUnknown))
    #expect(verdict(Retention(maxAge: .zero, ageFrom: .newest), unvouched) == .expired)
  }

  @Test func `age comes before owner and size, in that order`() {
    var retention = Retention(
      maxAge: .seconds(100), minSize: ByteCount(bytes: 100), maxSize: ByteCount(bytes: 1000), owners: [7])
    #expect(verdict(retention, file(mtime: 999_999)) == .kept(.tooNew))
    #expect(verdict(retention, file()) == .kept(.otherOwner))
    #expect(verdict(retention, file(owner: 7)) == .kept(.tooSmall))
    #expect(verdict(retention, file(size: 1001, owner: 7)) == .kept(.tooLarge))
    #expect(verdict(retention, file(size: 1000, owner: 7)) == .expired)
    retention.owners = []
    #expect(verdict(retention, file(size: 500, owner: 7)) == .kept(.otherOwner))
  }

  @Test func `a rule's files go by its criteria, all others by the target's own`() throws {
    var retention = Retention(maxAge: .seconds(100), include: [try Pattern("*.tmp")])
    let week = Retention.Criteria(
      maxAge: .seconds(10), ageFrom: .ctime, minSize: ByteCount(bytes: 0), maxSize: nil, owners: [7])
    retention.rules = [Retention.Rule(include: [try Pattern("*.log")], exclude: [], criteria: week)]
    let cutoff = Cutoff(retention, now: now)
    #expect(cutoff.hasRules)
    #expect(cutoff.keepsAll == [false, false])
    let file = FileFacts(
      mtime: Timestamp(seconds: 999_950), atime: nil, ctime: Timestamp(seconds: 999_950), birth: nil, size: 1, owner: 7)
    #expect(cutoff.verdict(for: file, by: 0) == .expired)
    #expect(cutoff.verdict(for: file, by: 1) == .kept(.tooNew))
    #expect(cutoff.isOfOthers(8))
    #expect(!cutoff.isOfOthers(7))
  }

  @Test func `with never there is no file old enough`() {
    #expect(Cutoff(Retention(maxAge: nil), now: now).keepsAll == [true])
    #expect(Cutoff(Retention(maxAge: .zero), now: now).keepsAll == [false])
    for seconds in [Int64.min, -1_000_000_000, 0] {
      #expect(verdict(Retention(maxAge: nil), file(mtime: seconds)) == .kept(.tooNew))
    }
  }

  @Test func `an age beyond all time keeps everything`() {
    #expect(verdict(Retention(maxAge: .seconds(Int64.max)), file(mtime: -1_000_000_000)) == .kept(.tooNew))
  }
}

@Suite struct QuantityTests {
  @Test func `byte counts saturate and never wrap`() {
    let large = ByteCount(bytes: .max)
    #expect(large + ByteCount(bytes: 1) == large)
    #expect(ByteCount(bytes: 1) - ByteCount(bytes: 2) == ByteCount(bytes: 0))
    #expect(ByteCount.mebibytes(.max) == large)
    #expect(ByteCount.mebibytes(2).inMebibytes == 2)
  }

  @Test func `percentages outside 0 to 100 are none`() {
    #expect(Percentage(percent: 100.1) == nil)
    #expect(Percentage(percent: -1) == nil)
    #expect(Percentage(percent: .nan) == nil)
    #expect(Percentage(percent: 80)?.of(ByteCount(bytes: 1000)) == ByteCount(bytes: 800))
    #expect(Percentage(percent: 100)?.of(ByteCount(bytes: .max >> 12)).bytes ?? 0 > 0)
  }

  @Test func `a threshold is a share of the limit, or a size but never more than the limit`() throws {
    let limit = ByteCount.mebibytes(100)
    let half = MemoryPlan.Threshold.share(try #require(Percentage(percent: 50)))
    #expect(half.resolved(against: limit) == .mebibytes(50))
    #expect(MemoryPlan.Threshold.size(.mebibytes(10)).resolved(against: limit) == .mebibytes(10))
    #expect(MemoryPlan.Threshold.size(.mebibytes(200)).resolved(against: limit) == limit)
  }
}
