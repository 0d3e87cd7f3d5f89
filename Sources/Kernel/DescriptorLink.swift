import Glibc

/// A link in /proc to what a process has open, such as `/proc/self/fd/1`, to which `/dev/stdout` leads. Whatever it leads to, a
/// file is not to be put in its place.
struct DescriptorLink {
  private let path: String

  /// As many as the kernel follows.
  private static let mostLinks = 40

  /// The one that `path` is, or leads to by links; nil: there is none.
  init?(at path: String) {
    var proc = stat()
    guard lstat("/proc/self", &proc) == 0 else { return nil }
    var link = path
    for _ in 0..<DescriptorLink.mostLinks {
      var status = stat()
      guard lstat(link, &status) == 0, status.st_mode & S_IFMT == S_IFLNK else { return nil }
      if status.st_dev == proc.st_dev {
        self.path = link
        return
      }
      guard let target = DescriptorLink.target(of: link) else { return nil }
      link = target.hasPrefix("/") ? target : "\(AtomicFile.directory(of: link))/\(target)"
    }
    return nil
  }

  private static func target(of link: String) -> String? {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink(link, &bytes, bytes.count)
    return count > 0 ? String(validating: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
  }

  /// The descriptor of this process with that number, if it leads to the same file.
  var ownDescriptor: CInt? {
    var (own, other) = (stat(), stat())
    guard let number = CInt(AtomicFile.name(of: path)), fstat(number, &own) == 0, stat(path, &other) == 0,
      own.st_dev == other.st_dev, own.st_ino == other.st_ino
    else { return nil }
    return number
  }
}
