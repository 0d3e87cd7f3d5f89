import Plan
import Testing

@testable import Config

/// What a host is like, one line each:
///
///     process user=1000 descriptors=1024 allows=120 threads=512 source=cgroup_pids.max
///     0 /data/a missing at=1                 (the folder of target 0; further lines: further folders of its pattern)
///     0 /data/a link at=1
///     0 /data/a file at=1                    (or special)
///     0 /data/a refused=list EACCES at=1
///     0 /data/a nfs4 ro,vers=4.1 root deletion=EROFS skew=300000..300040 no-birth no-atime
///     0 nothing                              (a pattern that finds none)
///     0 too-many=10000
///     0 no-answer=10
///     0 no-thread=EAGAIN
///
/// Deletion is `deletion=ERRNO` when refused, `deletion=remains:ERRNO` or `deletion=unknown:ERRNO`; a skew is in milliseconds; `_` in
/// the source of a limit is a blank.
struct HostDirectives {
  struct Unreadable: Error {
    let line: String
  }

  private(set) var facts = HostFacts()

  init(_ lines: [String]) throws {
    for line in lines {
      let words = line.split(separator: " ").map { String($0) }
      guard let first = words.first else { throw Unreadable(line: line) }
      if first == "process" {
        facts.process = try HostDirectives.process(Words(words.dropFirst()), line)
      } else {
        guard let index = Int(first), words.count > 1 else { throw Unreadable(line: line) }
        try add(words[1], Words(words.dropFirst(2)), to: index, line)
      }
    }
  }

  private static func process(_ words: Words, _ line: String) throws -> HostFacts.Process {
    var process = HostFacts.Process(user: words["user"].flatMap { UInt32($0) })
    process.descriptors = words.number("descriptors").map {
      HostFacts.Descriptors(soft: $0, hard: $0, concurrency: words.number("allows") ?? 0)
    }
    process.threads = words.number("threads").map {
      HostFacts.Threads(limit: $0, source: (words["source"] ?? "").replacing("_", with: " "), concurrency: $0 - 4)
    }
    guard process != HostFacts.Process() else { throw Unreadable(line: line) }
    return process
  }

  private mutating func add(_ what: String, _ words: Words, to index: Int, _ line: String) throws {
    if what.hasPrefix("/") {
      let folder = HostFacts.Folder(path: what, state: try HostDirectives.state(words, line))
      if facts.targets.last?.index == index, case .folders(let before, let found) = facts.targets.removeLast().answer {
        facts.targets.append(.init(index: index, answer: .folders(before + [folder], found: found + 1)))
      } else {
        facts.targets.append(.init(index: index, answer: .folders([folder], found: words.has("unfound") ? 0 : 1)))
      }
      return
    }
    let fact = Words([what])
    let answer: HostFacts.Answer? =
      what == "nothing"
      ? .folders([], found: 0)
      : fact.number("too-many").map { .tooMany(limit: $0) } ?? fact.number("no-answer").map {
        .noAnswer(within: .seconds($0))
      }
        ?? fact["no-thread"].map { .noThread(errno: $0) }
    guard let answer else { throw Unreadable(line: line) }
    facts.targets.append(.init(index: index, answer: answer))
  }

  private static func state(_ words: Words, _ line: String) throws -> HostFacts.State {
    let component = words.number("at") ?? 0
    if words.has("missing") { return .missing(component: component) }
    if words.has("link") { return .link(component: component) }
    if words.has("file") { return .notDirectory(.file, component: component) }
    if words.has("special") { return .notDirectory(.special, component: component) }
    if let access = words["refused"].flatMap({ HostFacts.Access(rawValue: $0) }), words.all.count > 1 {
      return .refused(access, errno: words.all[1], component: component)
    }
    guard words.all.count > 1 else { throw Unreadable(line: line) }
    var directory = HostFacts.Directory(
      deletion: deletion(words["deletion"]),
      mount: .init(kind: words.all[0], options: words.all[1].split(separator: ",").map { String($0) }),
      clockSkew: words["skew"].flatMap(skew))
    directory.isOnRootMount = words.has("root")
    directory.givesBirthTimes = !words.has("no-birth")
    directory.givesAccessTimes = !words.has("no-atime")
    return .directory(directory)
  }

  private static func deletion(_ text: String?) -> HostFacts.Deletion {
    guard let text else { return .possible }
    let parts = text.split(separator: ":").map { String($0) }
    switch parts[0] {
    case "remains": return .probeRemains(name: ".efs-purge-batch-probe-1x2y3z", errno: parts[1])
    case "unknown": return .unknown(errno: parts[1])
    default: return .refused(errno: text)
    }
  }

  private static func skew(_ text: String) -> ClosedRange<Duration>? {
    let bounds = text.split(separator: ".", omittingEmptySubsequences: true).compactMap { Int($0) }
    return bounds.count == 2 ? .milliseconds(bounds[0]) ... .milliseconds(bounds[1]) : nil
  }

  /// Bare words and `name=value` pairs.
  private struct Words {
    let all: [String]

    init(_ all: some Sequence<String>) { self.all = Array(all) }

    func has(_ word: String) -> Bool { all.contains(word) }

    subscript(name: String) -> String? {
      all.first { $0.hasPrefix(name + "=") }.map { String($0.dropFirst(name.count + 1)) }
    }

    func number(_ name: String) -> Int? { self[name].flatMap { Int($0) } }
  }
}
