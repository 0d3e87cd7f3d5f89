/// The kinds of file system calls a walk makes, as far as their times are told apart. Raw values are those of log and report.
public enum OperationKind: String, CaseIterable, Hashable, Sendable {
  case open
  case list
  /// The first look at an entry, from the client's cache where it has one.
  case status
  /// The look that the server must answer, shortly before a removal.
  case freshStatus = "fresh_status"
  case removeFile = "remove_file"
  case removeDirectory = "remove_directory"

  /// One value for each kind, by `index`.
  typealias Each<Value: ~Copyable> = InlineArray<6, Value>

  var index: Int {
    switch self {
    case .open: 0
    case .list: 1
    case .status: 2
    case .freshStatus: 3
    case .removeFile: 4
    case .removeDirectory: 5
    }
  }
}

/// The calls of some span of time.
public struct OperationFigures: Hashable, Sendable {
  public struct Calls: Hashable, Sendable {
    public var count: UInt64
    /// Of one call, waiting for a directory's lock included.
    public var meanTime: Duration

    public init(count: UInt64, meanTime: Duration) { (self.count, self.meanTime) = (count, meanTime) }
  }

  /// Kinds of which there were none are absent.
  public var calls: [OperationKind: Calls]
  public var perSecond: Double

  public init(calls: [OperationKind: Calls] = [:], perSecond: Double = 0) {
    (self.calls, self.perSecond) = (calls, perSecond)
  }

  init(_ times: OperationTimes, over time: Duration) {
    calls = [:]
    for kind in OperationKind.allCases where times[kind].count > 0 {
      let sum = times[kind]
      calls[kind] = Calls(count: sum.count, meanTime: .nanoseconds(Int64(sum.nanoseconds / sum.count)))
    }
    perSecond = time > .zero ? Double(times.count) / time.inSeconds : 0
  }
}
