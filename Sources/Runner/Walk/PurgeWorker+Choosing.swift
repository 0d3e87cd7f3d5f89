import Kernel
import Plan

/// What patterns say of names, asked before anything is looked at.
extension PurgeWorker {
  /// What becomes of a folder.
  enum FolderChoice {
    /// Its scope; nil: there are no patterns.
    case entered(PatternScope?)
    case passedOver(FolderPassedOver)
  }

  func chooseRoot() -> FolderChoice {
    guard let matchers = walk.matchers else { return .entered(nil) }
    let path = walk.target.path
    return FolderChoice(matchers.use { $0.root(at: path.span) })
  }

  func choose(_ entering: Entering) -> FolderChoice {
    guard let matchers = walk.matchers, let scope = entering.scope else { return .entered(nil) }
    let folder = matchers.use { matcher in
      matcher.enter(scope)
      return matcher.folder(entering.name.span)
    }
    return FolderChoice(folder)
  }

  /// What becomes of the entries of a chunk as far as names tell.
  func choices(in chunk: Chunk) -> Choices {
    let neverBy = cutoff.keepsAll
    guard let matchers = walk.matchers, let scope = chunk.scope else { return Choices(neverBy: neverBy) }
    let all = matchers.use { matcher in
      matcher.enter(scope)
      return chunk.indices.map { matcher.choice(ofFile: chunk.batch.name(at: $0).span) }
    }
    // Mostly patterns rule nothing out: then nothing more is asked of each file.
    if neverBy == [false], all.allSatisfy({ $0 == .by(0) }) { return Choices(neverBy: neverBy) }
    return Choices(all, first: chunk.indices.lowerBound, neverBy: neverBy)
  }
}

/// Why a folder is not entered.
enum FolderPassedOver: Hashable, Sendable {
  case excluded
  case notIncluded
}

/// What patterns choose of some entries of a batch, which are files as far as names tell.
struct Choices {
  /// Empty: there are no patterns.
  private let all: [Selection.Choice]
  /// The number of the first entry.
  private let first: Int
  /// The criteria by which no file goes.
  private let neverBy: [Bool]
  /// Each entry is to be looked at.
  let isOfEverything: Bool

  /// What stays whatever a look would show.
  enum Unseen {
    case file(KeepReason)
    /// A link, or something special.
    case other(FileKind)

    var fate: RecordedEntry.Fate {
      switch self {
      case .file(let reason): .kept(reason)
      case .other: .skipped
      }
    }
  }

  init(_ all: [Selection.Choice] = [], first: Int = 0, neverBy: [Bool]) {
    (self.all, self.first, self.neverBy) = (all, first, neverBy)
    isOfEverything = all.isEmpty && neverBy == [false]
  }

  /// The criteria by which a file goes that is chosen.
  func criteria(_ index: Int) -> UInt8 {
    if all.isEmpty { return 0 }
    return if case .by(let number) = all[index - first] { number } else { 0 }
  }

  /// Whether this entry is to be judged if it is a file.
  @inline(__always)
  private func mayGo(_ index: Int) -> Bool {
    if isOfEverything { return true }
    if all.isEmpty { return !neverBy[0] }
    return if case .by(let number) = all[index - first] { !neverBy[Int(number)] } else { false }
  }

  /// Why a file stays; nil: it is to be judged.
  @inline(__always)
  func keepReason(_ index: Int) -> KeepReason? { mayGo(index) ? nil : reasonToStay(index) }

  private func reasonToStay(_ index: Int) -> KeepReason? {
    let choice = all.isEmpty ? .by(0) : all[index - first]
    switch choice {
    case .excluded: return .excluded
    case .notIncluded: return .notIncluded
    case .by(let number): return neverBy[Int(number)] ? .never : nil
    }
  }

  /// What becomes of an entry that the listing says is of this kind, without a look at it; nil: a look is to be taken, or it is a
  /// directory.
  @inline(__always)
  func unseen(_ index: Int, _ kind: FileKind?) -> Unseen? { mayGo(index) ? nil : staying(index, kind) }

  private func staying(_ index: Int, _ kind: FileKind?) -> Unseen? {
    switch kind {
    case .file: return keepReason(index).map { .file($0) }
    case .symlink where keepReason(index) == .never, .special where keepReason(index) == .never:
      return kind.map { .other($0) }
    case .symlink, .special, .directory, nil: return nil
    }
  }
}

extension PurgeWorker.FolderChoice {
  fileprivate init(_ folder: PatternMatcher.Folder) {
    switch folder {
    case .entered(let scope): self = .entered(scope)
    case .excluded: self = .passedOver(.excluded)
    case .notIncluded: self = .passedOver(.notIncluded)
    }
  }
}
