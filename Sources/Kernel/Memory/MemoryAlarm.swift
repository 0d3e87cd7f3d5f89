import CKernel

/// Waits for the kernel's own notices of memory: usage that crosses a threshold, and pressure. Where there are none, or where
/// they may not be asked for, it only waits.
// @unchecked: only the waiting thread touches `notices`; the bell's descriptor does not change.
public final class MemoryAlarm: @unchecked Sendable {
  private let group: MemoryLimit.Group?
  private let bell: CInt
  private var notices: [Notice]
  // Made beforehand: a temporary allocation of a size known only now may be one on the heap, which workers are busy with.
  private let watched = UnsafeMutableBufferPointer<ck_watched>.allocate(capacity: 4)
  private let room = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 8)

  private struct Notice {
    var descriptor: CInt
    /// An eventfd, against a file of the group's that becomes urgent.
    var isCounter: Bool
  }

  init(_ group: MemoryLimit.Group?) {
    self.group = group
    bell = ck_eventfd()
    watched.initialize(repeating: ck_watched())
    notices = [Notice(descriptor: bell, isCounter: true)]
  }

  /// Asks the kernel for its notices; the files they come from, for the log: none where there are none. To be called once, by
  /// the thread that waits: v1 takes some milliseconds for each threshold.
  ///
  /// - Parameter thresholds: usage in bytes; only v1 can be asked to watch for any.
  public func arm(at thresholds: [UInt64]) -> [String] {
    guard let group else { return [] }
    let directory = group.directory
    let asked: [(notice: Notice?, file: String)] =
      switch group.version {
      case .v1:
        [
          (MemoryAlarm.v1(directory, "memory.usage_in_bytes", thresholds.map(String.init)), "memory.usage_in_bytes"),
          (MemoryAlarm.v1(directory, "memory.pressure_level", ["medium"]), "memory.pressure_level"),
        ]
      case .v2:
        [(MemoryAlarm.events(directory), "memory.events"), (MemoryAlarm.pressure(directory), "memory.pressure")]
      }
    notices += asked.compactMap(\.notice)
    return asked.compactMap { $0.notice == nil ? nil : $0.file }
  }

  deinit {
    for notice in notices where notice.descriptor >= 0 { _ = ck_close(notice.descriptor) }
    watched.deallocate()
    room.deallocate()
  }

  /// Waits for `timeout` at most; true when it ended before, because there is something to look at. For one thread.
  public func wait(_ timeout: Duration) -> Bool {
    let (seconds, attoseconds) = timeout.components
    let nanoseconds = max(0, seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000)
    for index in notices.indices {
      let events = notices[index].isCounter ? CK_READABLE : CK_URGENT
      // A descriptor of −1 is passed over.
      watched[index] = ck_watched(fd: notices[index].descriptor, events: CInt(events), seen: 0)
    }
    guard ck_wait_for_any(watched.baseAddress, CInt(notices.count), nanoseconds) > 0 else { return false }
    for index in notices.indices where watched[index].seen != 0 { acknowledge(index, watched[index].seen) }
    return true
  }

  /// Ends a wait, from any thread; when nobody waits, the next one.
  public func ring() {
    var one: UInt64 = 1
    _ = ck_write(bell, &one, MemoryLayout<UInt64>.size)
  }

  /// A read takes the notice away and arms the next. What cannot be read is gone with its group, and would wake us for ever.
  private func acknowledge(_ index: Int, _ seen: CInt) {
    let notice = notices[index]
    let got =
      notice.isCounter
      ? ck_read(notice.descriptor, room.baseAddress, MemoryLayout<UInt64>.size)
      : ck_read_from_start(notice.descriptor, room.baseAddress, room.count)
    guard got < 0 || seen & CInt(CK_BROKEN) != 0, index > 0 else { return }
    _ = ck_close(notice.descriptor)
    notices[index].descriptor = -1
  }
}

// MARK: - Asking for notices

extension MemoryAlarm {
  /// A counter that goes up when `file` crosses one of `levels`.
  private static func v1(_ directory: String, _ file: String, _ levels: [String]) -> Notice? {
    let control = ck_open_to_write(directory + "/cgroup.event_control")
    guard control >= 0 else { return nil }
    defer { _ = ck_close(control) }
    let watched = ck_open_to_read(directory + "/" + file)
    guard watched >= 0 else { return nil }
    defer { _ = ck_close(watched) }
    let counter = ck_eventfd()
    guard counter >= 0 else { return nil }
    let granted = levels.filter { write("\(counter) \(watched) \($0)", to: control) }
    if granted.isEmpty {
      _ = ck_close(counter)
      return nil
    }
    return Notice(descriptor: counter, isCounter: true)
  }

  /// Tells when usage met memory.high or memory.max.
  private static func events(_ directory: String) -> Notice? {
    let file = ck_open_to_read(directory + "/memory.events")
    return file < 0 ? nil : armed(Notice(descriptor: file, isCounter: false))
  }

  /// Tells when somebody in the group waited for memory for a tenth of a second in two. Two seconds is what everybody may ask for.
  private static func pressure(_ directory: String) -> Notice? {
    let file = ck_open_to_read_and_write(directory + "/memory.pressure")
    guard file >= 0 else { return nil }
    guard write("some 100000 2000000", to: file) else {
      _ = ck_close(file)
      return nil
    }
    return armed(Notice(descriptor: file, isCounter: false))
  }

  /// A file of the group's tells what is new since it was last read.
  private static func armed(_ notice: Notice) -> Notice? {
    var byte: UInt64 = 0
    if ck_read_from_start(notice.descriptor, &byte, MemoryLayout<UInt64>.size) >= 0 { return notice }
    _ = ck_close(notice.descriptor)
    return nil
  }

  /// The kernel wants its words ended by a NUL.
  private static func write(_ text: String, to file: CInt) -> Bool {
    text.withCString { ck_write(file, $0, text.utf8.count + 1) >= 0 }
  }
}
