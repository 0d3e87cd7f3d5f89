#!/usr/bin/env python3
"""An attacker beside the purge: swaps, moves, mounts, rescues. README.md tells what is judged."""

import argparse
import json
import os
import random
import shlex
import shutil
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from attacks import books, host  # noqa: E402

DAY = 86_400
OLD = 100 * DAY
KINDS = ["links", "files", "away", "ancestors", "binds"]
# Two workers remove at once where calls are quick, and each looks again after 64 at most.
MOST_AFTER_MOVE = 128
"""Removals in hand when a folder is moved away."""
DEADLINE = 60


@dataclass
class Sums:
    runs: int = 0
    swaps: Counter = field(default_factory=Counter)
    judged_young: int = 0
    rescues: int = 0
    most_after_move: int = 0
    failures: int = 0
    kinds: Counter = field(default_factory=Counter)


@dataclass
class Bed:
    """One file system with what a run needs on it: `base`/up/t to purge, `base`/outside that must stay."""

    base: Path
    directories: int
    files: int
    young: int = 3

    @property
    def tree(self) -> Path:
        return self.base / "up/t"

    @property
    def outside(self) -> Path:
        return self.base / "outside"

    def make(self) -> None:
        for folder in (self.tree, self.outside / "sentinel", self.outside / "decoy/t"):
            for number in range(self.directories):
                fill(folder / f"d{number}", [f"f{file}" for file in range(self.files)], OLD)
        for number in range(self.directories):
            fill(self.tree / f"d{number}", self.young_names(), 0)
        (self.outside / "away").mkdir()
        (self.outside / "up-link").symlink_to("outside/decoy")

    def young_names(self) -> list[str]:
        return [f"y{number}" for number in range(self.young)]

    def lost_outside(self) -> list[str]:
        """Files that never were in the tree, and are gone."""
        folders = [self.outside / "sentinel", self.outside / "decoy/t"]
        wanted = [folder / f"d{number}/f{file}" for folder in folders for number in range(self.directories)
                  for file in range(self.files)]
        return [str(path) for path in wanted if not path.is_file()]

    def lost_young(self) -> list[str]:
        """Young files of the tree that are neither there nor where the attacker may have left their folder."""
        wanted = [f"d{number}/{name}" for number in range(self.directories) for name in self.young_names()]
        return [name for name in wanted
                if not (self.tree / name).is_file() and not (self.outside / "away" / name).is_file()]


def fill(folder: Path, names: list[str], age: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    moment = time.time() - age
    for name in names:
        os.close(os.open(folder / name, os.O_CREAT | os.O_WRONLY, 0o600))
        os.utime(folder / name, (moment, moment))


# Runs


@dataclass
class Run:
    status: int
    seconds: float
    is_overdue: bool
    report: dict | None
    told: str
    """What the attacker told at its end."""


def config_of(bed: Bed, keys: dict) -> str:
    target = {"name": "t", "path": str(bed.tree), "max_age": "30d", **keys}
    return json.dumps({"version": 1, "targets": [target]}) + "\n"


def start_attacker(tool: Path, arguments: list, folder: Path) -> subprocess.Popen:
    told, said = folder / "attacker", folder / "attacker-errors"
    with open(told, "wb") as out, open(said, "wb") as errors:
        attacker = subprocess.Popen([tool, *map(str, arguments)], stdout=out, stderr=errors)
    if not host.wait_for(lambda: b"ready" in said.read_bytes() or attacker.poll() is not None, 10, 0.002):
        attacker.kill()
    return attacker


def stop_attacker(attacker: subprocess.Popen) -> None:
    attacker.terminate()
    if not host.has_ended(attacker, 10):
        attacker.kill()
        attacker.wait()


def attack(binary: Path, bed: Bed, folder: Path, keys: dict, attacker: list, descriptors: int | None = None) -> Run:
    """A purge of the bed's tree with an attacker beside it from before its start to its end."""
    (folder / "config.yaml").write_text(config_of(bed, keys))
    command = [binary, "run", "--config", folder / "config.yaml", "--report", folder / "report.json",
               "--log-format", "json"]
    other = start_attacker(host.BUILT / "swaps", attacker, folder)
    begun = time.monotonic()
    process = host.start(command, folder, descriptors)
    try:
        has_ended = host.has_ended(process, DEADLINE)
    finally:
        process.kill()
        process.wait()
        seconds = time.monotonic() - begun
        stop_attacker(other)
    report = books.read_report(folder / "report.json")
    return Run(process.returncode, seconds, not has_ended, report, (folder / "attacker").read_text())


def judge_end(run: Run) -> list[str]:
    if run.is_overdue:
        return [f"not at its end after {run.seconds:.0f} s"]
    found = [] if run.status in (0, 1, 5) else [f"status {run.status}"]
    if run.report is None:
        return found + ["no report"]
    if run.report["exit_status"] != run.status:
        found.append(f"status {run.status}, but the report says {run.report['exit_status']}")
    return found + [f"books: {text}" for text in books.broken_books(run.report)]


# Attacks


def random_keys(chance: random.Random) -> dict:
    return {"remove_empty_directories": chance.random() < 0.5, "empty_directory_min_age": "0s",
            "concurrency": chance.choice(["auto", 1, 8, 64]),
            "operations_per_second": chance.choice(["unlimited", 20_000, 5000])}


def storm(binary: Path, place: Path, folder: Path, chance: random.Random, sums: Sums) -> list[str]:
    """Swaps of all kinds, or of some: nothing outside may go, and nothing young."""
    bed = Bed(place / "storm", directories=40, files=40)
    bed.make()
    kinds = KINDS if chance.random() < 0.5 else chance.sample(KINDS, 1)
    arguments = ["storm", ",".join(kinds), bed.base, bed.directories, bed.files, chance.randrange(1, 1 << 40)]
    descriptors = chance.choice([None, None, 64])
    run = attack(binary, bed, folder, random_keys(chance), arguments, descriptors)
    sums.swaps.update(json.loads(run.told or "{}"))
    found = judge_end(run) + [f"outside: {path} is gone" for path in bed.lost_outside()]
    return found + [f"young: {name} is gone" for name in bed.lost_young()]


def young(binary: Path, place: Path, folder: Path, chance: random.Random, sums: Sums) -> list[str]:
    """Old files give way to young ones before anybody looks into their folder: all of those must stay."""
    bed = Bed(place / "young", directories=100, files=20)
    bed.make()
    keys = {**random_keys(chance), "operations_per_second": chance.choice([2000, 5000]), "concurrency": 8}
    run = attack(binary, bed, folder, keys, ["young", bed.base, bed.directories, bed.files])
    names = run.told.split()
    sums.judged_young += len(names)
    return judge_end(run) + [f"young: {name} is gone" for name in names if not (bed.tree / name).is_file()]


def rescue(binary: Path, place: Path, folder: Path, chance: random.Random, sums: Sums) -> list[str]:
    """A folder is moved out of the target, or to an excluded name, in the middle of its removals."""
    bed = Bed(place / "rescue", directories=2, files=8000)
    bed.make()
    destination = chance.choice(["outside/saved", "up/t/keep"])
    keys = {"exclude": ["keep/**"], "concurrency": chance.choice(["auto", 1, 8]),
            "operations_per_second": chance.choice(["unlimited", 20_000])}
    run = attack(binary, bed, folder, keys, ["rescue", bed.base, "d0", destination, chance.choice([1, 170, 1000])])
    told = json.loads(run.told or '{"moved": false}')
    if not told["moved"] or not told["complete"]:
        return judge_end(run)
    sums.rescues += 1
    sums.most_after_move = max(sums.most_after_move, told["after"])
    found = judge_end(run)
    if told["after"] > MOST_AFTER_MOVE:
        found.append(f"rescue: {told['after']} files went after their folder was moved to {destination}")
    if not (bed.base / destination / "late").is_file():
        found.append(f"rescue: an old file that was put into {destination} after that is gone")
    return found


# Places


def mount_tmpfs(place: Path) -> None:
    subprocess.run(["mount", "-t", "tmpfs", "attacks", place], check=True)


def mount_ext4(place: Path) -> None:
    image = place.parent / f"{place.name}.image"
    with open(image, "wb") as file:
        file.truncate(256 << 20)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-N", "100000", image], check=True)
    subprocess.run(["mount", "-o", "loop", image, place], check=True)


MOUNTS = {"tmpfs": mount_tmpfs, "ext4": mount_ext4}


def mounted(kind: str, work: Path, stack: ExitStack) -> Path | None:
    place = work / kind
    place.mkdir(exist_ok=True)
    try:
        MOUNTS[kind](place)
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        print(f"skipped {kind}: {error}")
        return None
    stack.callback(remove_place, place)
    return place


def remove_place(place: Path) -> None:
    host.unmount(place)
    place.rmdir()
    place.with_suffix(".image").unlink(missing_ok=True)


# All of it


ATTACKS = {"storm": storm, "young": young, "rescue": rescue}


def try_round(options, number: int, name: str, kind: str, place: Path, work: Path, sums: Sums) -> None:
    folder = work / f"run-{number}-{name}-{kind}"
    folder.mkdir()
    found = ATTACKS[name](options.binary, place, folder, random.Random(f"{options.seed} {number}"), sums)
    sums.runs += 1
    for path in place.iterdir():
        if path.name != "lost+found":
            shutil.rmtree(path)
    if not found:
        shutil.rmtree(folder)
        return
    again = [sys.argv[0], "--binary", str(options.binary), "--seed", str(options.seed), "--round", str(number),
             "--file-systems", kind, "--attacks", name]
    lines = [f"{name} on {kind}, run {number}:", *(f"  {text}" for text in found[:4])]
    lines += [f"  and {len(found) - 4} more"] if len(found) > 4 else []
    print("\n".join([*lines, f"  artefacts: {folder}", f"  again: {shlex.join(again)}"]), flush=True)
    sums.failures += 1
    sums.kinds.update({f"{name}, {text.split(':')[0]}" for text in found})


def is_enough(options, sums: Sums, rounds: int, begun: float) -> bool:
    if options.seconds and time.monotonic() - begun > options.seconds:
        return True
    return rounds >= options.rounds and ("storm" not in options.attacks or sums.swaps.total() >= options.swaps)


def try_all(options, work: Path) -> Sums:
    sums, begun, rounds = Sums(), time.monotonic(), 0
    with ExitStack() as stack:
        places = {kind: place for kind in options.file_systems if (place := mounted(kind, work, stack))}
        number = options.round or 1
        while places and not is_enough(options, sums, rounds, begun):
            for name in options.attacks:
                for kind, place in places.items():
                    try_round(options, number, name, kind, place, work, sums)
            rounds, number = rounds + 1, number + 1
            if options.round:
                break
    return sums


def parse_options():
    words = lambda text: text.split(",")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--swaps", type=int, default=20_000, help="go on until so many were done (20000)")
    parser.add_argument("--rounds", type=int, default=10, help="and at least so many rounds of all attacks (10)")
    parser.add_argument("--seconds", type=float, help="start no further round after this")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--round", type=int, help="this one only")
    parser.add_argument("--attacks", type=words, default=list(ATTACKS), help="of storm, young, rescue")
    parser.add_argument("--file-systems", type=words, default=list(MOUNTS), help="of tmpfs, ext4")
    parser.add_argument("--work", help="where artefacts go (a new folder below $TMPDIR)")
    return parser.parse_args()


def main() -> int:
    options = parse_options()
    try:
        host.need_root()
        host.build("swaps")
        host.keep_mounts_to_ourselves()
    except host.Skip as reason:
        print(f"skipped: {reason}")
        return 0
    host.end_on_signals()
    with host.work_folder(options.work, keep=False) as work:
        try:
            sums = try_all(options, work)
        except KeyboardInterrupt:
            print("interrupted")
            return 130
    for kind, count in sums.kinds.most_common():
        print(f"  {kind}: {count} runs")
    print(f"runs {sums.runs}, swaps {sums.swaps.total()} ({dict(sums.swaps)}), young files judged {sums.judged_young}, "
          f"folders rescued {sums.rescues}, most removals after a move {sums.most_after_move}, "
          f"failures {sums.failures}")
    return 1 if sums.failures else 0


if __name__ == "__main__":
    sys.exit(main())
