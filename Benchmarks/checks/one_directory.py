"""Removals in one directory follow one another: no program is faster than one per round trip."""

import statistics
from pathlib import Path

from lab import bed, report
from lab.programs import Subject
from lab.tools import Tree

LEAST = 0.95  # of 1 / latency


def add_options(parser) -> None:
    parser.add_argument("--files", type=int, default=4000)
    parser.add_argument("--latency", type=float, default=3, metavar="MS")
    parser.add_argument("--runs", type=int, default=3)


def run(subject: Subject, work: Path, options) -> bool:
    latency = ["--latency", str(options.latency)]
    tree = Tree(options.files, flat=True, old_fraction=1)
    measured, rates, walls, left = [bed.measured_removal_ms(work, *latency)], [], [], 0
    for _ in range(options.runs):
        done = bed.purge_with_latency(subject, work, {"data": tree}, *latency)
        rates.append(done.series.removals_per_second())
        walls.append(done.figures.wall)
        left += done.left_old
        measured.append(bed.measured_removal_ms(work, *latency))
    real, rate = statistics.median(measured), statistics.median(rates)
    print(report.table(
        ["files", "nominal ms", "measured ms", "removals/s", "x measured latency", "x nominal latency", "wall s",
         "old files left"],
        [[f"{options.files:,}", f"{options.latency:g}", f"{real:.3f}", f"{rate:.1f}", f"{rate * real / 1000:.3f}",
          f"{rate * options.latency / 1000:.3f}", f"{statistics.median(walls):.2f}", left]]))
    share = rate * real / 1000
    return report.verdict(share >= LEAST and left == 0,
                          f"{share:.3f} of one removal per measured round trip (≥ {LEAST}), median of {options.runs}")
