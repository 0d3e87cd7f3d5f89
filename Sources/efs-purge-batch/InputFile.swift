import Config
import FoundationEssentials
import SystemPackage

/// Reads configs.
enum InputFile {
  // Sixteen times what a ConfigMap can hold; whoever names a device or a log by mistake gets an answer instead of a full memory.
  private static let maxBytes = 16 << 20

  /// The content of the file at `path`; `-` is standard input.
  static func read(_ path: String) throws(Unusable) -> SourceText {
    do {
      guard path != "-" else { return SourceText(name: "<stdin>", bytes: try readAll(.standardInput)) }
      let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
      return try file.closeAfter { SourceText(name: path, bytes: try readAll(file)) }
    } catch let tooLarge as Unusable {
      throw Unusable("cannot read config \(quoted(path)): \(tooLarge.message)")
    } catch {
      throw Unusable("cannot read config \(quoted(path)): \(error)")
    }
  }

  private static func readAll(_ file: FileDescriptor) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
      guard bytes.count <= maxBytes else { throw Unusable("it is larger than 16 MiB") }
    }
  }

  static func isDirectory(_ path: String) -> Bool {
    var isDirectory = false
    return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory
  }

  /// The YAML and JSON files in a directory and below, in the order of their paths. What is hidden is passed over, as in a
  /// mounted ConfigMap the folder that the files lead to.
  static func configs(in directory: String) throws(Unusable) -> [String] {
    do {
      let base = directory.hasSuffix("/") ? String(directory.dropLast()) : directory
      return try FileManager.default.subpathsOfDirectory(atPath: directory).filter { path in
        let parts = path.split(separator: "/")
        let isVisible = !parts.contains { $0.hasPrefix(".") }
        return isVisible && [".yaml", ".yml", ".json"].contains { path.hasSuffix($0) }
      }.sorted().map { "\(base)/\($0)" }.filter { !isDirectory($0) }
    } catch {
      throw Unusable("cannot read directory \(quoted(directory)): \(error)")
    }
  }
}
