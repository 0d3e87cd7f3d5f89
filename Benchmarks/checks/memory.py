"""Peak memory of the process: small, and the same for few files and for many."""

import math
import os
from pathlib import Path

from lab import bed, places, report, tools
from lab.programs import Job, Subject
from lab.tools import Measurement, Skip, Tree, say

MOST_MIB = 24.0
MOST_MIB_IN_FLIGHT = 48.0
MOST_GROWTH = 1.05
TREE_BYTES_PER_FILE = 1500  # in the kernel, on tmpfs


def add_options(parser) -> None:
    parser.add_argument("--scale", type=float, default=1.0, help="of the numbers of files; 0.01 to try it out")


def need_room_for(files: int) -> None:
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if files * TREE_BYTES_PER_FILE > free:
        raise Skip(f"{free >> 20:,} MiB are free, too little for a tree of {files:,} files")


def in_group(subject: Subject, job: Job, work: Path) -> Measurement:
    with places.control_group("memory") as group:
        return tools.measure(subject.command(job), work, cgroup=group)


def on_tmpfs(subject: Subject, work: Path, tree: Tree, dry_run: bool = False) -> Measurement:
    need_room_for(tree.files)
    with places.memory_file_system(work) as memory:
        tree.make(memory / "tree")
        figures = in_group(subject, Job(memory / "tree", work, dry_run=dry_run), work)
        say(f"  {tree}{', plan' if dry_run else ''}: {figures.memory_mib:.1f} MiB, {figures.wall:.1f} s")
        return figures


def with_many_in_flight(subject: Subject, work: Path, tree: Tree) -> Measurement:
    tools.build(with_latencyfs=True)
    with bed.slow_tree(work, {"data": tree}, "--latency", "30") as (slow, _, _):
        wide = subject.with_lines("concurrency: 1000")
        figures = in_group(wide, Job(slow.root / "tree", work, latency=True), work)
        slow.end()
        say(f"  {slow.stats()['peak_in_flight']} in flight: {figures.memory_mib:.1f} MiB")
        return figures


class Table:
    """Measures one thing after the other, and keeps whether all that could be measured was within its threshold."""

    def __init__(self):
        self.rows: list[list] = []
        self.passed: list[bool] = []

    def add(self, name: str, measure, most_mib: float = math.inf, compared_with: Measurement | None = None):
        try:
            figures = measure()
        except Skip as reason:
            self.rows.append([name, f"skipped: {reason}", "–", "–", "–"])
            return None
        threshold = "–" if most_mib == math.inf else f"≤ {most_mib:g} MiB"
        growth = 1.0
        if compared_with:
            growth = figures.memory_mib / compared_with.memory_mib
            threshold = f"{growth:.3f} times the row above, ≤ {MOST_GROWTH}"
        self.passed.append(figures.status == 0 and figures.memory_mib <= most_mib and growth <= MOST_GROWTH)
        status = "" if figures.status == 0 else f" (status {figures.status})"
        self.rows.append([name + status, f"{figures.memory_mib:.1f}", report.mib(figures.cgroup_mib), figures.threads,
                          threshold])
        return figures


def run(subject: Subject, work: Path, options) -> bool:
    million = int(1_000_000 * options.scale)
    flat, wide = Tree(million, flat=True), Tree(million, dirs=1000)
    in_flight = Tree(int(100_000 * options.scale), dirs=2000, old_fraction=1)
    table = Table()
    table.add(f"purge of {flat}", lambda: on_tmpfs(subject, work, flat), MOST_MIB)
    table.add(f"purge of {wide}", lambda: on_tmpfs(subject, work, wide), MOST_MIB)
    table.add("purge with 1000 operations in flight", lambda: with_many_in_flight(subject, work, in_flight),
              MOST_MIB_IN_FLIGHT)
    for verb, dry_run in [("plan", True), ("purge", False)]:
        small, large = Tree(million // 10, dirs=100), Tree(million * 5, dirs=5000)
        few = table.add(f"{verb} of {small}", lambda: on_tmpfs(subject, work, small, dry_run))
        table.add(f"{verb} of {large}", lambda: on_tmpfs(subject, work, large, dry_run), compared_with=few)
    print(report.table(["what:", "peak RSS MiB", "unreclaimable MiB of the control group", "threads", "threshold:"],
                       table.rows))
    if not table.passed:
        raise Skip("none of it can be measured here")
    return report.verdict(all(table.passed), "peak memory within thresholds, and no more for many files than for few")
