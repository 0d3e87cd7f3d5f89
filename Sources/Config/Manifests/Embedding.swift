/// How a text that is a value in another one stands in that one.
struct Embedding: Sendable {
  let outer: SourceText
  /// Where each range of the text was written, in bytes of `outer`.
  let locate: @Sendable (Range<Int>) -> Range<Int>
  /// The text cannot be read where it stands, as in base64: findings show it decoded, too.
  var isEncoded = false

  func place(of range: Range<Int>) -> SourcePlace { outer.place(locate(range)) }
}
