import Kernel
import Plan

extension Timestamp {
  init(_ time: FileTime) { self.init(seconds: time.seconds, nanoseconds: time.nanoseconds) }
}

extension FileFacts {
  init(_ status: EntryStatus) {
    self.init(
      mtime: Timestamp(status.mtime), atime: status.atime.map { Timestamp($0) }, ctime: Timestamp(status.ctime),
      birth: status.birth.map { Timestamp($0) }, size: status.size, owner: status.owner)
  }
}
