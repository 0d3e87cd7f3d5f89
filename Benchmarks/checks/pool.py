"""The number of operations in flight that the program finds by itself, against fixed ones."""

import statistics
from pathlib import Path

from lab import bed, report
from lab.programs import Subject
from lab.tools import Tree, say

FIXED = [1, 4, 16, 64, 256, 1000]
WITHIN = 1.10  # of the best fixed one


def add_options(parser) -> None:
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--dirs", type=int, default=100)
    parser.add_argument("--latencies", default="1,3,10,30", metavar="MS,…")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--limit", type=float, default=8, metavar="S", help="a run that takes longer is ended")


def variants(subject: Subject) -> dict[str, Subject]:
    fixed = {str(number): subject.with_lines(f"concurrency: {number}") for number in FIXED}
    return fixed | {"auto": subject}


def times_at(latency: str, subject: Subject, work: Path, options) -> dict[str, list[float]]:
    tree = Tree(options.files, dirs=options.dirs)
    times: dict[str, list[float]] = {name: [] for name in variants(subject)}
    for number in range(options.runs):
        order = list(variants(subject).items())
        for name, variant in order if number % 2 == 0 else order[::-1]:
            if any(time > options.limit for time in times[name]):
                continue
            run = bed.purge_with_latency(variant, work, {"data": tree}, "--latency", latency, timeout=options.limit)
            wall = run.figures.wall
            if run.left_old or run.figures.timed_out:
                wall = max(wall, options.limit + 1)  # did not do its work in the time it had
            times[name].append(wall)
            say(f"  {latency} ms, concurrency {name}: {wall:.2f} s, peak {run.stats['peak_in_flight']} in flight")
    return times


def cell(times: list[float], limit: float) -> str:
    wall = statistics.median(times)
    return f"> {limit:g}" if wall > limit else f"{wall:.2f}"


def run(subject: Subject, work: Path, options) -> bool:
    latencies = options.latencies.split(",")
    found = {latency: times_at(latency, subject, work, options) for latency in latencies}
    rows = [[name] + [cell(found[latency][name], options.limit) for latency in latencies]
            for name in variants(subject)]
    ratios = {}
    for latency, times in found.items():
        medians = {name: statistics.median(own) for name, own in times.items()}
        ratios[latency] = medians.pop("auto") / min(medians.values())
    rows.append(["auto ÷ best"] + [f"{ratios[latency]:.2f}" for latency in latencies])
    print(report.table(["concurrency"] + [f"{latency} ms" for latency in latencies], rows))
    worst = max(ratios.values())
    return report.verdict(worst <= WITHIN, f"auto takes at most {worst:.2f} times as long as the best (≤ {WITHIN})")
