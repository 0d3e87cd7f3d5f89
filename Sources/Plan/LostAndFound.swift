/// The folder into which fsck(8) puts what it finds without a name. It must be there when that is needed, so it is left alone
/// wherever it stands: neither entered, nor removed, nor what a wildcard stands for.
public enum LostAndFound {
  private static let name = Array("lost+found".utf8)

  public static func isOne(_ name: [UInt8]) -> Bool { name == LostAndFound.name }
}
