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
///     0 nothing                              (a pattern that finds none; with mounts=2,/data/a and the like as below)
///     0 /data/a ext4 links=3,/data/b almost=1,/data/2024-1   (what a pattern's matches have beside; on its first folder)
///     0 too-many=10000
///     0 /data/a held=/data/.purge-hold at=0  (no at: it stands in /)
///     0 no-answer=10                         (with remains=PATH,PATH: probes that may remain; likewise the next two)
///     0 hangs=/data
///     0 out-of-time=60
///     0 no-thread=EAGAIN
///     report /data/a …                       (as of a folder of a target, or no-answer=10 and the like)
///
/// Deletion is `deletion=ERRNO` when refused, `deletion=remains:ERRNO`, `deletion=unknown:ERRNO` or `deletion=maybe:ERRNO`; a skew is in
/// milliseconds; `_` in the source of a limit is a blank.
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
      } else if first == "report", words.count > 1 {
        facts.report = try HostDirectives.report(words[1], Words(words.dropFirst(2)), line)
      } else {
        guard let index = Int(first), words.count > 1 else { throw Unreadable(line: line) }
        try add(words[1], Words(words.dropFirst(2)), to: index, line)
      }
    }
  }

  private static func process(_ words: Words, _ line: String) throws -> HostFacts.Process {
    var process = HostFacts.Process(user: words["user"].flatMap { UInt32($0) })
    process.descriptors = words.number("descriptors").map {
      HostFacts.Descriptors(limit: $0, concurrency: words.number("allows") ?? 0)
    }
    process.threads = words.number("threads").map {
      HostFacts.Threads(limit: $0, source: (words["source"] ?? "").replacing("_", with: " "), concurrency: $0 - 4)
    }
    guard process != HostFacts.Process() else { throw Unreadable(line: line) }
    return process
  }

  private static func report(_ what: String, _ words: Words, _ line: String) throws -> HostFacts.Answer {
    if what.hasPrefix("/") { return .folders([.init(path: what, state: try state(words, line))], found: 1) }
    guard let answer = answer(what, words) else { throw Unreadable(line: line) }
    return answer
  }

  private mutating func add(_ what: String, _ words: Words, to index: Int, _ line: String) throws {
    if what.hasPrefix("/") {
      let folder = HostFacts.Folder(path: what, state: try HostDirectives.state(words, line))
      if facts.targets.last?.index == index,
        case .folders(let before, let found, let passedOver) = facts.targets.removeLast().answer
      {
        facts.targets.append(
          .init(index: index, answer: .folders(before + [folder], found: found + 1, passedOver: passedOver)))
      } else {
        let passedOver = HostDirectives.passedOver(words)
        facts.targets.append(
          .init(index: index, answer: .folders([folder], found: words.has("unfound") ? 0 : 1, passedOver: passedOver)))
      }
      return
    }
    guard let answer = HostDirectives.answer(what, words) else { throw Unreadable(line: line) }
    facts.targets.append(.init(index: index, answer: answer))
  }

  /// `links=3,/data/a`: that many, with the path of the first.
  private static func passedOver(_ words: Words) -> PassedOver {
    func some(_ text: String?) -> PassedOver.Some {
      var some = PassedOver.Some()
      let parts = (text ?? "").split(separator: ",")
      for _ in 0..<(parts.first.flatMap { Int($0) } ?? 0) { some.note(Array((parts.last ?? "").utf8)) }
      return some
    }
    var passedOver = PassedOver()
    (passedOver.links, passedOver.nearMisses) = (some(words["links"]), some(words["almost"]))
    passedOver.mounts = some(words["mounts"])
    return passedOver
  }

  private static func answer(_ what: String, _ words: Words) -> HostFacts.Answer? {
    if what == "nothing" { return .folders([], found: 0, passedOver: passedOver(words)) }
    let fact = Words([what])
    if let limit = fact.number("too-many") { return .tooMany(limit: limit) }
    if let errno = fact["no-thread"] { return .noThread(errno: errno) }
    let probes = words["remains"]?.split(separator: ",").map { String($0) } ?? []
    if let time = fact.number("no-answer") { return .noAnswer(.slow(.seconds(time)), probes: probes) }
    if let mount = fact["hangs"] { return .noAnswer(.hangingMount(mount), probes: probes) }
    if let time = fact.number("out-of-time") { return .noAnswer(.outOfTime(.seconds(time)), probes: probes) }
    return nil
  }

  private static func state(_ words: Words, _ line: String) throws -> HostFacts.State {
    let component = words.number("at") ?? 0
    if words.has("missing") { return .missing(component: component) }
    if words.has("link") { return .link(component: component) }
    if words.has("file") { return .notDirectory(.file, component: component) }
    if words.has("special") { return .notDirectory(.special, component: component) }
    if let hold = words["held"] { return .held(by: hold, component: words.number("at")) }
    let accesses: [String: HostFacts.Access] = ["look": .look, "open": .open, "list": .list, "search": .search]
    if let access = words["refused"].flatMap({ accesses[$0] }), words.all.count > 1 {
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
    case "maybe": return .unknown(errno: parts[1], probe: ".efs-purge-batch-probe-1x2y3z")
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
