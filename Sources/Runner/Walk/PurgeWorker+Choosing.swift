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

  /// What becomes of the next entries of a chunk that a worker may come to look at.
  func choices(in chunk: Chunk) -> Choices {
    guard let matchers = walk.matchers, let scope = chunk.scope else { return Choices(first: 0) }
    let indices = meter.isSlow ? chunk.indices.prefix(WalkLimits.slowLooks) : chunk.indices
    return Choices(
      first: indices.lowerBound,
      all: matchers.use { matcher in
        matcher.enter(scope)
        return indices.map { matcher.choice(ofFile: chunk.batch.name(at: $0).span) }
      })
  }
}

/// Why a folder is not entered.
enum FolderPassedOver: Hashable, Sendable {
  case excluded
  case notIncluded
}

/// What patterns choose of some entries of a batch, which are files as far as names tell.
struct Choices {
  /// The number of the first entry.
  let first: Int
  /// Empty: there are no patterns.
  var all: [Selection.Choice] = []

  /// Why a file stays; nil: it is chosen.
  func keepReason(_ index: Int) -> KeepReason? {
    if all.isEmpty { return nil }
    switch all[index - first] {
    case .excluded: return .excluded
    case .notIncluded: return .notIncluded
    case .by: return nil
    }
  }

  /// Why what the listing says is a file stays, whatever a look at it would show; nil: it is to be looked at.
  func keepReason(_ index: Int, in batch: EntryBatch) -> KeepReason? {
    if all.isEmpty || batch.entries[index].kind != .file { return nil }
    return keepReason(index)
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
