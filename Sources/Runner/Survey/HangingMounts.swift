import Kernel

/// Which mounts give no answer, as far as looks at targets on them tell.
struct HangingMounts {
  private var lastAnswers: [[UInt8]: MonotonicTime] = [:]
  private var hanging: Set<[UInt8]> = []

  mutating func noteAnswer(of mount: [UInt8], at time: MonotonicTime) {
    lastAnswers[mount] = time
    hanging.remove(mount)
  }

  /// A look at the mount was given up, of which nothing had been heard since `time`.
  mutating func noteSilence(of mount: [UInt8], since time: MonotonicTime) {
    // One folder of many may be slow for reasons of its own.
    if let last = lastAnswers[mount], last >= time { return }
    hanging.insert(mount)
  }

  func contains(_ mount: [UInt8]) -> Bool { hanging.contains(mount) }
}
