import Plan

/// Two targets must never walk the same tree, unless the outer one excludes the inner one's folder. What the config check could not
/// know shows when patterns are expanded: then the one that comes later in the config is refused.
///
/// Sorted by path a folder is followed by all that lie in it, so that each needs to know only the nearest folder that it lies
/// in, and the last one in it that was taken.
struct FolderOverlaps {
  private let folders: FolderList
  private let order: [FolderList.Index]
  /// Of each place in `order` the place of the nearest folder it lies in, or that is the same.
  private var outer: [UInt32]
  /// Of each place the last place taken that lies in it.
  private var inner: [UInt32]
  private var isTaken: [Bool]
  /// Of each place whose target excludes something, all places taken that lie in it.
  private var inners: [Int: [UInt32]] = [:]
  private var exclusions: Exclusions

  private static let none = UInt32.max

  /// - Parameter order: that of the config.
  init(_ folders: FolderList, order: [FolderList.Index]) {
    (self.folders, self.order) = (folders, order)
    outer = Array(repeating: FolderOverlaps.none, count: order.count)
    inner = outer
    exclusions = Exclusions(folders)
    isTaken = Array(repeating: false, count: order.count)
    findOuter()
  }

  /// Those that may be walked, in the same order. `refuse` is given each other one, and with which it overlaps.
  mutating func sorted(refuse: (FolderList.Index, FolderList.Index) -> Void) -> [FolderList.Index] {
    var allowed: [FolderList.Index] = []
    allowed.reserveCapacity(order.count)
    for place in order.indices {
      if let other = rival(of: place) {
        refuse(order[place], order[other])
      } else {
        take(place)
        allowed.append(order[place])
      }
    }
    return allowed
  }

  /// The nearest one taken that it lies in, else the last one taken that lies in it; but for those that are spared.
  private mutating func rival(of place: Int) -> Int? {
    var next = outer[place]
    while next != FolderOverlaps.none {
      if isTaken[Int(next)], !spares(Int(next), place) { return Int(next) }
      next = outer[Int(next)]
    }
    guard exclusions.excludes(order[place]) else {
      return inner[place] == FolderOverlaps.none ? nil : Int(inner[place])
    }
    return inners[place]?.last { !spares(place, Int($0)) }.map { Int($0) }
  }

  /// Whether one of them leaves the inner one's folder alone.
  private mutating func spares(_ outer: Int, _ inner: Int) -> Bool {
    exclusions.spares(order[outer], order[inner]) || exclusions.spares(order[inner], order[outer])
  }

  private mutating func take(_ place: Int) {
    isTaken[place] = true
    var next = outer[place]
    while next != FolderOverlaps.none {
      inner[Int(next)] = UInt32(place)
      if exclusions.excludes(order[Int(next)]) { inners[Int(next), default: []].append(UInt32(place)) }
      next = outer[Int(next)]
    }
  }

  private mutating func findOuter() {
    var enclosing: [UInt32] = []
    for place in placesByPath() {
      while let last = enclosing.last, !encloses(last, place) { enclosing.removeLast() }
      outer[Int(place)] = enclosing.last ?? FolderOverlaps.none
      enclosing.append(place)
    }
  }

  private func placesByPath() -> [UInt32] {
    var places = Array(0..<UInt32(order.count))
    places.sort { a, b in
      let (first, second) = (path(at: a), path(at: b))
      return first == second ? a < b : first.lexicographicallyPrecedes(second, by: FolderOverlaps.precedes)
    }
    return places
  }

  /// A slash before all else, so that what lies in a folder follows it at once.
  static func precedes(_ a: UInt8, _ b: UInt8) -> Bool {
    let slash = UInt8(ascii: "/")
    return a == slash ? b != slash : b != slash && a < b
  }

  private func encloses(_ outer: UInt32, _ inner: UInt32) -> Bool {
    let (folder, path) = (path(at: outer), path(at: inner))
    return path.starts(with: folder) && (path.count == folder.count || path[folder.count] == UInt8(ascii: "/"))
  }

  private func path(at place: UInt32) -> [UInt8] { folders.path(of: order[Int(place)]) }
}

/// Which folders the patterns of targets exclude.
private struct Exclusions {
  private let folders: FolderList
  /// By target.
  private var matchers: [Int: PatternMatcher] = [:]

  init(_ folders: FolderList) { self.folders = folders }

  func excludes(_ folder: FolderList.Index) -> Bool { !folders.spec(of: folder).retention.exclude.isEmpty }

  /// Whether the target of `folder` excludes the folder `other`, which is the same or lies in it.
  mutating func spares(_ folder: FolderList.Index, _ other: FolderList.Index) -> Bool {
    guard excludes(folder) else { return false }
    let (path, otherPath) = (folders.path(of: folder), folders.path(of: other))
    guard otherPath.starts(with: path) else { return false }
    let target = folders.target(of: folder)
    // Of an include nothing is known for sure until files are met.
    var matcher =
      matchers[target]
      ?? PatternMatcher(Selection(Retention(maxAge: nil, exclude: folders.spec(of: folder).retention.exclude)))
    defer { matchers[target] = matcher }
    var found = matcher.root(at: path.span)
    for name in otherPath.dropFirst(path.count).split(separator: UInt8(ascii: "/")) {
      guard case .entered(let scope) = found else { break }
      matcher.enter(scope)
      let bytes = Array(name)
      found = matcher.folder(bytes.span)
    }
    if case .excluded = found { return true }
    return false
  }
}
