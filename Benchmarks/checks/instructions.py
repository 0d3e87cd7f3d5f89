"""User-space instructions for each scanned and each purged file, counted by valgrind's callgrind.

Two trees that differ only in how many files each directory has: the difference of the counts, divided by the
difference of the files, is free of what the start, the directories and the report cost. With one operation in flight,
counts hardly depend on how threads happen to be scheduled, and a machine that is busy or virtual measures as well as
any other; the least of some repetitions is taken, since the program itself goes by the clock in places: what it samples
and adjusts in a slow run is added to what files cost."""

import json
import math
import platform
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

from lab import places, report, tools
from lab.programs import Job, Subject
from lab.tools import Skip, Tree, say

THRESHOLDS = tools.BENCHMARKS / "thresholds.json"
MARGIN = 1.10  # a new threshold is the present figure and a tenth more

KINDS = {"scanned": True, "purged": False}  # whether it is a dry run
# Some match files: reading a name by them must not cost more than this, as a share of all that a scanned file costs.
TEN_PATTERNS = ('exclude: ["*00-*.dat", "keep/", "*.lock", "cache/*.tmp", "legal-hold/", "**/archive/**", '
                '"*.{ledger,audit}", "data-[0-9]?", "README*", ".git/"]')
MOST_WITH_PATTERNS = 1.3
CALLS = ["malloc", "swift_allocObject", "swift_retain", "swift_release", "pthread_mutex_lock"]


def add_options(parser) -> None:
    parser.add_argument("--files", type=int, default=20_000, help="in the smaller tree; the larger has twice as many")
    parser.add_argument("--dirs", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--concurrency", default="1", help="more is closer to life and less exact")
    parser.add_argument("--update", action="store_true", help="write thresholds: the present figures and a tenth more")


# MARK: callgrind


class Profile:
    """Instructions, and calls by name, of one run."""

    def __init__(self, path: Path):
        self.instructions = 0
        self.calls: Counter = Counter()
        names: dict[str, str] = {}  # callgrind writes each name once, with a number, then only the number
        called = ""
        for line in path.read_text(errors="replace").splitlines():
            if match := re.match(r"(c?)fn=(\(\d+\))(?: (.*))?", line):
                is_call, number, name = match.groups()
                if name:
                    names[number] = re.sub(r"@.*|'\d+$", "", name)
                called = names[number] if is_call else called
            elif line.startswith("calls="):
                self.calls[called] += int(line[len("calls="):].split()[0])
            elif line.startswith("summary:"):
                self.instructions = int(line.split()[1])

    def calls_of(self, name: str) -> int:
        return self.calls[name] + self.calls[name + "_n"]


def profile(subject: Subject, work: Path, tree: Tree, dry_run: bool) -> Profile:
    with places.memory_file_system(work) as memory:
        tree.make(memory / "tree")
        output = work / "callgrind.out"
        command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={output}"]
        command += subject.command(Job(memory / "tree", work, dry_run=dry_run))
        with open(work / "output.txt", "w+") as log:
            # The program would set this itself and start again, where valgrind does not follow.
            environment = os.environ | {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=0"}
            status = subprocess.run(command, stdout=log, stderr=log, env=environment).returncode
        if status != 0:
            end = (work / "output.txt").read_text()[-2000:]
            raise SystemExit(f"under valgrind the run ended with status {status}:\n{end}")
        left = tools.old_files_left(memory / "tree")
        if left != (tree.files if dry_run else 0):
            raise SystemExit(f"{left} old files are left of {tree.files}: that is not what was to be measured")
        return Profile(output)


def difference(subject: Subject, work: Path, options, dry_run: bool) -> dict[str, float]:
    few, many = [profile(subject, work, Tree(files, dirs=options.dirs, old_fraction=1), dry_run)
                 for files in (options.files, options.files * 2)]
    found = {"instructions": (many.instructions - few.instructions) / options.files}
    for name in CALLS:
        found[name] = (many.calls_of(name) - few.calls_of(name)) / options.files
    return found


def per_file(subject: Subject, work: Path, options, dry_run: bool) -> dict[str, float]:
    found = [difference(subject, work, options, dry_run) for _ in range(options.runs)]
    say("  instructions: " + ", ".join(f"{one['instructions']:.0f}" for one in found))
    return min(found, key=lambda one: one["instructions"])


# MARK: the binary


def readable_by_valgrind(subject: Subject, work: Path) -> Subject:
    """Without line numbers, which valgrind cannot read in what Swift writes; names of functions must be there."""
    tools.need("strip", "nm", "valgrind")
    binary = work / "efs-purge-batch"
    stripped = subprocess.run(["strip", "--strip-debug", "-o", binary, subject.binary], stderr=subprocess.DEVNULL)
    if stripped.returncode != 0:
        shutil.copy(subject.binary, binary)
    names = subprocess.run(["nm", binary], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
    if " swift_retain\n" not in names:
        say("  the binary has no symbols: instructions are counted, calls of the Swift runtime are not; "
            "make bench-instructions builds one that has")
    return Subject(str(binary), lines=subject.lines)


# MARK: thresholds


def key_of(kind: str) -> str:
    return f"instructions_per_{kind}_file"


def read_thresholds() -> dict[str, int]:
    return json.loads(THRESHOLDS.read_text()).get(platform.machine(), {}) if THRESHOLDS.exists() else {}


def write_thresholds(found: dict[str, dict[str, float]]) -> None:
    everywhere = json.loads(THRESHOLDS.read_text()) if THRESHOLDS.exists() else {}
    everywhere[platform.machine()] = {
        key_of(kind): math.ceil(figures["instructions"] * MARGIN) for kind, figures in found.items()
    }
    THRESHOLDS.write_text(json.dumps(everywhere, indent=2) + "\n")


def run(subject: Subject, work: Path, options) -> bool:
    subject = readable_by_valgrind(subject, work).with_lines(f"concurrency: {options.concurrency}")
    found = {kind: per_file(subject, work, options, dry_run) for kind, dry_run in KINDS.items()}
    if options.update:
        write_thresholds(found)
    thresholds = read_thresholds()
    limits = {kind: thresholds.get(key_of(kind)) for kind in KINDS}
    with_patterns = "scanned, ten patterns"
    limits[with_patterns] = round(found["scanned"]["instructions"] * MOST_WITH_PATTERNS)
    found[with_patterns] = per_file(subject.with_lines(TEN_PATTERNS), work, options, True)
    rows, passed = [], True
    for kind, figures in found.items():
        most = limits[kind]
        passed = passed and (most is None or figures["instructions"] <= most)
        rows.append([f"file: {kind}", f"{figures['instructions']:.0f}", "none" if most is None else most]
                    + [f"{figures[name]:.2f}" for name in CALLS])
    print(report.table(["for each:", "instructions", "threshold"] + [f"`{name}`" for name in CALLS], rows))
    if not thresholds:
        raise Skip(f"no thresholds for {platform.machine()} in {THRESHOLDS.name}; --update writes them")
    return report.verdict(passed, "user-space instructions within their thresholds (a purged file's scan included)")
