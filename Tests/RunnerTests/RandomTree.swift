import Glibc
import Plan
import Runner

/// Numbers from a seed (SplitMix64), so that a failing property can be run again.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

extension ScratchTree {
  /// A tree of about `entries` entries: directories of all widths, empty ones among them, old and young files, links, and
  /// names of every kind of byte a name may have. For root, some are another user's.
  convenience init(random seed: UInt64, entries: Int) {
    self.init()
    var random = SeededGenerator(seed: seed)
    var directories = [""]
    let odd = ["with space", "new\nline", "-rf", "ü漢", ".hidden", "a'b\"c", String(repeating: "x", count: 255)]
    for index in 0..<entries {
      let parent = directories.randomElement(using: &random) ?? ""
      let name = Int.random(in: 0..<50, using: &random) == 0 ? odd.randomElement(using: &random) ?? "o" : "e\(index)"
      let path = parent.isEmpty ? name : parent + "/" + name
      if exists(path) || path.utf8.count > 3500 { continue }
      switch Int.random(in: 0..<20, using: &random) {
      case 0...2:
        directory(path)
        directories.append(path)
      case 3:
        symlink("e0", self.path + "/" + path)
        age(self.path + "/" + path, days: Double.random(in: 0..<60, using: &random))
      case 4: mkfifo(self.path + "/" + path, 0o644)
      default:
        let days = Double.random(in: 0..<60, using: &random)
        file(path, days: days, size: Int.random(in: 0..<3, using: &random) * 5000)
        if Int.random(in: 0..<4, using: &random) == 0 {
          age(self.path + "/" + path, days: days, readDaysAgo: Double.random(in: 0..<60, using: &random))
        }
      }
      if Int.random(in: 0..<6, using: &random) == 0 { lchown(self.path + "/" + path, Fixture.otherUser, .max) }
    }
    for entry in walkTree(path).reversed() where entry.isDirectory {
      age(path + "/" + entry.path, days: Double.random(in: 0..<4, using: &random))
    }
  }

  /// An identical tree, times included.
  func copy() -> ScratchTree {
    let copy = ScratchTree()
    system("cp -a \(path)/. \(copy.path)/")
    return copy
  }
}
