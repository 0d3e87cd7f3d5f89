"""Whether the sums of a report hold, and what it says."""

import json
from pathlib import Path

COUNTED = ("files_", "dirs_", "empty_dirs_", "bytes_", "symlinks_", "special_files_", "errors")


def read_report(file: Path) -> dict | None:
    """None: there is none, it is no JSON, or it says only that the run goes on."""
    try:
        report = json.loads(file.read_text())
    except (OSError, ValueError):
        return None
    return None if report["outcome"] == "running" else report


def file_books(sums: dict, is_dry: bool) -> bool:
    scanned = sums["files_scanned"] == sum(sums["files_kept"].values()) + sums["files_to_purge"]
    ends = sum(sums[f"files_{end}"] for end in ("purged", "vanished", "failed", "left"))
    # A rehearsal does nothing.
    return scanned and (sums["files_purged"] == 0 if is_dry else ends == sums["files_to_purge"])


def directory_books(sums: dict) -> bool:
    """Every `dirs_…` but the total, and what is said of those read besides, is an end that a directory came to."""
    others = ("dirs_found", "dirs_not_permitted")
    ends = {name: value for name, value in sums.items() if name.startswith("dirs_") and name not in others}
    return sums["dirs_found"] == sum(ends.values())


def empty_directory_books(sums: dict, is_dry: bool) -> bool:
    ends = sum(sums[f"empty_dirs_{end}"] for end in ("deleted", "vanished", "failed"))
    # What waits for the next run may count among them or not.
    closes = sums["empty_dirs_to_delete"] in (ends, ends + sums["empty_dirs_left"])
    return sums["empty_dirs_deleted"] == 0 if is_dry else closes


def totals_agree(report: dict) -> bool:
    names = [name for name in report["totals"] if name.startswith(COUNTED) and isinstance(report["totals"][name], int)
             and not name.endswith("per_second")]
    return all(report["totals"][name] == sum(target[name] for target in report["targets"]) for name in names)


def broken_books(report: dict) -> list[str]:
    """What does not add up, in words."""
    is_dry = report["mode"] != "purge"
    broken = [] if totals_agree(report) else ["the totals are not the sums of the targets"]
    for sums in [report["totals"], *report["targets"]]:
        name = sums.get("name", "totals")
        if not file_books(sums, is_dry):
            broken.append(f"files of {name}")
        if not directory_books(sums):
            broken.append(f"directories of {name}")
        if not empty_directory_books(sums, is_dry):
            broken.append(f"empty directories of {name}")
    return broken
