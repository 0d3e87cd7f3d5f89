/// One finding in a config.
public struct Diagnostic: Hashable, Sendable {
  public enum Severity: String, Hashable, Sendable { case error, warning }
  public let severity: Severity
}
