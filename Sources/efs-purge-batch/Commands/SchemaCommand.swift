import ArgumentParser
import Config

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Prints the JSON Schema of the config, for editors.",
    discussion: """
      A JSON Schema, draft 2020-12. An editor with a YAML language server takes it from the first line of a config:

        # yaml-language-server: $schema=efs-purge-batch.schema.json

      EXAMPLES:
        efs-purge-batch schema > efs-purge-batch.schema.json
        efs-purge-batch schema --markdown | less
      """
  )

  @Flag(help: "Print the reference of all keys as Markdown instead.")
  var markdown = false

  func run() throws {
    try StandardOutput.writeResult(markdown ? ConfigReference.markdown : try JSONSchema.text())
  }
}
