import Plan

/// Rows of cells in columns that are as wide as their widest cell; the cells of a rule are dashes.
struct TextTable {
  enum Alignment { case left, right }

  struct Column {
    var title: String
    var alignment = Alignment.right
  }

  private enum Row { case cells([String]), rule }

  private let columns: [Column]
  private var rows: [Row]

  init(_ columns: [Column]) {
    self.columns = columns
    rows = [.cells(columns.map(\.title))]
  }

  /// `cells` has one for each column.
  mutating func add(_ cells: [String]) { rows.append(.cells(cells)) }

  mutating func addRule() { rows.append(.rule) }

  /// One line for each row, without trailing blanks.
  var lines: [String] {
    let widths = self.widths
    return rows.map { row in
      switch row {
      case .rule: widths.map { String(repeating: "-", count: $0) }.joined(separator: "  ")
      case .cells(let cells): line(cells, widths)
      }
    }
  }

  private var widths: [Int] {
    columns.indices.map { index in
      rows.reduce(0) { widest, row in
        guard case .cells(let cells) = row else { return widest }
        return max(widest, PrintableText.width(cells[index]))
      }
    }
  }

  private func line(_ cells: [String], _ widths: [Int]) -> String {
    var line = ""
    for (index, cell) in cells.enumerated() {
      let blanks = String(repeating: " ", count: widths[index] - PrintableText.width(cell))
      line += index == 0 ? "" : "  "
      line += columns[index].alignment == .left ? cell + blanks : blanks + cell
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}
