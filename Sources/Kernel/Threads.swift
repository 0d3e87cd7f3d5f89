import CKernel
import Glibc
import Synchronization
public import SystemPackage

/// Plain threads for calls that block in the kernel, which must never sit on Swift's cooperative pool.
public enum PlainThread {
  // Measured on this engine: the deepest worker uses under 24 KiB. Only touched pages count, the rest is address space.
  public static let usualStack = 128 * 1024

  /// What the kernel holds for a thread, its stack of 16 KiB above all: charged to the group, but no part of any resident size.
  /// Measured with a thousand.
  public static let kernelMemory = 24 * 1024
  private static let started = Atomic<Int>(0)
  private static let mostStarted = Atomic<Int>(0)

  /// Threads of this process: the first, and what was started here and has not ended.
  public static var count: Int { 1 + started.load(ordering: .relaxed) }
  /// The most there were at once.
  public static var peakCount: Int { 1 + mostStarted.load(ordering: .relaxed) }

  /// Starts a detached thread. Throws EAGAIN when the system has no more threads to give.
  public static func start(
    name: String, stackSize: Int = usualStack, _ body: @escaping @Sendable () -> Void
  ) throws(Errno) {
    let box = Unmanaged.passRetained(
      Box {
        body()
        started.subtract(1, ordering: .relaxed)
      })
    mostStarted.max(started.add(1, ordering: .relaxed).newValue, ordering: .relaxed)
    let result = ck_start_thread(
      stackSize, name,
      { context in
        guard let context else { return }
        Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body()
      }, box.toOpaque())
    if result < 0 {
      started.subtract(1, ordering: .relaxed)
      box.release()
      throw Errno(rawValue: -result)
    }
  }

  /// Has the calling thread run as soon as it wakes, however many others are busy, where the process has the right to
  /// (CAP_SYS_NICE); else soon, from Linux 6.12 on. For a thread that is busy for microseconds only.
  public static func bePunctual() { _ = ck_be_punctual() }

  /// Touches most of the calling thread's stack, so that no memory is asked for when there is none.
  public static func reserveStack() { ck_touch_stack() }

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
