// The catalogue: configs in Kubernetes manifests.

extension Diagnostic {
  static func noKubernetesObject(missing key: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .noKubernetesObject, "this is no Kubernetes object: '\(key)' is missing", at: place,
      hint: "a config of its own, outside a ConfigMap, stands alone in its file")
  }

  static func noConfigInManifest(at place: SourcePlace, hasConfigMap: Bool, kinds: [String]) -> Diagnostic {
    let others = kinds.isEmpty ? "" : ", only \(kinds.joined(separator: ", ").shown)"
    return .error(
      .noConfigInManifest,
      hasConfigMap
        ? "no key of a ConfigMap in this manifest holds a config" : "there is no ConfigMap in this manifest\(others)",
      at: place,
      hint: hasConfigMap
        ? "a config has version: and targets: at its top level; --key KEY checks a key whatever it looks like"
        : kinds.contains("Kustomization")
          ? "check what it makes: kustomize build . | efs-purge-batch check-config -"
          : .didYouMean(kinds.first { $0.lowercased() == "configmap" }.map { _ in "ConfigMap" })
            ?? "give the manifest with the ConfigMap that holds the config")
  }

  static func noSuchConfigMapKey(_ key: String, nearest: String?, at place: SourcePlace) -> Diagnostic {
    .error(
      .noSuchConfigMapKey, "--key: no ConfigMap in this manifest has the key \(key.quoted)", at: place,
      hint: .didYouMean(nearest))
  }

  static func keyOfPlainConfig(_ key: String, at place: SourcePlace) -> Diagnostic {
    .error(
      .keyOfPlainConfig, "--key: this is a config of its own, and in no ConfigMap's key \(key.quoted)", at: place,
      hint: "leave the option out")
  }

  static func configNotText(_ key: YAMLKey, at place: SourcePlace) -> Diagnostic {
    .error(
      .configNotText, "the value of \(key.text.quoted) must be a text: a ConfigMap holds no other values", at: place,
      hint: "begin it with '\(key.text.whole): |' and leave the lines below as they are")
  }

  static func configWithoutKey(at place: SourcePlace) -> Diagnostic {
    .error(
      .configWithoutKey, "the config stands where a ConfigMap has its keys", at: place,
      hint: "put a key before it, config.yaml: |, and indent the lines of the config below that")
  }

  static func foldedConfig(_ key: YAMLKey, at place: SourcePlace) -> Diagnostic {
    .error(
      .foldedConfig, "'>' folds the lines below into one, which is no config", at: place,
      hint: "write \(key.text.whole): |")
  }

  static func encodedConfig(_ key: YAMLKey, at place: SourcePlace) -> Diagnostic {
    .error(
      .encodedConfig, "the value of \(key.text.quoted) is a config in base64, which data does not decode", at: place,
      hint: "put the key under binaryData, or write the text itself")
  }

  static func duplicateConfigMap(_ name: String, at place: SourcePlace, first: SourcePlace) -> Diagnostic {
    .warning(
      .duplicateConfigMap, "two ConfigMaps are named \(name.quoted): the later one replaces the first", at: place,
      notes: [.firstHere(at: first)], hint: nil)
  }

  static func badConfigMapKey(_ key: YAMLKey) -> Diagnostic {
    .error(
      .badConfigMapKey, "\(key.text.quoted) cannot be a key of a ConfigMap", at: key.place,
      hint: "letters, digits, '-', '_' and '.', at most 253: config.yaml")
  }

  static func configMapTooLarge(_ name: String, limit: Int, at place: SourcePlace) -> Diagnostic {
    .error(
      .configMapTooLarge, "the ConfigMap \(name.quoted) holds more than \(limit) bytes", at: place,
      hint: "Kubernetes refuses it: spread the targets over several")
  }

  static func badBase64(_ key: YAMLKey, at place: SourcePlace) -> Diagnostic {
    .error(
      .badBase64, "the value of \(key.text.quoted) is not base64", at: place,
      hint: "text goes under data, not binaryData")
  }

  static func helmTemplate(at place: SourcePlace) -> Diagnostic {
    let helm = place.text.hasPrefix("{{") ? ": helm template … | efs-purge-batch check-config -" : ", not itself"
    return .error(
      .helmTemplate, "this looks like a template, not like YAML", at: place, hint: "check what it makes\(helm)")
  }
}

extension Diagnostic.Note {
  static func decodedHere(at place: SourcePlace) -> Self {
    Self(rule: .decodedHere, message: "decoded, it reads", place: place)
  }
}
