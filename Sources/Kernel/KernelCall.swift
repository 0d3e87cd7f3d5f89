import CKernel
public import SystemPackage

/// Repeats `call` while a signal interrupts it. Calls return a result or −errno.
func kernelCall<Result: FixedWidthInteger & SignedInteger>(_ call: () -> Result) throws(Errno) -> Result {
  while true {
    let result = call()
    if result >= 0 { return result }
    if result != -Result(EINTR) { throw Errno(rawValue: CInt(-result)) }
  }
}

/// Linux's number for "interrupted system call", the same on every architecture Swift runs on.
private let EINTR: CInt = 4

/// The symbolic name of an error, e.g. `EACCES`.
public enum ErrnoName {
  public static func of(_ error: Errno) -> String { String(cString: ck_errno_name(error.rawValue)) }
}
