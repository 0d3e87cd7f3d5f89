/// A rule of a Job's `podFailurePolicy` that looks at exit statuses.
struct FailureRule: Sendable {
  struct Status {
    let value: Int
    let place: SourcePlace
  }

  let action: String
  let container: YAMLScalar?
  /// As it is meant, when it differs from one that there is in case only.
  let operatorText: String?
  let operatorNode: YAMLNode?
  /// Those that are numbers, also in quotes.
  let statuses: [Status]
  /// Those that Kubernetes does not take for numbers.
  let noNumbers: [YAMLNode]
  /// Where `values` stands, else the rule.
  let place: SourcePlace

  static let actions = ["Count", "FailIndex", "FailJob", "Ignore"]
  static let operators = ["In", "NotIn"]

  /// Nil for rules that look at something else.
  init?(_ node: YAMLNode) {
    guard let codes = node.given("onExitCodes") else { return nil }
    action = node.given("action")?.value.text ?? ""
    container = codes.value.given("containerName")?.value.scalar
    operatorNode = codes.value.given("operator")?.value
    operatorText = operatorNode?.text.map { text in
      FailureRule.operators.first { $0.lowercased() == text.lowercased() } ?? text
    }
    let values = codes.value.given("values")
    let items = values?.value.items ?? []
    statuses = items.compactMap { item in
      item.text.flatMap { Int($0) }.map { Status(value: $0, place: item.place) }
    }
    noNumbers = items.filter { Workload.Number.value(of: $0) == nil }
    place = values?.key.place ?? codes.key.place
  }

  /// Whether it decides what happens after this status, which is not 0, of the container with this name.
  func applies(to status: Int, of name: String?) -> Bool {
    guard container == nil || container?.text == name else { return false }
    let isListed = statuses.contains { $0.value == status }
    switch operatorText {
    case "In": return isListed
    case "NotIn": return !isListed
    default: return false
    }
  }

  func place(of status: Int) -> SourcePlace { statuses.first { $0.value == status }?.place ?? place }

  enum Fault { case zero, unsorted, duplicate, none }

  /// Why Kubernetes refuses the list of statuses, and where; nil: it does not.
  var fault: (kind: Fault, place: SourcePlace)? {
    if statuses.isEmpty, noNumbers.isEmpty { return (.none, place) }
    if operatorText == "In", let zero = statuses.first(where: { $0.value == 0 }) { return (.zero, zero.place) }
    for (before, status) in zip(statuses, statuses.dropFirst()) where status.value <= before.value {
      return (status.value == before.value ? .duplicate : .unsorted, status.place)
    }
    return nil
  }
}
