"""From the start of the process to its first request on the target.

latencyfs, which answers at once here, notes when the first request came: that slows nothing down, as tracing would."""

import statistics
from pathlib import Path

from lab import bed, report, tools
from lab.programs import Job, Subject
from lab.tools import Tree

MOST_MS = 15.0
OPTIONS = ["--latency", "0", "--attr-timeout", "0", "--entry-timeout", "0"]


def add_options(parser) -> None:
    parser.add_argument("--runs", type=int, default=10)


def once(subject: Subject, work: Path) -> float:
    """Milliseconds."""
    with bed.slow_tree(work, {"data": Tree(10)}, *OPTIONS) as (slow, _, _):
        figures = tools.measure(subject.command(Job(slow.root / "tree", work, dry_run=True)), work)
        slow.end()
        return (slow.stats()["first_request_monotonic_s"] - figures.began) * 1000


def run(subject: Subject, work: Path, options) -> bool:
    times = [once(subject, work) for _ in range(options.runs)]
    middle = statistics.median(times)
    print(report.table(["runs", "median ms", "least", "most"],
                       [[options.runs, f"{middle:.1f}", f"{min(times):.1f}", f"{max(times):.1f}"]]))
    return report.verdict(middle <= MOST_MS, f"{middle:.1f} ms to the first request on the target (≤ {MOST_MS:g} ms)")
