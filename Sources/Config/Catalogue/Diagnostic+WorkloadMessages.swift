import Plan

// The catalogue: what a config and the manifest of what runs it have wrong together. First what stands in a pod; how its
// end is dealt with is in another file.

extension Diagnostic {
  /// `kind`: what the kind at this place may have been meant as.
  static func noWorkload(kind: String?, at place: SourcePlace) -> Diagnostic {
    .error(
      .noWorkload, "no container here runs this config", at: place,
      hint: .didYouMean(kind)
        ?? "it is looked for in every CronJob, Job, Deployment and Pod: a container that mounts the config's ConfigMap, "
        + "or whose image or command is efs-purge-batch")
  }
}

extension Diagnostic {
  static func tooManyContainers(_ count: Int, limit: Int, at place: SourcePlace) -> Diagnostic {
    .warning(
      .tooManyContainers, "\(count) containers may run this config, of which the first \(limit) were checked",
      at: place,
      hint: "check the others in a stream of their own")
  }
}

extension Diagnostic {
  static func otherKeyRead(
    _ container: String?, _ key: String, at place: SourcePlace, container containerPlace: SourcePlace
  )
    -> Diagnostic
  {
    .warning(
      .otherKeyRead, "\(named(container)) reads the key \(key.quoted) of this ConfigMap, not this one", at: place,
      notes: [.containerHere(at: containerPlace)],
      hint: "what runs this one is not in the stream: nothing was checked but the config itself")
  }
}

extension Diagnostic {
  static func onlyBystanders(_ container: String?, at place: SourcePlace) -> Diagnostic {
    .warning(
      .onlyBystanders, "nothing here purges by this config: \(named(container)) neither runs nor plans", at: place,
      hint: "add what runs it to the stream: a container with args: [run]")
  }
}

// MARK: - Memory

extension Diagnostic {
  static func badMemoryQuantity(_ text: String, meant: String?, at place: SourcePlace) -> Diagnostic {
    .error(
      .badMemoryQuantity, "'memory' must be an amount as Kubernetes writes it, not \(text.quoted)", at: place,
      hint: .didYouMean(meant) ?? "for instance 256Mi")
  }

  static func noMemoryLimit(_ container: String?, at place: SourcePlace) -> Diagnostic {
    .warning(
      .noMemoryLimit, "\(named(container)) has no memory limit: the run goes by the whole node's memory", at: place,
      hint: "give it one: resources: {limits: {memory: 256Mi}}; plan tells how much")
  }

  static func memoryLimitTooSmall(_ text: String, _ size: String, at place: SourcePlace) -> Diagnostic {
    let isThousandths = text.hasSuffix("m")
    let meant = isThousandths ? "\(text.dropLast())Mi" : "\(text)Mi"
    let isUnitless = isThousandths || text.allSatisfy(\.isNumber)
    return .error(
      .memoryLimitTooSmall, "a memory limit of \(size) is too little for the program itself and one target", at: place,
      hint: isUnitless ? .didYouMean(meant) : "write 64Mi or more; plan tells how much")
  }

  static func requestAboveLimit(
    _ request: String, limit: String, at place: SourcePlace, limitPlace: SourcePlace
  ) -> Diagnostic {
    .error(
      .requestAboveLimit, "the memory requested (\(request)) is above the limit (\(limit)): Kubernetes refuses that",
      at: place, notes: [.containerLimitHere(at: limitPlace)], hint: "write the same for both")
  }

  fileprivate static func named(_ container: String?) -> String {
    container.map { "the container \($0.quoted)" } ?? "the container"
  }
}

// MARK: - Mounts and files

extension Diagnostic {
  static func unknownVolumeKind(_ kind: YAMLKey, nearest: String?) -> Diagnostic {
    .error(
      .unknownVolumeKind, "there is no kind of volume named \(kind.text.quoted)", at: kind.place,
      hint: .didYouMean(nearest) ?? "for instance persistentVolumeClaim: {claimName: data}")
  }

  static func mountPathTwice(_ path: String, at place: SourcePlace, first: SourcePlace) -> Diagnostic {
    .error(
      .mountPathTwice, "two volumes are mounted at \(path.quoted): Kubernetes refuses that", at: place,
      notes: [.firstHere(at: first)], hint: nil)
  }

  static func formerVersion(_ meant: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .formerVersion, "Kubernetes no longer has this version of the kind", at: place, hint: .didYouMean(meant))
  }

  static func unknownVolume(
    _ name: String, nearest: String?, at place: SourcePlace, volumes: SourcePlace?
  ) -> Diagnostic {
    .error(
      .unknownVolume, "the pod has no volume \(name.quoted)", at: place,
      notes: volumes.map { [.volumesHere(at: $0)] } ?? [],
      hint: .didYouMean(nearest) ?? "add a volume of this name to the pod's volumes")
  }

  /// What would put a target into a mount.
  enum MountProposal {
    case mount(volume: String, at: String)
    case newVolume(at: String)
    /// The volume is mounted elsewhere, where the target would have this path.
    case elsewhere(volume: String, at: String, path: String, or: String)

    fileprivate var hint: String {
      switch self {
      case .mount(let volume, let folder): "add to volumeMounts: - {name: \(volume.whole), mountPath: \(folder.whole)}"
      case .newVolume(let folder):
        "add to volumeMounts: - {name: data, mountPath: \(folder.whole)}, and a volume of that name to volumes"
      case .elsewhere(let volume, let mount, let path, let folder):
        "the volume \(volume.whole) is mounted at \(mount.whole): write path: \(path.whole), or mountPath: \(folder.whole)"
      }
    }
  }

  static func targetNotMounted(
    _ path: String, container: String?, isRehearsal: Bool, nearest: String?, proposal: MountProposal?,
    at place: SourcePlace, mounts: SourcePlace
  ) -> Diagnostic {
    let verb = isRehearsal ? "look through" : "purge"
    return .error(
      .targetNotMounted, "\(path.quoted) lies in no mount: \(named(container)) would \(verb) its own file system",
      at: place,
      notes: [.mountsHere(at: mounts)],
      hint: nearest.map { "there is a mount at \($0.whole); is that the one?" } ?? proposal?.hint)
  }

  static func targetReadOnly(_ path: String, at place: SourcePlace, readOnly: SourcePlace) -> Diagnostic {
    .error(
      .targetReadOnly, "\(path.quoted) is mounted read-only: nothing can be deleted there", at: place,
      notes: [.readOnlyHere(at: readOnly)],
      hint: "mount it for writing (readOnly: false), or let the container only plan")
  }

  /// `exclude`: the pattern that keeps what is in the mount, and nothing else; nil: there is none.
  static func targetPartlyReadOnly(
    _ path: String, in mount: String, exclude: String?, at place: SourcePlace, readOnly: SourcePlace
  ) -> Diagnostic {
    .warning(
      .targetPartlyReadOnly,
      "\(mount.quoted) is mounted read-only: nothing can be deleted in folders there that match \(path.quoted)",
      at: place, notes: [.readOnlyHere(at: readOnly)],
      hint: "mount it for writing (readOnly: false)" + (exclude.map { ", or write exclude: [\($0.inYAML)]" } ?? ""))
  }

  /// `mounts`: the first of them, with the places of their paths.
  static func mountsPassedOver(
    _ path: String, mounts: [String], areMore: Bool, at place: SourcePlace, places: [SourcePlace]
  ) -> Diagnostic {
    var names = mounts.map(\.quoted)
    if areMore { names.append("others") }
    let list = names.count > 1 ? names.dropLast().joined(separator: ", ") + " and " + (names.last ?? "") : names[0]
    return .warning(
      .mountsPassedOver, "nothing in \(list) is purged by \(path.quoted): a run stays on one file system", at: place,
      notes: places.map { .mountHere(at: $0) },
      hint: "write one_file_system: false, or a target for each; exclude what is to stay")
  }

  static func systemFolderOfNode(
    _ path: String, folder: String, protected: String, at place: SourcePlace, volume: SourcePlace
  ) -> Diagnostic {
    .error(
      .systemFolderOfNode,
      folder == protected
        ? "\(path.quoted) is \(folder.quoted) of the node, a protected path"
        : "\(path.quoted) is \(folder.quoted) of the node, and touches the protected path '\(protected)'", at: place,
      notes: [.volumeHere(at: volume)], hint: ProtectedPaths.advice(about: protected))
  }

  static func targetGoneWithPod(_ path: String, at place: SourcePlace, volume: SourcePlace) -> Diagnostic {
    .warning(
      .targetGoneWithPod, "\(path.quoted) is in a volume that begins empty and goes with the pod", at: place,
      notes: [.volumeHere(at: volume)], hint: "mount the file system that is to be purged")
  }

  static func reportIsMount(_ path: String, at place: SourcePlace, mount: SourcePlace) -> Diagnostic {
    .error(
      .reportIsMount, "\(path.quoted) is a folder, in which a volume is mounted: a report is a file", at: place,
      notes: [.folderHere(at: mount)],
      hint: .didYouMean("/\(path.split(separator: "/").joined(separator: "/"))/purge.json"))
  }

  static func reportNotWritable(_ path: String, at place: SourcePlace, readOnly: SourcePlace) -> Diagnostic {
    .error(
      .reportNotWritable, "the report cannot be written to \(path.quoted): the file system there is read-only",
      at: place,
      notes: [.readOnlyHere(at: readOnly)], hint: "mount a volume for the report, and name a file in it")
  }

  static func reportGoneWithPod(_ path: String, at place: SourcePlace, volume: SourcePlace?) -> Diagnostic {
    .warning(
      .reportGoneWithPod, "the report in \(path.quoted) is gone with the pod", at: place,
      notes: volume.map { [.volumeHere(at: $0)] } ?? [],
      hint: "name a file in a volume that stays, such as a persistentVolumeClaim")
  }

  static func otherTerminationLog(
    _ path: String, expected: String, at place: SourcePlace, message: SourcePlace?
  ) -> Diagnostic {
    .warning(
      .otherTerminationLog, "Kubernetes takes the termination message from \(expected.quoted), not \(path.quoted)",
      at: place, notes: message.map { [.messagePathHere(at: $0)] } ?? [],
      hint: "write --termination-log=\(expected.whole)")
  }
}

// MARK: - ConfigMaps

extension Diagnostic {
  static func configFromStandardInput(at place: SourcePlace) -> Diagnostic {
    .error(
      .configFromStandardInput, "the program reads its config from standard input, which is empty in a pod", at: place,
      hint: "mount the config, and write the path of its file: --config=\(CommandLineReading.defaultConfigPath)")
  }
}

extension Diagnostic {
  static func otherNamespace(
    _ namespace: String, configMap name: String, in other: String, at place: SourcePlace, place namePlace: SourcePlace
  ) -> Diagnostic {
    .error(
      .otherNamespace, "a pod in the namespace \(namespace.quoted) cannot mount a ConfigMap of \(other.quoted)",
      at: place, notes: [.configMapHere(name, at: namePlace)], hint: "both must be in one namespace")
  }

  static func otherConfigMap(
    _ name: String, expected: String, at place: SourcePlace, place namePlace: SourcePlace
  ) -> Diagnostic {
    .error(
      .otherConfigMap,
      "the program reads its config from the ConfigMap \(name.quoted), not from \(expected.quoted)", at: place,
      notes: [.configMapHere(expected, at: namePlace)], hint: "write name: \(expected.whole)")
  }

  static func otherConfigMapKey(
    _ key: String, of name: String, expected: String, at place: SourcePlace, key keyPlace: SourcePlace
  ) -> Diagnostic {
    .error(
      .otherConfigMapKey,
      "the program reads the key \(key.quoted) of the ConfigMap \(name.quoted); the config is in \(expected.quoted)",
      at: place, notes: [.keyHere(at: keyPlace)], hint: "write key: \(expected.whole)")
  }

  /// `renamed`: the file that holds the config, where its name is not the key's.
  static func noSuchConfigFile(
    _ file: String, of name: String, expected: String, renamed: String?, proposal: String?, at place: SourcePlace,
    key keyPlace: SourcePlace
  ) -> Diagnostic {
    let said = renamed.map { "the key \(expected.quoted) is mounted as \($0.quoted)" }
    return .error(
      .noSuchConfigFile,
      "the program reads \(file.quoted) of the ConfigMap \(name.quoted); \(said ?? "the config is in the key \(expected.quoted)")",
      at: place, notes: [.keyHere(at: keyPlace)],
      hint: proposal.map { $0.hasPrefix("--") ? "add \($0.whole)" : "did you mean \($0.whole)?" })
  }

  static func noSuchSubPath(
    _ file: String, of name: String, expected: String, at place: SourcePlace, key keyPlace: SourcePlace
  ) -> Diagnostic {
    .error(
      .noSuchSubPath, "the ConfigMap \(name.quoted) has no \(file.quoted); the config is in \(expected.quoted)",
      at: place,
      notes: [.keyHere(at: keyPlace)], hint: .didYouMean(expected))
  }

  static func configPathIsFolder(
    of name: String, subPath: String, at place: SourcePlace, key keyPlace: SourcePlace
  ) -> Diagnostic {
    .error(
      .configPathIsFolder, "the program reads its config from here, where the ConfigMap \(name.quoted) is a folder",
      at: place, notes: [.keyHere(at: keyPlace)], hint: "add subPath: \(subPath.whole)")
  }

  static func configMountedElsewhere(
    _ path: String, of name: String, proposal: String?, at place: SourcePlace, mount: SourcePlace
  ) -> Diagnostic {
    .error(
      .configMountedElsewhere,
      "the program reads its config from \(path.quoted), where the ConfigMap \(name.quoted) is not mounted", at: place,
      notes: [.configMountHere(at: mount)], hint: proposal.map { "write --config=\($0.whole)" })
  }

  static func configNotMounted(
    _ path: String, of name: String, key: String, folder: String, volume: String?, at place: SourcePlace,
    place namePlace: SourcePlace
  ) -> Diagnostic {
    let mount =
      "add to volumes: - {name: config, configMap: {name: \(name.whole)}}, to volumeMounts: "
      + "- {name: config, mountPath: \(folder.whole), readOnly: true}, and write --config=\(folder.whole)/\(key.whole)"
    return .error(
      .configNotMounted,
      "the program reads its config from \(path.quoted), but the container mounts no ConfigMap \(name.quoted)",
      at: place, notes: [.configMapHere(name, at: namePlace)],
      hint: volume.map {
        "give the volume \($0.whole), which is mounted there, configMap: {name: \(name.whole)} in place of what it has"
      }
        ?? mount)
  }
}

// MARK: - Notes

extension Diagnostic.Note {
  static func volumesHere(at place: SourcePlace) -> Self {
    Self(rule: .volumesHere, message: "the pod's volumes are here", place: place)
  }
  static func containerHere(at place: SourcePlace) -> Self {
    Self(rule: .containerHere, message: "the container is here", place: place)
  }
  static func mountsHere(at place: SourcePlace) -> Self {
    Self(rule: .mountsHere, message: "this is what the container has", place: place)
  }
  static func readOnlyHere(at place: SourcePlace) -> Self {
    Self(rule: .readOnlyHere, message: "this makes it read-only", place: place)
  }
  static func mountHere(at place: SourcePlace) -> Self {
    Self(rule: .mountHere, message: "the mount is here", place: place)
  }
  static func volumeHere(at place: SourcePlace) -> Self {
    Self(rule: .volumeHere, message: "the volume is here", place: place)
  }
  static func messagePathHere(at place: SourcePlace) -> Self {
    Self(rule: .messagePathHere, message: "terminationMessagePath is here", place: place)
  }
  static func configMapHere(_ name: String, at place: SourcePlace) -> Self {
    Self(rule: .configMapHere, message: "the config stands in the ConfigMap \(name.quoted)", place: place)
  }
  static func keyHere(at place: SourcePlace) -> Self {
    Self(rule: .keyHere, message: "the config's key is here", place: place)
  }
  static func configMountHere(at place: SourcePlace) -> Self {
    Self(rule: .configMountHere, message: "it is mounted here", place: place)
  }
}

extension [Diagnostic.Note] {
  /// Empty when the limit does not stand in a manifest.
  static func containerLimit(at place: SourcePlace?) -> Self { place.map { [.containerLimitHere(at: $0)] } ?? [] }
}
