import Kernel
import Plan
import SystemPackage

/// What stands on the way from the root down to a path, as one look shows it; no link is followed.
struct PathLook {
  struct Folder {
    let status: EntryStatus
    /// Whether a `.purge-hold` stands in it.
    let isHeld: Result<Bool, Errno>
  }

  enum End {
    /// The path itself is there; a folder is the last of `folders`, too.
    case found(EntryStatus)
    case missing
    /// Where the way goes on from a link, nothing is known. So many names lead to it.
    case behindLink(Int)
    case failed(Errno, at: Int)
  }

  /// The root, and the folder after each name as far as there are folders.
  private(set) var folders: [Folder] = []
  private(set) var end = End.missing

  init(_ names: [[UInt8]], on fileSystem: any FileSystem) {
    do throws(Errno) {
      try walk(names, fileSystem)
    } catch {
      end = .failed(error, at: folders.count)
    }
  }

  private mutating func walk(_ names: [[UInt8]], _ fileSystem: any FileSystem) throws(Errno) {
    var here = try fileSystem.openRoot([UInt8(ascii: "/")])
    add(here, fileSystem)
    for (index, name) in names.enumerated() {
      let isLast = index + 1 == names.count
      do throws(Errno) {
        here = try fileSystem.openDirectory(name, in: here, for: .pass)
      } catch  where error.meansNoDirectory {
        guard let status = try look(at: name, in: here, fileSystem) else { return }
        if isLast { end = .found(status) } else if status.kind == .symlink { end = .behindLink(index + 1) }
        return
      }
      add(here, fileSystem)
      if isLast { end = .found(here.status) }
    }
  }

  private mutating func add(_ folder: DirectoryHandle, _ fileSystem: any FileSystem) {
    let isHeld = Result { () throws(Errno) in try PurgeHold.stands(in: folder, fileSystem) }
    folders.append(Folder(status: folder.status, isHeld: isHeld))
  }

  /// Why the way cannot be looked at farther than so many names; nil: that is not so.
  func failure(at count: Int) -> Errno? {
    if case .failed(let error, count) = end { return error }
    guard folders.count > count, case .failure(let error) = folders[count].isHeld else { return nil }
    return error
  }

  func isHeld(_ count: Int) -> Bool { folders.count > count && folders[count].isHeld == .success(true) }

  /// Nil when nothing stands there.
  private func look(
    at name: [UInt8], in folder: DirectoryHandle, _ fileSystem: any FileSystem
  ) throws(Errno) -> EntryStatus? {
    do throws(Errno) {
      return try fileSystem.look(at: name, in: folder, isFresh: false)
    } catch  where error.meansVanished {
      return nil
    }
  }
}
