#!/usr/bin/env python3
"""Measures one property of efs-purge-batch at a time, against a threshold. See README.md here.

Exit status: 0 all passed or skipped, 1 something failed its threshold. What was skipped is named."""

import argparse
import importlib

from lab import places, programs, tools
from lab.programs import Subject
from lab.tools import Skip, say

CHECKS = {
    "pool": "auto against fixed concurrency at several latencies",
    "in-flight": "requests in flight in the middle of a wide run",
    "one-directory": "removals per round trip in one flat directory",
    "window": "how long before its removal a file was looked at",
    "slow-directory": "one slow directory beside fast ones",
    "full-server": "a server at its limit of requests per second",
    "speed-change": "latency that changes in the middle of a run",
    "memory": "peak memory, and that it does not grow with the number of files",
    "pressure": "little memory, and neighbours that take it: pauses, good order, no kill",
    "monitor": "what a look at memory costs, and that it comes in time",
    "start-up": "time until the first request on the target",
    "config": "check-config on large and on hostile texts",
    "limits": "few descriptors, threads and processes",
    "instructions": "user-space instructions per file (callgrind)",
}

WITHOUT_LATENCYFS = {"config", "instructions", "memory", "monitor", "pressure"}


def module_of(name: str):
    return importlib.import_module("checks." + name.replace("-", "_"))


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="check", required=True, metavar="CHECK")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--binary", default=programs.default_binary(), help="of efs-purge-batch")
    shared.add_argument("--config-line", action="append", default=[], metavar="LINE", help="e.g. 'concurrency: 64'")
    for name, meaning in CHECKS.items():
        module_of(name).add_options(commands.add_parser(name, parents=[shared], help=meaning, description=meaning))
    commands.add_parser("all", parents=[shared], help="each of these but instructions, with its default size")
    return parser.parse_args()


def options_of(name: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    module_of(name).add_options(parser)
    return parser.parse_args([])


def run_one(name: str, subject: Subject, options: argparse.Namespace) -> bool | None:
    """Whether it passed; None: it was skipped."""
    print(f"### {name}: {CHECKS[name]}\n", flush=True)
    try:
        tools.build(with_latencyfs=name not in WITHOUT_LATENCYFS)
        with places.scratch() as work:
            return module_of(name).run(subject, work, options)
    except Skip as reason:
        print(f"skipped: {reason}\n", flush=True)
        return None


def main() -> None:
    options = parse()
    subject = Subject(options.binary, lines=tuple(options.config_line))
    programs.need_binary([subject])
    if options.check != "all":
        raise SystemExit(run_one(options.check, subject, options) is False)
    names = [name for name in CHECKS if name != "instructions"]
    passed = {name: run_one(name, subject, options_of(name)) for name in names}
    for outcome, word in [(True, "passed"), (None, "skipped"), (False, "failed")]:
        if some := [name for name in names if passed[name] is outcome]:
            say(f"{word}: {', '.join(some)}")
    raise SystemExit(False in passed.values())


if __name__ == "__main__":
    try:
        main()
    except Skip as reason:
        raise SystemExit(f"scenarios: {reason}")
    except KeyboardInterrupt:
        raise SystemExit("interrupted")
