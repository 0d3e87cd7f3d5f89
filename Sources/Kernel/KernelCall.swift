import CKernel
public import SystemPackage

/// Repeats `call` while a signal interrupts it. Calls return a result or −errno.
func kernelCall<Result: FixedWidthInteger & SignedInteger>(_ call: () -> Result) throws(Errno) -> Result {
  while true {
    let result = call()
    if result >= 0 { return result }
    let error = Errno(rawValue: CInt(-result))
    if error != .interrupted { throw error }
  }
}

/// The symbolic name of an error, e.g. `EACCES`.
public enum ErrnoName {
  public static func of(_ error: Errno) -> String { String(cString: ck_errno_name(error.rawValue)) }
}
