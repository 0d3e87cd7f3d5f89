"""The memory monitor: what one look costs, and whether looks come in time while 500 others want the processors.

Both are measured on a purge that mostly waits for its rate limit, in a memory control group where there can be one."""

import json
import os
import shutil
import statistics
import subprocess
import time
from pathlib import Path

from lab import places, report, tools
from lab.programs import Job, Subject
from lab.tools import Measurement, Skip, Tree

MOST_US = 50.0
MOST_DELAY_MS = 10.0  # a tenth of the interval
FILES, RATE = 1200, 400
SLICES_SINCE = (6, 12)


def add_options(parser) -> None:
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--busy", type=int, default=500, help="programs that spin beside it")


def purge(subject: Subject, work: Path, interval: str) -> tuple[Measurement, dict]:
    """A run of some seconds that does next to nothing else; its report, too."""
    root, reported = work / "tree", work / "report.json"
    shutil.rmtree(root, ignore_errors=True)
    Tree(FILES, dirs=10).make(root)
    lines = (f"operations_per_second: {RATE}", f"memory.sample_interval: {interval}")
    with places.control_group("memory") as group:
        if group is None:
            raise Skip("a memory control group cannot be made here")
        limit = group / ("memory.max" if (group / "memory.max").exists() else "memory.limit_in_bytes")
        limit.write_text(str(256 << 20))
        command = [*subject.with_lines(*lines).command(Job(root, work)), "--report", reported]
        figures = tools.measure(command, work, cgroup=group)
    if figures.status != 0:
        raise SystemExit(f"status {figures.status}: see {work}/output.txt")
    return figures, json.loads(reported.read_text())


def cost_us(subject: Subject, work: Path) -> float:
    """Processor time of a look, waking included: a run that looks each millisecond less one that hardly does."""
    often, _ = purge(subject, work, "1ms")
    seldom, _ = purge(subject, work, "60s")
    return (often.cpu - seldom.cpu) / (often.wall * 1000) * 1e6


def others_delay_ms(seconds: float) -> float:
    """The longest that an ordinary program's sleep of 100 ms goes on too long meanwhile."""
    worst, end = 0.0, time.monotonic() + seconds
    while time.monotonic() < end:
        began = time.monotonic()
        time.sleep(0.1)
        worst = max(worst, time.monotonic() - began - 0.1)
    return worst * 1000


def delays_ms(subject: Subject, work: Path, busy: int) -> tuple[float, float]:
    """The latest look beside programs that spin, and the latest wake of an ordinary program in that time."""
    spinning = [subprocess.Popen(["sh", "-c", "while :; do :; done"]) for _ in range(busy)]
    try:
        _, told = purge(subject, work, "100ms")
        return told["memory"]["sample_delay_max_ms"], others_delay_ms(3)
    finally:
        for program in spinning:
            program.kill()
        for program in spinning:
            program.wait()


def run(subject: Subject, work: Path, options) -> bool:
    cost = statistics.median(cost_us(subject, work) for _ in range(options.runs))
    delays = [delays_ms(subject, work, options.busy) for _ in range(options.runs)]
    ours, others = (max(column) for column in zip(*delays))
    print(report.table(["runs", f"a look, us", f"latest look beside {options.busy} that spin, ms", "another's sleep, ms"],
                       [[options.runs, f"{cost:.1f}", f"{ours:.2f}", f"{others:.1f}"]]))
    release = tuple(int(part) for part in os.uname().release.split("-")[0].split(".")[:2])
    if release < SLICES_SINCE:
        return report.verdict(cost <= MOST_US, f"a look costs {cost:.1f} us (≤ {MOST_US:g}); "
                              "this kernel knows no slices of a thread's own, so delays are not judged")
    return report.verdict(cost <= MOST_US and ours <= MOST_DELAY_MS,
                          f"a look costs {cost:.1f} us (≤ {MOST_US:g}) and comes {ours:.2f} ms late at most "
                          f"(≤ {MOST_DELAY_MS:g})")
