"""The memory monitor: what one look costs, and whether looks come in time while 500 threads of its process spin.

Both are measured on a purge that mostly waits for its rate limit, in a memory control group where there can be one."""

import json
import os
import shutil
import statistics
from pathlib import Path

from lab import places, report, tools
from lab.programs import Job, Subject
from lab.tools import Measurement, Skip, Tree

MOST_US = 50.0
MOST_DELAY_MS = 10.0  # a tenth of the interval
FILES, RATE = 1200, 400  # three seconds
SLICES_SINCE = (6, 12)


def add_options(parser) -> None:
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--busy", type=int, default=500, help="threads that spin in the same process")


def purge(subject: Subject, work: Path, interval: str, files: int, busy: int = 0) -> tuple[Measurement, dict]:
    """A run that mostly waits for its rate limit; its report, too. `busy`: threads that spin in the same process."""
    root, reported = work / "tree", work / "report.json"
    shutil.rmtree(root, ignore_errors=True)
    Tree(files, dirs=10).make(root)
    lines = (f"operations_per_second: {RATE}", f"memory.sample_interval: {interval}")
    preload = ["env", f"LD_PRELOAD={tools.tool('libspin.so')}", f"SPIN_THREADS={busy}"] if busy else []
    with places.control_group("memory") as group:
        if group is None:
            raise Skip("a memory control group cannot be made here")
        limit = group / ("memory.max" if (group / "memory.max").exists() else "memory.limit_in_bytes")
        limit.write_text(str(256 << 20))
        command = [*preload, *subject.with_lines(*lines).command(Job(root, work)), "--report", reported]
        figures = tools.measure(command, work, cgroup=group)
    if figures.status != 0:
        raise SystemExit(f"status {figures.status}: see {work}/output.txt")
    return figures, json.loads(reported.read_text())


def cost_us(subject: Subject, work: Path) -> float:
    """Processor time of a look, waking included: a run that looks each millisecond less one that hardly does."""
    often, _ = purge(subject, work, "1ms", FILES)
    seldom, _ = purge(subject, work, "60s", FILES)
    return (often.cpu - seldom.cpu) / (often.wall * 1000) * 1e6


def delay_ms(subject: Subject, work: Path, busy: int) -> float:
    """The latest look beside threads that spin after a second. The purge itself is slow then."""
    _, told = purge(subject, work, "100ms", FILES // 2, busy)
    return told["memory"]["sample_delay_max_ms"]


def run(subject: Subject, work: Path, options) -> bool:
    cost = statistics.median(cost_us(subject, work) for _ in range(options.runs))
    alone = max(delay_ms(subject, work, 0) for _ in range(options.runs))
    delay = max(delay_ms(subject, work, options.busy) for _ in range(options.runs))
    print(report.table(["runs", "a look, us", "latest look, ms", f"beside {options.busy} threads that spin, ms"],
                       [[options.runs, f"{cost:.1f}", f"{alone:.2f}", f"{delay:.2f}"]]))
    release = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])
    if release < SLICES_SINCE:
        return report.verdict(cost <= MOST_US, f"a look costs {cost:.1f} us (≤ {MOST_US:g}); "
                              "this kernel knows no slices of a thread's own, so delays are not judged")
    return report.verdict(cost <= MOST_US and delay <= MOST_DELAY_MS,
                          f"a look costs {cost:.1f} us (≤ {MOST_US:g}) and comes {delay:.2f} ms late at most "
                          f"(≤ {MOST_DELAY_MS:g})")
