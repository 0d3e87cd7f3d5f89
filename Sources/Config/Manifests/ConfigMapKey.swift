/// Which ConfigMap's key a config stands in.
struct ConfigMapKey: Sendable {
  /// Nil when the manifest does not say.
  let name: String?
  let namespace: String?
  let key: String
  /// All keys of that ConfigMap.
  let keys: Set<String>
  let namePlace: SourcePlace
  let keyPlace: SourcePlace
}

extension ConfigMapKey {
  init(_ item: ConfigMap.Item, of map: ConfigMap) {
    self.init(
      name: map.object.name?.text, namespace: map.object.namespace, key: item.key.text, keys: map.keys,
      namePlace: map.object.place, keyPlace: item.key.place)
  }
}
