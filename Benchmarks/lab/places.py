"""Places to work in: a scratch directory, file systems on it, control groups. All are gone afterwards."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from .tools import Skip, say, tool

SCRATCH = Path(os.environ.get("TMPDIR", "/var/tmp")) / "efs-purge-bench"


def need_root(what: str) -> None:
    if os.geteuid() != 0:
        raise Skip(f"{what} needs root")


# MARK: mounts


def mounts_below(directory: Path) -> list[str]:
    """The innermost first."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    points = [line.split()[4].encode().decode("unicode_escape") for line in lines]
    return [point for point in reversed(points) if Path(point).is_relative_to(directory)]


def is_mounted(point: Path) -> bool:
    return str(point) in mounts_below(point)


def unmount(point: Path | str) -> None:
    """Also what is in use or whose server is gone: lazily then."""
    lazily = ["umount", "--lazy", point] if os.geteuid() == 0 else ["fusermount3", "-u", "-z", point]
    for command in (["umount", point], lazily):
        if subprocess.run(command, stderr=subprocess.DEVNULL).returncode == 0:
            return


def mount(*arguments: str | Path) -> None:
    done = subprocess.run(["mount", *arguments], stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise Skip(f"mount failed here: {done.stderr.strip()}")


def clear(directory: Path) -> None:
    for point in mounts_below(directory):
        unmount(point)
    if mounts_below(directory):
        raise Skip(f"{directory} still has something mounted below it")
    shutil.rmtree(directory, ignore_errors=True)


# MARK: the scratch directory


def _end(number, _frame):
    raise SystemExit(128 + number)


@contextlib.contextmanager
def scratch():
    """The scratch directory, for one program at a time; clears what an earlier one that was killed left there."""
    lock = open(str(SCRATCH) + ".lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SystemExit(f"another benchmark is using {SCRATCH}")
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _end)  # SIGINT raises by itself
    clear(SCRATCH)
    SCRATCH.mkdir(parents=True)
    try:
        yield SCRATCH
    finally:
        clear(SCRATCH)


# MARK: file systems


@contextlib.contextmanager
def ext4(work: Path, files: int):
    """A new file system in an image: ext4 is slow to give out inodes again that were freed within the last minutes."""
    need_root("a file system image")
    image, point = work / "ext4.image", work / "ext4"
    inodes = int(files * 1.15) + 20_000
    with open(image, "wb") as file:
        file.truncate(inodes * 2048 + (1 << 30))
    lazy = "lazy_itable_init=1,lazy_journal_init=1"
    subprocess.run(["mkfs.ext4", "-q", "-F", "-N", str(inodes), "-E", lazy, image], check=True)
    point.mkdir(exist_ok=True)
    try:
        mount("-o", "loop,noinit_itable", image, point)
        yield point
    finally:
        if is_mounted(point):
            unmount(point)
        image.unlink()


@contextlib.contextmanager
def memory_file_system(work: Path):
    """tmpfs for root, who may mount it; a plain directory for others."""
    point = work / "tmpfs"
    point.mkdir(exist_ok=True)
    try:
        if os.geteuid() == 0:
            mount("-t", "tmpfs", "-o", "size=90%,nr_inodes=0,mode=755", "efs-purge-bench", point)
        yield point
    finally:
        clear(point)


class LatencyFS:
    """A running latencyfs. `root` is where the directory passed through appears."""

    def __init__(self, work: Path, source: Path, *options: str):
        self.root = work / "latency"
        self._stats, self._control = work / "latency.json", work / "latency.control"
        self.root.mkdir(exist_ok=True)
        self._stats.unlink(missing_ok=True)
        self._control.write_text("")
        command = [tool("latencyfs"), "--stats", self._stats, "--control", self._control, "--with-parent"]
        command += [*options, source, self.root]
        self._process = subprocess.Popen(command)
        deadline = time.monotonic() + 10
        while not is_mounted(self.root):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.end()
                raise Skip("latencyfs could not be mounted (/dev/fuse and the right to mount are needed)")
            time.sleep(0.01)

    def set(self, setting: str) -> None:
        """Changes a setting, as in `latency 20`, within 50 ms."""
        partial = self._control.with_suffix(".partial")
        partial.write_text(setting + "\n")
        partial.rename(self._control)

    def end(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if is_mounted(self.root):
            unmount(self.root)

    def stats(self) -> dict:
        """What it counted; it must have ended."""
        return json.loads(self._stats.read_text())


@contextlib.contextmanager
def latencyfs(work: Path, source: Path, *options: str):
    running = LatencyFS(work, source, *options)
    try:
        yield running
    finally:
        running.end()


# MARK: control groups


def _group_parent(controller: str) -> Path | None:
    first, second = Path("/sys/fs/cgroup") / controller, Path("/sys/fs/cgroup")
    if (first / "cgroup.procs").exists():
        return first
    enabled = second / "cgroup.subtree_control"
    if not enabled.exists():
        return None
    with contextlib.suppress(OSError):
        enabled.write_text(f"+{controller}")
    return second if controller in enabled.read_text().split() else None


@contextlib.contextmanager
def control_group(controller: str):
    """A new control group that has this controller, of either version; None where there can be none."""
    group = None
    with contextlib.suppress(OSError):
        parent = _group_parent(controller)
        if parent and os.geteuid() == 0:
            candidate = parent / f"efs-purge-bench-{os.getpid()}"
            candidate.mkdir()
            group = candidate
    try:
        yield group
    finally:
        if group:
            _remove_group(group)


def _remove_group(group: Path) -> None:
    for _ in range(50):  # a process that has just ended may still be in it
        with contextlib.suppress(OSError):
            group.rmdir()
            return
        time.sleep(0.02)
    say(f"{group} could not be removed")
