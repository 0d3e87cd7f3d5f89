"""The file system that misbehaves, mounted, and what it recorded."""

import json
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from attacks import host


@dataclass
class Record:
    """What really happened, by the server's own account."""

    unlinked: list[dict] = field(default_factory=list)
    removed_directories: list[dict] = field(default_factory=list)
    stays: list[dict] = field(default_factory=list)
    faults: list[dict] = field(default_factory=list)
    changes: list[dict] = field(default_factory=list)
    end: dict | None = None
    """None: the server did not come to its end."""

    @property
    def faults_injected(self) -> int:
        """Of each operation a thousand at most: a fault that never passes is not many."""
        sums = self.end or {}
        return sum(min(value["faults"], 1000) for value in sums.values() if isinstance(value, dict))


def read_record(file: Path) -> Record:
    record = Record()
    lists = {"unlink": record.unlinked, "rmdir": record.removed_directories, "stays": record.stays,
             "fault": record.faults, "change": record.changes}
    # A server that was killed leaves half a line.
    for line in file.read_text().split("\n")[:-1]:
        event = json.loads(line)
        if event["event"] == "end":
            record.end = event
        elif event["event"] in lists:
            lists[event["event"]].append(event)
    return record


class Server:
    """Mounted in `folder`/mount while the `with` block runs. Its end frees every process that waits for it."""

    def __init__(self, program: Path, folder: Path, options: list[str]):
        self.folder, self.mount = folder, folder / "mount"
        self.command = [str(program), "--with-parent", "--record", str(folder / "record"), "--record-faults", *options,
                        "--rules", str(folder / "rules"), str(folder / "tree"), str(self.mount)]

    def __enter__(self) -> "Server":
        self.mount.mkdir()
        self.process = subprocess.Popen(self.command, stderr=open(self.folder / "server", "wb"))
        said_ready = lambda: b"ready" in (self.folder / "server").read_bytes()
        if not host.wait_for(lambda: said_ready() or self.process.poll() is not None, 10) or not said_ready():
            self.stop()
            raise RuntimeError(f"the server did not start: {(self.folder / 'server').read_text()}")
        return self

    def __exit__(self, *_) -> None:
        self.stop()

    def stop(self) -> None:
        self.process.terminate()
        if not host.has_ended(self.process, 20):
            self.process.kill()
            self.process.wait()
        if os.path.ismount(self.mount):
            host.unmount(self.mount)
