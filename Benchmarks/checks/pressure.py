"""Purges in control groups with little memory, alone and beside a neighbour that takes most of it.

What is promised: they pause while memory is short, go on afterwards, and stop in good order with status 3 when it stays
short; the kernel never kills them, nothing is lost from the books, and no young file goes."""

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from checks.memory import need_room_for
from lab import bed, places, report, tools
from lab.neighbour import Group, Running, group_of, neighbour
from lab.programs import Job, Subject
from lab.tools import AGE_DAYS, Skip, Tree, say

SHARED_MIB = 256
HEAD_START_S = 1.0
MOST_S = 120.0
MOST_S_TO_STOP = 30.0
STOPPED_MEMORY = 3
PRIORITIES = {"low": 0, "middle": 5, "high": 10}
PLAN_MIB = 1024
FATES = ("purged", "vanished", "failed", "left")


def add_options(parser) -> None:
    parser.add_argument("--runs", type=int, default=1, help="of each case")
    parser.add_argument("--case", action="append", default=[], metavar="NAME",
                        help=f"only this one, or all that begin with it; repeatable: {', '.join(CASES)}")
    parser.add_argument("--scale", type=float, default=1.0, help="of the numbers of files; 0.1 to try it out")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where log and report of each failing run are copied")


# MARK: what is purged


@dataclass(frozen=True)
class Scene:
    """Trees, where the purge finds them, and where they are without delay."""

    root: Path
    behind: Path
    files: int
    old: int

    def left(self) -> tuple[int, int]:
        """Old files and others that are there now, counted by a program that takes no part in purging."""
        command = ["find", self.behind, "-type", "f", "-printf", "."]
        everything = len(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        old = tools.old_files_left(self.behind)
        return old, everything - old


def made(top: Path, trees: dict[str, Tree]) -> Scene:
    top.mkdir()
    old = sum(tree.make(top / name) for name, tree in trees.items())
    return Scene(top, top, sum(tree.files for tree in trees.values()), old)


@contextlib.contextmanager
def on_tmpfs(work: Path, trees: dict[str, Tree]):
    need_room_for(sum(tree.files for tree in trees.values()))
    with places.memory_file_system(work) as memory:
        yield made(memory / "tree", trees)


@contextlib.contextmanager
def on_cold_ext4(work: Path, trees: dict[str, Tree]):
    """Nothing of it is in the caches, so that the group pays for all that is read."""
    with places.ext4(work, sum(tree.files for tree in trees.values())) as disk:
        scene = made(disk / "tree", trees)
        drop_caches()
        yield scene


def drop_caches() -> None:
    os.sync()
    Path("/proc/sys/vm/drop_caches").write_text("3")


@contextlib.contextmanager
def on_latencyfs(work: Path, trees: dict[str, Tree], latency_ms: float):
    tools.build(with_latencyfs=True)
    with bed.slow_tree(work, trees, "--latency", str(latency_ms)) as (slow, old, behind):
        yield Scene(slow.root / "tree", behind, sum(tree.files for tree in trees.values()), old)


# MARK: one run


@dataclass
class Trial:
    """What one run came to. `status` is None when it did not end in time."""

    limit_mib: float
    status: int | None
    began: float
    wall: float
    threads: int
    oom_kills: int
    group_mib: float | None
    report: dict
    log: list[dict]
    killed: list[str] = field(default_factory=list)
    arrived: float | None = None
    missed: bool = False  # it was over before the neighbour came

    @property
    def after_arrival(self) -> float | None:
        """How long it went on with the neighbour there, or after it."""
        return self.began + self.wall - self.arrived if self.arrived else None

    def memory(self, name: str) -> float:
        return self.report.get("memory", {}).get(name, 0)


@dataclass(frozen=True)
class Visit:
    """A neighbour that comes in the middle of the run, and goes after `stay` seconds or when the run is over."""

    kind: str
    mib: int
    stay: float
    mib_per_second: int = 0

    def play(self, group: Group, purge: Running, room: Path) -> dict:
        """What to note of it. `room` is on a tmpfs."""
        file = room / "neighbour" if self.kind == "file" else ""
        missed = purge.wait(HEAD_START_S)
        with neighbour(group, self.kind, self.mib, mib_per_second=self.mib_per_second, file=file) as guest:
            arrived = time.monotonic()
            if self.mib:
                say(f"  with the neighbour, MiB of {SHARED_MIB}: {group.describe()}")
            purge.wait(self.stay)
            killed = ["the neighbour"] if guest.was_killed else []
        return {"arrived": arrived, "missed": missed, "killed": killed}


def play(command: list, work: Path, limit_mib: float, visit: Visit | None = None, room: Path | None = None) -> Trial:
    """Runs a purge in a new group."""
    written, output = work / "report.json", work / "output.txt"
    written.unlink(missing_ok=True)
    with group_of(limit_mib) as group, open(output, "wb") as log:
        with group.running([*command, "--report", written], stdout=log, stderr=log) as purge:
            noted = visit.play(group, purge, room) if visit else {}
            purge.wait(MOST_S)
            status, killed = purge.status, ["the purge"] if purge.was_killed else []
        wall = (purge.ended or time.monotonic()) - purge.began
        trial = Trial(limit_mib, status, purge.began, wall, purge.threads, group.oom_kills(), group.peak_mib(),
                      read_report(written), records(output), **noted)
    trial.killed += killed
    return trial


def read_report(path: Path) -> dict:
    return json.loads(path.read_text()) if path.exists() else {}


def records(output: Path) -> list[dict]:
    """The lines of the log, without those of the summary."""
    found = []
    for line in output.read_text(errors="replace").splitlines():
        with contextlib.suppress(ValueError):
            found.append(json.loads(line))
    return [record for record in found if isinstance(record, dict)]


def command_for_three(subject: Subject, scene: Scene, work: Path, seconds: float) -> list:
    """Three targets side by side, each so slow that they take about so long."""
    own = [line for line in subject.lines if "." not in line.split(":")[0]]
    wider = [line for line in subject.lines if line not in own]
    rate = max(1, int(operations(scene) / len(PRIORITIES) / seconds))
    lines = ["version: 1", "run:", f"  parallel_targets: {len(PRIORITIES)}", "targets:"]
    for name, priority in PRIORITIES.items():
        lines += [f"  - name: {name}", f"    path: {scene.root / name}", f"    max_age: {AGE_DAYS}d",
                  f"    priority: {priority}", f"    operations_per_second: {rate}", *(f"    {line}" for line in own)]
    config = work / "three.yaml"
    config.write_text("\n".join(lines) + "\n")
    command = [subject.binary, "run", "--config", config, "--log-format", "json"]
    for key, value in (line.split(":", 1) for line in wider):
        command += ["--set", f"{key}={value.strip()}"]
    return command


def operations(scene: Scene) -> int:
    """A look at each file; a fresh look and a removal for each old one."""
    return scene.files + 2 * scene.old


# MARK: what may be wrong


def wrong_at_the_end(trial: Trial, statuses: set[int]) -> Iterator[str]:
    if trial.missed:
        yield "over before the neighbour came"
    if trial.status is None:
        yield f"not over after {MOST_S:g} s"
    elif trial.status not in statuses:
        yield f"status {trial.status}"
    if not trial.report and trial.status is not None:
        yield "no report"


def wrong_kills(trial: Trial) -> Iterator[str]:
    if trial.oom_kills:
        yield "OOM kill"


def wrong_young(young_left: int, scene: Scene) -> Iterator[str]:
    if young_left != scene.files - scene.old:
        yield "young files are gone"


def wrong_completion(trial: Trial, scene: Scene) -> Iterator[str]:
    """Everything old must be gone, and the report must say exactly that."""
    old, young = scene.left()
    yield from wrong_at_the_end(trial, {0})
    yield from wrong_kills(trial)
    yield from wrong_young(young, scene)
    if old:
        yield "old files left"
    yield from wrong_books(trial, scene, old + young)
    totals = trial.report.get("totals", {})
    exact = {"files_scanned": scene.files, "files_to_purge": scene.old, "files_purged": scene.old}
    if totals and any(totals[name] != count for name, count in exact.items()):
        yield "counts of the report are not exact"


def wrong_books(trial: Trial, scene: Scene, files_left: int) -> Iterator[str]:
    """Every file scanned must be accounted for, and those purged must be those that are gone."""
    targets, totals = trial.report.get("targets", []), trial.report.get("totals", {})
    for figures in [*targets, *([totals] if totals else [])]:
        if figures["files_scanned"] != sum(figures["files_kept"].values()) + figures["files_to_purge"]:
            yield "scanned is not kept and to purge"
        if figures["files_to_purge"] != sum(figures[f"files_{fate}"] for fate in FATES):
            yield "to purge is not purged, vanished, failed and left"
    for name in ("files_scanned", "files_to_purge", *(f"files_{fate}" for fate in FATES)):
        if totals and totals[name] != sum(target[name] for target in targets):
            yield f"{name} of the totals is not that of the targets"
    if totals and files_left != scene.files - totals["files_purged"]:
        yield "files on disk are not those made less those purged"


def wrong_pauses(trial: Trial) -> Iterator[str]:
    """The lowest priority first; who paused goes on."""
    paused = [target_of(record) for record in trial.log if record.get("message") == "Paused to free memory"]
    if not paused or trial.memory("pauses") < 1:
        yield "no pause"
    elif paused[0] != "low":
        yield f"{paused[0]} paused first"
    last = {target_of(record): record["message"] for record in trial.log
            if record.get("message") in ("Paused to free memory", "Resumed")}
    if any(message != "Resumed" for message in last.values()):
        yield "did not resume all"


def target_of(record: dict) -> str:
    return record.get("extra_fields", {}).get("target", "")


def wrong_stop(trial: Trial, scene: Scene) -> Iterator[str]:
    """It must stop soon, and by itself; what is left must be in the books."""
    old, young = scene.left()
    yield from wrong_at_the_end(trial, {STOPPED_MEMORY})
    yield from wrong_kills(trial)
    yield from wrong_young(young, scene)
    yield from wrong_books(trial, scene, old + young)
    if trial.report and trial.report["outcome"] != "stopped_memory":
        yield f"outcome {trial.report['outcome']}"
    if trial.after_arrival is not None and trial.after_arrival > MOST_S_TO_STOP:
        yield f"later than {MOST_S_TO_STOP:g} s"


# MARK: cases with a neighbour


@dataclass(frozen=True)
class Setting:
    """What every case is given."""

    subject: Subject
    work: Path
    scale: float

    def scaled(self, count: int) -> int:
        return max(1, int(count * self.scale))

    def tree(self, files: int, dirs: int, old_fraction: float = 0.5) -> Tree:
        return Tree(self.scaled(files), dirs=self.scaled(dirs), old_fraction=old_fraction)

    def flat(self, files: int) -> Tree:
        return Tree(self.scaled(files), flat=True)


Result = tuple[Trial, list[str]]


@contextlib.contextmanager
def three_beside(setting: Setting, visit: Visit, seconds: float):
    """Three targets for so long, and a neighbour; yields the run and what it was to purge."""
    places.need_root("a control group")
    trees = {name: setting.tree(10_000, dirs=100) for name in PRIORITIES}
    with on_tmpfs(setting.work, trees) as scene:
        command = command_for_three(setting.subject, scene, setting.work, seconds)
        yield play(command, setting.work, SHARED_MIB, visit, room=scene.root.parent), scene


def comes_and_goes(setting: Setting) -> Result:
    with three_beside(setting, Visit("private", 215, stay=6), seconds=10) as (trial, scene):
        return trial, [*wrong_completion(trial, scene), *wrong_pauses(trial)]


def stays(kind: str) -> Callable[[Setting], Result]:
    """The targets take longer than they have time to stop: none is over by itself before."""

    def case(setting: Setting) -> Result:
        visit = Visit(kind, 240, stay=MOST_S_TO_STOP + 15)
        with three_beside(setting, visit, seconds=MOST_S_TO_STOP + 10) as (trial, scene):
            return trial, list(wrong_stop(trial, scene))

    return case


def rushes(setting: Setting) -> Result:
    """Nobody can be quick enough here: that the kernel kills is certain, but it must not be us."""
    with three_beside(setting, Visit("private", 0, stay=30, mib_per_second=1024), seconds=5) as (trial, scene):
        old, young = scene.left()
        return trial, [*wrong_at_the_end(trial, {0, STOPPED_MEMORY}), *wrong_young(young, scene),
                       *wrong_books(trial, scene, old + young)]


# MARK: cases with little memory


def alone(setting: Setting, limit_mib: float, place, tree: Tree, *lines: str, may_pause: bool = True) -> Result:
    places.need_root("a control group")
    with place(setting.work, {"data": tree}) as scene:
        command = setting.subject.with_lines(*lines).command(Job(scene.root, setting.work))
        trial = play(command, setting.work, limit_mib)
        return trial, [*wrong_completion(trial, scene), *wrong_to_pause(trial, may_pause), *wrong_ledger(trial)]


def wrong_ledger(trial: Trial) -> Iterator[str]:
    for target in trial.report.get("targets", []):
        most, budget = target.get("memory_reserved_peak_mb"), target.get("memory_budget_mb")
        if most is None or not 0 < most <= budget:
            yield f"{most} of {budget} MiB reserved"


def wrong_to_pause(trial: Trial, may_pause: bool) -> Iterator[str]:
    if not may_pause and trial.memory("pauses"):
        yield "paused"


def cold_cache(setting: Setting) -> Result:
    return alone(setting, 96, on_cold_ext4, setting.tree(1_000_000, dirs=1000), may_pause=False)


def small_container(setting: Setting) -> Result:
    return alone(setting, 32, on_cold_ext4, setting.tree(100_000, dirs=100), "concurrency: 32")


def latency(setting: Setting) -> Result:
    tree = setting.tree(25_000, dirs=2000, old_fraction=1)
    return alone(setting, 64, slow_by(30), tree, "concurrency: 1000")


def slow_by(milliseconds: float):
    return lambda work, trees: on_latencyfs(work, trees, milliseconds)


def small_budget_flat(setting: Setting) -> Result:
    return alone(setting, SHARED_MIB, on_tmpfs, setting.flat(1_000_000), "memory_budget: 2Mi")


def small_budget_wide(setting: Setting) -> Result:
    return alone(setting, SHARED_MIB, on_tmpfs, setting.tree(25_000, dirs=25_000), "memory_budget: 2Mi")


# MARK: the recommended limit


def recommended(place, tree_of: Callable[[Setting], Tree]) -> Callable[[Setting], Result]:
    """What a rehearsal recommends must be enough for the purge."""

    def case(setting: Setting) -> Result:
        places.need_root("a control group")
        with place(setting.work, {"data": tree_of(setting)}) as scene:
            job = Job(scene.root, setting.work, dry_run=True)
            rehearsal = play(setting.subject.command(job), setting.work, PLAN_MIB)
            if wrong := list(wrong_at_the_end(rehearsal, {0})):
                return rehearsal, [f"plan: {fault}" for fault in wrong]
            limit = recommendation(rehearsal)
            drop_caches()  # the pages of the binary too: a new container pays for them
            trial = play(setting.subject.command(Job(scene.root, setting.work)), setting.work, limit)
            return trial, [*wrong_completion(trial, scene), *wrong_to_pause(trial, may_pause=False)]

    return case


def recommendation(rehearsal: Trial) -> float:
    """In MiB."""
    if "recommendation" not in rehearsal.report:
        raise Skip("the report of plan has no recommendation")
    return rehearsal.report["recommendation"]["memory_limit_mb"]


CASES: dict[str, Callable[[Setting], Result]] = {
    "comes-and-goes": comes_and_goes,
    "stays-private": stays("private"),
    "stays-shared": stays("shared"),
    "stays-file": stays("file"),
    "rushes": rushes,
    "cold-cache": cold_cache,
    "small-container": small_container,
    "latency": latency,
    "small-budget-flat": small_budget_flat,
    "small-budget-wide": small_budget_wide,
    "recommended-wide": recommended(on_tmpfs, lambda setting: setting.tree(100_000, dirs=1000)),
    "recommended-flat": recommended(on_tmpfs, lambda setting: setting.flat(200_000)),
    "recommended-latency": recommended(slow_by(3), lambda setting: setting.tree(20_000, dirs=100)),
}


# MARK: the table


class Row:
    """One case: all its runs, and the worst figures of them."""

    def __init__(self, name: str):
        self.name = name
        self.trials: list[Trial] = []
        self.wrong: Counter = Counter()
        self.passed = 0

    def add(self, trial: Trial, faults: list[str]) -> None:
        self.trials.append(trial)
        self.wrong.update(set(faults))
        self.passed += not faults

    def worst(self, figure: Callable[[Trial], float | None], digits: int = 1) -> str:
        known = [value for value in map(figure, self.trials) if value is not None]
        return f"{max(known):.{digits}f}" if known else "–"

    def cells(self) -> list:
        stopped = [trial for trial in self.trials if trial.status == STOPPED_MEMORY]
        to_stop = [trial.after_arrival for trial in stopped if trial.after_arrival is not None]
        return [
            self.name, len(self.trials), self.passed, counted(self.wrong),
            counted(Counter(str(trial.status) for trial in self.trials)),
            self.worst(lambda trial: trial.limit_mib, 0), self.worst(lambda trial: trial.wall),
            self.worst(lambda trial: trial.memory("peak_mb")), self.worst(lambda trial: trial.group_mib),
            self.worst(lambda trial: trial.memory("pauses"), 0), self.worst(lambda trial: trial.threads, 0),
            f"{max(to_stop):.1f}" if to_stop else "–", self.worst(lambda trial: trial.oom_kills, 0),
            counted(Counter(who for trial in self.trials for who in trial.killed)),
        ]


COLUMNS = ["case:", "runs", "passed", "what went wrong:", "status:", "limit MiB", "wall s", "peak_mb", "group MiB",
           "pauses", "threads", "s to status 3", "OOM kills", "killed:"]


def counted(what: Counter) -> str:
    return "; ".join(f"{times} x {text}" for text, times in what.items()) or "–"


def skipped(name: str, reason: Skip) -> list:
    return [name, 0, "–", f"skipped: {reason}"] + ["–"] * (len(COLUMNS) - 4)


def chosen(names: list[str]) -> list[str]:
    """All cases when none is named; a name stands for all cases that begin with it, too."""
    meant = {name: [case for case in CASES if f"{case}-".startswith(f"{name}-")] for name in names}
    for name in names:
        if not meant[name]:
            raise SystemExit(f"there is no case {name}, but {', '.join(CASES)}")
    return [case for case in CASES if not names or any(case in cases for cases in meant.values())]


def keep(name: str, number: int, work: Path, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    for file in ("output.txt", "report.json"):
        if (work / file).exists():
            shutil.copy(work / file, directory / f"{name}-{number}-{file}")


def runs_of(name: str, subject: Subject, work: Path, options) -> Row:
    row = Row(name)
    for number in range(1, options.runs + 1):
        say(f"{name}, run {number} of {options.runs}")
        trial, faults = CASES[name](Setting(subject, work, options.scale))
        row.add(trial, faults)
        say(f"  status {trial.status} after {trial.wall:.1f} s: {'; '.join(faults) or 'as expected'}")
        if faults and options.keep:
            keep(name, number, work, options.keep)
    return row


def run(subject: Subject, work: Path, options) -> bool:
    rows, passed = [], []
    for name in chosen(options.case):
        try:
            row = runs_of(name, subject, work, options)
        except Skip as reason:
            rows.append(skipped(name, reason))
            continue
        rows.append(row.cells())
        passed.append(row.passed == options.runs)
    print(report.table(COLUMNS, rows))
    if not passed:
        raise Skip("none of it can be measured here")
    return report.verdict(all(passed), "every run paused, went on or stopped as it should, and none was killed")
