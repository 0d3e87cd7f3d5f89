import Kernel
import Plan
import Synchronization

/// How much may still be deleted. Reserved before the act and settled after it, so that a cap is met exactly whatever the
/// number of workers.
struct DeletionAllowance: Sendable {
  var maxFiles: UInt64
  var maxBytes: UInt64
  private(set) var files: UInt64 = 0
  private(set) var bytes: UInt64 = 0
  private(set) var reservedFiles: UInt64 = 0
  private(set) var reservedBytes: UInt64 = 0

  init(maxFiles: UInt64?, maxBytes: ByteCount?) {
    self.maxFiles = maxFiles ?? .max
    self.maxBytes = maxBytes?.bytes ?? .max
  }

  /// Room for one file of `size` more.
  mutating func reserve(_ size: UInt64) -> Bool {
    guard files + reservedFiles < maxFiles, extend(by: size) else { return false }
    reservedFiles += 1
    return true
  }

  /// Room for a file that turned out larger than at the first look.
  mutating func extend(by size: UInt64) -> Bool {
    var wanted = bytes
    wanted.add(reservedBytes)
    wanted.add(size)
    guard wanted <= maxBytes else { return false }
    reservedBytes.add(size)
    return true
  }

  mutating func shrink(by size: UInt64) { reservedBytes -= min(size, reservedBytes) }

  /// What was reserved has happened, or has not.
  mutating func settle(reserved size: UInt64, deleted: UInt64?) {
    reservedFiles -= 1
    shrink(by: size)
    guard let deleted else { return }
    files += 1
    bytes.add(deleted)
  }
}

/// A cap on deletions that many workers share, of one walk or of several.
final class DeletionCap: Sendable {
  /// What it is called in messages.
  let name: String
  /// Told when a deletion was refused, besides the target that wanted it.
  let onReached: (@Sendable (String) -> Void)?
  private let allowance: Monitor<DeletionAllowance>
  private let hasRefused = Atomic<Bool>(false)

  /// Nil when nothing is capped.
  init?(
    _ name: String, maxFiles: UInt64?, maxBytes: ByteCount?, onReached: (@Sendable (String) -> Void)? = nil
  ) {
    guard maxFiles != nil || maxBytes != nil else { return nil }
    self.name = name
    self.onReached = onReached
    allowance = Monitor(DeletionAllowance(maxFiles: maxFiles, maxBytes: maxBytes))
  }

  /// Has refused a deletion: there will be none any more.
  var isReached: Bool { hasRefused.load(ordering: .acquiring) }

  /// What is said of a cap that is reached.
  var refusal: String { "\(name) is reached: nothing more is deleted" }

  /// It refused a deletion; true for the first of those who were refused one.
  func noteRefusal() -> Bool { !hasRefused.exchange(true, ordering: .acquiringAndReleasing) }

  /// Reserves room for one file. When there is none, waits for reservations of others to be settled, since one of them may
  /// not be needed; false when there is none and nothing is reserved, or `isStopped` became true.
  func reserve(_ size: UInt64, unless isStopped: () -> Bool) -> Bool {
    while true {
      let granted = allowance.wait(timeout: .milliseconds(100)) { allowance -> Bool? in
        if allowance.reserve(size) { return true }
        return allowance.reservedFiles == 0 || isStopped() ? false : nil
      }
      if let granted { return granted }
    }
  }

  /// Takes a reservation only if there is room at once.
  func tryReserve(_ size: UInt64) -> Bool { allowance.withLock { $0.reserve(size) } }

  func extend(by size: UInt64) -> Bool { allowance.withLock { $0.extend(by: size) } }

  func shrink(by size: UInt64) { allowance.withLock { $0.shrink(by: size) } }

  func settle(reserved size: UInt64, deleted: UInt64?) {
    allowance.withLock { $0.settle(reserved: size, deleted: deleted) }
    allowance.broadcast()
  }
}
