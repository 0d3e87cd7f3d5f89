import Kernel
import Plan
import SystemPackage

/// One folder to be walked.
struct ResolvedTarget: Sendable {
  /// Unique; for a folder found by a pattern the configured name and the found part of the path: `monthly/2026-07`.
  var name: String
  /// Absolute; bytes as the file system has them.
  var path: [UInt8]
  /// The folder's identity when it was found; nil for a path written out in the config.
  var identity: FileIdentity?
  /// The target's number in the plan.
  var number = 0
  var spec: Target
}

/// The folders of a run, packed: about fifty bytes for each, since there may be very many. What is to be known of one is made
/// from these when its turn comes.
struct FolderList: Sendable {
  /// A folder's number in the list.
  typealias Index = UInt32

  private struct Place: Sendable {
    var identity: FileIdentity?
    /// In the plan.
    var target: UInt32
  }

  private let targets: [Target]
  /// Of each target that is a pattern the path of the folder it begins in; empty for others.
  private let heads: [[UInt8]]
  /// Below the head; of a literal path all of it.
  private var tails = NameList()
  private var places: [Place] = []

  /// More bytes of names than any sensible run has, and no more than their places can count.
  static let mostBytes = 64 << 20

  init(of targets: [Target]) {
    self.targets = targets
    heads = targets.map { $0.path.isLiteral ? [] : $0.path.literalPath }
  }

  var count: Int { places.count }
  var isTooLong: Bool { tails.totalBytes > FolderList.mostBytes }

  /// What it holds on to, in bytes.
  var footprint: Int { tails.footprint + places.capacity * MemoryLayout<Place>.stride }

  /// The one folder of a target with a literal path.
  mutating func append(literalOf target: Int) -> Index {
    append(targets[target].path.literalPath, identity: nil, of: target)
  }

  /// - Parameter tail: the found part of the path.
  mutating func append(_ tail: [UInt8], identity: FileIdentity?, of target: Int) -> Index {
    tails.append(tail)
    places.append(Place(identity: identity, target: UInt32(target)))
    return Index(places.count - 1)
  }

  /// Takes off all folders but the first `count`.
  mutating func removeAll(from count: Int) {
    tails.removeAll(from: count)
    places.removeSubrange(count...)
  }

  /// Gives back room that was made for more.
  mutating func trim() {
    var trimmed = NameList()
    trimmed.append(contentsOf: tails)
    tails = trimmed
    // An array made of an array would be the same one.
    places = places.withUnsafeBufferPointer { Array($0) }
  }

  // MARK: One folder

  subscript(folder: Index) -> ResolvedTarget {
    ResolvedTarget(
      name: name(of: folder), path: path(of: folder), identity: places[Int(folder)].identity,
      number: target(of: folder), spec: spec(of: folder))
  }

  func target(of folder: Index) -> Int { Int(places[Int(folder)].target) }
  func spec(of folder: Index) -> Target { targets[target(of: folder)] }

  func name(of folder: Index) -> String {
    let spec = spec(of: folder)
    if spec.path.isLiteral { return spec.name }
    if spec.name == spec.path.text { return PrintableText.path(path(of: folder)) }
    return spec.name + "/" + PrintableText.path(tails[Int(folder)])
  }

  func path(of folder: Index) -> [UInt8] {
    let tail = tails[Int(folder)]
    if spec(of: folder).path.isLiteral { return tail }
    return heads[target(of: folder)] + [UInt8(ascii: "/")] + tail
  }

  /// Whether the path of `a` comes before that of `b`, both of one target: what lies in a folder right behind it.
  func precedes(_ a: Index, _ b: Index) -> Bool {
    tails.withName(at: Int(a)) { first in
      tails.withName(at: Int(b)) { first.lexicographicallyPrecedes($0, by: FolderOverlaps.precedes) }
    }
  }

  /// The period that the name of a folder found by a template speaks of.
  func period(of folder: Index) -> Period? {
    let components = spec(of: folder).path.components
    let names = tails[Int(folder)].split(separator: UInt8(ascii: "/"))
    var fields = DateTemplate.Fields()
    for case (.template(let template), let name) in zip(components.suffix(names.count), names) {
      fields = template.match(Array(name), adding: fields) ?? fields
    }
    return fields.period
  }
}

/// A line of folders of which one after another is taken.
struct FolderQueue: Sendable {
  let folders: FolderList
  private let order: [FolderList.Index]
  private var taken = 0

  init(_ folders: FolderList, order: [FolderList.Index]) { (self.folders, self.order) = (folders, order) }

  var first: FolderList.Index? { taken < order.count ? order[taken] : nil }

  mutating func popFirst() -> ResolvedTarget? {
    guard let first else { return nil }
    taken += 1
    return folders[first]
  }

  /// Those that were not taken.
  var rest: ArraySlice<FolderList.Index> { order[taken...] }

  var footprint: Int { folders.footprint + order.capacity * MemoryLayout<FolderList.Index>.stride }
}
