"""Markdown."""


def table(columns: list[str], rows: list[list]) -> str:
    """Columns of figures, all but those whose heading ends in `:`, are aligned to the right."""
    heads = [column.rstrip(":") for column in columns]
    lines = ["| " + " | ".join(heads) + " |"]
    lines.append("|" + "|".join(" --- " if column.endswith(":") else " ---: " for column in columns) + "|")
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines)


def verdict(passed: bool, text: str) -> bool:
    print(f"\n**{'PASS' if passed else 'FAIL'}**: {text}\n", flush=True)
    return passed


def mib(value: float | None) -> str:
    return "not measured" if value is None else f"{value:.1f}"
