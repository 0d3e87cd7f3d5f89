"""What a removed file costs in requests, for one binary or two."""

import statistics

import nfs
from tables import Table

SHAPES = {"1 folder x 1000": (1, 1000), "40 folders x 40": (40, 40)}
SHOWN = ["GETATTR", "LOOKUP", "REMOVE", "ACCESS", "READDIR"]
# An emulated machine is so slow that what came with the listing would be out of date before it is judged by, now and then.
KEPT = ",acregmin=600,acregmax=600"
GROWTH = 0.1
"""Requests a file that a binary may cost beyond the one it is compared with."""


def requests_per_file(binary: str, name: str, folders: int, files: int) -> dict[str, float]:
    base = nfs.EXPORT / name
    for number in range(folders):
        nfs.make_old(base / f"d{number:02}", [f"f{each:04}" for each in range(files)])
    # Mounted anew, so that nothing is cached.
    mount = nfs.mount_tested(f"/mnt/{name}", options=KEPT)
    before = nfs.calls(mount)
    ended = nfs.purge(binary, [nfs.Target(mount / name)])
    after = nfs.calls(mount)
    nfs.unmount(mount)
    if ended.status != 0 or nfs.names_below(base):
        raise RuntimeError(f"status {ended.status}, {len(nfs.names_below(base))} files left: {ended.errors[-400:]}")
    count = folders * files
    per_file = {each: (after[each] - before.get(each, 0)) / count for each in after}
    return per_file | {"seconds": ended.seconds}


def run(options) -> bool:
    binaries = {"binary": options.binary} | ({"against": options.against} if options.against else {})
    table = Table(
        f"Requests a removed file, round trip {options.rtt:g} ms, median of {options.runs}",
        ["shape", "of", *SHOWN, "others", "all", "seconds"])
    nfs.round_trip(options.rtt)
    for number, (shape, (folders, files)) in enumerate(SHAPES.items()):
        found: dict[str, dict[str, float]] = {}
        runs: dict[str, list[dict[str, float]]] = {which: [] for which in binaries}
        for turn in range(options.runs):
            for which, binary in binaries.items():
                runs[which].append(requests_per_file(binary, f"rpcs-{number}-{which}-{turn}", folders, files))
        for which, each_run in runs.items():
            found[which] = {each: statistics.median(run.get(each, 0) for run in each_run) for each in each_run[0]}
        for which, costs in found.items():
            _row(table, shape, which, costs)
        if len(found) == 2:
            difference = {each: found["binary"].get(each, 0) - found["against"].get(each, 0) for each in found["binary"]}
            growth = _all(difference)
            _row(table, shape, "difference", difference,
                 f"{growth:.2f} requests a file more, over {GROWTH}" if growth > GROWTH else None)
    nfs.round_trip(0)
    return table.end()


def _all(costs: dict[str, float]) -> float:
    return sum(cost for each, cost in costs.items() if each != "seconds")


def _row(table: Table, shape: str, which: str, costs: dict[str, float], failure: str | None = None) -> None:
    shown = [costs.get(each, 0.0) for each in SHOWN]
    total = _all(costs)
    table.row(shape, which, *shown, total - sum(shown), total, costs["seconds"], failure=failure)
