"""`check-config` on large and on hostile configs: what it costs grows with the text and no faster.

Each text is checked in turn, round after round; 10 000 good targets must do in a second and 100 MiB, and no text that a
ConfigMap can hold may take longer than five times as long."""

import statistics
from pathlib import Path

from lab import report, tools
from lab.programs import Subject

MOST_S, MOST_MIB = 1.0, 100.0
MOST_TIMES = 5.0  # of what 10 000 good targets take: about a second
# Ten times the targets, start of the process left out.
MOST_GROWTH = 13.0
HEAD = "version: 1\ndefaults: {max_age: 30d}\n"
ONE = HEAD + "targets:\n  - {path: /data/a}\n"


def good(count: int) -> str:
    lines = (f"  - name: t{i}\n    path: /data/tenant-{i % 100}/service-{i}\n    max_age: {i % 90 + 1}d\n" for i in range(count))
    return HEAD + "targets:\n" + "".join(lines)


def texts() -> dict[str, str]:
    return {
        "1 target": good(1),
        "1000 targets": good(1000),
        "10 000 targets": good(10_000),
        "10 000 mistakes": good(10_000).replace("d\n    max", "\n    max").replace("path: /", "path: "),
        "20 000 targets of one path": HEAD + "targets:\n" + "- path: /data/a\n" * 20_000,
        "900 patterns, 10 000 folders": HEAD + "targets:\n"
        + "".join(f"- path: /data/*{i}*\n" for i in range(900)) + "".join(f"- path: /data/x{i}y\n" for i in range(10_000)),
        "90 000 mistakes on a line": ONE + "safety: {allowed_roots: [" + "xyz, " * 90_000 + "]}\n",
        "60 000 unknown keys": ONE + "".join(f"key{i}: 1\n" for i in range(60_000)),
        "300 000 invisible characters": "# " + "\u200b" * 300_000 + "\n" + ONE,
        "aliases of aliases": "a: &a [x, x, x, x, x, x, x, x]\n"
        + "".join(f"{name}: &{name} [{', '.join(['*' + last] * 8)}]\n" for last, name in zip("abcdefgh", "bcdefghi")) + ONE,
        "one value of a mebibyte": ONE + "run: {time_limit: " + "9" * (1_000_000) + "h}\n",
    }


def add_options(parser) -> None:
    parser.add_argument("--runs", type=int, default=5)


def run(subject: Subject, work: Path, options) -> bool:
    files = {name: work / f"{index}.yaml" for index, name in enumerate(texts())}
    for (name, file), text in zip(files.items(), texts().values()):
        file.write_text(text)
    taken: dict[str, list] = {name: [] for name in files}
    for _ in range(options.runs):
        for name, file in files.items():
            taken[name].append(tools.measure([subject.binary, "check-config", file], work))
    wall = {name: statistics.median(one.wall for one in runs) for name, runs in taken.items()}
    peak = {name: max(one.memory_mib for one in runs) for name, runs in taken.items()}
    rows = [[name, f"{files[name].stat().st_size // 1024}", f"{wall[name] * 1000:.0f}", f"{peak[name]:.0f}",
             f"{wall[name] / wall['10 000 targets']:.2f}"] for name in files]
    print(report.table(["text", "KiB", "median ms", "peak MiB", "÷ 10 000 targets"], rows))
    growth = (wall["10 000 targets"] - wall["1 target"]) / (wall["1000 targets"] - wall["1 target"])
    slowest = max(files, key=lambda name: wall[name])
    times = wall[slowest] / wall["10 000 targets"]
    return all([
        report.verdict(wall["10 000 targets"] <= MOST_S, f"{wall['10 000 targets']:.2f} s for 10 000 targets (≤ {MOST_S:g} s)"),
        report.verdict(max(peak.values()) <= MOST_MIB, f"peak {max(peak.values()):.0f} MiB over all texts (≤ {MOST_MIB:g} MiB)"),
        report.verdict(growth <= MOST_GROWTH, f"ten times the targets take {growth:.1f} times as long (≤ {MOST_GROWTH:g})"),
        report.verdict(times <= MOST_TIMES, f"the slowest, {slowest}, takes {times:.1f} times as long (≤ {MOST_TIMES:g})"),
    ])
