import Plan

/// The `recommendation` object of a dry run's report.
struct RecommendationFigures: Hashable, Sendable, Encodable {
  let processPeakMB: Double
  let memoryRequestMB: Double
  let memoryLimitMB: Double
  let concurrency = "auto"
  /// By target; those with the most. Every target has its own figure.
  let operationsInFlightMean: [String: Int]

  init(_ resources: ResourceAdvice) {
    processPeakMB = resources.peak.inMebibytes.rounded(to: 2)
    memoryRequestMB = resources.memory.inMebibytes
    memoryLimitMB = resources.memory.inMebibytes
    operationsInFlightMean = Dictionary(
      resources.operationsInFlight.map { ($0.target, $0.mean) }, uniquingKeysWith: max)
  }

  private enum CodingKeys: String, CodingKey {
    case processPeakMB = "process_peak_mb"
    case memoryRequestMB = "memory_request_mb"
    case memoryLimitMB = "memory_limit_mb"
    case concurrency
    case operationsInFlightMean = "operations_in_flight_mean"
  }
}

/// An item of the `preflight` list of a dry run's report.
struct PreflightFigures: Hashable, Sendable, Encodable {
  let id: String
  let item: String
  let result: String
  let figures: String

  init(_ item: Preflight.Item) {
    (id, self.item, result, figures) = (item.id, item.name, item.verdict.rawValue, item.figures)
  }
}
