"""Tables on standard output, and what failed."""


class Table:
    def __init__(self, title: str, columns: list[str]):
        print(f"\n## {title}\n", flush=True)
        self.widths = [max(9, len(column)) for column in columns]
        self._print(columns)
        self._print(["-" * width for width in self.widths])
        self.failures: list[str] = []
        self.rows = 0

    def row(self, *cells: object, failure: str | None = None) -> None:
        self.rows += 1
        texts = [f"{cell:.2f}" if isinstance(cell, float) else str(cell) for cell in cells]
        self._print([*texts, "FAIL: " + failure if failure else ""])
        if failure:
            self.failures.append(failure)

    def _print(self, cells: list[str]) -> None:
        padded = [cell.ljust(width) for cell, width in zip(cells, self.widths)] + cells[len(self.widths) :]
        print("  ".join(padded).rstrip(), flush=True)

    def end(self) -> bool:
        """Whether everything passed."""
        print(f"\n{self.rows - len(self.failures)} of {self.rows} rows passed", flush=True)
        return not self.failures


def spread(values: list[float]) -> str:
    """Least, median, 90 % and greatest, in milliseconds."""
    if not values:
        return "none"
    ordered = sorted(values)
    at = lambda share: ordered[min(len(ordered) - 1, int(share * len(ordered)))]
    return f"min {1000 * ordered[0]:.0f}, median {1000 * at(0.5):.0f}, p90 {1000 * at(0.9):.0f}, max {1000 * ordered[-1]:.0f} ms"
