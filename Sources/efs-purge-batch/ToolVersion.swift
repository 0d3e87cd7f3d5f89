/// The version of this tool; CHANGELOG.md has a section of the same name.
enum ToolVersion {
  static let current = "0.1.0"
}
