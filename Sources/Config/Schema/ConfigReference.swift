/// The reference of all keys as Markdown, made from the table that drives the decoder.
public enum ConfigReference {
  /// A whole document, ending with a newline.
  public static var markdown: String {
    ([introduction] + sections.map(text)).joined(separator: "\n") + "\n" + howValuesAreWritten
  }

  private struct Section {
    let title: String
    let lead: String
    let keys: [KeyDescription]
  }

  private static let introduction = """
    # Reference of the config

    Made from the table of keys in the program (`make docs`); do not edit. `efs-purge-batch schema` prints the same as a
    JSON Schema for editors. Keys marked *not supported yet* take only the value that leaves them off.

    """

  private static var sections: [Section] {
    let root = Schema.root.map(\.description)
    let groups = root.filter { !$0.children.isEmpty && $0.name != "defaults" && $0.name != "targets" }
    let target = TargetSettings.keys.map(\.description)
    return [Section(title: "Top level", lead: "", keys: root)]
      + groups.map { Section(title: "`\($0.name)`", lead: $0.summary, keys: $0.children) }
      + [
        Section(
          title: "`targets` and `defaults`",
          lead: "Each item of `targets` has these keys. `defaults` may have all but `name`, `path` and `partitions`.",
          keys: target)
      ]
      + target.filter { !$0.children.isEmpty }.map {
        Section(title: "`\($0.name)` of a target", lead: $0.summary, keys: $0.children)
      }
  }

  private static func text(_ section: Section) -> String {
    let lead = section.lead.isEmpty ? "" : section.lead + "\n\n"
    let rows = section.keys.map(row).joined()
    return "## \(section.title)\n\n\(lead)| key | value | default | meaning |\n| --- | --- | --- | --- |\n\(rows)"
  }

  private static func row(_ key: KeyDescription) -> String {
    let examples = key.examples.isEmpty ? "" : ": " + key.examples.map(code).joined(separator: ", ")
    let value = key.isReserved ? "*not supported yet*" : key.type + examples
    return "| `\(key.name)` | \(value) | \(byDefault(key)) | \(escaped(key.summary)) |\n"
  }

  private static func byDefault(_ key: KeyDescription) -> String {
    if key.isRequired { return "**required**" }
    return key.builtIn.map(code) ?? key.absence ?? "–"
  }

  private static func code(_ text: String) -> String { "`\(escaped(text))`" }

  /// A bar would end the cell.
  private static func escaped(_ text: String) -> String { text.split(separator: "|").joined(separator: "\\|") }

  private static let howValuesAreWritten = """

    ## How values are written

    | value | written as |
    | --- | --- |
    | a duration | whole numbers with `ms`, `s`, `m`, `h`, `d` or `w`, from large to small: `250ms`, `30d`, `1d12h` |
    | months | `3mo`, only where a period is meant |
    | a size | a whole number of bytes, or with `k`, `M`, `G`, `T` (×1000), `Ki`, `Mi`, `Gi`, `Ti` (×1024), each also with a `B`: `256Mi` |
    | a percentage | `80%`, also with decimals |
    | true or false | these two words; `yes`, `on` and `1` are refused |
    | a pattern | `*` and `?` stay within a component, `[a-z]` is a set, `**` stands for any folders; matched on the bytes of the path relative to the target |
    | a path | absolute; in a target's path a component may hold `*`, `?`, `[..]` (a dot at its beginning must be written), and the date fields `{YYYY}`, `{MM}`, `{DD}`, `{HH}`, or `{GGGG}` and `{WW}` of ISO weeks |
    | a period | `2024`, `2024-01`, `2024-W05`, `2024-01-31`, `2024-01-31T05`; from 1970 on |
    | a time zone | a name of the IANA database: `Europe/Berlin`, `UTC` |

    """
}
