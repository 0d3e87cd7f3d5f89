"""Few descriptors, few threads: the run does all its work, only slower, and says so once."""

import os
import shutil
import subprocess
from collections import Counter
from pathlib import Path

from lab import bed, places, report, tools
from lab.programs import Job, Subject
from lab.tools import Skip, Tree

NOBODY = "65534"


def add_options(parser) -> None:
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--dirs", type=int, default=1000)
    parser.add_argument("--latency", type=float, default=3, metavar="MS")
    parser.add_argument("--descriptors", type=int, default=256)
    parser.add_argument("--threads", type=int, default=40, help="ulimit -u, as another user")
    parser.add_argument("--pids", type=int, default=64, help="pids.max of the control group")


def few_descriptors(subject: Subject, job: Job, behind: Path, options) -> tuple[list, Path | None]:
    tools.need("prlimit")
    limit = options.descriptors
    return ["prlimit", f"--nofile={limit}:{limit}", *subject.command(job)], None


def few_threads(subject: Subject, job: Job, behind: Path, options) -> tuple[list, Path | None]:
    """Root is exempt from this limit, so somebody else must run it, who then owns the files and reads the binary."""
    places.need_root("ulimit -u as another user")
    tools.need("setpriv", "prlimit")
    subprocess.run(["chown", "-R", f"{NOBODY}:{NOBODY}", behind], check=True)
    binary = job.work / "efs-purge-batch"
    shutil.copy(subject.binary, binary)
    os.chmod(binary, 0o755)
    as_nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    limit = f"--nproc={options.threads}:{options.threads}"
    command = Subject(str(binary), lines=subject.lines).command(job)
    return [*as_nobody, "prlimit", limit, *command], None


def few_pids(subject: Subject, job: Job, behind: Path, options) -> tuple[list, Path | None]:
    places.need_root("a control group")
    return subject.command(job), Path("pids")


SHORTAGES = {"ulimit -n": few_descriptors, "ulimit -u": few_threads, "pids.max": few_pids}


def purge_under(shortage, subject: Subject, work: Path, options) -> list:
    tree = {"data": Tree(options.files, dirs=options.dirs)}
    with bed.slow_tree(work, tree, "--latency", str(options.latency)) as (slow, _, behind):
        command, controller = shortage(subject, Job(slow.root / "tree", work, latency=True), behind, options)
        if controller is None:
            figures = tools.measure(command, work, timeout=300)
        else:
            figures = measure_in_pids_group(command, work, options.pids)
        slow.end()
        return [figures, tools.old_files_left(behind), bed.warnings(work / "output.txt")]


def measure_in_pids_group(command: list, work: Path, most: int) -> tools.Measurement:
    with places.control_group("pids") as group:
        if group is None:
            raise Skip("a control group with the pids controller cannot be made here")
        (group / "pids.max").write_text(str(most))
        return tools.measure(command, work, timeout=300, cgroup=group)


def limit_of(name: str, options) -> int:
    return {"ulimit -n": options.descriptors, "ulimit -u": options.threads, "pids.max": options.pids}[name]


def said(warned: Counter) -> str:
    return "; ".join(f"{times} x {message}" for message, times in warned.items()) or "–"


def row_of(name: str, concurrency: str, subject: Subject, work: Path, options) -> tuple[list, bool | None]:
    """Whether it passed is None when it could not be measured."""
    title = f"{name} {limit_of(name, options)}"
    lines = [] if concurrency == "auto" else [f"concurrency: {concurrency}"]
    try:
        figures, left, warned = purge_under(SHORTAGES[name], subject.with_lines(*lines), work, options)
    except Skip as reason:
        return [title, concurrency, f"skipped: {reason}", "–", "–", "–", "–"], None
    passed = figures.status == 0 and left == 0 and all(times == 1 for times in warned.values())
    return [title, concurrency, figures.status, left, f"{figures.wall:.2f}", figures.threads, said(warned)], passed


def run(subject: Subject, work: Path, options) -> bool:
    found = [row_of(name, concurrency, subject, work, options)
             for name in SHORTAGES for concurrency in ("auto", "1000")]
    print(report.table(["shortage:", "concurrency:", "status", "old files left", "wall s", "threads", "warnings:"],
                       [row for row, _ in found]))
    measured = [passed for _, passed in found if passed is not None]
    if not measured:
        raise Skip("none of it can be measured here")
    return report.verdict(all(measured), "status 0, nothing old left, and each shortage told at most once")
