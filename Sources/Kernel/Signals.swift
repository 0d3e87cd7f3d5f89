import CKernel
public import SystemPackage

/// Signals that ask a process to end, or to tell how far it is, taken by a thread of their own: nothing runs in a signal handler.
public enum ProcessSignals {
  public enum Notice: Hashable, Sendable {
    /// The name of the signal: SIGTERM, SIGXCPU, or SIGHUP, SIGINT, SIGQUIT unless they were ignored when the process began.
    case stop(String)
    /// SIGUSR1.
    case progress
    /// The moment has come that the handler gave last.
    case timeIsUp
  }

  /// From now on these signals wait until they are watched, or released. To be called first of all in `main`; it also opens
  /// closed standard descriptors to `/dev/null`, so that no log line gets into another file, and has signals ignored that
  /// would end the process for nothing: SIGPIPE and SIGXFSZ (the write fails), SIGALRM, SIGUSR2 and their like.
  ///
  /// Programs that this process executes in its place inherit what waits.
  public static func hold() { ck_begin_process() }

  /// Whether this standard descriptor was closed until `hold` opened it.
  public static func isPlaceholder(_ descriptor: CInt) -> Bool { ck_is_placeholder(descriptor) != 0 }

  /// Has them act as usual: for commands that need no good end.
  public static func release() { ck_release_signals() }

  /// Calls `handler` with each of them from now on; it says until when to wait for the next one, nil: without end. To be called
  /// before any other thread is started, because threads inherit the blocked signals from the one that starts them. When
  /// it throws, the signals are released.
  public static func watch(_ handler: @escaping @Sendable (Notice) -> MonotonicTime?) throws(Errno) {
    do throws(Errno) {
      try PlainThread.start(name: "signals") {
        PlainThread.bePunctual()
        var end: MonotonicTime?
        while true { end = handler(next(until: end)) }
      }
    } catch {
      release()
      throw error
    }
  }

  private static func next(until end: MonotonicTime?) -> Notice {
    while true {
      let rest = end.map { max(0, $0.nanoseconds - MonotonicTime.now().nanoseconds) } ?? -1
      let signal = ck_wait_for_signal(rest)
      if signal == 0 { return .timeIsUp }
      // A debugger, or a stop and a continuation, interrupts the wait.
      guard signal > 0 else { continue }
      let name = String(cString: ck_signal_name(signal))
      return name == "SIGUSR1" ? .progress : .stop(name)
    }
  }
}
