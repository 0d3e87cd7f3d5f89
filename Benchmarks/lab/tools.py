"""The tools written in C, as functions."""

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

BENCHMARKS = Path(__file__).resolve().parents[1]
REPOSITORY = BENCHMARKS.parent
BUILT = REPOSITORY / ".build-bench"

AGE_DAYS = 30
"""Files older than this are old, in every tree and for every program."""


class Skip(Exception):
    """Something cannot be measured here; the message says why."""


def say(text: str) -> None:
    """Tells how far we are, beside the tables on standard output."""
    print(text, file=sys.stderr, flush=True)


def build(with_latencyfs: bool = True) -> None:
    target = "all" if with_latencyfs else "tools"
    if with_latencyfs and subprocess.run(["pkg-config", "--exists", "fuse3"]).returncode != 0:
        raise Skip("libfuse3-dev is missing: scripts/setup-bench.sh installs it")
    subprocess.run(["make", "--silent", "-C", BENCHMARKS, target], check=True, stdout=sys.stderr)


def tool(name: str) -> str:
    return str(BUILT / name)


def need(*commands: str) -> None:
    missing = [command for command in commands if shutil.which(command) is None]
    if missing:
        raise Skip(f"{', '.join(missing)} not found: scripts/setup-bench.sh installs what is needed")


@dataclass(frozen=True)
class Tree:
    """What a test tree looks like; the same parameters always make the same tree."""

    files: int
    dirs: int = 1
    depth: int = 1
    flat: bool = False
    old_fraction: float = 0.5

    def make(self, root: Path) -> int:
        """Makes it; returns how many of its files are old."""
        shape = ["--flat"] if self.flat else ["--dirs", str(self.dirs), "--depth", str(self.depth)]
        command = [tool("mktree"), "--root", root, "--files", str(self.files), "--age", str(AGE_DAYS)]
        command += shape + ["--old-fraction", str(self.old_fraction)]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["old"]

    def __str__(self) -> str:
        if self.flat:
            return f"{self.files:,} files in one directory"
        return f"{self.files:,} files in {self.dirs:,} directories"


def old_files_left(root: Path) -> int:
    """Counts by a program that takes no part in making or purging the tree."""
    command = ["find", root, "-type", "f", "-mmin", f"+{AGE_DAYS * 24 * 60}", "-printf", "."]
    return len(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


@dataclass
class Measurement:
    """What one run of a command took. Memory is in MiB; `cgroup_mib` is None where it was not measured."""

    began: float
    wall: float
    user: float
    system: float
    memory_mib: float
    process_mib: float
    cgroup_mib: float | None
    threads: int
    status: int
    timed_out: bool

    @property
    def cpu(self) -> float:
        return self.user + self.system


def measure(command: list, work: Path, timeout: float = 3600, cgroup: Path | None = None) -> Measurement:
    """Runs a command; what it printed is in `work`/output.txt afterwards."""
    figures = work / "figures.json"
    options = ["--json", figures, "--output", work / "output.txt", "--timeout", str(timeout)]
    if cgroup:
        options += ["--cgroup", cgroup]
    subprocess.run([tool("measure"), *options, "--", *command], check=True)
    return read_measurement(figures)


def read_measurement(figures: Path) -> Measurement:
    found = json.loads(figures.read_text())
    cgroup_kib = found.get("peak_cgroup_kib")
    return Measurement(
        began=found["began_monotonic_s"],
        wall=found["wall_s"],
        user=found["user_s"],
        system=found["system_s"],
        memory_mib=found["peak_tree_kib"] / 1024,
        process_mib=found["peak_process_kib"] / 1024,
        cgroup_mib=None if cgroup_kib is None else cgroup_kib / 1024,
        threads=found["peak_threads"],
        status=found["status"],
        timed_out=found["timed_out"],
    )
