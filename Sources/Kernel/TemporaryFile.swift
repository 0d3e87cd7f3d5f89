import Glibc
import SystemPackage

/// An empty file beside another one, under a name that it has each time: what a killed process leaves is taken over by the
/// next, so that it does not pile up. A lock on it shows that it is in use.
struct TemporaryFile: Sendable {
  let file: FileDescriptor
  let path: String

  /// Processes that may write the same file at once under names that are alike.
  private static let mostAlike = 8
  /// The file at a name can be another one each time it is looked at.
  private static let mostTries = 16

  /// - Parameter other: a path whose last component gives it its name.
  init(beside path: String, namedAfter other: String) throws(Errno) {
    let directory = AtomicFile.directory(of: path)
    let name = AtomicFile.name(of: other)
    for number in 1...TemporaryFile.mostAlike {
      switch TemporaryFile.taken(name, number, in: directory) {
      case .taken(let temporary):
        self = temporary
        return
      case .held: continue
      case .noLocks: break
      }
      break
    }
    self = try TemporaryFile.new(in: directory)
  }

  private init(_ file: FileDescriptor, _ path: String) { (self.file, self.path) = (file, path) }

  fileprivate enum Attempt {
    case taken(TemporaryFile)
    /// Something is there that is not ours to write to.
    case held
    /// The file system has none, so that nobody can be told from the dead.
    case noLocks
  }

  fileprivate static func taken(_ name: String, _ number: Int, in directory: String) -> Attempt {
    let suffix = number == 1 ? ".tmp" : "-\(number).tmp"
    let attempt = taken("\(directory)/.efs-purge-batch-\(name)\(suffix)")
    guard case .failure(.fileNameTooLong) = attempt else { return attempt.attempt }
    return taken("\(directory)/.efs-purge-batch-\(hash(of: name))\(suffix)").attempt
  }

  private static func taken(_ path: String) -> Result<Attempt, Errno> {
    for _ in 0..<mostTries {
      do throws(Errno) {
        // Without waiting: a pipe may have been put there.
        let file = try AtomicFile.opened(path, .writeOnly, [.create, .noFollow, .nonBlocking])
        switch lock(file, at: path) {
        case .mine: return .success(.taken(TemporaryFile(file, path)))
        case .replaced: try? file.close()
        case .held:
          try? file.close()
          return .success(.held)
        case .noLocks:
          _ = unlink(path)
          try? file.close()
          return .success(.noLocks)
        }
      } catch {
        return .failure(error)
      }
    }
    return .success(.held)
  }

  private enum Lock { case mine, held, replaced, noLocks }

  private static func lock(_ file: FileDescriptor, at path: String) -> Lock {
    var (mine, named) = (stat(), stat())
    guard fstat(file.rawValue, &mine) == 0, isOurs(mine) else { return .held }
    guard flock(file.rawValue, LOCK_EX | LOCK_NB) == 0 else { return errno == EWOULDBLOCK ? .held : .noLocks }
    // Whoever had it until now may have given it its final name.
    guard lstat(path, &named) == 0, mine.st_dev == named.st_dev, mine.st_ino == named.st_ino else { return .replaced }
    return ftruncate(file.rawValue, 0) == 0 ? .mine : .held
  }

  /// Nobody else can have put it there to have another file of ours written over.
  private static func isOurs(_ status: stat) -> Bool {
    status.st_mode & S_IFMT == S_IFREG && status.st_nlink <= 1 && status.st_uid == geteuid()
  }

  /// Under a name that nothing has.
  private static func new(in directory: String) throws(Errno) -> TemporaryFile {
    // Containers give every process the same number, so only chance keeps two writers apart.
    let name = ".efs-purge-batch-\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp"
    let path = "\(directory)/\(name)"
    return TemporaryFile(try AtomicFile.opened(path, .writeOnly, [.create, .exclusiveCreate]), path)
  }

  /// FNV-1a.
  private static func hash(of name: String) -> String {
    let hash = name.utf8.reduce(UInt64(0xcbf2_9ce4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    return String(hash, radix: 16)
  }
}

extension Result where Success == TemporaryFile.Attempt, Failure == Errno {
  /// Where it cannot be opened another name may do; if not, that says why.
  fileprivate var attempt: TemporaryFile.Attempt { (try? get()) ?? .held }
}
