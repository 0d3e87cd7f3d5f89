"""Another client moves a folder out of the target, or to a name that is excluded, while it is emptied."""

import os
import time
from pathlib import Path

import nfs
from tables import Table
from watch import Watch


def run(options) -> bool:
    tested = nfs.mount_tested("/mnt/tested")
    views = {"client": nfs.mount_other("/mnt/other"), "server": nfs.EXPORT}
    table = Table(
        f"A folder of {options.moved_files} old files is moved while it is emptied, round trip {options.rtt:g} ms",
        ["moved", "by", "trial", "before", "after", "last s", "stayed", "status", "outcome", "purged", "gone"])
    nfs.round_trip(options.rtt)
    for where in ("out", "excluded", "above out"):
        for view, root in views.items():
            for trial in range(options.trials):
                _trial(options, where, view, root, trial, tested, table)
    nfs.round_trip(0)
    return table.end()


def _trial(options, where: str, view: str, root: Path, trial: int, tested: Path, table: Table) -> None:
    base = f"moved-{where.replace(' ', '-')}-{view}-{trial}"
    inner = Path(base, "target", "a", "b") if where == "above out" else Path(base, "target", "b")
    nfs.make_old(nfs.EXPORT / inner, [f"f{number:04}" for number in range(options.moved_files)])
    nfs.make_old(nfs.EXPORT / base / "target" / "beside", [f"g{number:02}" for number in range(20)])
    (nfs.EXPORT / base / "rescued").mkdir()
    watch = Watch([nfs.EXPORT / inner, nfs.EXPORT / base / "target" / "beside"])
    tool = nfs.Tool(options.binary, [nfs.Target(tested / base / "target", lines=['exclude: ["keep/**"]'])])
    if not watch.wait_for(100, tool):
        ended = tool.wait()
        table.row(
            where, view, trial, watch.count, 0, 0.0, 0, ended.status, ended.outcome, "", "",
            failure=f"it ended before the move: {ended.errors[-300:]}")
        return
    target = root / base / "target"
    moved = target / ("a" if where == "above out" else "b")
    os.rename(moved, target / "keep" if where == "excluded" else root / base / "rescued" / "b")
    moment = time.time()
    # One that never was in the target.
    there = {"out": "rescued/b", "excluded": "target/keep", "above out": "rescued/b/b"}[where]
    nfs.make_old(nfs.EXPORT / base / there, ["stranger"])
    ended = tool.wait(until=moment + 120)
    time.sleep(0.1)
    after = [at - moment for at, _, name in watch.removals if at > moment and name[0] in "fs"]
    stayed = len(nfs.names_below(nfs.EXPORT / base / there))
    gone = options.moved_files + 21 - len(nfs.names_below(nfs.EXPORT / base))
    last = max(after, default=0.0)
    purged = ended.totals.get("files_purged", -1)
    stranger = not (nfs.EXPORT / base / there / "stranger").exists()
    problems = [f"still removing {last:.1f} s after the move"] if last > options.moved_patience else []
    if stranger:
        problems.append("a file that never was in the target is gone")
    if purged != gone:
        problems.append(f"the report says {purged} purged, {gone} are gone")
    if nfs.names_below(nfs.EXPORT / base / "target" / "beside"):
        problems.append("the folder beside it was not emptied")
    if ended.was_stopped:
        problems.append("it did not end")
    table.row(
        where, view, trial, watch.count - len(after), len(after), last, stayed, ended.status, ended.outcome, purged, gone,
        failure="; ".join(problems) or None)
