"""Removals in one directory follow one another: no program is faster than one per round trip."""

import statistics
from pathlib import Path

from lab import bed, report
from lab.programs import Subject, floor_command
from lab.tools import Tree

LEAST = 0.95  # of 1 / latency


def add_options(parser) -> None:
    parser.add_argument("--files", type=int, default=4000)
    parser.add_argument("--latency", type=float, default=3, metavar="MS")
    parser.add_argument("--runs", type=int, default=3)


class Rates:
    """Removals per second of one program, over some runs."""

    def __init__(self):
        self.rates: list[float] = []
        self.walls: list[float] = []
        self.left = 0

    def add(self, done: bed.LatencyRun) -> None:
        self.rates.append(done.series.removals_per_second())
        self.walls.append(done.figures.wall)
        self.left += done.left_old

    def row(self, name: str, nominal: float, measured: float) -> list:
        rate = statistics.median(self.rates)
        return [name, f"{rate:.1f}", f"{rate * measured / 1000:.3f}", f"{rate * nominal / 1000:.3f}",
                f"{statistics.median(self.walls):.2f}", self.left]


def run(subject: Subject, work: Path, options) -> bool:
    latency = ["--latency", str(options.latency)]
    trees = {"data": Tree(options.files, flat=True, old_fraction=1)}
    measured, ours, floor = [bed.measured_removal_ms(work, *latency)], Rates(), Rates()
    for _ in range(options.runs):
        ours.add(bed.purge_with_latency(subject, work, trees, *latency))
        floor.add(bed.purge_with_latency(subject, work, trees, *latency, program=floor_command))
        measured.append(bed.measured_removal_ms(work, *latency))
    real = statistics.median(measured)
    print(f"{trees['data']}, all old. A removal takes {options.latency:g} ms nominally, {real:.3f} ms as measured.\n")
    print(report.table(
        ["program:", "removals/s", "x measured latency", "x nominal latency", "wall s", "old files left"],
        [ours.row(subject.name, options.latency, real), floor.row("floor", options.latency, real)]))
    share = statistics.median(ours.rates) * real / 1000
    return report.verdict(share >= LEAST and ours.left == 0,
                          f"{share:.3f} of one removal per measured round trip (≥ {LEAST}), median of {options.runs}")
