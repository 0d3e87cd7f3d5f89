"""Another client changes what stands under a name that the tested client has looked at: nothing young may go."""

import os
import random
import time
from dataclasses import dataclass
from pathlib import Path

import nfs
from tables import Table, spread
from watch import Watch

NAME = "app.log"
YOUNG = b"young"


def rotate(folder: Path, name: str) -> None:
    os.rename(folder / name, folder / f"{name}.1")
    nfs.make_file(folder / name, YOUNG)


def replace(folder: Path, name: str) -> None:
    os.unlink(folder / name)
    nfs.make_file(folder / name, YOUNG)


def recreate(folder: Path, name: str) -> None:
    """The old file lives on elsewhere, outside the target, by a link: its inode never becomes stale."""
    keep = nfs.EXPORT / "kept"
    if not folder.is_relative_to(nfs.EXPORT):
        keep = Path("/", *folder.parts[:3]) / "kept"
    keep.mkdir(exist_ok=True)
    os.link(folder / name, keep / f"{time.time_ns()}-{folder.name}")
    replace(folder, name)


def rename_over(folder: Path, name: str) -> None:
    nfs.make_file(folder / f"{name}.new", YOUNG)
    os.rename(folder / f"{name}.new", folder / name)


def renew_folder(folder: Path, name: str) -> None:
    """The folder itself is moved aside, and one with a young file stands under its name."""
    os.rename(folder, folder.with_name(f"{folder.name}.1"))
    folder.mkdir()
    nfs.make_file(folder / name, YOUNG)


def renew_empty(folder: Path, _: str) -> None:
    """An old empty folder is moved aside, and a new one stands under its name."""
    os.rename(folder / "empty", folder / "empty.1")
    (folder / "empty").mkdir()


CHANGES = {
    "rotate": rotate,
    "replace": replace,
    "recreate": recreate,
    "rename over": rename_over,
    "new folder": renew_folder,
    "new empty": renew_empty,
}
IN_RUN = {name: CHANGES[name] for name in ("rotate", "replace", "recreate", "rename over")}


@dataclass
class Case:
    mode: str
    delay: float
    kind: str
    folders: int
    descriptors: int | None = None

    @property
    def base(self) -> str:
        return f"{self.mode}-{self.delay:g}-{self.kind.replace(' ', '-')}"

    def folder(self, root: Path, number: int) -> Path:
        # Deep, so that the files beside are removed before these are looked at: see trace.c.
        return Path(root, self.base, *["deep"] * 8, f"d{number:02}")

    def make(self) -> None:
        nfs.make_old(nfs.EXPORT / self.base / "beside", ["old1", "old2"])
        for number in range(self.folders):
            folder = self.folder(nfs.EXPORT, number)
            # Nothing else: a removal in the folder would make the client ask for its names anew.
            nfs.make_old(folder, [NAME])
            then = time.time() - nfs.OLD
            if self.kind == "new empty":
                (folder / "empty").mkdir()
                os.utime(folder / "empty", (then, then))
            os.utime(folder, (then, then))

    def stands(self, number: int) -> bool:
        """What is young is there still."""
        folder = self.folder(nfs.EXPORT, number)
        if self.kind == "new empty":
            return (folder / "empty").is_dir()
        try:
            return (folder / NAME).read_bytes() == YOUNG
        except FileNotFoundError:
            return False

    def target(self, root: Path) -> nfs.Target:
        # More workers than folders, so that all are listed before the change although each look is held.
        lines = ["concurrency: 150"] + (["remove_empty_directories: true"] if self.kind == "new empty" else [])
        return nfs.Target(root / self.base, lines=lines)


def stale_names_are_believed(tested: Path, other: Path) -> None:
    """Shows with a plain program that the two see different things: else nothing here would be a test."""
    folder = nfs.EXPORT / "shown"
    nfs.make_old(folder, [NAME])
    nfs.look_at_all(tested / "shown")
    before, _ = nfs.forced_look(tested / "shown" / NAME)
    rotate(other / "shown", NAME)
    forced, _ = nfs.forced_look(tested / "shown" / NAME)
    real = os.stat(nfs.EXPORT / "shown" / NAME).st_ino
    verdict = "is the old file's: stale names are believed" if forced == before != real else "is NOT stale"
    print(f"A forced look by name after the other client's rotation {verdict}"
          f" (inode {forced}; before {before}; on the server {real}).", flush=True)
    nfs.forced_look(tested / "shown")
    forced, _ = nfs.forced_look(tested / "shown" / NAME)
    print(f"After a forced look at the folder it {'is right' if forced == real else 'is still stale'}.", flush=True)
    if before == real:
        raise RuntimeError("the server's inode did not change")


def held(tool: nfs.Tool) -> set[str]:
    """The folders in which the tool is about to take a last look."""
    return {event.folder for event in nfs.events(tool.trace) if event.what == "held" and not event.folder.endswith("/beside")}


def wait_for_all(case: Case, tool: nfs.Tool) -> set[str]:
    """Until the tool is held in all folders, or comes no further; in which it is held."""
    found: set[str] = set()
    since, until = time.time(), time.time() + 60
    while len(found) < case.folders and tool.is_running and time.time() < until:
        now = held(tool)
        if now != found:
            found, since = now, time.time()
        if found and time.time() > since + 5:
            break
        time.sleep(0.1)
    return found


def run_case(case: Case, options, tested: Path, views: list[Path], table: Table) -> None:
    case.make()
    tool = nfs.Tool(options.binary, [case.target(tested)], held=True, files=case.descriptors)
    known = len(wait_for_all(case, tool))
    for number in range(case.folders):
        CHANGES[case.kind](case.folder(views[number % len(views)], number), NAME)
    changed = time.time()
    time.sleep(case.delay)
    tool.release()
    ended = tool.wait()
    lost = [number for number in range(case.folders) if not case.stands(number)]
    left = sum(name in ("old1", "old2") for name in nfs.names_below(nfs.EXPORT / case.base))
    removals = [event.ended - changed for event in ended.trace if event.what == "remove" and event.result == 0]
    problems = [f"{len(lost)} young lost"] if lost else []
    if ended.status != 0 or left:
        problems.append(f"status {ended.status}, {left} old left: {ended.errors[-200:]}")
    if known < (case.folders / 2 if case.descriptors is None else 1):
        problems.append("hardly any was listed before the change: no test")
    table.row(
        case.mode, f"{case.delay:g} s", case.kind, f"{known}/{case.folders}", len(lost), left, ended.status,
        nfs.median_ms(ended, "look"), nfs.median_ms(ended, "remove"), nfs.manner(ended).text(),
        f"{min(removals, default=0):.1f}-{max(removals, default=0):.1f} s",
        *([ended.count("open")] if case.descriptors else []), failure=", ".join(problems) or None)


def before_the_look(options, _: Path, views: dict[str, Path]) -> bool:
    table = Table(
        f"Changed after the listing, before the tool's last look: {options.folders} folders each, by {' and '.join(views)} in turn",
        ["mode", "before", "change", "listed", "lost", "old left", "status", "look ms", "remove ms", "manner", "removed after"])
    for mode in options.modes:
        nfs.round_trip(0 if mode == "quick" else options.rtt)
        # Where a file's attributes are not cached, the first look is a round trip already, and the folder known as slow.
        tested = nfs.mount_tested(f"/mnt/{mode}", options="" if mode == "quick" else ",acregmin=0,acregmax=0")
        for delay in options.delays:
            for kind in options.changes:
                run_case(Case(mode, delay, kind, options.folders), options, tested, list(views.values()), table)
    nfs.round_trip(0)
    return table.end()


# MARK: During the run


def in_run(options, tested: Path, views: dict[str, Path]) -> bool:
    """Folders of old files, one of which is changed while its folder is worked on; how long before its removal?"""
    table = Table(
        f"Changed during the run, folders of {options.in_run_files} old files, round trip {options.rtt:g} ms",
        ["run", "changed by", "changes", "kept", "lost", "lost late", "status", "window", "manner"])
    lost_gaps: list[float] = []
    kept_gaps: list[float] = []
    nfs.round_trip(options.rtt)
    for number in range(options.in_run_runs):
        view = list(views)[number % len(views)]
        _one_in_run(options, number, view, tested, views[view], table, lost_gaps, kept_gaps)
    nfs.round_trip(0)
    print(f"\nLost: {len(lost_gaps)}; change to removal: {spread(lost_gaps)}", flush=True)
    return table.end()


def _one_in_run(options, number, view, tested, root, table, lost_gaps, kept_gaps) -> None:
    random_numbers = random.Random(options.seed + number)
    base, count = f"in-run-{number}", options.in_run_folders
    names = [f"{random_numbers.randrange(options.in_run_files):03}.log" for _ in range(count)]
    local = [nfs.EXPORT / base / f"d{each:02}" for each in range(count)]
    for folder in local:
        nfs.make_old(folder, [f"{each:03}.log" for each in range(options.in_run_files)])
    nfs.look_at_all(tested / base)
    watch = Watch(local)
    tool = nfs.Tool(options.binary, [nfs.Target(tested / base)], traced=True)
    changed: dict[int, float] = {}
    order = list(range(count))
    random_numbers.shuffle(order)
    watch.wait_for(count, tool)
    for each in order:
        kind = list(IN_RUN)[(each + number) % len(IN_RUN)]
        folder = root / base / local[each].name
        try:
            IN_RUN[kind](folder, names[each])
        except FileNotFoundError:
            continue
        changed[each] = time.time()
        time.sleep(random_numbers.uniform(0, options.in_run_pause))
    ended = tool.wait()
    time.sleep(0.1)
    gaps, kept = [], 0
    for each, moment in changed.items():
        if (local[each] / names[each]).exists():
            kept += 1
            continue
        # A replaced file's own removal by the change is seen too: the last one counts.
        removals = [at for at, folder, name in watch.removals if folder == local[each] and name == names[each]]
        gaps.append(removals[-1] - moment if removals else 0.0)
    lost_gaps += gaps
    late = [gap for gap in gaps if gap > options.window]
    table.row(
        number, view, len(changed), kept, len(gaps), len(late), ended.status, spread(gaps), nfs.manner(ended).text(),
        failure=f"{len(late)} lost more than {options.window:g} s after the change" if late
        else f"status {ended.status} {ended.errors[-200:]}" if ended.status else None)


# MARK: Folders opened again


def reopened(options, tested: Path, views: dict[str, Path]) -> bool:
    """The same with few descriptors: what waits for its last look is closed, and opened again."""
    table = Table(
        f"Changed after the listing with {options.descriptors} descriptors",
        ["mode", "before", "change", "listed", "lost", "old left", "status", "look ms", "remove ms", "manner", "removed after",
         "opened"])
    for mode in options.modes:
        nfs.round_trip(0 if mode == "quick" else options.rtt)
        for kind in IN_RUN:
            case = Case(f"few-{mode}", 1, kind, options.folders, options.descriptors)
            run_case(case, options, tested, list(views.values()), table)
    nfs.round_trip(0)
    return table.end()


PARTS = {"before": before_the_look, "in-run": in_run, "reopened": reopened}


def run(options) -> bool:
    tested = nfs.mount_tested("/mnt/tested")
    views = {"client": nfs.mount_other("/mnt/other"), "server": nfs.EXPORT}
    views = {name: views[name] for name in options.views}
    stale_names_are_believed(tested, nfs.mount_other("/mnt/shown"))
    passed = [PARTS[name](options, tested, views) for name in options.parts]
    return all(passed)
