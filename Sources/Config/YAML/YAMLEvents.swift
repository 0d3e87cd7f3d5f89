import CYAML

/// What libyaml says next, with the bytes it stands for.
struct YAMLEvent {
  enum Kind {
    case streamStart, streamEnd, documentStart, documentEnd
    case alias(String)
    case scalar(String, YAMLScalar.Style)
    case sequenceStart, sequenceEnd, mappingStart, mappingEnd
  }

  let kind: Kind
  /// In bytes of the whole text, anchor and tag included.
  let range: Range<Int>
  let anchor: String?
  let hasTag: Bool

  /// The end of a block, which nothing but what follows it tells.
  var isBlockEnd: Bool {
    switch kind {
    case .sequenceEnd, .mappingEnd: range.isEmpty
    case .streamStart, .streamEnd, .documentStart, .documentEnd, .alias, .scalar, .sequenceStart, .mappingStart: false
    }
  }
}

/// Where libyaml gave up; it cannot go on behind that.
struct YAMLSyntaxError: Error {
  /// libyaml's own words, as in "did not find expected key".
  let problem: String
  let offset: Int
  /// What it was about, as in "while parsing a block mapping", and where that began.
  let context: (text: String, offset: Int)?
  /// The text holds a character YAML does not allow.
  let isForbiddenCharacter: Bool
}

/// The events of a YAML text, one by one: the only door to libyaml, which is freed with this value.
struct YAMLEvents: ~Copyable {
  private let parser: UnsafeMutablePointer<yaml_parser_t>
  /// libyaml reads from here for as long as it lives.
  private let input: UnsafeMutableBufferPointer<UInt8>
  private let offsets: ByteOffsets

  /// Reads `text` from its byte `start` to the end; it must be UTF-8 from there.
  init(_ text: SourceText, from start: Int) {
    let bytes = text.bytes[start...]
    offsets = ByteOffsets(bytes)
    input = .allocate(capacity: bytes.count)
    _ = input.initialize(from: bytes)
    parser = .allocate(capacity: 1)
    parser.initialize(to: yaml_parser_t())
    let isReady = yaml_parser_initialize(parser) == 1
    precondition(isReady, "libyaml found no memory for its buffers")
    yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(parser, input.baseAddress, input.count)
  }

  deinit {
    yaml_parser_delete(parser)
    parser.deinitialize(count: 1)
    parser.deallocate()
    input.deallocate()
  }

  /// The next event. Not to be called again after `.streamEnd` or an error.
  func next() throws(YAMLSyntaxError) -> YAMLEvent {
    var event = yaml_event_t()
    guard yaml_parser_parse(parser, &event) == 1 else { throw syntaxError() }
    defer { yaml_event_delete(&event) }
    let start = offsets[event.start_mark]
    let range = start..<max(start, offsets[event.end_mark])
    let (anchor, tag) = YAMLEvents.properties(of: event)
    return YAMLEvent(kind: YAMLEvents.kind(of: event), range: range, anchor: anchor, hasTag: tag)
  }

  private func syntaxError() -> YAMLSyntaxError {
    let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not understood"
    if parser.pointee.error == YAML_READER_ERROR {
      let offset = offsets.start + Int(parser.pointee.problem_offset)
      return YAMLSyntaxError(problem: problem, offset: offset, context: nil, isForbiddenCharacter: true)
    }
    let context = parser.pointee.context.map { (String(cString: $0), offsets[parser.pointee.context_mark]) }
    return YAMLSyntaxError(
      problem: problem, offset: offsets[parser.pointee.problem_mark], context: context, isForbiddenCharacter: false)
  }

  private static func kind(of event: yaml_event_t) -> YAMLEvent.Kind {
    switch event.type {
    case YAML_STREAM_START_EVENT: .streamStart
    case YAML_DOCUMENT_START_EVENT: .documentStart
    case YAML_DOCUMENT_END_EVENT: .documentEnd
    case YAML_ALIAS_EVENT: .alias(text(event.data.alias.anchor))
    case YAML_SCALAR_EVENT: scalar(event)
    case YAML_SEQUENCE_START_EVENT: .sequenceStart
    case YAML_SEQUENCE_END_EVENT: .sequenceEnd
    case YAML_MAPPING_START_EVENT: .mappingStart
    case YAML_MAPPING_END_EVENT: .mappingEnd
    // The end, and "no event", which libyaml gives behind the end.
    default: .streamEnd
    }
  }

  private static func scalar(_ event: yaml_event_t) -> YAMLEvent.Kind {
    let scalar = event.data.scalar
    let bytes = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
    let style: YAMLScalar.Style =
      switch scalar.style {
      case YAML_SINGLE_QUOTED_SCALAR_STYLE, YAML_DOUBLE_QUOTED_SCALAR_STYLE: .quoted
      case YAML_LITERAL_SCALAR_STYLE, YAML_FOLDED_SCALAR_STYLE: .block
      default: .plain
      }
    return .scalar(String(decoding: bytes, as: UTF8.self), style)
  }

  private static func properties(of event: yaml_event_t) -> (anchor: String?, hasTag: Bool) {
    switch event.type {
    case YAML_SCALAR_EVENT: (event.data.scalar.anchor.map(text), event.data.scalar.tag != nil)
    case YAML_SEQUENCE_START_EVENT: (event.data.sequence_start.anchor.map(text), event.data.sequence_start.tag != nil)
    case YAML_MAPPING_START_EVENT: (event.data.mapping_start.anchor.map(text), event.data.mapping_start.tag != nil)
    default: (nil, false)
    }
  }

  private static func text(_ pointer: UnsafeMutablePointer<yaml_char_t>?) -> String {
    pointer.map { String(cString: $0) } ?? ""
  }
}

/// libyaml counts characters; sources count bytes.
private struct ByteOffsets {
  /// Of the first byte in the whole text.
  let start: Int
  private let count: Int
  /// Of each character, relative to `start`; empty when every character is one byte.
  private let ofCharacters: [Int32]

  init(_ bytes: ArraySlice<UInt8>) {
    (start, count) = (bytes.startIndex, bytes.count)
    guard !bytes.allSatisfy(UTF8.isASCII) else {
      ofCharacters = []
      return
    }
    ofCharacters = bytes.indices.filter { !UTF8.isContinuation(bytes[$0]) }.map { Int32($0 - bytes.startIndex) }
  }

  subscript(mark: yaml_mark_t) -> Int {
    let index = Int(mark.index)
    if ofCharacters.isEmpty { return start + min(index, count) }
    return start + (index < ofCharacters.count ? Int(ofCharacters[index]) : count)
  }
}
