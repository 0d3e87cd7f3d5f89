/// Finds the word that was meant.
enum Spelling {
  /// The known word nearest to `word`, when it is near enough to be a slip; among equals the first.
  static func nearest(to word: String, among known: [String]) -> String? {
    // Longer words are no slips, and comparing them costs the product of the lengths.
    guard word.utf8.count <= 64 else { return nil }
    let typed = normalized(word)
    // Three letters are enough to mean a longer word by its beginning.
    if typed.count >= 3, let whole = known.first(where: { normalized($0).starts(with: typed) }) { return whole }
    let ranked = known.map { (word: $0, distance: distance(typed, normalized($0))) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    // One slip in three letters: `nme` still means `name`, `foo` means nothing.
    let allowed = max(1, max(typed.count, best.word.utf8.count) / 3)
    return best.distance <= allowed && best.distance < typed.count ? best.word : nil
  }

  /// The same for a key. Behind `max_` and `min_`, which are common to what has nothing else in common, the rest decides.
  static func nearestKey(to word: String, among known: [String]) -> String? {
    for start in ["max_", "min_"] where word.lowercased().hasPrefix(start) {
      let rest = known.filter { $0.hasPrefix(start) }.map { String($0.dropFirst(start.count)) }
      return nearest(to: String(word.dropFirst(start.count)), among: rest).map { start + $0 }
    }
    return nearest(to: word, among: known)
  }

  /// Case and the choice between `-` and `_` are not counted as slips.
  private static func normalized(_ word: String) -> [UInt8] {
    word.utf8.map { byte in
      switch byte {
      case UInt8(ascii: "-"): UInt8(ascii: "_")
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte + 32
      default: byte
      }
    }
  }

  /// Insertions, deletions, substitutions and swaps of neighbours that make one word of the other.
  static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var best = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, beforeLast[j - 1] + 1) }
        row.append(best)
      }
      (beforeLast, last) = (last, row)
    }
    return last[b.count]
  }
}
