import Plan

/// The `recommendation` object of a dry run's report.
struct RecommendationFigures: Hashable, Sendable, Encodable {
  let peakMB: Double
  let memoryRequestMB: Double
  let memoryLimitMB: Double
  let cpuRequestMillicores: UInt64
  /// By target.
  let concurrency: [String: Int]

  init(_ advice: ResourceAdvice) {
    peakMB = advice.peak.inMebibytes.rounded(to: 2)
    memoryRequestMB = advice.memory.inMebibytes
    memoryLimitMB = advice.memory.inMebibytes
    cpuRequestMillicores = advice.millicores
    concurrency = Dictionary(advice.concurrency.map { ($0.target, $0.operations) }, uniquingKeysWith: max)
  }

  private enum CodingKeys: String, CodingKey {
    case peakMB = "peak_mb"
    case memoryRequestMB = "memory_request_mb"
    case memoryLimitMB = "memory_limit_mb"
    case cpuRequestMillicores = "cpu_request_millicores"
    case concurrency
  }
}

/// An item of the `preflight` list of a dry run's report.
struct PreflightFigures: Hashable, Sendable, Encodable {
  let item: String
  let result: String
  let figures: String

  init(_ item: Preflight.Item) { (self.item, result, figures) = (item.name, item.result.rawValue, item.figures) }
}
