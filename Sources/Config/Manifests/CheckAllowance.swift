import Synchronization

/// How many checks the containers of one stream may still cost, beside one for each config.
final class CheckAllowance: Sendable {
  /// Nobody has more purges in a stream; each check takes as long as the whole config.
  static let most = 500

  private let left = Mutex(most)

  /// As many of `count` as are left, which are then gone.
  func take(_ count: Int) -> Int {
    left.withLock { left in
      let taken = min(count, left)
      left -= taken
      return taken
    }
  }
}
