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

  /// The number of files is what stands in the way, not their size.
  var isOutOfFiles: Bool { files + reservedFiles >= maxFiles }

  /// Room for one file of `size` more.
  mutating func reserve(_ size: UInt64) -> Bool {
    guard !isOutOfFiles, extend(by: size) else { return false }
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
  /// The target whose folders share it, as configured; nil: the whole run's.
  let target: String?
  /// Told when a deletion was refused, besides the target that wanted it.
  let onReached: (@Sendable (String) -> Void)?
  private let maxFiles: UInt64?
  private let maxBytes: ByteCount?
  private let allowance: Monitor<DeletionAllowance>
  private let hasRefused = Atomic<Bool>(false)

  /// Nil when nothing is capped.
  init?(
    of target: String?, maxFiles: UInt64?, maxBytes: ByteCount?, onReached: (@Sendable (String) -> Void)? = nil
  ) {
    guard maxFiles != nil || maxBytes != nil else { return nil }
    self.target = target
    (self.maxFiles, self.maxBytes) = (maxFiles, maxBytes)
    self.onReached = onReached
    allowance = Monitor(DeletionAllowance(maxFiles: maxFiles, maxBytes: maxBytes))
  }

  /// Has refused a deletion: there will be none any more.
  var isReached: Bool { hasRefused.load(ordering: .acquiring) }

  /// What is said of a cap that is reached: the key that decides, and its number.
  var refusal: String {
    let isOfFiles = maxBytes == nil || allowance.withLock { $0.isOutOfFiles }
    if isOfFiles, let maxFiles { return "\(name("max_deletions", "\(maxFiles)")) reached" }
    return "\(name("max_deleted_bytes", maxBytes?.text ?? "")) reached"
  }

  private func name(_ key: String, _ value: String) -> String {
    target.map { "\(key): \(value) of target \($0)" } ?? "safety.\(key): \(value)"
  }

  /// Of a dry run, which goes on beyond it: which of its bounds a run that wants to delete so much would meet.
  func forecasts(files: UInt64, bytes: UInt64) -> [CapForecast] {
    let prefix = target == nil ? "safety." : ""
    let bounds: [(String, UInt64?, UInt64, Bool)] = [
      ("max_deletions", maxFiles, files, false), ("max_deleted_bytes", maxBytes?.bytes, bytes, true),
    ]
    return bounds.compactMap { key, limit, wanted, isBytes in
      guard let limit, wanted > limit else { return nil }
      return CapForecast(key: prefix + key, target: target, limit: limit, wanted: wanted, isBytes: isBytes)
    }
  }

  /// What of so much a run would delete at most; about so much, where files differ in size.
  func allowed(files: UInt64, bytes: UInt64) -> (files: UInt64, bytes: UInt64) {
    let shares = [(maxFiles, files), (maxBytes?.bytes, bytes)].map { limit, wanted in
      wanted > 0 ? min(1, Double(limit ?? .max) / Double(wanted)) : 1
    }
    let share = shares.min() ?? 1
    return share < 1 ? (UInt64(Double(files) * share), UInt64(Double(bytes) * share)) : (files, bytes)
  }

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
