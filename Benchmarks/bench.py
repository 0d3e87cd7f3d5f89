#!/usr/bin/env python3
"""Compares efs-purge-batch with the floor and with other programs; prints one Markdown table. See README.md here."""

import argparse
import contextlib
import dataclasses
import json
import os
import platform
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path

from lab import places, programs, report, tools
from lab.programs import Job, Program, Subject
from lab.tools import Skip, Tree, say

LOCAL = ["find", "bfs", "fd", "tmpreaper", "systemd-tmpfiles", "AsyncEFSPurge", "BeeperPurge", "rm", "rsync"]
DRY = ["find", "bfs", "fd", "AsyncEFSPurge", "BeeperPurge"]
LATENCY = ["find", "AsyncEFSPurge", "BeeperPurge"]

SLOW_PEER = 15.0
"""A peer that takes longer than this many seconds is not run again in the same case."""


@dataclass(frozen=True)
class Case:
    title: str
    tree: Tree
    peers: list[str] = field(default_factory=lambda: LOCAL)
    dry_run: bool = False
    latency: float | None = None  # milliseconds; None: a new ext4
    quick: bool = True


CASES = {
    "ext4": Case("ext4", Tree(100_000, dirs=100)),
    "ext4-large": Case("ext4", Tree(1_000_000, dirs=1000), quick=False),
    "ext4-dry": Case("ext4, dry run", Tree(100_000, dirs=100), DRY, dry_run=True),
    "ext4-dry-large": Case("ext4, dry run", Tree(1_000_000, dirs=1000), DRY, dry_run=True, quick=False),
    "ext4-flat": Case("ext4", Tree(50_000, flat=True)),
    "ext4-flat-large": Case("ext4", Tree(1_000_000, flat=True), quick=False),
    "latency": Case("latency", Tree(20_000, dirs=100), LATENCY, latency=3),
    "latency-flat": Case("latency", Tree(2_000, flat=True), LATENCY, latency=3),
}


@dataclass
class Run:
    case: str
    program: str
    note: str
    old: int  # files before the run
    left_old: int  # and after it
    figures: tools.Measurement


# MARK: one run


@contextlib.contextmanager
def fresh_tree(case: Case, work: Path):
    """Yields the tree's root, where it can be looked at without delay, and how many of its files are old."""
    if case.latency is None:
        with places.ext4(work, case.tree.files) as disk:
            old = case.tree.make(disk / "tree")
            os.sync()
            yield disk / "tree", disk / "tree", old
        return
    with places.memory_file_system(work) as memory:
        old = case.tree.make(memory / "tree")
        with places.latencyfs(work, memory, "--latency", str(case.latency), "--jitter", "0.2") as slow:
            yield slow.root / "tree", memory / "tree", old


def run_once(name: str, case: Case, program: Program, place: tuple, work: Path, timeout: float) -> Run:
    root, behind, old = place
    job = Job(root, work, dry_run=case.dry_run, latency=case.latency is not None)
    figures = tools.measure(program.command(job), work, timeout)
    say(f"  {name}: {program.name}: {figures.wall:.2f} s, {figures.cpu:.2f} s of CPU, status {figures.status}")
    left = tools.old_files_left(behind) if behind.exists() else 0
    return Run(name, program.name, program.note, old, left, figures)


# MARK: one case


def run_case(name: str, case: Case, chosen: list[Program], rounds: int, timeout: float, work: Path) -> list[Run]:
    """All programs in alternation, the order reversed in each round."""
    runs: list[Run] = []
    slow: set[str] = set()
    with contextlib.ExitStack() as kept:  # a tree that nobody deletes from serves all
        shared = kept.enter_context(fresh_tree(case, work)) if case.dry_run else None
        for number in range(rounds):
            for program in chosen if number % 2 == 0 else chosen[::-1]:
                if program.name in slow:
                    continue
                with contextlib.nullcontext(shared) if shared else fresh_tree(case, work) as place:
                    run = run_once(name, case, program, place, work, timeout)
                runs.append(run)
                if program.name in programs.PEERS and run.figures.wall > SLOW_PEER:
                    slow.add(program.name)
    return runs


# MARK: the table


def processor() -> str:
    models = [line.split(":", 1)[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines()
              if line.startswith("model name")]
    return models[0] if models else platform.machine()


def median(runs: list[Run], figure) -> float:
    return statistics.median(figure(run.figures) for run in runs)


def remark(runs: list[Run], rounds: int) -> str:
    parts = [runs[0].note] if runs[0].note else []
    if len(runs) < rounds:
        parts.append(f"n = {len(runs)}")
    statuses = sorted({run.figures.status for run in runs} - {0})
    if any(run.figures.timed_out for run in runs):
        parts.append("timed out")
    elif statuses:
        parts.append(f"status {', '.join(map(str, statuses))}")
    return f" ({'; '.join(parts)})" if parts else ""


def left_over(case: Case, runs: list[Run]) -> str:
    """What should not be so is bold: files left by a purge, files gone after a dry run."""
    if case.dry_run:
        gone = max(run.old - run.left_old for run in runs)
        return "all" if gone == 0 else f"**all but {gone:,}**"
    worst = max(run.left_old for run in runs)
    return "0" if worst == 0 else f"**{worst:,}**"


def rows_of(name: str, case: Case, runs: list[Run], rounds: int) -> list[list[str]]:
    by_program: dict[str, list[Run]] = {}
    for run in runs:
        by_program.setdefault(run.program, []).append(run)
    floor = by_program[programs.FLOOR.name]
    floor_wall, floor_cpu = median(floor, lambda f: f.wall), median(floor, lambda f: f.cpu)
    rows = []
    for program, own in by_program.items():
        wall, cpu = median(own, lambda f: f.wall), median(own, lambda f: f.cpu)
        ratios = [f"{wall / floor_wall:.2f}", f"{cpu / floor_cpu:.2f}" if floor_cpu > 0 else "–"]
        memory = median(own, lambda f: f.memory_mib)
        rows.append([name, program + remark(own, rounds), f"{wall:.3f}", ratios[0], f"{cpu:.3f}", ratios[1],
                     f"{memory:.1f}", left_over(case, own)])
    return rows


COLUMNS = ["case:", "program:", "wall s", "÷ floor", "CPU s", "÷ floor", "peak MiB", "old files left"]


def print_all(cases: dict[str, Case], runs: list[Run], rounds: int, skipped: list[str]) -> None:
    date = time.strftime("%Y-%m-%d", time.gmtime())
    print(f"Medians of {rounds} rounds, {date}, Linux {platform.release()}, {os.cpu_count()} × {processor()}.")
    took_part = {run.program for run in runs}
    versions = [f"{peer.name} {peer.version()}" for peer in programs.PEERS.values() if peer.name in took_part]
    print(f"Versions: {', '.join(versions) or 'no other programs'}.\n")
    rows = []
    for name, case in cases.items():
        own = [run for run in runs if run.case == name]
        if own:
            latency = "" if case.latency is None else f", every operation takes {case.latency:g} ms"
            print(f"- `{name}`: {case.title}, {case.tree}{latency}")
            rows += rows_of(name, case, own, rounds)
    for line in skipped:
        print(f"- skipped {line}")
    print("\n" + report.table(COLUMNS, rows) if rows else "\nNothing was measured.")


# MARK: command line


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="the small cases, below ten minutes (default)")
    size.add_argument("--full", action="store_true", help="the large cases too")
    parser.add_argument("--cases", metavar="NAME,…", help=f"of {', '.join(CASES)}")
    parser.add_argument("--programs", metavar="NAME,…", help="only these peers, beside the floor and ourselves")
    parser.add_argument("--runs", type=int, default=3, help="rounds of each case (3)")
    parser.add_argument("--binary", default=programs.default_binary(), help="of efs-purge-batch")
    parser.add_argument("--subject", action="append", metavar="NAME[@BINARY]=LINES",
                        help="ourselves with config lines, separated by ';'; repeatable")
    parser.add_argument("--config-line", action="append", default=[], metavar="LINE",
                        help="a config line for every subject, e.g. 'concurrency: 64'")
    parser.add_argument("--files", type=int, help="in each tree, instead of the case's own number")
    parser.add_argument("--dirs", type=int)
    parser.add_argument("--latency", type=float, metavar="MS", help="in the latency cases (3)")
    parser.add_argument("--timeout", type=float, default=900, metavar="S", help="for each run")
    parser.add_argument("--json", type=Path, metavar="FILE", help="all single runs, one a line")
    return parser.parse_args()


def chosen_cases(options: argparse.Namespace) -> dict[str, Case]:
    names = options.cases.split(",") if options.cases else [n for n in CASES if options.full or CASES[n].quick]
    unknown = set(names) - set(CASES)
    if unknown:
        raise SystemExit(f"no such case: {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    return {name: adapted(CASES[name], options) for name in names}


def adapted(case: Case, options: argparse.Namespace) -> Case:
    tree = case.tree
    if options.files:
        tree = dataclasses.replace(tree, files=options.files)
    if options.dirs and not tree.flat:
        tree = dataclasses.replace(tree, dirs=options.dirs)
    slower = case.latency is not None and options.latency is not None
    return dataclasses.replace(case, tree=tree, latency=options.latency if slower else case.latency)


def chosen_subjects(options: argparse.Namespace) -> list[Subject]:
    subjects = [programs.parse_subject(text, options.binary) for text in options.subject or []]
    subjects = subjects or [Subject(options.binary)]
    programs.need_binary(subjects)
    return [subject.with_lines(*options.config_line) for subject in subjects]


def absent_programs(cases: dict[str, Case]) -> list[str]:
    names = dict.fromkeys(name for case in cases.values() for name in case.peers)
    return [f"{name}: not installed" for name in names if not programs.PEERS[name].is_installed()]


def main() -> None:
    options = parse()
    cases, subjects = chosen_cases(options), chosen_subjects(options)
    wanted = options.programs.split(",") if options.programs else None
    runs: list[Run] = []
    skipped = absent_programs(cases)
    tools.build(with_latencyfs=any(case.latency is not None for case in cases.values()))
    with places.scratch() as work:
        for name, case in cases.items():
            say(f"{name}: {case.tree}")
            try:
                runs += run_case(name, case, programs.choose(case.peers, subjects, wanted), options.runs,
                                 options.timeout, work)
            except Skip as reason:
                skipped.append(f"case {name}: {reason}")
    if options.json:
        with open(options.json, "a") as file:
            file.writelines(json.dumps(dataclasses.asdict(run)) + "\n" for run in runs)
    print_all(cases, runs, options.runs, skipped)


if __name__ == "__main__":
    try:
        main()
    except Skip as reason:
        raise SystemExit(f"bench: {reason}")
    except KeyboardInterrupt:
        raise SystemExit("interrupted")
