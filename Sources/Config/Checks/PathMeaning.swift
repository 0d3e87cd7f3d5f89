import Plan

/// Paths that are legal, and hardly what was meant.
struct PathMeaning {
  private let text: String
  private let scalar: YAMLScalar

  /// Nil when the path was not written where it is, or could not be read.
  init?(_ target: DecodedTarget) {
    guard let path = target.path, let scalar = target.settings.given["path"]?.node.scalar, scalar.text == path.text
    else { return nil }
    (text, self.scalar) = (path.text, scalar)
  }

  /// Of several findings the first: to mend it changes the others.
  var finding: Diagnostic? { severalPaths ?? placeholder ?? files ?? oddName }

  /// Several paths in one text are one path.
  private var severalPaths: Diagnostic? {
    let parts = PathMeaning.paths(in: text)
    return parts.count > 1 ? .severalPaths(parts, at: scalar.place) : nil
  }

  /// Cut where one of the signs that separate paths elsewhere stands before a slash, and at semicolons. A blank alone may well
  /// end a name: it separates only paths that begin alike.
  private static func paths(in text: String) -> [String] {
    let bytes = Array(text.utf8)
    let first = bytes.dropFirst().prefix { $0 != UInt8(ascii: "/") }
    var (parts, start): ([String], Int) = ([], 0)
    for at in bytes.indices.dropFirst() where bytes[at] == UInt8(ascii: "/") && " ,:;|".utf8.contains(bytes[at - 1]) {
      let signs = bytes[start..<at].reversed().prefix { " ,:;|".utf8.contains($0) }
      let isAlike = bytes[(at + 1)...].starts(with: first + [UInt8(ascii: "/")])
      guard signs.count < at - start, isAlike || signs.contains(where: { $0 != UInt8(ascii: " ") }) else { continue }
      parts.append(String(decoding: bytes[start..<at - signs.count], as: UTF8.self))
      start = at
    }
    let rest = String(decoding: bytes[start...], as: UTF8.self)
    return (parts + [rest]).flatMap { $0.split(separator: ";").map { String($0) } }
  }

  private var placeholder: Diagnostic? {
    ForeignPath(text).map { .placeholderInPath($0.placeholder, of: "path", meant: $0.meant, at: scalar.place) }
  }

  /// A target is a folder: a path that ends with what only files are called finds nothing.
  private var files: Diagnostic? {
    guard let last = PathReader.split(text).last, let dot = last.text.lastIndex(of: "."),
      PathMeaning.extensions.contains(last.text[last.text.index(after: dot)...].lowercased()),
      dot != last.text.startIndex
    else { return nil }
    let folder = String(decoding: text.utf8.prefix(last.range.lowerBound - 1), as: UTF8.self)
    return .pathOfFiles(last.text, folder: folder, at: scalar.place)
  }

  private static let extensions: Set<String> = [
    "log", "txt", "tmp", "temp", "gz", "bz2", "xz", "zst", "zip", "tgz", "csv", "json", "jsonl", "xml", "yaml", "yml",
    "bak",
    "old", "pdf", "png", "jpg", "jpeg", "gif", "mp4", "wav", "parquet", "avro", "dump", "sql", "out", "err", "part",
    "lock",
  ]

  /// Names that are legal, and yet look like a slip.
  private var oddName: Diagnostic? {
    let components = PathReader.split(text)
    for (name, range) in components where Glob.isLiteral(name) && !name.contains("{") {
      if name.allSatisfy({ $0 == "." }) { return .onlyDots(name, at: scalar.place(ofBytes: range)) }
      guard let odd = name.oddEnd else { continue }
      let meant = components.map { $0.text.withoutOddEnds ?? $0.text }
      let byte = scalar.place(ofBytes: range.lowerBound + odd..<range.lowerBound + odd + 1)
      return .oddEnd(name, meant: "/" + meant.joined(separator: "/"), at: byte)
    }
    return nil
  }
}

extension String {
  /// The byte of a dot or blank at its end, or of a blank at its beginning.
  fileprivate var oddEnd: Int? {
    if utf8.last == UInt8(ascii: ".") || utf8.last == UInt8(ascii: " ") { return utf8.count - 1 }
    return utf8.first == UInt8(ascii: " ") ? 0 : nil
  }

  /// Nil when it neither ends with a dot or blank nor begins with a space.
  fileprivate var withoutOddEnds: String? {
    var rest = self[...]
    while rest.last == "." || rest.last == " " { rest.removeLast() }
    while rest.first == " " { rest.removeFirst() }
    return rest.isEmpty || rest.count == count ? nil : String(rest)
  }
}
