"""What a config lets go, worked out apart from the program: the oracle's own reading of the reference."""

import re
from functools import lru_cache

from attacks.scenario import HOLD, PLACEHOLDER, Scenario, Target


@lru_cache(maxsize=None)
def pattern(text: str) -> re.Pattern:
    """Of the patterns that random configs use: `**/` is any folders or none, `*` stays within a component."""
    parts = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}
    pieces = re.split(r"(\*\*/|\*\*|\*)", text)
    return re.compile("".join(parts.get(piece, re.escape(piece)) for piece in pieces), re.DOTALL)


def matches(patterns: list[str], path: str) -> bool:
    """Whether one of them matches the file, or a folder that it lies in."""
    parts = path.split("/")
    heads = ["/".join(parts[:count + 1]) for count in range(len(parts))]
    return any(pattern(text).fullmatch(head) for text in patterns for head in heads)


def target_of(scenario: Scenario, path: str) -> Target | None:
    return next((target for target in scenario.targets if path.startswith(target.name + "/")), None)


def is_held(holds: set[str], path: str) -> bool:
    """Whether a hold stands in a folder above it; `holds` are those folders, `` the mount."""
    parts = path.split("/")
    return any("/".join(parts[:count]) in holds for count in range(len(parts)))


def holds(scenario: Scenario) -> set[str]:
    return {entry.path.rpartition("/")[0] for entry in scenario.entries if entry.path.rpartition("/")[2] == HOLD}


def objection(scenario: Scenario, path: str, size: int, owner: int) -> str | None:
    """Why a file of this path must stay, whatever its age; None: nothing speaks against its removal."""
    target = target_of(scenario, path)
    if target is None:
        return "outside every target"
    keys, within = target.keys, path[len(target.name) + 1:]
    name = path.rpartition("/")[2]
    reasons = {
        "hold": name == HOLD,
        "placeholder": name == PLACEHOLDER,
        "excluded": matches(keys.get("exclude", []), within),
        "not included": "include" in keys and not matches(keys["include"], within),
        "other owner": "owner" in keys and owner not in keys["owner"],
        "too small": size < keys.get("min_size", 0),
        "too large": size > keys.get("max_size", size),
        "too deep": within.count("/") + 1 > keys.get("max_depth", 1 << 30),
    }
    return next((reason for reason, speaks in reasons.items() if speaks), None)
