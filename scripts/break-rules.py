#!/usr/bin/env python3
"""Breaks each safety rule by hand and shows that a named test fails: break-rules.py [--only N[,N]] [--list]

The rules stand in safety-rules.toml beside this script. In a copy of the working tree the text of every rule is replaced by
one that behaves broken when the environment says so, and as before otherwise. So it is built once, not once a rule.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".build-rules"
TREE = WORK / "tree"
VARIABLE = "EFS_PURGE_BROKEN_RULE"
SECONDS = 120

SWIFT_HELPER = f"""import Glibc

private let broken = getenv("{VARIABLE}").map {{ atoi($0) }} ?? 0

/// Whether this rule is to be broken.
func brokenRule(_ number: Int32) -> Bool {{ number == broken }}
"""
C_HELPER = f"""#include <stdlib.h>
int brokenRule(int number);
int brokenRule(int number) {{
  const char *text = getenv("{VARIABLE}");
  return text && atoi(text) == number;
}}
"""
# Programs that tests start are to be broken, too.
PASSED_ON = "process.environment = environment"
PASSING_ON = f"""process.environment = environment.merging(
      ProcessInfo.processInfo.environment.filter {{ $0.key == "{VARIABLE}" }}, uniquingKeysWith: {{ $1 }})"""
STARTERS = ["Tests/CommandTests/Command.swift", "Tests/CommandTests/Session.swift"]


@dataclass
class Rule:
    number: int
    rule: str
    file: str
    text: str
    broken: str
    # One, or several; each must fail.
    test: str | list[str]
    # To break it is to crash.
    crash: bool = False

    @property
    def tests(self) -> list[str]:
        return [self.test] if isinstance(self.test, str) else self.test

    def broken_text(self) -> str:
        return self.broken.replace("BROKEN", f"brokenRule({self.number})").replace("TEXT", self.text)


@dataclass
class Result:
    rule: Rule
    passed: bool
    words: str
    skipped: bool = False


def rules() -> list[Rule]:
    table = tomllib.loads((Path(__file__).parent / "safety-rules.toml").read_text())
    found = [Rule(**row) for row in table["rule"]]
    numbers = [rule.number for rule in found]
    if len(set(numbers)) < len(numbers):
        sys.exit("break-rules: two rules have the same number")
    return found


# The copy


def broken_files(all_rules: list[Rule]) -> dict[str, str]:
    """The changed files, whole. Every text must be found exactly once, and none in another one."""
    texts: dict[str, str] = {}
    for file in {rule.file for rule in all_rules}:
        source = (ROOT / file).read_text()
        spans = []
        for rule in (rule for rule in all_rules if rule.file == file):
            if source.count(rule.text) != 1:
                sys.exit(f"break-rules: {rule.number}: found {source.count(rule.text)} times in {file}: {rule.text}")
            start = source.index(rule.text)
            spans.append((start, start + len(rule.text), rule))
        texts[file] = replaced(source, sorted(spans, key=lambda span: span[0]))
    return texts


def replaced(source: str, spans: list[tuple[int, int, Rule]]) -> str:
    parts, end = [], 0
    for start, stop, rule in spans:
        if start < end:
            sys.exit(f"break-rules: {rule.number}: its text overlaps with that of another rule")
        parts += [source[end:start], rule.broken_text()]
        end = stop
    return "".join(parts) + source[end:]


def helpers(files: list[str]) -> dict[str, str]:
    made = {}
    for file in files:
        module = "/".join(file.split("/")[:2])
        if file.endswith(".c"):
            made[f"{module}/broken_rule.c"] = C_HELPER
        else:
            made[f"{module}/BrokenRule.swift"] = SWIFT_HELPER
    return made


def tree() -> dict[str, bytes]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout.decode().split("\0")
    names += ["Package.resolved"]
    return {name: (ROOT / name).read_bytes() for name in names if name and (ROOT / name).is_file()}


def copy(all_rules: list[Rule]) -> None:
    wanted = tree()
    changed = broken_files(all_rules)
    for file, text in changed.items():
        wanted[file] = (("int brokenRule(int);\n" if file.endswith(".c") else "") + text).encode()
    wanted |= {file: text.encode() for file, text in helpers(list(changed)).items()}
    for file in STARTERS:
        text = wanted[file].decode()
        if text.count(PASSED_ON) != 1:
            sys.exit(f"break-rules: not found exactly once in {file}: {PASSED_ON}")
        wanted[file] = text.replace(PASSED_ON, PASSING_ON).encode()
    for path in [path for path in TREE.rglob("*") if path.is_file() or path.is_symlink()]:
        if str(path.relative_to(TREE)) not in wanted:
            path.unlink()
    # What is the same stays as it is, so that it need not be built again.
    for name, content in wanted.items():
        path = TREE / name
        if path.is_file() and path.read_bytes() == content:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        shutil.copymode(ROOT / name if (ROOT / name).exists() else ROOT / "Package.swift", path)


# The tests


def swift(*arguments: str, broken: int = 0, timeout: int | None = None) -> subprocess.CompletedProcess:
    environment = {key: value for key, value in os.environ.items() if key != VARIABLE}
    if broken:
        environment[VARIABLE] = str(broken)
    command = ["swift", arguments[0], "--scratch-path", str(WORK / "build"), *arguments[1:]]
    # In a session of its own, so that a test that never ends can be ended with all it has started.
    process = subprocess.Popen(
        command, cwd=TREE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True)
    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        end_session(process.pid)
        process.communicate()
        raise
    return subprocess.CompletedProcess(command, process.returncode, output)


def end_session(session: int) -> None:
    """SwiftPM gives what it starts a process group of its own."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if os.getsid(int(entry.name)) == session:
                os.kill(int(entry.name), signal.SIGKILL)
        except ProcessLookupError:
            pass


def named_tests() -> dict[str, str]:
    """By `Suite/name`, without what the language adds to it."""
    listed = swift("test", "--skip-build", "list").stdout
    found = {}
    for line in listed.splitlines():
        match = re.fullmatch(r"(\w+)\.(.+?)\((.*)\)", line)
        if match:
            found[match[2].replace("`", "")] = line
    return found


def pattern(identifier: str) -> str:
    return "^" + re.sub(r"([.()\[\]{}*+?^$|\\])", r"\\\1", identifier)


def run_tests(identifiers: list[str], broken: int = 0) -> subprocess.CompletedProcess:
    filters = [part for identifier in identifiers for part in ("--filter", pattern(identifier))]
    return swift("test", "--skip-build", "--disable-xctest", *filters, broken=broken, timeout=SECONDS if broken else 1800)


def count_run(output: str) -> int:
    match = re.search(r"Test run with (\d+) tests?", output)
    return int(match[1]) if match else 0


def show(rule: Rule, identifier: str) -> Result:
    try:
        run = run_tests([identifier], broken=rule.number)
    except subprocess.TimeoutExpired:
        return Result(rule, True, f"fails (no end within {SECONDS} s)")
    if re.search(r"^skipped: ", run.stdout, re.MULTILINE):
        return Result(rule, True, "not tried: the test is skipped here", skipped=True)
    if run.returncode == 0:
        count = count_run(run.stdout)
        return Result(rule, False, "THE TEST PASSES" if count == 1 else f"{count} TESTS RAN")
    if count_run(run.stdout) == 1:
        return Result(rule, not rule.crash, "fails" if not rule.crash else "FAILS, AND NO CRASH")
    return Result(rule, rule.crash, "crashes" if rule.crash else f"CRASHES:\n{run.stdout[-800:]}")


def print_row(result: Result) -> None:
    rule = result.rule
    lines = [rule.rule, rule.file, *rule.tests, *filter(None, [result.words])]
    print(f"{rule.number:>3}  " + "\n     ".join(lines), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--only", metavar="N[,N]", help="just these rules")
    parser.add_argument("--list", action="store_true", help="the rules and their tests, and nothing else")
    options = parser.parse_args()
    all_rules = rules()
    chosen = all_rules
    if options.only:
        numbers = {int(number) for number in options.only.split(",")}
        chosen = [rule for rule in all_rules if rule.number in numbers]
        if len(chosen) < len(numbers):
            sys.exit("break-rules: there is no such rule")
    if options.list:
        broken_files(all_rules)
        for rule in chosen:
            print_row(Result(rule, True, ""))
        return
    began = time.monotonic()
    copy(all_rules)
    built = swift("build", "--build-tests")
    if built.returncode:
        errors = dict.fromkeys(line for line in built.stdout.splitlines() if "error:" in line)
        sys.exit("\n".join(errors or [built.stdout]) + "\nbreak-rules: the copy does not build")
    tests = named_tests()
    unknown = [rule for rule in chosen if not all(test in tests for test in rule.tests)]
    for rule in unknown:
        print_row(Result(rule, False, "THERE IS NO SUCH TEST"))
    known = [rule for rule in chosen if rule not in unknown]
    whole = sorted({tests[test] for rule in known for test in rule.tests})
    sound = run_tests(whole)
    if sound.returncode or count_run(sound.stdout) != len(whole):
        failures = "\n".join(line for line in sound.stdout.splitlines() if "✘" in line)
        sys.exit(f"{failures}\nbreak-rules: not all tests pass while no rule is broken")
    results = []
    for rule in known:
        # The worst of them counts.
        results.append(min((show(rule, tests[test]) for test in rule.tests), key=lambda one: (one.passed, not one.skipped)))
        print_row(results[-1])
    failed = [result.rule.number for result in results if not result.passed] + [rule.number for rule in unknown]
    skipped = sum(result.skipped for result in results)
    words = f"{len(chosen) - len(failed) - skipped} passed, {len(failed)} failed"
    if skipped:
        words += f", {skipped} not tried"
    print(f"break-rules: {words}, in {time.monotonic() - began:.0f} s" + (f": {failed}" if failed else ""))
    sys.exit(1 if failed else 0)


main()
