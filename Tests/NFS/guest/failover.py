"""The server goes away in the middle of a run and comes back: on a copy, without the export, or late.

block        its disk copied block by block, with other inode generations: every handle but that of the export's root is
             stale, inode numbers are the same
block-root   the same under another fsid: the handle of the export's root is stale too
copy         its files copied into another file system: handles are stale, inode numbers differ
withdrawn    the export is withdrawn and stays away
given-again  the export is withdrawn for 5 s
away         the server is stopped for 20 s
cut-off      no packet passes for 20 s"""

import errno
import os
import random
import time
from pathlib import Path

import nfs
from tables import Table
from watch import Watch

PLACE = Path("/srv/failover")
ROOM = Path("/dev/shm")
COPIES = {"block", "block-root", "copy"}
HALF = {"withdrawn", "given-again", "away", "cut-off"}


# MARK: The server and its disk


def make_disk(name: str) -> Path:
    disk = ROOM / name
    with open(disk, "wb") as file:
        file.truncate(48 << 20)
    # A folder's checksum holds its inode's generation: without checksums, that can be changed.
    nfs.sh("mke2fs", "-q", "-F", "-t", "ext4", "-O", "^metadata_csum,^has_journal", "-N", "4000", str(disk))
    return disk


def mount_disk(disk: Path) -> None:
    nfs.sh("mount", "-o", "loop,noatime", str(disk), str(PLACE))


def export(fsid: int) -> None:
    nfs.sh("exportfs", "-o", f"rw,fsid={fsid},no_root_squash,no_subtree_check,async,sec=sys,insecure", f"*:{PLACE}")


def withdraw() -> None:
    nfs.sh("exportfs", "-u", f"*:{PLACE}", check=False)
    nfs.sh("exportfs", "-f")


def stop_server() -> None:
    nfs.sh("rpc.nfsd", "0")


def start_server() -> None:
    nfs.sh("rpc.nfsd", "-N", "3", "-V", "4", "-V", "4.1", "-L", "10", "-G", "10", "8")
    Path("/proc/fs/nfsd/v4_end_grace").write_text("Y\n")


def unmount_disk() -> None:
    """The server's threads are gone, but caches may hold on to the file system for a moment."""
    for _ in range(50):
        nfs.sh("exportfs", "-f", check=False)
        if "busy" not in nfs.sh("umount", str(PLACE), check=False):
            return
        time.sleep(0.1)
    raise RuntimeError(f"{PLACE} stays busy")


def copy_blocks(disk: Path, inodes: list[int]) -> Path:
    copy = ROOM / f"{disk.name}.copy"
    nfs.sh("cp", "--sparse=always", str(disk), str(copy))
    script = ROOM / "script"
    script.write_text("".join(f"sif <{inode}> generation {random.randrange(1, 1 << 31)}\n" for inode in inodes))
    nfs.sh("debugfs", "-w", "-f", str(script), str(copy))
    return copy


def copy_files(disk: Path, _: list[int]) -> Path:
    copy = make_disk(f"{disk.name}.copy")
    source = Path("/run/source")
    source.mkdir(exist_ok=True)
    nfs.sh("mount", "-o", "loop,ro", str(disk), str(source))
    mount_disk(copy)
    # So that no inode has the number that it had.
    for number in range(50):
        (PLACE / f"shift{number}").touch()
    nfs.sh("cp", "-a", f"{source}/.", str(PLACE))
    for number in range(50):
        (PLACE / f"shift{number}").unlink()
    nfs.sh("umount", str(PLACE))
    nfs.sh("umount", str(source))
    return copy


def fail_over(disk: Path, copy, fsid: int) -> None:
    stop_server()
    withdraw()
    # Of all but the root, whose handle the client keeps for as long as it is mounted.
    inodes = [os.lstat(Path(path, name)).st_ino for path, folders, files in os.walk(PLACE) for name in folders + files]
    unmount_disk()
    mount_disk(copy(disk, inodes))
    export(fsid)
    start_server()


def happen(kind: str, disk: Path, rtt: float) -> None:
    """Returns when the server is back."""
    if kind == "block":
        fail_over(disk, copy_blocks, 21)
    elif kind == "block-root":
        fail_over(disk, copy_blocks, 22)
    elif kind == "copy":
        fail_over(disk, copy_files, 21)
    elif kind == "withdrawn":
        withdraw()
    elif kind == "given-again":
        withdraw()
        time.sleep(5)
        export(21)
    elif kind == "away":
        stop_server()
        time.sleep(20)
        start_server()
    elif kind == "cut-off":
        nfs.cut_wire()
        time.sleep(20)
        nfs.round_trip(rtt)


# MARK: A trial


def is_stale(handle: int) -> bool:
    """Whether a folder that was opened before is a stale handle for a plain program too."""
    try:
        nfs.forced_look_at(handle)
        return False
    except OSError as error:
        return error.errno == errno.ESTALE


def fill(base: Path, folders: int, files: int) -> None:
    for number in range(folders):
        nfs.make_old(base / f"d{number:02}", [f"old{each:03}" for each in range(files)])
        for each in range(2):
            nfs.make_file(base / f"d{number:02}" / f"young{each}", b"young")


def names_left(start: str) -> int:
    return sum(name.startswith(start) for name in nfs.names_below(PLACE))


def trial(options, kind: str, number: int, table: Table) -> None:
    random_numbers = random.Random(options.seed * 1000 + number)
    folders, files = options.failover_folders, options.failover_files
    disk = make_disk(f"disk{number}")
    mount_disk(disk)
    # In turn the root of the export and a folder in it.
    inside = "target" if number % 2 else "."
    fill(PLACE / inside, folders, files)
    export(21)
    mount = nfs.mount_tested("/mnt/failover", str(PLACE))
    watch = Watch([PLACE / inside / f"d{each:02}" for each in range(folders)])
    before = int(folders * files * random_numbers.uniform(0.05, 0.7))
    handle = os.open(mount / inside / "d00", os.O_RDONLY | os.O_DIRECTORY)
    tool = nfs.Tool(options.binary, [nfs.Target(mount / inside)])
    reached = watch.wait_for(before, tool)
    happen(kind, disk, options.rtt)
    back = time.time()
    ended = tool.wait(until=back + options.patience)
    took = time.time() - back
    old, young = names_left("old"), names_left("young")
    stale = is_stale(handle)
    os.close(handle)
    clean_up(disk)
    judge(options, kind, number, inside, reached, before, ended, took, stale, old, young, table)


def judge(options, kind, number, inside, reached, before, ended, took, stale, old, young, table) -> None:
    count = options.failover_folders * options.failover_files
    purged, vanished = ended.totals.get("files_purged", -1), ended.totals.get("files_vanished", -1)
    gone = count - old
    problems = []
    if kind in COPIES and not stale:
        problems.append("handles are not stale: no test")
    if not reached:
        problems.append("it ended before anything happened")
    if young != 2 * options.failover_folders:
        problems.append(f"{2 * options.failover_folders - young} young gone")
    if ended.was_stopped:
        problems.append(f"not done {options.patience:g} s after the server was back")
    if not ended.report:
        problems.append("no report")
    elif not purged <= gone <= purged + vanished + options.in_flight:
        problems.append(f"{purged} purged and {vanished} vanished by the report, {gone} are gone")
    if old and ended.status == 0:
        problems.append(f"status 0, {old} old left")
    if old and ended.outcome == "completed":
        problems.append("outcome completed")
    table.row(
        kind, number, inside, "yes" if stale else "no", before, gone, old, purged, vanished, ended.totals.get("files_left", -1),
        ended.totals.get("files_failed", -1), ended.totals.get("dirs_vanished", -1), ended.status, ended.outcome, took,
        failure="; ".join(problems) or None)


def clean_up(disk: Path) -> None:
    nfs.unmount("/mnt/failover")
    stop_server()
    withdraw()
    unmount_disk()
    for each in ROOM.glob(f"{disk.name}*"):
        each.unlink()
    start_server()


def run(options) -> bool:
    table = Table(
        f"{options.failover_folders} folders of {options.failover_files} old files, round trip {options.rtt:g} ms",
        ["what", "trial", "target", "stale", "before", "gone", "old left", "purged", "vanished", "left", "failed", "dirs van.",
         "status", "outcome", "took s"])
    nfs.round_trip(options.rtt)
    number = 0
    for kind in options.kinds:
        trials = (options.failovers + 1) // 2 if kind in HALF else options.failovers
        for _ in range(trials):
            trial(options, kind, number, table)
            number += 1
    nfs.round_trip(0)
    return table.end()
