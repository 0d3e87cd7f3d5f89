"""One run of ourselves on a fresh tree: what most checks are made of."""

import contextlib
import json
import re
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from . import places, tools
from .programs import Job, Subject
from .series import Series
from .tools import Measurement, Tree


@dataclass
class LatencyRun:
    figures: Measurement
    old: int
    left_old: int
    stats: dict

    @property
    def series(self) -> Series:
        return Series(self.stats)


@contextlib.contextmanager
def slow_tree(work: Path, trees: dict[str, Tree], *options: str):
    """Trees by the name of their directory, behind a latencyfs; yields it, the number of old files, and where the
    files are without delay."""
    with places.memory_file_system(work) as memory:
        top = memory / "tree"
        top.mkdir()
        old = sum(tree.make(top / name) for name, tree in trees.items())
        with places.latencyfs(work, memory, *options) as slow:
            yield slow, old, top


def purge_with_latency(subject: Subject, work: Path, trees: dict[str, Tree], *options: str,
                       timeout: float = 600, program=None) -> LatencyRun:
    """`program` is another one to run instead: a function of the job that returns the command."""
    with slow_tree(work, trees, *options) as (slow, old, behind):
        job = Job(slow.root / "tree", work, latency=True)
        figures = tools.measure((program or subject.command)(job), work, timeout)
        slow.end()
        return LatencyRun(figures, old, tools.old_files_left(behind), slow.stats())


def measured_removal_ms(work: Path, *options: str, files: int = 300) -> float:
    """How long a removal takes on this file system when one follows the other: timers fire late, in a virtual machine
    above all, so that this is more than the latency asked for."""
    with slow_tree(work, {"flat": Tree(files, flat=True, old_fraction=1)}, *options) as (slow, _, _):
        command = [tools.tool("floor"), "purge", "--threads", "1", "--timed", slow.root / "tree"]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)["removal_ms"]


def warnings(output: Path) -> Counter:
    """How often each warning or error is in a run's log, by what it says; its figures do not matter."""
    found: Counter = Counter()
    for line in output.read_text(errors="replace").splitlines():
        with contextlib.suppress(ValueError):
            record = json.loads(line)
            if record.get("level") in ("WARNING", "ERROR", "CRITICAL"):
                text = record.get("extra_fields", {}).get("reason") or record["message"]
                found[re.sub(r"\d+", "N", text)] += 1
    return found
