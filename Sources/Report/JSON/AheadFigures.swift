import Plan
import Runner

/// The folders of one target that are not purged now: an element of the report's `folders_kept`.
struct FoldersKeptFigures: Hashable, Sendable, Encodable {
  struct Some: Hashable, Sendable, Encodable {
    let count: UInt64
    let first: [String]

    init(_ paths: PathSamples) { (count, first) = (paths.count, paths.first) }
  }

  let target: String
  let tooYoung: Some?
  let outsideBounds: Some?
  let keepLast: Some?

  init(_ kept: FoldersKept) {
    target = kept.target
    tooYoung = kept.folders[.tooYoung].map(Some.init)
    outsideBounds = kept.folders[.outsideBounds].map(Some.init)
    keepLast = kept.folders[.keepLast].map(Some.init)
  }

  private enum CodingKeys: String, CodingKey {
    case target
    case tooYoung = "too_young"
    case outsideBounds = "outside_bounds"
    case keepLast = "keep_last"
  }
}

/// A cap that a run would meet: an element of `caps_ahead` in the report of a dry run.
struct CapAheadFigures: Hashable, Sendable, Encodable {
  let key: String
  /// Absent: the whole run's.
  let target: String?
  let limit: UInt64
  let wanted: UInt64
  let unit: String

  init(_ forecast: CapForecast) {
    (key, target) = (forecast.key, forecast.target)
    (limit, wanted) = (forecast.limit, forecast.wanted)
    unit = forecast.isBytes ? "bytes" : "files"
  }
}
