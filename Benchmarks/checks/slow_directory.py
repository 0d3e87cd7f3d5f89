"""A directory whose server is slow must hold up nobody else."""

import statistics
from pathlib import Path

from lab import bed, report
from lab.programs import Subject
from lab.tools import Tree

WITHIN = 1.10
SLOW_NAME = "slow"


def add_options(parser) -> None:
    parser.add_argument("--files", type=int, default=20_000, help="in the fast directories")
    parser.add_argument("--dirs", type=int, default=20)
    parser.add_argument("--slow-files", type=int, default=40)
    parser.add_argument("--latency", type=float, default=3, metavar="MS")
    parser.add_argument("--slow-latency", type=float, default=300, metavar="MS")
    parser.add_argument("--runs", type=int, default=3)


class Times:
    """Seconds from the start of a run: until the fast files were gone, and until its end."""

    def __init__(self, done: bed.LatencyRun, fast_files: int):
        self.fast = done.series.time_of_unlinks(fast_files) - done.figures.began
        self.total = done.figures.wall
        self.left = done.left_old


def run(subject: Subject, work: Path, options) -> bool:
    fast = {"fast": Tree(options.files, dirs=options.dirs, old_fraction=1)}
    slow = {SLOW_NAME: Tree(options.slow_files, flat=True, old_fraction=1)}
    settings = ["--latency", str(options.latency), "--slow-name", f"{SLOW_NAME}:{options.slow_latency}"]
    found: dict[str, list[Times]] = {"fast ones alone": [], "slow one alone": [], "both": []}
    for _ in range(options.runs):
        for name, trees in zip(found, [fast, slow, fast | slow]):
            done = bed.purge_with_latency(subject, work, trees, *settings)
            found[name].append(Times(done, options.files))
    middle = {name: (statistics.median(t.fast for t in times), statistics.median(t.total for t in times))
              for name, times in found.items()}
    rows = [[name, "–" if name == "slow one alone" else f"{fast_s:.2f}", f"{total:.2f}"]
            for name, (fast_s, total) in middle.items()]
    print(report.table(["directories:", "fast files gone after s", "all done after s"], rows))
    fast_ratio = middle["both"][0] / middle["fast ones alone"][0]
    total_ratio = middle["both"][1] / max(middle["slow one alone"][1], middle["fast ones alone"][1])
    left = sum(time.left for times in found.values() for time in times)
    return report.verdict(
        fast_ratio <= WITHIN and total_ratio <= WITHIN and left == 0,
        f"the fast ones took {fast_ratio:.2f} times as long beside the slow one, the whole {total_ratio:.2f} times as "
        f"long as the longer of the two (≤ {WITHIN}); {left} old files left")
