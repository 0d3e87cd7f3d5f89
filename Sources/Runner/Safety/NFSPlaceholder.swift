/// The name the NFS client gives a file that is removed while open on this host: `.nfs` and 24 hexadecimal digits. It
/// goes by itself when the file is closed.
enum NFSPlaceholder {
  static func isOne(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
    guard name.count == 28, name.starts(with: ".nfs".utf8) else { return false }
    return name.dropFirst(4).allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0 | 0x20) }
  }
}
