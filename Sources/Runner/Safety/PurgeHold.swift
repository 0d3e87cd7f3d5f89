import Kernel
import SystemPackage

/// A file that protects the directory it stands in and all below, whatever the config says.
enum PurgeHold {
  static let name = ".purge-hold"
  /// The same, for listings.
  static let mark: StaticString = ".purge-hold"
  private static let bytes = Array(name.utf8)

  static func isOne(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    // Asked of every file.
    name.count == 11 && name[0] == UInt8(ascii: ".") && name.elementsEqual(bytes)
  }

  /// Looked up before anything of the directory is judged, since waiting for it to be listed could come too late, and again
  /// and again while something is removed there.
  static func stands(in directory: DirectoryHandle, _ fileSystem: any FileSystem) throws(Errno) -> Bool {
    try fileSystem.exists(bytes, in: directory)
  }

  /// How many folders above `directory` the nearest one stands, 0 being in it; nil: there is none.
  static func height(above directory: DirectoryHandle, _ fileSystem: any FileSystem) throws(Errno) -> Int? {
    var (here, height) = (directory, 0)
    while true {
      if try stands(in: here, fileSystem) { return height }
      let above = try fileSystem.openDirectory(Array("..".utf8), in: here, for: .pass)
      // The parent of the root is the root.
      if above.identity == here.identity { return nil }
      (here, height) = (above, height + 1)
    }
  }
}
