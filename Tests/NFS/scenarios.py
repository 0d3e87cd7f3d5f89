#!/usr/bin/env python3
"""Tries efs-purge-batch on a real NFSv4.1, client and server in an emulated machine. See README.md here.

Exit status: 0 all passed, 1 something failed, 125 the machine gave no answer."""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
SCENARIOS = {
    "rotation": "another client puts young files under old names",
    "rpcs": "requests a removed file",
    "failover": "the server goes, and comes back on a copy, without its export, or late",
    "moved": "another client moves a folder out while it is emptied",
}
OPTIONS_OF_HOST = {"scenario", "image", "timeout"}


def words(text: str) -> list[str]:
    return text.split(",")


def numbers(text: str) -> list[float]:
    return [float(each) for each in text.split(",")]


def parse() -> argparse.Namespace:
    default_image = os.environ.get("NFS_IMAGE") or REPOSITORY / ".build-nfs"
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="scenario", required=True, metavar="SCENARIO")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--binary", type=Path, required=True, help="of efs-purge-batch, its Swift runtime inside")
    shared.add_argument("--image", type=Path, default=default_image, help="folder of the machine; made when missing")
    shared.add_argument("--rtt", type=float, default=3, help="milliseconds of a round trip beyond the machine's own")
    shared.add_argument("--timeout", type=int, default=2700, help="seconds for one boot")
    of = {name: commands.add_parser(name, parents=[shared], help=text) for name, text in SCENARIOS.items()}
    of["all"] = commands.add_parser("all", parents=[shared], help="each of these, a boot each")
    for name, command in of.items():
        if name in ("rotation", "all"):
            add_rotation(command)
        if name in ("rpcs", "all"):
            command.add_argument("--against", type=Path, help="another binary to compare with")
            command.add_argument("--runs", type=int, default=3, help="of each shape; the median counts")
        if name in ("failover", "all"):
            add_failover(command)
        if name in ("moved", "all"):
            command.add_argument("--trials", type=int, default=5, help="of each kind of move")
            command.add_argument("--moved-files", type=int, default=1000)
            command.add_argument("--moved-patience", type=float, default=1.5, help="seconds it may go on")
    return parser.parse_args()


def add_rotation(command: argparse.ArgumentParser) -> None:
    command.add_argument("--parts", type=words, default=["before", "in-run", "reopened"], metavar="before,in-run,reopened")
    command.add_argument("--modes", type=words, default=["quick", "ahead"], metavar="quick,ahead")
    command.add_argument("--views", type=words, default=["client", "server"], metavar="client,server")
    command.add_argument("--delays", type=numbers, default=[0, 1, 5, 20], metavar="0,1,5,20")
    changes = ["rotate", "replace", "recreate", "rename over", "new folder", "new empty"]
    command.add_argument("--changes", type=words, default=changes, metavar="CHANGE,…", help="before the last look; default all")
    command.add_argument("--folders", type=int, default=50, help="for each kind of change")
    command.add_argument("--descriptors", type=int, default=40, help="for folders opened again")
    command.add_argument("--window", type=float, default=1.2, help="seconds before a removal that cannot be covered")
    command.add_argument("--in-run-runs", type=int, default=8)
    command.add_argument("--in-run-folders", type=int, default=8)
    command.add_argument("--in-run-files", type=int, default=200)
    command.add_argument("--in-run-pause", type=float, default=0.5, help="seconds between changes, at most")
    command.add_argument("--seed", type=int, default=1)


def add_failover(command: argparse.ArgumentParser) -> None:
    command.add_argument("--kinds", type=words, metavar="KIND,…", help="see guest/failover.py; default all",
                         default=["block", "block-root", "copy", "withdrawn", "given-again", "away", "cut-off"])
    command.add_argument("--failovers", type=int, default=10, help="trials of each kind (half of them for the last four)")
    command.add_argument("--failover-folders", type=int, default=10)
    command.add_argument("--failover-files", type=int, default=40, help="old ones in each folder")
    command.add_argument("--patience", type=float, default=120, help="seconds after the server is back")
    command.add_argument("--in-flight", type=int, default=64, help="removals whose answers may be lost with the server")
    if not any("--seed" in action.option_strings for action in command._actions):
        command.add_argument("--seed", type=int, default=1)


def prepare(options: argparse.Namespace, folder: Path) -> dict:
    """What the guest gets as /in; returns its options."""
    shutil.copytree(HERE / "guest", folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        ["gcc", "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", folder / "trace.so", HERE / "trace.c", "-ldl"],
        check=True)
    passed = {key: value for key, value in vars(options).items() if key not in OPTIONS_OF_HOST}
    for which in ("binary", "against"):
        if passed.get(which):
            shutil.copy2(passed[which], folder / which)
            passed[which] = f"/in/{which}"
    return passed


def run(scenario: str, options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory(prefix="nfs-scenario.") as scratch:
        given, taken = Path(scratch, "in"), Path(scratch, "out")
        given.mkdir()
        text = json.dumps(prepare(options, given)).replace("'", "'\\''")
        return subprocess.run(
            [HERE / "vm" / "boot.sh", "--image", options.image, "--in", given, "--out", taken, "--timeout",
             str(options.timeout), "--", f"exec python3 /in/main.py {scenario} '{text}'"]).returncode


def main() -> int:
    options = parse()
    if not options.binary.is_file():
        print(f"scenarios: {options.binary} is no file", file=sys.stderr)
        return 64
    subprocess.run([HERE / "vm" / "build.sh", options.image], check=True)
    chosen = list(SCENARIOS) if options.scenario == "all" else [options.scenario]
    return max(run(scenario, options) for scenario in chosen)


if __name__ == "__main__":
    sys.exit(main())
