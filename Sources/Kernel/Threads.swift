import CKernel
import Glibc
public import SystemPackage

/// Plain threads for calls that block in the kernel, which must never sit on Swift's cooperative pool.
public enum PlainThread {
  // Measured on this engine: the deepest worker uses under 24 KiB. Only touched pages count, the rest is address space.
  private static let stackSize = 128 * 1024

  /// Starts a detached thread. Throws EAGAIN when the system has no more threads to give.
  public static func start(name: String, _ body: @escaping @Sendable () -> Void) throws(Errno) {
    let box = Unmanaged.passRetained(Box(body))
    let result = ck_start_thread(
      stackSize, name,
      { context in
        guard let context else { return }
        Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
      }, box.toOpaque())
    if result < 0 {
      box.release()
      throw Errno(rawValue: -result)
    }
  }

  /// Lets the calling thread rest.
  public static func nap(_ duration: Duration) {
    var end = MonotonicTime.now().advanced(by: duration).asTimespec
    while clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, nil) == EINTR {}
  }

  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}

/// A value behind a lock, and a condition to wait for a change of it: a monitor in Hoare's sense.
// @unchecked: pthread objects need a fixed address, and `value` is touched only with the mutex held.
public final class Monitor<Value>: @unchecked Sendable {
  private var value: Value
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  public init(_ value: sending Value) {
    self.value = value
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // A step of the wall clock must not prolong or cut short a wait.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  public func withLock<Result>(_ body: (inout Value) throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&value)
  }

  /// Waits until `body` returns something, asking again after each signal and when `timeout` has passed; nil then.
  /// With no timeout it waits as long as it takes.
  public func wait<Result>(timeout: Duration? = nil, until body: (inout Value) -> Result?) -> Result? {
    let deadline = timeout.map { MonotonicTime.now().advanced(by: $0) }
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result = body(&value) { return result }
      guard let deadline else {
        pthread_cond_wait(condition, mutex)
        continue
      }
      var time = deadline.asTimespec
      if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { return body(&value) }
    }
  }

  public func signal() { pthread_cond_signal(condition) }
  public func broadcast() { pthread_cond_broadcast(condition) }
}
