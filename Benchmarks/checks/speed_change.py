"""The file server becomes slower and faster again in the middle of a run."""

import subprocess
import time
from pathlib import Path

from lab import bed, report
from lab.programs import Job, Subject
from lab.series import Series
from lab.tools import Tree, say

REACHED = 0.9  # of the phase's steady state
WITHIN_S = 5.0
WINDOW_S = 0.5
# Of the first phase's steady rate, every later one's: who stays with the calls in flight that a quick server needs falls to
# a twentieth of it when answers take twenty times as long.
LEAST_RATE = 0.4


def add_options(parser) -> None:
    parser.add_argument("--files", type=int, default=1_500_000)
    parser.add_argument("--dirs", type=int, default=3000)
    parser.add_argument("--latencies", default="1,20,1", metavar="MS,…", help="one phase each")
    parser.add_argument("--phase", type=float, default=12, metavar="S", help="how long each phase lasts")


def run_phases(subject: Subject, work: Path, options) -> tuple[Series, list[float], bool]:
    """The series, when each phase began, and whether there was work until the end of the last."""
    latencies = options.latencies.split(",")
    tree = Tree(options.files, dirs=options.dirs, old_fraction=1)
    with bed.slow_tree(work, {"data": tree}, "--latency", latencies[0]) as (slow, _, _):
        starts = []
        with open(work / "output.txt", "wb") as output:
            running = subprocess.Popen(subject.command(Job(slow.root / "tree", work)), stdout=output, stderr=output)
        try:
            for latency in latencies:
                slow.set(f"latency {latency}")
                starts.append(time.monotonic())
                say(f"  {latency} ms for {options.phase:g} s")
                time.sleep(options.phase)
            enough = running.poll() is None
        finally:
            running.terminate()
            running.wait()
        slow.end()
        return Series(slow.stats()), starts, enough


def time_to_reach(series: Series, start: float, end: float, rate: float) -> float | None:
    """Seconds after `start` until a window of the series is as fast as `rate`."""
    for sample in series.samples:
        window_end = sample.time + WINDOW_S
        if sample.time >= start and window_end <= end and series.rate_between(sample.time, window_end) >= rate:
            return window_end - start
    return None


def run(subject: Subject, work: Path, options) -> bool:
    series, starts, enough = run_phases(subject, work, options)
    rows, rates, passed = [], [], enough
    for latency, start in zip(options.latencies.split(","), starts):
        end = start + options.phase
        steady = series.rate_between(start + options.phase / 2, end)
        needed = time_to_reach(series, start, end, REACHED * steady)
        rates.append(steady)
        in_time = needed is not None and needed <= WITHIN_S
        passed = passed and in_time and steady >= LEAST_RATE * rates[0]
        rows.append([latency, f"{steady:,.0f}", "never" if needed is None else f"{needed:.1f}"])
    print(report.table(["latency ms", "answers/s in the second half", "90 % of it reached after s"], rows))
    if not enough:
        print("\nThe files ran out before the last phase was over: --files or --phase must change.")
    return report.verdict(passed, f"{REACHED:.0%} of each phase's steady state within {WITHIN_S:g} s of its start, and the "
                                  f"slowest phase at {min(rates) / rates[0]:.2f} times the first's rate (≥ {LEAST_RATE:g})")
