"""How many requests are in flight in the middle of a run with 2000 directories, by the file system's own count."""

import statistics
from pathlib import Path

from lab import bed, report
from lab.programs import Subject
from lab.tools import Tree

CONCURRENCY = 1000
LEAST = 0.9  # of it


def add_options(parser) -> None:
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--dirs", type=int, default=2000)
    parser.add_argument("--latency", type=float, default=30, metavar="MS")
    parser.add_argument("--concurrency", type=int, default=CONCURRENCY)


def run(subject: Subject, work: Path, options) -> bool:
    tree = Tree(options.files, dirs=options.dirs, old_fraction=1)
    wide = subject.with_lines(f"concurrency: {options.concurrency}")
    done = bed.purge_with_latency(wide, work, {"data": tree}, "--latency", str(options.latency))
    middle = [sample.in_flight for sample in done.series.middle()]
    typical = statistics.median(middle)
    rate = done.series.rate_between(done.series.middle()[0].time, done.series.middle()[-1].time)
    print(report.table(
        ["files", "directories", "latency ms", "concurrency", "in flight: median", "least", "most", "peak of the run",
         "answers/s", "wall s", "old files left"],
        [[f"{options.files:,}", f"{options.dirs:,}", f"{options.latency:g}", options.concurrency, f"{typical:.0f}",
          min(middle), max(middle), done.stats["peak_in_flight"], f"{rate:,.0f}", f"{done.figures.wall:.2f}",
          done.left_old]]))
    least = LEAST * options.concurrency
    return report.verdict(typical >= least and done.left_old == 0,
                          f"{typical:.0f} in flight in the middle fifth of the run (≥ {least:.0f})")
