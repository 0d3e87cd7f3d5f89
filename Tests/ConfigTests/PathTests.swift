import Plan
import Testing

@testable import Config

@Suite("Paths and what they may reach")
struct PathTests {
  private func components(_ path: String) -> [PathPattern.Component]? {
    checkTarget("path: '\(path)'", "max_age: 1d").onlyTarget?.path.components
  }

  @Test("Components are literal, wildcards or date templates")
  func kinds() throws {
    let template = DateTemplate(pieces: [.text("y"), .year, .month, .text("-"), .day, .text("z")])
    #expect(components("/data/a b/é") == [.literal("data"), .literal("a b"), .literal("é")])
    #expect(components("/data/a*/[x]?") == [.literal("data"), .wildcard(try Glob("a*")), .wildcard(try Glob("[x]?"))])
    #expect(components("/data/y{YYYY}{MM}-{DD}z") == [.literal("data"), .template(template)])
  }

  @Test("A template without a partitions block takes every period that has ended")
  func templateAlone() {
    #expect(checkTarget("path: /data/{YYYY}", "max_age: 1d").onlyTarget?.partitions == PartitionRule())
    #expect(checkTarget("path: /data/a", "max_age: 1d").onlyTarget?.partitions == nil)
  }

  @Test("Date fields may be spread over components")
  func spread() {
    let path = checkTarget("path: /data/{YYYY}/{MM}/{DD}", "max_age: 1d").onlyTarget?.path
    #expect(path?.hasTemplate == true)
    #expect(path?.components.count == 4)
  }

  @Test(
    "Protected folders cannot be targets, nor what is below the system's own, nor a pattern that could meet them",
    arguments: [
      "/", "/etc", "/etc/cron.d", "/usr/local/cache", "/proc/1", "/sys", "/dev/shm", "/bin", "/sbin/x", "/lib",
      "/lib64/x",
      "/boot", "/run/user/0", "/root", "/root/.cache", "/var", "/var/run/x", "/var/lib", "/home", "/mnt", "/opt", "/*",
      "/?tc",
      "/[a-f]*", "/h*", "/*/x", "/var/l*", "/*/lib", "/v*/run", "/\\etc", "/e\\tc/x",
    ])
  func protected(path: String) {
    #expect(checkTarget("path: '\(path)'", "max_age: 1d").rules == [.protectedPath])
  }

  @Test(
    "Folders beside and below the protected ones may be targets",
    arguments: [
      "/data", "/etcetera", "/library", "/home/alice/tmp", "/home/*", "/mnt/efs", "/mnt/*/tmp", "/var/lib/app/cache",
      "/var/log/app",
      "/var/tmp", "/tmp", "/opt/app/logs", "/da*", "/[c]ache", "/{YYYY}", "/srv/*", "/media/x",
    ])
  func unprotected(path: String) {
    #expect(checkTarget("path: '\(path)'", "max_age: 1d").printed == "")
  }

  @Test(
    "Two patterns overlap when some folder can belong to both",
    arguments: [
      ("/d/a", "/d/a", true), ("/d/a", "/d/a/b", true), ("/d/a/b", "/d/a", true), ("/d/a", "/d/ab", false),
      ("/d/*", "/d/a", true), ("/d/*/x", "/d/a", true), ("/d/*/x", "/d/a/y", false), ("/d/*/x", "/d/*/y", false),
      ("/d/a*", "/d/*b", true), ("/d/a*", "/d/b*", false), ("/d/*a", "/d/*b", false), ("/d/[a-m]*", "/d/[n-z]*", false),
      ("/d/[a-n]*", "/d/[n-z]*", true), ("/d/[!a]", "/d/[a]", false), ("/d/[!a]", "/d/[b]", true),
      ("/d/[!.0]", "/d/[.-0]", false), ("/d/[!.0]", "/d/[.-1]", true), ("/d/[a]]", "/d/a]", true),
      ("/d/?", "/d/??", false),
      ("/d/?*", "/d/??", true), ("/d/[]a]", "/d/]", true), ("/d/[\\]a]x", "/d/]x", true), ("/d/\\*", "/d/a", false),
      ("/d/\\*", "/d/*", true),
      ("/d/{YYYY}", "/d/2024", true), ("/d/{YYYY}", "/d/24", false), ("/d/{YYYY}-{MM}", "/d/{YYYY}{MM}", false),
      ("/d/{YYYY}", "/d/x*", false), ("/d/{YYYY}", "/d/2*", true), ("/d/{YYYY}/{MM}", "/d/{YYYY}", true),
      ("/d/**/x", "/d/a", false), ("/d/a*b*c", "/d/axxbyyc", true), ("/d/a*b*c", "/d/acb", false),
      ("/d/*é", "/d/aé", true),
    ] as [(String, String, Bool)])
  func overlap(one: String, other: String, expected: Bool) {
    let text =
      "version: 1\ndefaults: {max_age: 1d}\ntargets: [{name: a, path: '\(one)'}, {name: b, path: '\(other)'}]\n"
    let reversed = text.replacing("'\(one)'", with: "'#'").replacing("'\(other)'", with: "'\(one)'").replacing(
      "'#'", with: "'\(other)'")
    #expect(check(text).rules.contains(.overlappingTargets) == expected)
    if one != other { #expect(check(reversed).rules.contains(.overlappingTargets) == expected) }
  }

  @Test("Targets over the same template may share it out by bounds that do not meet")
  func dividedByDate() {
    func rules(_ first: String, _ second: String) -> [Diagnostic.Rule] {
      check(
        """
        version: 1
        defaults: {max_age: 1d}
        targets:
          - {name: a, path: '/d/{YYYY}-{MM}', partitions: \(first)}
          - {name: b, path: '/d/{YYYY}-{MM}', partitions: \(second)}
        """
      ).rules
    }
    #expect(rules("{to: 2024-12}", "{from: 2025}") == [])
    #expect(rules("{from: 2025}", "{to: 2024}") == [])
    #expect(rules("{to: 2024-12}", "{from: 2024-12}") == [.overlappingTargets])
    #expect(rules("{from: 2024}", "{from: 2025}") == [.overlappingTargets])
    #expect(rules("{}", "{from: 2025}") == [.overlappingTargets])
  }

  @Test(
    "A folder beside a template is met by it only when its name is a date that the bounds take",
    arguments: [
      ("/data/2024-07", "{}", true), ("/data/2024-13", "{}", false), ("/data/2024-07", "{to: 2024-06}", false),
      ("/data/2024-07", "{from: 2024-08}", false), ("/data/2024-07", "{from: 2024, to: 2024}", true),
      ("/data/2024-07/tmp", "{to: 2024-06}", false), ("/data/2024-07/tmp", "{}", true), ("/data", "{}", true),
      ("/data/2024-007", "{}", false), ("/data/other", "{}", false),
    ])
  func dates(path: String, partitions: String, expected: Bool) {
    let template = "  - {path: \"/data/{YYYY}-{MM}\", partitions: \(partitions)}\n"
    let folder = "  - {path: \(path)}\n"
    for targets in [template + folder, folder + template] {
      let found = check("version: 1\ndefaults: {max_age: 1d}\ntargets:\n\(targets)").rules
      #expect(found.contains(.overlappingTargets) == expected, "\(targets)")
    }
  }

  @Test(
    "Bounds share out folders of paths that have the same dates where both have some",
    arguments: [
      ("/d/{YYYY}/{MM}", "{to: 2023-12}", "/d/{YYYY}/{MM}/{DD}", "{from: 2024-01}", false),
      ("/d/{YYYY}/{MM}", "{to: 2024-01}", "/d/{YYYY}/{MM}/{DD}", "{from: 2024-01}", true),
      ("/d/*/{YYYY}", "{to: 2022}", "/d/acme/{YYYY}", "{from: 2023}", false),
      ("/d/*/{YYYY}", "{to: 2022}", "/d/acme/{YYYY}-{MM}", "{from: 2023}", false),
      ("/d/{YYYY}", "{to: 2022}", "/d/*", "", true),
      ("/d/{YYYY}-{MM}", "{to: 2022}", "/d/*/{YYYY}", "{from: 2023}", true),
    ])
  func datesInBoth(path: String, bounds: String, other: String, otherBounds: String, expected: Bool) {
    func target(_ path: String, _ bounds: String) -> String {
      "  - {path: \"\(path)\"\(bounds.isEmpty ? "" : ", partitions: \(bounds)")}\n"
    }
    let (one, another) = (target(path, bounds), target(other, otherBounds))
    for targets in [one + another, another + one] {
      let found = check("version: 1\ndefaults: {max_age: 1d}\ntargets:\n\(targets)").rules
      #expect(found.contains(.overlappingTargets) == expected, "\(targets)")
    }
  }

  @Test(
    "Dates as other programs write them are told, with the path that is meant where there is one",
    arguments: [
      ("/d/{yyyy}/{mm}/{dd}/{hh}", "/d/{YYYY}/{MM}/{DD}/{HH}"),
      ("/d/{YEAR}/{MONTH}/{DAY}/{HOUR}", "/d/{YYYY}/{MM}/{DD}/{HH}"), ("/d/{gggg}-W{ww}", "/d/{GGGG}-W{WW}"),
      ("/d/{year}/w{week}", "/d/{GGGG}/w{WW}"), ("/d/%Y-%m-%d/%H", "/d/{YYYY}-{MM}-{DD}/{HH}"),
      ("/d/%G-W%V", "/d/{GGGG}-W{WW}"), ("/d/%Y-W%V", "/d/{GGGG}-W{WW}"), ("/d/%F/%H", "/d/{YYYY}-{MM}-{DD}/{HH}"),
      ("/d/$(date +%Y%m%d/%H)", "/d/{YYYY}{MM}{DD}/{HH}"), ("/d/YYYY-[W]ww", "/d/{GGGG}-W{WW}"),
      ("/d/GGGG-[W]WW", "/d/{GGGG}-W{WW}"), ("/d/yyyy-'W'ww", "/d/{GGGG}-W{WW}"), ("/d/YYYY-Www", "/d/{GGGG}-W{WW}"),
      ("/d/YYYY-WWW", "/d/{GGGG}-W{WW}"), ("/d/YYYY-MM-DD/HH", "/d/{YYYY}-{MM}-{DD}/{HH}"),
      ("/d/yyyyMMddHH", "/d/{YYYY}{MM}{DD}{HH}"), ("/d/YYYY-MM-DDTHH", "/d/{YYYY}-{MM}-{DD}T{HH}"),
      ("/d/YYYYMMDD[T]HH", "/d/{YYYY}{MM}{DD}T{HH}"),
      ("/d/<YYYY-MM-DD>", "/d/{YYYY}-{MM}-{DD}"), ("/d/{yyyy-MM-dd}", "/d/{YYYY}-{MM}-{DD}"),
      ("/d/{YYYYMMDD}/x", "/d/{YYYY}{MM}{DD}/x"), ("/d/{%Y}-{%m}", "/d/{YYYY}-{MM}"),
      ("/d/%{+YYYY.MM.dd}", "/d/{YYYY}.{MM}.{DD}"),
      ("/d/$(date +%Y-%m-%d --date=yesterday)", "/d/{YYYY}-{MM}-{DD}"),
      ("/d/$(date -d yesterday +%F)", "/d/{YYYY}-{MM}-{DD}"), ("/d/<YYYY-name>", nil),
      ("/d/{{ year }}/{{ hour }}", nil), ("/d/%Y-%U", nil),
      ("/d/%G-%m", nil), ("/d/%Y-%m-W%V", nil), ("/d/%Y/%H", nil),
      // Minutes and seconds have no field.
      ("/d/YYYYMMDDHHmm", "/d/{YYYY}{MM}{DD}{HH}*"), ("/d/YYYYMMDD_HHMM", "/d/{YYYY}{MM}{DD}_{HH}*"),
      ("/d/YYYY-MM-DD/HH-MM", "/d/{YYYY}-{MM}-{DD}/{HH}-*"), ("/d/YYYYMMDDHHMMSS", "/d/{YYYY}{MM}{DD}{HH}*"),
      ("/d/YYYY-MM-DD_HHMMSS", "/d/{YYYY}-{MM}-{DD}_{HH}*"), ("/d/yyyy-mm-dd_hh-mm", "/d/{YYYY}-{MM}-{DD}_{HH}-*"),
      ("/d/yyyy-MM-dd'T'HH.mm.ss", "/d/{YYYY}-{MM}-{DD}T{HH}.*.*"), ("/d/yyyyMMddHHmmssSSS", "/d/{YYYY}{MM}{DD}{HH}*"),
      ("/d/YYYYMMDDTHHmmssZ", "/d/{YYYY}{MM}{DD}T{HH}*Z"), ("/d/%Y%m%d_%H%M%S", "/d/{YYYY}{MM}{DD}_{HH}*"),
      ("/d/$(date +%Y%m%d%H%M)", "/d/{YYYY}{MM}{DD}{HH}*"), ("/d/{yyyyMMddHHmm}", "/d/{YYYY}{MM}{DD}{HH}*"),
      ("/d/YYYY/MM/DD/HH/YYYY-MM-DD_HH", "/d/{YYYY}/{MM}/{DD}/{HH}/{YYYY}-{MM}-{DD}_{HH}"),
      ("/d/YYYYMMDDx", nil), ("/d/{YYYY}/mm", "/d/{YYYY}/{MM}"),
      // What cannot be written so.
      ("/d/yyyy%Y", nil), ("/d/$%F", nil), ("/d/\\%F", nil), ("/d/YYYY-MM-YYYY", nil),
    ] as [(String, String?)])
  func foreignDates(path: String, meant: String?) throws {
    let quoted = path.replacing("'", with: "''")
    let findings = checkTarget("path: '\(quoted)'", "max_age: 1d").diagnostics
    let isInBraces = path.contains("{") && !path.contains("{YYYY}")
    #expect(findings.map(\.rule) == [isInBraces ? .unknownDateField : .placeholderInPath])
    let hint = try #require(findings.first?.hint)
    guard let meant else { return #expect(!hint.hasPrefix("did you mean"), "\(hint)") }
    let proposal = try #require(hint.wholeMatch(of: /did you mean (.+)\?/)?.output.1)
    #expect(proposal == meant || proposal == "\"\(meant)\"")
    #expect(findings.first?.place.text == "'\(quoted)'")
    // It is right as it stands.
    #expect(checkTarget("path: \(proposal)", "max_age: 1d").printed == "")
  }

  @Test("A path that is proposed for any mixture of such dates can be written, and is none")
  func foreignDatesAtRandom() throws {
    let parts = [
      "YYYY", "yyyy", "MM", "mm", "DD", "dd", "HH", "hh", "SS", "ss", "WW", "GGGG", "%Y", "%m", "%d", "%F", "%H", "%M",
      "%V",
      "{YYYY}", "{MM}", "{DD}", "{{ year }}", "$YEAR", "<MM>", "T", "-", "-", "_", "/", "/", "$", "x", "\\", "{", "%",
      "*",
    ]
    var generator = SeededGenerator(seed: SeededGenerator.newSeed(for: "foreignDatesAtRandom"))
    var tried = 0
    for _ in 0..<5000 {
      let path =
        "/d/a"
        + (0..<Int.random(in: 1...7, using: &generator)).map { _ in parts.randomElement(using: &generator) ?? "" }
        .joined()
      guard let meant = ForeignPath(path)?.meant else { continue }
      tried += 1
      #expect(checkTarget("path: '\(meant)'", "max_age: 1d").printed == "", "\(path)")
    }
    #expect(tried > 100)
  }

  @Test("Where the whole path cannot be told, the first part that is wrong is")
  func foreignDateBesideOthers() {
    func hints(_ path: String) -> [String?] { checkTarget("path: '\(path)'", "max_age: 1d").diagnostics.map(\.hint) }
    #expect(hints("/d/{YYYY-MM}/<tenant>") == ["did you mean {YYYY}-{MM}?"])
    #expect(hints("/d/<tenant>-{YYYY}") == ["write the name that is meant, or * for any"])
    #expect(hints("/d/{YYYY}/{hh}") == ["did you mean {HH}?"])
  }

  @Test(
    "Fields of ours, and letters in longer words, are no dates of others",
    arguments: [
      "/d/{GGGG}-W{WW}", "/d/{YYYY}-[W]x/Winter", "/d/{YYYY}{MM}{DD}T{HH}", "/d/swwGGGGx", "/d/hh/ww", "/d/TYYYY",
      "/d/WWW", "/d/hh/{YYYY}-{MM}", "/d/mm/{YYYY}", "/d/dd/{YYYY}", "/d/ww/{GGGG}-W{WW}", "/d/yyyyard",
      "/d/{YYYY}-{MM}-{DD}-{HH}/ss",
    ])
  func noForeignDates(path: String) {
    #expect(checkTarget("path: '\(path)'", "max_age: 1d").printed == "")
  }

  @Test("Two targets named by one template must be told apart, though their bounds share out the folders")
  func sharedNames() {
    let targets = ["{to: 2024-12}", "{from: 2025-01}"].map { "  - {path: \"/data/{YYYY}\", partitions: \($0)}\n" }
    #expect(
      check("version: 1\ndefaults: {max_age: 1d}\ntargets:\n\(targets.joined())").rules.contains(.duplicateTargetName))
  }

  @Test("A disabled target overlaps nobody")
  func disabledOverlap() {
    let text = "version: 1\ndefaults: {max_age: 1d}\ntargets: [{path: /d/a}, {path: /d/a, name: b, enabled: false}]\n"
    #expect(check(text).rules == [.disabledTarget])
  }

  @Test("A target may be an allowed root or lie inside one, by whole components")
  func allowedRoots() {
    func rules(_ path: String) -> [Diagnostic.Rule] {
      check("version: 1\nsafety: {allowed_roots: [/data, /x/y]}\ntargets: [{path: '\(path)', max_age: 1d}]\n").rules
    }
    for path in ["/data", "/data/a/*", "/x/y/{YYYY}"] { #expect(rules(path) == []) }
    for path in ["/datax", "/x", "/x/*", "/x/y*", "/*/y/z"] { #expect(rules(path).contains(.outsideAllowedRoots)) }
  }

  @Test("An allowed root is compared by its bytes, as the file system does")
  func allowedRootBytes() {
    let text = "version: 1\nsafety: {allowed_roots: [/d/\u{E9}]}\ntargets: [{path: /d/e\u{301}, max_age: 1d}]\n"
    #expect(check(text).rules == [.outsideAllowedRoots])
  }

  @Test("A root that is the root allows every path that is not protected, and is warned of")
  func rootAsRoot() {
    let text = "version: 1\nsafety: {allowed_roots: [/]}\ntargets: [{path: /data, max_age: 1d}]\n"
    #expect(check(text).rules == [.rootOfEverything])
  }
}
