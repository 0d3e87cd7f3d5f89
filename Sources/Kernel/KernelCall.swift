import CKernel
public import SystemPackage

/// Repeats `call` while a signal interrupts it; EINTR when that happens a dozen times in a row, which no signals do. Calls
/// return a result or −errno.
func kernelCall<Result: FixedWidthInteger & SignedInteger>(_ call: () -> Result) throws(Errno) -> Result {
  var interruptions = 0
  while true {
    let result = call()
    if result >= 0 { return result }
    let error = Errno(rawValue: CInt(-result))
    if error != .interrupted { throw error }
    interruptions += 1
    if interruptions > Interruption.most { throw error }
    if interruptions > Interruption.inARow { Interruption.rest(after: interruptions) }
  }
}

/// Calls that a file system calls interrupted again and again, though no signal comes.
enum Interruption {
  /// Repeated at once so many times.
  static let inARow = 5
  /// With their pauses an eighth of a second: a file system that answers so for ever does it for each file.
  static let most = 12

  /// A millisecond, then twice as long each time, up to a tenth of a second.
  @inline(never)
  static func rest(after count: Int) {
    PlainThread.nap(min(.milliseconds(100), .milliseconds(1 << min(count - inARow - 1, 7))))
  }
}

/// The symbolic name of an error, e.g. `EACCES`.
public enum ErrnoName {
  public static func of(_ error: Errno) -> String { String(cString: ck_errno_name(error.rawValue)) }
}
