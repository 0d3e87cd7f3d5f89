import Config
import Kernel
import SystemPackage

/// Reads configs and manifests.
enum InputFile {
  // Sixteen times what a ConfigMap can hold; whoever names a device or a log by mistake gets an answer instead of a full memory.
  private static let maxBytes = 16 << 20

  /// The content of the file at `path`; `-` is standard input.
  ///
  /// - Parameter noun: what it is called when it cannot be read.
  static func read(_ path: String, as noun: String = "config") throws(Unusable) -> SourceText {
    do {
      guard path != "-" else { return SourceText(name: "<stdin>", bytes: try readAll(.standardInput)) }
      let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
      return try file.closeAfter { SourceText(name: path, bytes: try readAll(file)) }
    } catch let tooLarge as Unusable {
      throw Unusable("cannot read \(noun) \(quoted(path)): \(tooLarge.message)")
    } catch {
      throw Unusable("cannot read \(noun) \(quoted(path)): \(error)")
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

  /// The YAML and JSON files in a folder and below, in the order of their paths. What is hidden is passed over, as in a
  /// mounted ConfigMap the folder that the files lead to; so are links to folders, which may lead round in circles, pipes and the
  /// like, which may never end, and what is larger than any config.
  ///
  /// - Parameter unreadable: is given each folder below that cannot be read.
  static func configs(in folder: String, unreadable: (_ folder: String, Unusable) -> Void) throws(Unusable) -> [String]
  {
    var files: [String] = []
    // What is still to be looked at, the next one last: folders may lie in each other very deeply.
    var waiting = try paths(in: folder)
    while let path = waiting.popLast() {
      if FolderListing.isFolderItself(path) {
        do throws(Unusable) {
          waiting += try paths(in: path)
        } catch {
          unreadable(path, error)
        }
      } else if isConfig(path) {
        files.append(path)
      }
    }
    return files
  }

  /// In reverse order, without what is hidden.
  private static func paths(in folder: String) throws(Unusable) -> [String] {
    let base = folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    return try names(in: folder).filter { !$0.hasPrefix(".") }.reversed().map { "\(base)/\($0)" }
  }

  private static func isConfig(_ path: String) -> Bool {
    guard [".yaml", ".yml", ".json"].contains(where: path.hasSuffix) else { return false }
    return FolderListing.sizeOfFile(path).map { $0 <= maxBytes } ?? false
  }

  private static func names(in folder: String) throws(Unusable) -> [String] {
    do throws(Errno) {
      return try FolderListing.names(in: folder)
    } catch {
      throw Unusable("cannot read folder \(quoted(folder)): \(error)")
    }
  }
}
