"""Peak memory of the process: small, and the same for few files and for many."""

import os
from pathlib import Path

from lab import bed, places, report, tools
from lab.programs import Job, Subject
from lab.tools import Measurement, Tree, say

MOST_MIB = 24.0
MOST_MIB_IN_FLIGHT = 48.0
MOST_GROWTH = 1.05
TREE_BYTES_PER_FILE = 1500  # in the kernel, on tmpfs


def add_options(parser) -> None:
    parser.add_argument("--scale", type=float, default=1.0, help="of the numbers of files; 0.01 to try it out")


def has_room_for(files: int) -> bool:
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return files * TREE_BYTES_PER_FILE < free


def in_group(subject: Subject, job: Job, work: Path) -> Measurement:
    with places.control_group("memory") as group:
        return tools.measure(subject.command(job), work, cgroup=group)


def on_tmpfs(subject: Subject, work: Path, tree: Tree, dry_run: bool = False) -> Measurement | None:
    if not has_room_for(tree.files):
        return None
    with places.memory_file_system(work) as memory:
        tree.make(memory / "tree")
        figures = in_group(subject, Job(memory / "tree", work, dry_run=dry_run), work)
        say(f"  {tree}{', plan' if dry_run else ''}: {figures.memory_mib:.1f} MiB, {figures.wall:.1f} s")
        return figures


def with_many_in_flight(subject: Subject, work: Path, scale: float) -> Measurement:
    tree = Tree(int(100_000 * scale), dirs=max(1, int(2000 * min(1, scale * 10))), old_fraction=1)
    with bed.slow_tree(work, {"data": tree}, "--latency", "30") as (slow, _, _):
        wide = subject.with_lines("concurrency: 1000")
        figures = in_group(wide, Job(slow.root / "tree", work, latency=True), work)
        slow.end()
        say(f"  {slow.stats()['peak_in_flight']} in flight: {figures.memory_mib:.1f} MiB")
        return figures


def absolute(subject: Subject, work: Path, million: int, scale: float) -> tuple[list[list[str]], bool]:
    rows, passed = [], True
    measured = [
        ("purge, one directory", MOST_MIB, on_tmpfs(subject, work, Tree(million, flat=True))),
        ("purge, 1000 directories", MOST_MIB, on_tmpfs(subject, work, Tree(million, dirs=1000))),
        ("1000 in flight", MOST_MIB_IN_FLIGHT, with_many_in_flight(subject, work, scale)),
    ]
    for name, most, figures in measured:
        rows.append(row(name, figures, f"≤ {most:g} MiB"))
        passed = passed and (figures is None or figures.memory_mib <= most)
    return rows, passed


def growth(subject: Subject, work: Path, million: int) -> tuple[list[list[str]], bool]:
    rows, passed = [], True
    for dry_run, name in [(True, "plan"), (False, "purge")]:
        few = on_tmpfs(subject, work, Tree(million // 10, dirs=100), dry_run)
        many = on_tmpfs(subject, work, Tree(million * 5, dirs=5000), dry_run)
        ratio = many.memory_mib / few.memory_mib if few and many else None
        rows.append(row(f"{name}, a tenth of a million files", few, "–"))
        rows.append(row(f"{name}, five million files", many, "–" if ratio is None else f"x {ratio:.3f} ≤ {MOST_GROWTH}"))
        passed = passed and (ratio is None or ratio <= MOST_GROWTH)
    return rows, passed


def row(name: str, figures: Measurement | None, threshold: str) -> list[str]:
    if figures is None:
        return [name, "skipped: not enough memory for the tree", "–", "–", threshold]
    status = "" if figures.status == 0 else f" (status {figures.status})"
    return [name + status, f"{figures.memory_mib:.1f}", report.mib(figures.cgroup_mib), figures.threads, threshold]


def run(subject: Subject, work: Path, options) -> bool:
    million = int(1_000_000 * options.scale)
    absolute_rows, small = absolute(subject, work, million, options.scale)
    growth_rows, flat = growth(subject, work, million)
    print(report.table(["what:", "peak RSS MiB", "peak of the control group MiB", "threads", "threshold"],
                       absolute_rows + growth_rows))
    if options.scale != 1:
        print(f"\nAll numbers of files are multiplied by {options.scale:g}.")
    return report.verdict(small and flat, "peak memory within its thresholds, and no more for many files than for few")
