/// A file of a container that lies in a mount.
struct MountedFile: Sendable {
  let mount: Workload.Mount
  let volume: Workload.Volume
  /// In the volume.
  let path: String

  /// Nil when there is no such volume, or not even the manifest knows what of it is mounted.
  init?(_ components: [String], in mount: Workload.Mount) {
    guard let subPath = mount.subPath, let volume = mount.volume else { return nil }
    (self.mount, self.volume) = (mount, volume)
    path = (subPath + components.dropFirst(mount.components.count)).joined(separator: "/")
  }
}
