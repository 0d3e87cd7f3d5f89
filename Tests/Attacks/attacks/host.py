"""What the attacks need of this machine: their own mounts, their tools, and a run of the program with a deadline."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
BUILT = REPOSITORY / ".build-attacks"
LIBC = ctypes.CDLL(None, use_errno=True)
NEW_MOUNTS, PRIVATE_RECURSIVE = 0x20000, 1 << 18 | 0x4000


class Skip(Exception):
    """Something cannot be tried here; the message says why."""


def need_root() -> None:
    if os.geteuid() != 0:
        raise Skip("not root, so nothing can be mounted")


def need_fuse() -> None:
    if not os.path.exists("/dev/fuse"):
        raise Skip("/dev/fuse is missing")


def build(tool: str) -> Path:
    if tool == "faultfs" and subprocess.run(["pkg-config", "--exists", "fuse3"]).returncode != 0:
        raise Skip("libfuse3-dev is missing")
    goal = f"../../.build-attacks/{tool}"
    subprocess.run(["make", "--silent", "-C", REPOSITORY / "Tests/FaultFS", goal], check=True, stdout=sys.stderr)
    return BUILT / tool


def keep_mounts_to_ourselves() -> None:
    """Whatever is mounted from here on is unmounted when the last of our processes ends, however it ends."""
    if LIBC.unshare(NEW_MOUNTS) or LIBC.mount(b"none", b"/", None, PRIVATE_RECURSIVE, None):
        raise Skip(f"no mount namespace of our own: {os.strerror(ctypes.get_errno())}")


def unmount(place: Path) -> None:
    subprocess.run(["umount", "--lazy", place], stderr=subprocess.DEVNULL)


@contextmanager
def work_folder(given: str | None, keep: bool):
    """Where trees and artefacts lie; what is ours alone is removed at the end."""
    folder = Path(given or tempfile.mkdtemp(prefix="attacks-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        if not keep and not given and not any(folder.iterdir()):
            shutil.rmtree(folder)


def end_on_signals() -> None:
    """SIGTERM ends as Ctrl-C does, through every `finally`; both also where a shell's background ignores Ctrl-C."""
    def interrupt(*_):
        raise KeyboardInterrupt
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, interrupt)


started: list[subprocess.Popen] = []
"""Runs of the program that may not be at their end."""


def start(command: list, folder: Path, descriptors: int | None = None) -> subprocess.Popen:
    """With its streams in files, so that it never waits for a reader."""
    started[:] = [process for process in started if process.poll() is None]
    limit = ["prlimit", f"--nofile={descriptors}:{descriptors}"] if descriptors else []
    with open(folder / "stdout", "wb") as out, open(folder / "log", "wb") as log:
        process = subprocess.Popen(["nice", "-n", "5", *limit, *map(str, command)], stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=log)
    started.append(process)
    return process


def kill_started() -> None:
    """So that nobody waits for them any longer."""
    for process in started:
        process.kill()


def has_ended(process: subprocess.Popen, within: float) -> bool:
    try:
        process.wait(within)
        return True
    except subprocess.TimeoutExpired:
        return False


def wait_for(condition, within: float, pause: float = 0.01) -> bool:
    """Whether the condition came true in this time."""
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True
