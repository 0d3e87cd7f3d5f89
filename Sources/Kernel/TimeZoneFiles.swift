/// The compiled time zones of this machine.
public enum TimeZoneFiles {
  public static let folder = "/usr/share/zoneinfo"

  public static var arePresent: Bool { FolderListing.isFolder(folder) }

  /// Nil: there is none of this name. `name` must be one, and no path out of the folder.
  public static func bytes(of name: String) -> [UInt8]? { SmallFile.bytes("\(folder)/\(name)") }

  /// All names, in no order. Folders and files that begin with a small letter hold other forms of the same.
  public static func names() -> [String] { names(in: "") }

  private static func names(in prefix: String) -> [String] {
    let names = (try? FolderListing.names(in: "\(folder)/\(prefix)")) ?? []
    return names.filter { $0.first?.isUppercase == true && !$0.contains(".") }.flatMap { name in
      FolderListing.isFolder("\(folder)/\(prefix)\(name)") ? self.names(in: "\(prefix)\(name)/") : [prefix + name]
    }
  }
}
