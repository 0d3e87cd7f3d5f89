import Config
import Kernel
import Plan

extension TimeZoneDatabase {
  /// Of this machine.
  static let ofHost = TimeZoneDatabase(
    folder: TimeZoneFiles.folder,
    answer: { name in
      guard TimeZoneFiles.arePresent else { return .noDatabase }
      guard TimeZoneRules.isName(name), let file = TimeZoneFiles.bytes(of: name) else { return .unknown }
      return TimeZoneRules(name: name, file: file).map { .rules($0) } ?? .unknown
    },
    names: { TimeZoneFiles.names() })
}
