import Kernel
import Plan
import SystemPackage

/// What stands on the way from the root down to a path, as one look shows it; no link is followed.
struct PathLook {
  struct Folder {
    let status: EntryStatus
    /// Whether a `.purge-hold` stands in it.
    let isHeld: Result<Bool, Errno>
    /// Why it cannot be listed; nil: it can.
    let listing: Errno?
  }

  /// What the way ends with. A number says how many names lead to the place.
  enum End {
    /// The path itself is there; a folder is the last of `folders`, too.
    case found(EntryStatus)
    case missing
    /// Where the way goes on from a link, nothing is known.
    case behindLink(Int)
    /// Something stands there in which nothing can be.
    case noFolder(Int)
    case failed(Errno, at: Int)
  }

  /// The root, and the folder after each name as far as there are folders.
  private(set) var folders: [Folder] = []
  private(set) var end = End.missing

  /// - Parameter isFolder: whether nothing but a folder is meant by the path.
  init(_ names: [[UInt8]], isFolder: Bool, on fileSystem: any FileSystem) {
    do throws(Errno) {
      try walk(names, isFolder, fileSystem)
    } catch {
      end = .failed(error, at: folders.count)
    }
  }

  private mutating func walk(_ names: [[UInt8]], _ isFolder: Bool, _ fileSystem: any FileSystem) throws(Errno) {
    var here = try fileSystem.openRoot([UInt8(ascii: "/")])
    add(here, listing: nil, fileSystem)
    if names.isEmpty { end = .found(here.status) }
    for (index, name) in names.enumerated() {
      let isLast = index + 1 == names.count
      let above = here
      do throws(Errno) {
        here = try fileSystem.openDirectory(name, in: above, for: .pass)
      } catch  where error.meansNoDirectory {
        guard let status = try look(at: name, in: above, fileSystem) else { return }
        if isLast, !isFolder {
          end = .found(status)
        } else {
          end = status.kind == .symlink ? .behindLink(index + 1) : .noFolder(index + 1)
        }
        return
      }
      add(here, listing: PathLook.objectionToListing(name, in: above, fileSystem), fileSystem)
      if isLast { end = .found(here.status) }
    }
  }

  private mutating func add(_ folder: DirectoryHandle, listing: Errno?, _ fileSystem: any FileSystem) {
    let isHeld = Result { () throws(Errno) in try PurgeHold.stands(in: folder, fileSystem) }
    folders.append(Folder(status: folder.status, isHeld: isHeld, listing: listing))
  }

  private static func objectionToListing(
    _ name: [UInt8], in folder: DirectoryHandle, _ fileSystem: any FileSystem
  ) -> Errno? {
    do throws(Errno) {
      _ = try fileSystem.openDirectory(name, in: folder, for: .list)
      return nil
    } catch {
      return error
    }
  }

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

  // MARK: One place

  /// Why the way cannot be looked at farther than so many names; nil: that is not so.
  func failure(at count: Int) -> Errno? {
    if case .failed(let error, count) = end { return error }
    guard folders.count > count, case .failure(let error) = folders[count].isHeld else { return nil }
    return error
  }

  /// Why what is in the folder that so many names lead to cannot be listed; nil: it can, or is no folder.
  func objectionToListing(_ count: Int) -> Errno? { folders.count > count ? folders[count].listing : nil }

  func isHeld(_ count: Int) -> Bool { folders.count > count && folders[count].isHeld == .success(true) }
}
