import CKernel
public import SystemPackage

/// SIGTERM and SIGINT, taken by a thread of their own: nothing runs in a signal handler.
public enum StopSignals {
  /// Calls `handler` with each of the signals from now on. To be called before any other thread is started, because
  /// threads inherit the blocked signals from the one that starts them.
  public static func watch(_ handler: @escaping @Sendable (CInt) -> Void) throws(Errno) {
    _ = try kernelCall { ck_block_stop_signals() }
    try PlainThread.start(name: "signals") {
      while let signal = try? kernelCall({ ck_wait_for_stop_signal() }) { handler(signal) }
    }
  }
}
