"""Judges one run: what was removed, what the report says of it, and how the run ended."""

from dataclasses import dataclass

from attacks import books, policy
from attacks.scenario import HOLD, MOST_SKEW, PASSING, SAYING_GONE, Scenario, unescaped
from attacks.server import Record

WINDOW_MS = 1000
"""A file that somebody replaced within this time before its removal cannot be judged: documented."""
GROUP = 64
# The kernel here knows nothing of another client's move until it asks by name, for which the program takes a fortieth of the
# time: here that many quick removals. What is moved on this host is judged by swaps.py, where a group is all that may go.
FOREIGN_MOVE = 256
"""Removals in hand when something else is noticed."""
CONCEALING = {"short", "skipped"}
"""Faults of listings after which nobody can know of the files."""
REPEATING = {"doubled", "repeated", "endless"}
HARD = set(PASSING) - {"EINTR", "EAGAIN", "ENOTEMPTY"}
"""Errors that do not pass by trying again, where a rule always gives them."""


@dataclass
class Outcome:
    """How the program ended."""

    status: int
    is_overdue: bool
    seconds: float
    report: dict | None
    report_after: float | None = None
    """Seconds from SIGTERM to the report; None: no signal was sent."""


@dataclass
class Failure:
    kind: str
    text: str


def judge(scenario: Scenario, record: Record, outcome: Outcome) -> list[Failure]:
    if outcome.is_overdue:
        return [Failure("overdue", f"not at its end after {outcome.seconds:.0f} s")] + removals(scenario, record)
    return removals(scenario, record) + reported(scenario, record, outcome) + ending(scenario, record, outcome)


# What was removed


def removals(scenario: Scenario, record: Record) -> list[Failure]:
    special = Special(hides_holds(record), is_listed_twice(record))
    failures = [wrong_removal(scenario, event, special) for event in record.unlinked]
    failures += [wrong_directory(scenario, event) for event in record.removed_directories]
    found = [failure for failure in failures if failure]
    return found + moved_away(scenario, record) + beyond_caps(scenario, record) + with_wrong_clock(scenario, record)


@dataclass
class Special:
    """What of a run makes its removals harder to judge."""

    hides_holds: bool
    is_listed_twice: bool
    """Then one look may come between another one and its removal."""


def is_listed_twice(record: Record) -> bool:
    return any(fault["action"] in REPEATING for fault in record.faults)


def hides_holds(record: Record) -> bool:
    """Whether somebody was told that a hold is not there."""
    return any(fault["path"].endswith(HOLD) and fault["errno"] in SAYING_GONE for fault in record.faults)


def wrong_removal(scenario: Scenario, event: dict, special: Special) -> Failure | None:
    path = unescaped(event["path"])
    if scenario.is_dry or event["kind"] != "F":
        return Failure("removed", f"{event['path']} ({'in a dry run' if scenario.is_dry else event['kind']})")
    is_excused = is_within_window(event, special)
    if event["young"] and not is_excused:
        return Failure("young", f"{event['path']}, looked at: {event['looked']}, {event['born_ms']:.0f} ms old")
    if path.rpartition("/")[2] == HOLD:
        return Failure("hold-removed", event["path"])
    if is_wrongly_held(scenario, path, event):
        return Failure("held-hidden" if special.hides_holds else "held", event["path"])
    if is_excused:
        return None
    reason = policy.objection(scenario, path, event["size"], event["owner"])
    if reason and not event_was_moved(scenario, path, event):
        return Failure("removed", f"{event['path']}: {reason}")
    return None


def is_within_window(event: dict, special: Special) -> bool:
    """Put there by another client so shortly before that nobody could look at it."""
    has_seen = event["looked"] and not special.is_listed_twice
    return event["changed"] and not has_seen and 0 <= event["born_ms"] <= WINDOW_MS


def is_wrongly_held(scenario: Scenario, path: str, event: dict) -> bool:
    """Holds that came during the run are looked for only in what is listed after that."""
    return event["held"] and policy.is_held(policy.holds(scenario), path)


def event_was_moved(scenario: Scenario, path: str, event: dict) -> bool:
    """Removed in a folder that was moved during the run: these are counted, not judged one by one. An old file that was renamed in
    it before (app.log.1) is one of these."""
    if path in {entry.path for entry in scenario.entries}:
        return False
    return not event["changed"] or (not event["young"] and policy.target_of(scenario, path) is None)


def moved_away(scenario: Scenario, record: Record) -> list[Failure]:
    gone = [event for event in record.unlinked
            if event_was_moved(scenario, unescaped(event["path"]), event)
            and policy.objection(scenario, unescaped(event["path"]), event["size"], event["owner"])]
    if len(gone) <= FOREIGN_MOVE:
        return []
    return [Failure("moved", f"{len(gone)} files were removed in a folder that had been moved away")]


def wrong_directory(scenario: Scenario, event: dict) -> Failure | None:
    path = unescaped(event["path"])
    target = policy.target_of(scenario, path)
    if path not in {entry.path for entry in scenario.entries} and not scenario.is_dry:
        return None  # below a folder that was moved during the run
    if scenario.is_dry or target is None or not target.keys["remove_empty_directories"]:
        return Failure("rmdir", event["path"])
    if event["held"] and policy.is_held(policy.holds(scenario), path):
        return Failure("rmdir", f"{event['path']}: held")
    return None


def beyond_caps(scenario: Scenario, record: Record) -> list[Failure]:
    counted = [event for event in record.unlinked if not event["answer"]]
    failures = []
    for target in scenario.targets:
        own = [event for event in counted if event["path"].startswith(target.name + "/")]
        size = sum(-(-event["size"] // 512) * 512 for event in own)
        if len(own) > target.keys.get("max_deletions", len(own)):
            failures.append(Failure("cap", f"{target.name}: {len(own)} files"))
        if size > target.keys.get("max_deleted_bytes", size):
            failures.append(Failure("cap", f"{target.name}: {size} bytes"))
    if len(counted) > scenario.safety.get("max_deletions", len(counted)):
        failures.append(Failure("cap", f"{len(counted)} files over all targets"))
    return failures


def with_wrong_clock(scenario: Scenario, record: Record) -> list[Failure]:
    if abs(scenario.skew) <= MOST_SKEW:
        return []
    # Where the clock cannot be asked beforehand, the first removals tell it.
    allowed = GROUP * len(scenario.targets) if record.end and record.end["setattr"]["faults"] else 0
    count, folders = len(record.unlinked), len({event["path"].rpartition("/")[0] for event in record.unlinked})
    if count <= min(allowed, 2 * folders + 1):
        return []
    text = f"{count} files were removed in {folders} folders, though clocks differ by {scenario.skew} s"
    return [Failure("clock", text)]


# What the report says


def reported(scenario: Scenario, record: Record, outcome: Outcome) -> list[Failure]:
    report = outcome.report
    if report is None:
        return [] if outcome.status == 2 else [Failure("no-report", f"status {outcome.status}")]
    failures = [Failure("books", text) for text in books.broken_books(report)]
    if report["exit_status"] != outcome.status:
        failures.append(Failure("status", f"{outcome.status}, but the report says {report['exit_status']}"))
    if scenario.is_dry:
        return failures
    return failures + purged_count(record, report["totals"], outcome) + emptied_count(record, report["totals"])


def purged_count(record: Record, sums: dict, outcome: Outcome) -> list[Failure]:
    """What went though the answer was an error may be counted either way."""
    certain = sum(1 for event in record.unlinked if not event["answer"])
    if certain <= sums["files_purged"] <= len(record.unlinked):
        return []
    kind = "purged-hanging" if outcome.report_after is not None else "purged"
    return [Failure(kind, f"the report says {sums['files_purged']}, the server {certain} to {len(record.unlinked)}")]


def emptied_count(record: Record, sums: dict) -> list[Failure]:
    certain = sum(1 for event in record.removed_directories if not event["answer"])
    if certain <= sums["empty_dirs_deleted"] <= len(record.removed_directories):
        return []
    return [Failure("emptied", f"the report says {sums['empty_dirs_deleted']} directories, the server {certain}")]


# How it ended


def ending(scenario: Scenario, record: Record, outcome: Outcome) -> list[Failure]:
    if outcome.status < 0 or outcome.status > 64:
        return [Failure("crash", f"status {outcome.status}")]
    if outcome.report_after is not None and outcome.report_after > 6:
        return [Failure("late", f"the report came {outcome.report_after:.1f} s after SIGTERM")]
    failures = [Failure("status", text) for text in wrong_status(scenario, outcome)]
    if outcome.status == 0 and not scenario.is_dry:
        failures += left_in_success(scenario, record) + error_in_success(scenario, record)
    if scenario.kind == "clean":
        failures += clean_run(scenario, record, outcome)
    return failures


def wrong_status(scenario: Scenario, outcome: Outcome) -> list[str]:
    status, report = outcome.status, outcome.report
    allowed = {0, 1, 5, 7} | ({4} if outcome.report_after is not None else set())
    if status == 2 and report is None:
        return []  # A config that the check refuses is no run; what was removed is judged all the same.
    if status not in allowed:
        return [f"{status}"]
    if report is None:
        return []
    sums, wrong = report["totals"], []
    has_failed = sums["errors"] > 0 or any(sums[name] for name in ("files_failed", "dirs_failed", "empty_dirs_failed"))
    is_whole = {target["outcome"] for target in report["targets"]} <= {"completed", "skipped"}
    if status == 0 and (has_failed or not is_whole):
        wrong.append("0, though something failed or was left")
    if status == 1 and not has_failed and is_whole:
        wrong.append("1, though nothing failed")
    is_capped = any(target["outcome"] == "stopped_guard" for target in report["targets"])
    if status == 5 and not is_capped and not report.get("caps_ahead"):
        wrong.append("5, though no guard stopped a target, and none would")
    return wrong


def left_in_success(scenario: Scenario, record: Record) -> list[Failure]:
    """Old files that are still there after a run that says that it did everything."""
    left = [event["path"] for event in remaining(scenario, record)]
    if not left or {fault["action"] for fault in record.faults if fault["operation"] == "readdir"} & CONCEALING:
        return []
    return [Failure(f"left-in-success: {cause(scenario, record)}", f"{len(left)} old files, as {left[0]}")]


def error_in_success(scenario: Scenario, record: Record) -> list[Failure]:
    """An error that a rule always gives, and status 0."""
    rules = [rule.split(" ") for rule in scenario.rules]
    if len(rules) != 1 or rules[0][2:4] != ["always", "errno"] or rules[0][4] not in HARD:
        return []
    met = [fault for fault in record.faults if fault["operation"] in ("unlink", "opendir", "readdir")]
    return [Failure("error-in-success", f"{len(met)} times {scenario.rules[0]}")] if met else []


def remaining(scenario: Scenario, record: Record) -> list[dict]:
    """What a run without faults would have removed."""
    return [event for event in record.stays if event["kind"] == "F" and not event["young"] and not event["changed"]
            and not event["held"]
            and policy.objection(scenario, unescaped(event["path"]), event["size"], event["owner"]) is None]


def cause(scenario: Scenario, record: Record) -> str:
    """A guess, to tell kinds of failures apart."""
    if scenario.kind == "lying-inodes" or any(fault["action"] == "inodes" for fault in record.faults):
        return "inodes"
    if any(fault["action"] == "kinds" for fault in record.faults):
        return "kinds"
    errors = sorted({fault["errno"] for fault in record.faults if fault["errno"]})
    return "said gone" if set(errors) & set(SAYING_GONE) else ",".join(errors) or "other"


def clean_run(scenario: Scenario, record: Record, outcome: Outcome) -> list[Failure]:
    """Without faults a run does all that it should, and says so."""
    is_capped = outcome.status == 5
    left = remaining(scenario, record)
    if scenario.is_dry:
        # It counts on beyond a cap.
        told = outcome.report["totals"]["files_to_purge"] if outcome.report else None
        return [] if told == len(left) else [Failure("clean", f"a dry run tells {told} of {len(left)}")]
    if outcome.status not in (0, 5) or (left and not is_capped):
        return [Failure("clean", f"status {outcome.status}, {len(left)} old files left")]
    return []
