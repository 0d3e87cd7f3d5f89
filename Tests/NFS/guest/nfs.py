"""The guest's server, its clients, and the tool under test."""

import ctypes
import json
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

EXPORT = Path("/srv/efs")
"""The server's own view of what it exports."""
OPTIONS = "nfsvers=4.1,rsize=1048576,wsize=1048576,hard,timeo=600,retrans=2,noresvport,nosharecache"
OLD = 100 * 86400


def sh(*command: str, check: bool = True, timeout: float | None = 60) -> str:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout)
    if check and done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: status {done.returncode}: {done.stdout.strip()}")
    return done.stdout


# MARK: The wire


def round_trip(milliseconds: float) -> None:
    """What a round trip of the client under test takes beyond the machine's own time. It passes lo twice."""
    sh("tc", "qdisc", "del", "dev", "lo", "root", check=False)
    if milliseconds > 0:
        delay = f"{milliseconds * 500:.0f}us"
        sh("tc", "qdisc", "add", "dev", "lo", "root", "netem", "delay", delay, "limit", "100000")


def cut_wire() -> None:
    sh("tc", "qdisc", "replace", "dev", "lo", "root", "netem", "loss", "100%", "limit", "100000")


# MARK: Clients


def mount_tested(folder: str, export: str = "/srv/efs", options: str = "") -> Path:
    """The client under test."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    sh("mount", "-t", "nfs4", "-o", OPTIONS + options, f"127.0.0.1:{export}", folder)
    return Path(folder)


def mount_other(folder: str, export: str = "/srv/efs") -> Path:
    """Another client: a network namespace and a host name of its own make it one in the server's eyes and in the kernel's."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    mount = f"mount -t nfs4 -o {OPTIONS} 10.77.0.1:{export} {folder}"
    sh("unshare", "--uts", "sh", "-c", f"hostname other; exec nsenter --net=/run/netns/other {mount}")
    return Path(folder)


def unmount(folder: str | Path) -> None:
    sh("umount", "-f", "-l", str(folder), check=False)


def is_mounted(folder: str | Path) -> bool:
    return any(line.split()[1] == str(folder) for line in Path("/proc/mounts").read_text().splitlines())


def calls(folder: str | Path) -> dict[str, int]:
    """How often the client has sent each kind of request for that mount."""
    counts: dict[str, int] = {}
    ours = in_operations = False
    for line in Path("/proc/self/mountstats").read_text().splitlines():
        if line.startswith("device "):
            ours, in_operations = f" mounted on {folder} with " in line, False
        elif ours and line.strip() == "per-op statistics":
            in_operations = True
        elif ours and in_operations and ":" in line:
            name, figures = line.split(":", 1)
            counts[name.strip()] = int(figures.split()[0])
    return counts


# MARK: Files, on the server itself


def make_file(path: Path, text: bytes, age: float = 0) -> None:
    with open(path, "xb") as file:
        file.write(text)
    if age:
        then = time.time() - age
        os.utime(path, (then, then))


def make_old(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        make_file(folder / name, b"old", OLD)


def names_below(folder: Path) -> list[str]:
    return [name for _, _, files in os.walk(folder) for name in files]


def look_at_all(folder: Path) -> None:
    """Lists and looks at everything, so that the client's caches know it."""
    for path, folders, files in os.walk(folder):
        for name in folders + files:
            os.lstat(os.path.join(path, name))


# MARK: A forced look, as any program would take it

_libc = ctypes.CDLL(None, use_errno=True)
FORCE_SYNC = 0x2000


def forced_look(path: Path) -> tuple[int, float]:
    """Inode and modification time of what the client takes the name for."""
    return _look(-100, os.fsencode(path), 0x100)


def forced_look_at(handle: int) -> tuple[int, float]:
    """Of what is open."""
    return _look(handle, b"", 0x1000)


def _look(folder: int, name: bytes, flags: int) -> tuple[int, float]:
    status = ctypes.create_string_buffer(256)
    if _libc.statx(folder, name, FORCE_SYNC | flags, 0x7FF, status) != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), os.fsdecode(name))
    inode = int.from_bytes(status.raw[32:40], "little")
    # stx_mtime follows atime, btime and ctime.
    return inode, float(int.from_bytes(status.raw[112:120], "little", signed=True))


# MARK: The tool


@dataclass
class Target:
    path: Path
    name: str = "t"
    lines: list[str] = field(default_factory=list)

    def yaml(self) -> str:
        keys = [f"name: {self.name}", f"path: {self.path}", "max_age: 30d", *self.lines]
        return "  - " + "\n    ".join(keys) + "\n"


@dataclass
class Event:
    """A line of the trace: a look (forced), a status (not forced) or a removal."""

    what: str
    thread: str
    folder: str
    began: float
    ended: float
    result: int
    name: str


def events(trace: Path) -> list[Event]:
    if not trace.exists():
        return []
    found = []
    for line in trace.read_text(errors="replace").splitlines():
        parts = line.split(" ", 6)
        if len(parts) == 7:
            what, thread, folder, began, ended, result, name = parts
            found.append(Event(what, thread, folder, float(began), float(ended), int(result), name))
    return found


@dataclass
class Ended:
    status: int
    """137: it had to be killed."""
    seconds: float
    report: dict
    errors: str
    trace: list["Event"]
    was_stopped: bool

    @property
    def totals(self) -> dict:
        return self.report.get("totals", {})

    @property
    def outcome(self) -> str:
        return self.report.get("outcome", "no report")

    def mean(self, operation: str) -> float:
        """Milliseconds, over all targets."""
        found = [t.get("operations", {}).get(operation) for t in self.report.get("targets", [])]
        found = [each for each in found if each]
        count = sum(each["count"] for each in found)
        return sum(each["count"] * each["mean_ms"] for each in found) / count if count else 0

    def count(self, operation: str) -> int:
        return sum(t.get("operations", {}).get(operation, {}).get("count", 0) for t in self.report.get("targets", []))


class Tool:
    """One execution of it, in the background."""

    def __init__(
        self, binary: str, targets: list[Target], run: list[str] | None = None, command: str = "run",
        files: int | None = None, traced: bool = False, held: bool = False,
    ):
        """`traced`: with a trace. `held`: after the first removal forced looks wait for `release`."""
        self.folder = Path(tempfile.mkdtemp(prefix="tool."))
        text = "version: 1\n" + "run:\n" + "".join(f"  {line}\n" for line in run or ["progress_interval: 5s"])
        text += f"safety: {{allowed_roots: [{', '.join(sorted({str(t.path.parent) for t in targets}))}]}}\n"
        text += "targets:\n" + "".join(target.yaml() for target in targets)
        (self.folder / "config.yaml").write_text(text)
        arguments = [command, "--config", str(self.folder / "config.yaml"), "--report", str(self.folder / "report.json")]
        environment = dict(os.environ)
        self.trace = self.folder / "trace"
        self.hold = self.folder / "hold"
        if traced or held:
            environment |= {"LD_PRELOAD": "/in/trace.so", "TRACE_FILE": str(self.trace)}
        if held:
            self.hold.touch()
            environment |= {"HOLD_FILE": str(self.hold)}
        limit = ["prlimit", f"--nofile={files}:{files}"] if files else []
        self.errors = open(self.folder / "errors", "wb")
        self.began = time.time()
        self.process = subprocess.Popen(
            [*limit, binary, *arguments], env=environment, stdout=self.errors, stderr=self.errors, cwd="/")

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    def release(self) -> None:
        self.hold.unlink()

    def wait(self, until: float | None = None) -> Ended:
        """To its end, or until that moment; then it is asked to end, and killed when it does not."""
        patience = 300 if until is None else max(0.1, until - time.time())
        was_stopped = False
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            was_stopped = True
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
        seconds = time.time() - self.began
        try:
            status = self.process.wait(5)
        except subprocess.TimeoutExpired:
            status = 137
        return self._ended(status, seconds, was_stopped)

    def _ended(self, status: int, seconds: float, was_stopped: bool) -> Ended:
        self.errors.close()
        try:
            report = json.loads((self.folder / "report.json").read_text())
        except (OSError, ValueError):
            report = {}
        errors = (self.folder / "errors").read_text(errors="replace")
        return Ended(status, seconds, report, errors, events(self.trace), was_stopped)


def purge(binary: str, targets: list[Target], **options) -> Ended:
    return Tool(binary, targets, **options).wait()


@dataclass
class Manner:
    """How a run went about its removals, by its trace."""

    removals: int
    ahead: int
    """Removals with another look, or another thread's, between look and removal."""
    gaps: list[float]
    """Seconds from the end of a file's look to the beginning of its removal."""

    def text(self) -> str:
        if not self.gaps:
            return "no trace"
        gaps = sorted(self.gaps)
        share = 100 * self.ahead / max(1, self.removals)
        return f"{share:.0f} % ahead, gap {1000 * gaps[len(gaps) // 2]:.1f}/{1000 * gaps[-1]:.0f} ms"


def manner(ended: Ended) -> Manner:
    looks: dict[tuple[str, str], tuple[int, Event]] = {}
    last_of: dict[str, int] = {}
    found = Manner(0, 0, [])
    for number, event in enumerate(ended.trace):
        key = event.folder, event.name
        if event.what == "look" and event.name != ".":
            looks[key] = number, event
            last_of[event.thread] = number
        elif event.what == "remove" and key in looks:
            at, look = looks.pop(key)
            found.removals += 1
            found.ahead += look.thread != event.thread or last_of.get(event.thread) != at
            found.gaps.append(event.began - look.ended)
    return found


def median_ms(ended: Ended, what: str) -> float:
    """Of what such calls took, by the trace."""
    took = sorted(event.ended - event.began for event in ended.trace if event.what == what)
    return 1000 * took[len(took) // 2] if took else 0.0
