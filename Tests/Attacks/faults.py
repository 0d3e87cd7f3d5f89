#!/usr/bin/env python3
"""Random trees and random faults against an oracle; README.md tells what is judged."""

import argparse
import shlex
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from attacks import books, host, oracle, scenario as scenarios  # noqa: E402
from attacks.server import Server, read_record  # noqa: E402


@dataclass
class Result:
    seed: int
    kind: str
    faults: int
    seconds: float
    failures: list[oracle.Failure]


@dataclass
class Sums:
    runs: int = 0
    faults: int = 0
    failed: list[int] = field(default_factory=list)
    kinds: Counter = field(default_factory=Counter)
    slowest: float = 0

    def add(self, result: Result) -> None:
        self.runs += 1
        self.faults += result.faults
        self.slowest = max(self.slowest, result.seconds)
        self.kinds.update({failure.kind for failure in result.failures})
        if result.failures:
            self.failed.append(result.seed)


def write_inputs(scenario: scenarios.Scenario, folder: Path) -> None:
    (folder / "tree").write_text(scenario.tree_text())
    (folder / "rules").write_text("".join(line + "\n" for line in scenario.rules))
    (folder / "config.yaml").write_text(scenario.config_text(folder / "mount"))


def command_of(scenario: scenarios.Scenario, binary: Path, folder: Path) -> list[str]:
    command = [str(binary), "run", "--config", str(folder / "config.yaml"), "--report", str(folder / "report.json"),
               "--now", scenario.now_text, "--log-format", "json"]
    return command + (["--dry-run"] if scenario.is_dry else [])


def stop_and_time(process: subprocess.Popen, report: Path, begun: float) -> float:
    """Seconds from SIGTERM to the report."""
    process.send_signal(signal.SIGTERM)
    sent = time.monotonic()
    written = lambda: report.exists() and report.stat().st_mtime > begun and books.read_report(report) is not None
    host.wait_for(lambda: written() or process.poll() is not None, 10)
    return time.monotonic() - sent


def attempt(scenario: scenarios.Scenario, binary: Path, server: Path, folder: Path, deadline: float):
    """The run itself; the server is at its end when this returns, and with it every process that waited for it."""
    begun, wall, report_after = time.monotonic(), time.time(), None
    with Server(server, folder, scenario.server):
        process = host.start(command_of(scenario, binary, folder), folder, scenario.descriptors)
        try:
            has_ended = host.has_ended(process, scenario.term_after or deadline)
            if not has_ended and scenario.term_after:
                report_after = stop_and_time(process, folder / "report.json", wall)
                has_ended = report_after < 10
        finally:
            if process.poll() is None and report_after is None:
                process.kill()
        seconds = time.monotonic() - begun
    process.wait(30)
    report = books.read_report(folder / "report.json")
    return oracle.Outcome(process.returncode, not has_ended, seconds, report, report_after)


def try_seed(seed: int, options, server: Path, work: Path) -> Result:
    folder = work / f"seed-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    scenario = scenarios.make(seed, int(time.time()))
    write_inputs(scenario, folder)
    outcome = attempt(scenario, options.binary, server, folder, options.deadline)
    record = read_record(folder / "record")
    failures = oracle.judge(scenario, record, outcome)
    if record.end is None:
        failures.append(oracle.Failure("server", "the server did not come to its end"))
    failures = [failure for failure in failures if failure.kind not in options.allow]
    if failures:
        tell(scenario, options, folder, outcome, failures)
    elif not options.keep:
        shutil.rmtree(folder)
    return Result(seed, scenario.kind, record.faults_injected, outcome.seconds, failures)


telling = threading.Lock()


def tell(scenario, options, folder: Path, outcome: oracle.Outcome, failures: list[oracle.Failure]) -> None:
    again = [sys.argv[0], "--binary", str(options.binary), "--seeds", f"{scenario.seed}-{scenario.seed}",
             "--deadline", f"{options.deadline:g}"]
    lines = [f"seed {scenario.seed} ({scenario.kind}), status {outcome.status}, {outcome.seconds:.1f} s:"]
    lines += [f"  {failure.kind}: {ascii(failure.text)[1:-1]}" for failure in failures[:5]]
    lines += [f"  and {len(failures) - 5} more"] if len(failures) > 5 else []
    lines += [f"  artefacts: {folder}", f"  again: {shlex.join(again)}"]
    (folder / "failures").write_text("\n".join(lines) + "\n", errors="backslashreplace")
    with telling:
        print("\n".join(lines), flush=True)


def seeds_of(options):
    """All of them, until the time or the number of faults is reached."""
    first, last = options.seeds
    begun = time.monotonic()
    for seed in range(first, last + 1):
        if options.seconds and time.monotonic() - begun > options.seconds:
            return
        yield seed


def try_all(options, server: Path, work: Path) -> Sums:
    sums, pending, seeds = Sums(), set(), seeds_of(options)
    with ThreadPoolExecutor(options.jobs) as pool:
        try:
            while True:
                is_enough = options.faults and sums.faults >= options.faults
                while not is_enough and len(pending) < options.jobs and (seed := next(seeds, None)) is not None:
                    pending.add(pool.submit(try_seed, seed, options, server, work))
                if not pending:
                    return sums
                done = next(as_completed(pending))
                pending.remove(done)
                sums.add(done.result())
                tell_progress(sums)
        except BaseException:
            host.kill_started()
            raise
        finally:
            pool.shutdown(cancel_futures=True)


def tell_progress(sums: Sums) -> None:
    if sums.runs % 50 == 0:
        print(f"runs {sums.runs}, faults injected {sums.faults}, failures {len(sums.failed)}", flush=True)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", type=lambda text: Path(text).resolve(), required=True)
    parser.add_argument("--seeds", default="1-200", metavar="A-B", type=lambda text: tuple(map(int, text.split("-"))))
    parser.add_argument("--seconds", type=float, help="start no further run after this")
    parser.add_argument("--faults", type=int, help="start no further run when so many were injected")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--deadline", type=float, default=60, metavar="S", help="of one run (60)")
    parser.add_argument("--allow", default=[], type=lambda text: text.split(","), metavar="KINDS", help="of failures")
    parser.add_argument("--work", help="where artefacts go (a new folder below $TMPDIR)")
    parser.add_argument("--keep", action="store_true", help="artefacts of good runs too")
    return parser.parse_args()


def main() -> int:
    options = parse_options()
    try:
        host.need_root()
        host.need_fuse()
        server = host.build("faultfs")
        host.keep_mounts_to_ourselves()
    except host.Skip as reason:
        print(f"skipped: {reason}")
        return 0
    host.end_on_signals()
    with host.work_folder(options.work, options.keep) as work:
        try:
            sums = try_all(options, server, work)
        except KeyboardInterrupt:
            print("interrupted")
            return 130
    for kind, count in sums.kinds.most_common():
        print(f"  {kind}: {count} runs")
    print(f"runs {sums.runs}, faults injected {sums.faults}, failures {len(sums.failed)}, slowest {sums.slowest:.1f} s")
    return 1 if sums.failed else 0


if __name__ == "__main__":
    sys.exit(main())
