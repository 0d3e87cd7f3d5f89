"""A server that answers so many requests a second and no more: the others who use it have to wait as well."""

import statistics
from pathlib import Path

from lab import bed, report
from lab.programs import Subject
from lab.tools import Tree, say

WITHIN = 1.10  # of the best fixed one
QUEUE = 2.0  # times the requests in flight that its rate and latency need


def add_options(parser) -> None:
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--dirs", type=int, default=200)
    parser.add_argument("--latency", type=float, default=30, metavar="MS")
    parser.add_argument("--iops", type=float, default=1300)
    parser.add_argument("--fixed", default="64,256", metavar="N,…")
    parser.add_argument("--runs", type=int, default=3)


def run(subject: Subject, work: Path, options) -> bool:
    variants = {number: subject.with_lines(f"concurrency: {number}") for number in options.fixed.split(",")}
    variants["auto"] = subject
    walls: dict[str, list[float]] = {name: [] for name in variants}
    flights: dict[str, list[float]] = {name: [] for name in variants}
    left = 0
    for number in range(options.runs):
        order = list(variants.items())
        for name, variant in order if number % 2 == 0 else order[::-1]:
            done = bed.purge_with_latency(variant, work, {"data": Tree(options.files, dirs=options.dirs)},
                                          "--latency", f"{options.latency:g}", "--iops", f"{options.iops:g}")
            walls[name].append(done.figures.wall)
            flights[name].append(statistics.median(sample.in_flight for sample in done.series.busy()))
            left += done.left_old
            say(f"  concurrency {name}: {walls[name][-1]:.2f} s, {flights[name][-1]:.0f} in flight, "
                f"peak {done.stats['peak_in_flight']}")
    needed = options.iops * options.latency / 1000
    rows = [[name, f"{statistics.median(walls[name]):.2f}", f"{statistics.median(flights[name]):.0f}",
             f"{statistics.median(flights[name]) / needed:.1f}"] for name in variants]
    print(report.table(["concurrency", "wall s", "in flight: median", "÷ needed"], rows))
    own, queue = statistics.median(walls["auto"]), statistics.median(flights["auto"]) / needed
    ratio = own / min(statistics.median(times) for name, times in walls.items() if name != "auto")
    passed = ratio <= WITHIN and queue <= QUEUE and left == 0
    return report.verdict(passed, f"auto takes {ratio:.2f} times as long as the best (≤ {WITHIN}), with {queue:.1f} times "
                                  f"the {needed:.0f} requests in flight that the server needs (≤ {QUEUE:g})")
