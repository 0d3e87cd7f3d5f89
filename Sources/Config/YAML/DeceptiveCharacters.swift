import Plan

/// Characters that make a text read otherwise than it shows.
struct DeceptiveCharacters {
  private enum Kind {
    /// It ends a line for YAML, and for few editors.
    case lineEnd
    /// It turns the direction of what follows.
    case direction
    /// It has no width.
    case widthless
    /// The same, but writers of right-to-left letters need it.
    case mark
    /// A space of another kind than the one that YAML knows.
    case blank
  }

  private let text: SourceText
  /// Those of one kind that stand side by side are one.
  private var runs: [(kind: Kind, range: Range<Int>)] = []

  var isEmpty: Bool { runs.isEmpty }

  init(in text: SourceText, from start: Int) {
    self.text = text
    // All of them begin with one of these bytes.
    for at in text.bytes.indices.dropFirst(start) where [0xC2, 0xD8, 0xE1, 0xE2, 0xE3, 0xEF].contains(text.bytes[at]) {
      guard case .scalar(let scalar)? = PrintableText.pieces(of: text.bytes[at..<min(at + 4, text.bytes.count)]).first,
        let kind = DeceptiveCharacters.kind(of: scalar)
      else { continue }
      add(kind, at..<at + UTF8.width(scalar))
    }
  }

  private mutating func add(_ kind: Kind, _ range: Range<Int>) {
    if let last = runs.last, last.kind == kind, last.range.upperBound == range.lowerBound {
      runs[runs.count - 1].range = last.range.lowerBound..<range.upperBound
    } else {
      runs.append((kind, range))
    }
  }

  private static func kind(of scalar: Unicode.Scalar) -> Kind? {
    switch scalar.value {
    case 0x85, 0x2028, 0x2029: .lineEnd
    case 0x202A...0x202E, 0x2066...0x2069: .direction
    case 0x00AD, 0x180E, 0x200B, 0x2060...0x2064, 0xFEFF: .widthless
    case 0x061C, 0x200E, 0x200F: .mark
    case 0x00A0, 0x2000...0x200A, 0x202F, 0x205F, 0x3000: .blank
    default: nil
    }
  }

  /// `scalars` are where values and keys stand, in order; nil: not known. In a comment, what has no width does no harm.
  func report(scalars: [Range<Int>]?, _ findings: inout Findings) {
    for run in runs {
      let place = text.place(run.range)
      switch run.kind {
      case .lineEnd: findings.report(.hiddenLineEnd(at: place))
      case .direction: findings.report(.invisibleCharacter(at: place))
      case .widthless, .mark:
        let isInScalar = scalars.map { DeceptiveCharacters.contain($0, run.range.lowerBound) } ?? true
        if isInScalar {
          findings.report(.invisibleCharacter(at: place))
        } else if run.kind == .widthless {
          findings.report(.invisibleInComment(at: place))
        }
      // Within a name it is a character like any other; at its end see `blankAtEdge`.
      case .blank: break
      }
    }
  }

  /// A space of another kind that begins or ends one of these values without quotes: it was not meant to be a part of it.
  func blankAtEdge(of plainScalars: [Range<Int>]) -> SourcePlace? {
    let blanks = runs.filter { $0.kind == .blank }.map(\.range)
    guard !blanks.isEmpty else { return nil }
    let (starts, ends) = (Set(plainScalars.map(\.lowerBound)), Set(plainScalars.map(\.upperBound)))
    return blanks.first { starts.contains($0.lowerBound) || ends.contains($0.upperBound) }.map { text.place($0) }
  }

  /// The same for a text that is no YAML: in the indentation of a line, or behind its dash or colon.
  static func blankBesideStructure(in text: SourceText) -> SourcePlace? {
    let characters = DeceptiveCharacters(in: text, from: 0)
    return characters.runs.first { run in
      guard run.kind == .blank else { return false }
      let line = text.line(text.lineIndex(of: run.range.lowerBound))
      let before = text.bytes[line.lowerBound..<run.range.lowerBound]
      return before.allSatisfy { " -".utf8.contains($0) }
        || before.last { $0 != UInt8(ascii: " ") } == UInt8(ascii: ":")
    }.map { text.place($0.range) }
  }

  private static func contain(_ ranges: [Range<Int>], _ offset: Int) -> Bool {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound <= offset { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].contains(offset)
  }
}
