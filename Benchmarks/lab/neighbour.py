"""A control group with a memory limit, programs in it that are watched, and a neighbour that takes memory from them."""

import contextlib
import math
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from . import places
from .report import mib
from .tools import Skip

MIB = 1 << 20
TICK_S = 0.02
TAKING_S = 20.0

# Takes memory in steps of a MiB and touches every page; tells when it has enough, and keeps it until its input ends.
# `mib` 0: it never has enough. `rate`, in MiB a second, 0: as fast as it can.
_PROGRAM = """
import mmap, sys, time
kind, mib, rate, path = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
step, page, taken = 1 << 20, mmap.PAGESIZE, []
file = open(path, "wb", buffering=0) if kind == "file" else None
flags = mmap.MAP_ANONYMOUS | (mmap.MAP_SHARED if kind == "shared" else mmap.MAP_PRIVATE)
touch = b"x" * (step // page)
start, done = time.monotonic(), 0
while mib == 0 or done < mib:
    if file:
        file.write(bytes(step))
    else:
        taken.append(mmap.mmap(-1, step, flags=flags))
        taken[-1][::page] = touch
    done += 1
    if rate:
        time.sleep(max(0, start + done / rate - time.monotonic()))
print("taken", flush=True)
sys.stdin.read()
"""


# MARK: the group


class Group:
    """A memory control group of either version."""

    def __init__(self, path: Path):
        self.path = path
        self._second = (path / "memory.max").exists()

    def limit(self, limit_mib: float) -> None:
        """Without swap, which would only put off what is to be seen."""
        limit = str(math.ceil(limit_mib * MIB))
        if self._second:
            (self.path / "memory.max").write_text(limit)
            self._write_if_there("memory.swap.max", "0")
        else:
            (self.path / "memory.limit_in_bytes").write_text(limit)
            self._write_if_there("memory.memsw.limit_in_bytes", limit)

    def _write_if_there(self, name: str, text: str) -> None:
        with contextlib.suppress(OSError):  # a kernel that does not account for swap
            (self.path / name).write_text(text)

    def _stat(self, name: str) -> dict[str, int]:
        pairs = (line.split() for line in (self.path / name).read_text().splitlines())
        return {key: int(value) for key, value in pairs}

    def _mib(self, name: str) -> float | None:
        """None where the kernel does not keep it."""
        with contextlib.suppress(OSError):
            return int((self.path / name).read_text()) / MIB
        return None

    def oom_kills(self) -> int:
        return self._stat("memory.events" if self._second else "memory.oom_control")["oom_kill"]

    def peak_mib(self) -> float | None:
        """With what can be reclaimed."""
        return self._mib("memory.peak" if self._second else "memory.max_usage_in_bytes")

    def describe(self) -> str:
        """What its memory is taken by, in MiB."""
        stat = self._stat("memory.stat")
        if self._second:
            names = ["anon", "shmem", "file_mapped", "file_dirty", "unevictable", "inactive_file"]
            whole, kernel = self._mib("memory.current"), stat.get("kernel", 0) / MIB
        else:
            names = ["rss", "cache", "shmem", "mapped_file", "dirty", "unevictable", "inactive_file"]
            whole, kernel = self._mib("memory.usage_in_bytes"), self._mib("memory.kmem.usage_in_bytes")
        parts = {"usage": whole, "kernel": kernel} | {name: stat[name] / MIB for name in names}
        return ", ".join(f"{name} {mib(value)}" for name, value in parts.items())

    @contextlib.contextmanager
    def running(self, command: list, **streams):
        """Starts a command in the group; yields it, and kills it if it still runs at the end.

        The shell that brings it there is gone before it begins, and leaves no memory behind in the group."""
        into = ["sh", "-c", 'echo $$ > "$0" && exec "$@"', self.path / "cgroup.procs"]
        process = subprocess.Popen([*into, *command], start_new_session=True, **streams)
        try:
            yield Running(process)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream:
                    stream.close()


@contextlib.contextmanager
def group_of(limit_mib: float):
    """A new group with this limit."""
    with places.control_group("memory") as path:
        if path is None:
            raise Skip("a control group with the memory controller cannot be made here")
        group = Group(path)
        group.limit(limit_mib)
        yield group


class Running:
    """A process, watched while it is waited for."""

    def __init__(self, process: subprocess.Popen):
        self.process = process
        self.began = time.monotonic()
        self.ended: float | None = None
        self.threads = 0

    @property
    def status(self) -> int | None:
        """128 and the number of the signal for a process that was killed; None while it runs."""
        code = self.process.poll()
        return code if code is None or code >= 0 else 128 - code

    @property
    def was_killed(self) -> bool:
        return self.status == 128 + signal.SIGKILL

    def wait(self, seconds: float) -> bool:
        """Whether it ended within that time."""
        deadline = time.monotonic() + seconds
        while self.process.poll() is None:
            if time.monotonic() >= deadline:
                return False
            self._sample()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(TICK_S)
        self.ended = self.ended or time.monotonic()
        return True

    def _sample(self) -> None:
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{self.process.pid}/status").read_text()
            counts = [int(line.split()[1]) for line in status.splitlines() if line.startswith("Threads:")]
            self.threads = max([self.threads, *counts])


# MARK: the neighbour


def _await_taking(process: Running) -> None:
    """Until it has told that it has its memory, or is killed for it."""
    told, _, _ = select.select([process.process.stdout], [], [], TAKING_S)
    if told and process.process.stdout.readline() == b"taken\n":
        return
    process.wait(1)
    if not process.was_killed:
        raise Skip("the neighbour could not take its memory")


@contextlib.contextmanager
def neighbour(group: Group, kind: str, most_mib: int, *, mib_per_second: int = 0, file: Path | str = ""):
    """Yields a process that has taken `most_mib` of memory in the group, which it has until the end.

    `kind` is private, shared (mapped without a file) or file (in `file`, on a tmpfs). With `most_mib` 0 it grows
    without end, and has only just begun to."""
    command = [sys.executable, "-I", "-S", "-c", _PROGRAM, kind, str(most_mib), str(mib_per_second), str(file)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    try:
        with group.running(command, **pipes) as process:
            if most_mib:
                _await_taking(process)
            yield process
    finally:
        if file:
            Path(file).unlink(missing_ok=True)
