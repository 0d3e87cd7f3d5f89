"""The programs that are compared, and how each is called."""

import contextlib
import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .tools import AGE_DAYS, REPOSITORY, tool

AGE_MINUTES = AGE_DAYS * 24 * 60


@dataclass(frozen=True)
class Job:
    """What a program is to do: purge `root`, or only look when it is a dry run. `work` is for its config files."""

    root: Path
    work: Path
    dry_run: bool = False
    latency: bool = False


@dataclass(frozen=True)
class Program:
    name: str
    command: Callable[[Job], list]
    executable: str
    note: str = ""

    def is_installed(self) -> bool:
        return shutil.which(self.executable) is not None

    def version(self) -> str:
        """As the program tells it, or the package; "of unknown version" when neither does."""
        for command in ([self.executable, "--version"], ["dpkg-query", "--show", "--showformat=${Version}", self.executable]):
            with contextlib.suppress(OSError):
                told = subprocess.run(command, capture_output=True, text=True)
                if told.returncode == 0 and (number := re.search(r"\d+(\.\d+)*", told.stdout)):
                    return number.group()
        return "of unknown version"


# MARK: ourselves


@dataclass(frozen=True)
class Subject:
    """Our binary with some config lines. A dotted key (`run.concurrency: 64`) is not one of the target's."""

    binary: str
    name: str = "efs-purge-batch"
    lines: tuple[str, ...] = ()

    def with_lines(self, *lines: str) -> "Subject":
        return Subject(self.binary, self.name, self.lines + lines)

    def command(self, job: Job) -> list:
        own = [line for line in self.lines if "." not in line.split(":")[0]]
        wider = [line for line in self.lines if line not in own]
        config = job.work / "subject.yaml"
        config.write_text(
            f"version: 1\ntargets:\n  - name: bench\n    path: {job.root}\n    max_age: {AGE_DAYS}d\n"
            + "".join(f"    {line}\n" for line in own)
        )
        command = [self.binary, "plan" if job.dry_run else "run", "--config", config, "--log-format", "json"]
        for line in wider:
            key, value = line.split(":", 1)
            command += ["--set", f"{key}={value.strip()}"]
        return command

    def program(self) -> Program:
        return Program(self.name, self.command, self.binary)


def default_binary() -> str:
    """The release binary, where `swift build` puts it."""
    return str(REPOSITORY / ".build/release/efs-purge-batch")


def parse_subject(text: str, binary: str) -> Subject:
    """`NAME[@BINARY]=LINE;LINE`, as in `c64=concurrency: 64` or `before@/tmp/old=`."""
    name, separator, lines = text.partition("=")
    if not separator:
        raise SystemExit(f"--subject is NAME[@BINARY]=CONFIG LINES, as in 'c64=concurrency: 64', not {text!r}")
    name, _, own_binary = name.partition("@")
    return Subject(own_binary or binary, name, tuple(line.strip() for line in lines.split(";") if line.strip()))


def need_binary(subjects: list[Subject]) -> None:
    for subject in subjects:
        if not os.access(subject.binary, os.X_OK):
            raise SystemExit(f"{subject.binary} cannot be run: `make build` makes it, --binary names another")


# MARK: the floor


def floor_command(job: Job) -> list:
    """A dry run looks at each file once; a purge that deserves the name takes a fresh look before each removal."""
    if job.dry_run:
        return [tool("floor"), "scan", "--threads", str(os.cpu_count()), job.root]
    if job.latency:
        return [tool("floor"), "purge", "--fresh", "--gate", "--threads", "256", "--chunk", "16", job.root]
    return [tool("floor"), "purge", "--fresh", "--threads", str(os.cpu_count()), job.root]


FLOOR = Program("floor", floor_command, tool("floor"))


# MARK: peers


def _find(executable: str) -> Callable[[Job], list]:
    def command(job: Job) -> list:
        action = ["-printf", "%s\\n"] if job.dry_run else ["-delete"]
        return [executable, job.root, "-type", "f", "-mmin", f"+{AGE_MINUTES}", *action]

    return command


def _fd(job: Job) -> list:
    command = ["fdfind", "--unrestricted", "--type", "f", "--changed-before", f"{AGE_DAYS}d", ".", job.root]
    return command if job.dry_run else command + ["--exec-batch", "rm", "-f"]


def _tmpreaper(job: Job) -> list:
    return ["tmpreaper", "--runtime=0", "--mtime", *(["--test"] if job.dry_run else []), f"{AGE_DAYS}d", job.root]


def _tmpfiles(job: Job) -> list:
    config = job.work / "tmpfiles.conf"
    config.write_text(f"d {job.root} - - - m:{AGE_DAYS}d\n")
    return ["systemd-tmpfiles", "--clean", config]


def _rsync(job: Job) -> list:
    empty = job.work / "empty"
    empty.mkdir(exist_ok=True)
    return ["rsync", "-a", "--delete", f"{empty}/", f"{job.root}/"]


def _efspurge(job: Job) -> list:
    """With the settings that its own README recommends."""
    command = [os.environ.get("EFSPURGE", "efspurge"), job.root, "--max-age-days", str(AGE_DAYS)]
    command += ["--max-concurrency-scanning", "1000", "--max-concurrency-deletion", "1000"]
    command += ["--memory-limit-mb", "800", "--task-batch-size", "5000"]
    return command + (["--dry-run"] if job.dry_run else [])


def _beeperpurge(job: Job) -> list:
    command = ["beeperpurge", job.root, "--max-age-hours", str(AGE_DAYS * 24)]
    command += ["--workers", "1000"] if job.latency else []
    return command + (["--dry-run"] if job.dry_run else [])


EVERYTHING = "deletes everything"

PEERS = {
    program.name: program
    for program in [
        Program("find", _find("find"), "find"),
        Program("bfs", _find("bfs"), "bfs"),
        Program("fd", _fd, "fdfind"),
        Program("tmpreaper", _tmpreaper, "tmpreaper"),
        Program("systemd-tmpfiles", _tmpfiles, "systemd-tmpfiles"),
        Program("rm", lambda job: ["rm", "-rf", job.root], "rm", EVERYTHING),
        Program("rsync", _rsync, "rsync", EVERYTHING),
        Program("AsyncEFSPurge", _efspurge, os.environ.get("EFSPURGE", "efspurge")),
        Program("BeeperPurge", _beeperpurge, "beeperpurge"),
    ]
}


def choose(names: list[str], subjects: list[Subject], wanted: list[str] | None) -> list[Program]:
    """The subjects, the floor and the peers of these names that are installed, perhaps only those that are wanted."""
    programs = [subject.program() for subject in subjects] + [FLOOR] + [PEERS[name] for name in names]
    if wanted:
        unknown = set(wanted) - {program.name for program in programs} - set(PEERS)
        if unknown:
            raise SystemExit(f"no such program: {', '.join(sorted(unknown))}")
        keep = {FLOOR.name, *(subject.name for subject in subjects), *wanted}
        programs = [program for program in programs if program.name in keep]
    return [program for program in programs if program.is_installed()]
