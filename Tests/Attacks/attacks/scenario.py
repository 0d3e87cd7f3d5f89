"""A random tree, config and faults, all from one seed."""

import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timezone

SECOND = 1_000_000_000
DAY = 86_400
MOST_SKEW = 300
"""Seconds: the config's default."""

PASSING = ["EIO", "EACCES", "EPERM", "EROFS", "ENOSPC", "EBUSY", "ETIMEDOUT", "EINTR", "EAGAIN", "ENOMEM", "EINVAL",
           "ENOTEMPTY", "EOVERFLOW", "EDQUOT", "ENFILE", "EMFILE", "ENAMETOOLONG", "ECONNRESET", "EHOSTDOWN",
           "EREMOTEIO"]
SAYING_GONE = ["ENOENT", "ESTALE", "ENOTDIR", "ELOOP", "EISDIR"]
OPERATIONS = ["lookup", "getattr", "setattr", "opendir", "readdir", "unlink", "rmdir"]
HOLD = ".purge-hold"
PLACEHOLDER = ".nfs0123456789abcdef01234567"
PATTERNS = ["**/*.keep", "keep/**", "**/spare/**", "**/*.log", "a/**", "**/b/*"]
FILE_NAMES = ["old", "app.log", "x.tmp", "doc.keep", "with blank", "new\nline", "-dash", "\u00e4\u4e2d", "\udcff\udcfe",
              "\x1b[31m", "%41", "#", "n" * 255]
FOLDER_NAMES = ["a", "b", "keep", "spare", "c", "d e", "deep"]


@dataclass
class Entry:
    kind: str
    path: str
    """Below the mount, with surrogates for bytes that are no UTF-8."""
    mtime: int
    """ns"""
    size: int = 0
    owner: int = 0


@dataclass
class Target:
    name: str
    keys: dict
    """As in the config."""


@dataclass
class Scenario:
    seed: int
    now: int
    """Seconds: from here ages count."""
    age: int
    kind: str = "clean"
    entries: list[Entry] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    safety: dict = field(default_factory=dict)
    run: dict = field(default_factory=dict)
    rules: list[str] = field(default_factory=list)
    server: list[str] = field(default_factory=list)
    skew: int = 0
    descriptors: int | None = None
    is_dry: bool = False
    term_after: float | None = None
    """Seconds until SIGTERM."""

    @property
    def cutoff(self) -> int:
        return (self.now - self.age) * SECOND

    @property
    def now_text(self) -> str:
        return datetime.fromtimestamp(self.now, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")

    def tree_text(self) -> str:
        return "".join(f"{e.kind} {escaped(e.path)} @{e.mtime // SECOND}.{e.mtime % SECOND:09d} {e.size} {e.owner}\n"
                       for e in self.entries)

    def config_text(self, mount) -> str:
        targets = [{"name": t.name, "path": f"{mount}/{t.name}", **t.keys} for t in self.targets]
        safety = {"allowed_roots": [str(mount)], **self.safety}
        # YAML is a superset of JSON.
        return json.dumps({"version": 1, "safety": safety, "run": self.run, "targets": targets}, indent=1) + "\n"


def escaped(path: str) -> str:
    plain = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/-"
    return "".join(chr(byte) if byte in plain else f"%{byte:02X}" for byte in path.encode("utf-8", "surrogateescape"))


def unescaped(path: str) -> str:
    pieces = path.split("%")
    data = pieces[0].encode() + b"".join(bytes([int(piece[:2], 16)]) + piece[2:].encode() for piece in pieces[1:])
    return data.decode("utf-8", "surrogateescape")


def make(seed: int, now: int) -> Scenario:
    chance = random.Random(seed)
    scenario = Scenario(seed, now, age=chance.choice([3600, DAY, 30 * DAY, 90 * DAY]))
    scenario.kind = chance.choices(list(KINDS), [weight for weight, _ in KINDS.values()])[0]
    for number in range(chance.choice([1, 1, 1, 2, 3])):
        add_target(scenario, chance, f"t{number}")
    add_limits(scenario, chance)
    scenario.server = ["--seed", str(seed), "--cutoff", str(scenario.cutoff // SECOND)]
    add_manners(scenario, chance)
    KINDS[scenario.kind][1](scenario, chance)
    return scenario


# Trees


def add_target(scenario: Scenario, chance: random.Random, name: str) -> None:
    scenario.targets.append(Target(name, target_keys(scenario, chance)))
    scenario.entries.append(Entry("D", name, mtime_of(scenario, chance)))
    folders = [name]
    for _ in range(chance.choice([0, 4, 12, 30])):
        above = chance.choice(folders[-4:] + [name])
        path = f"{above}/{chance.choice(FOLDER_NAMES)}{chance.choice(['', '', '2', '3'])}"
        if path not in folders:
            folders.append(path)
            scenario.entries.append(Entry("D", path, mtime_of(scenario, chance)))
    for folder in folders:
        add_files(scenario, chance, folder)


def add_files(scenario: Scenario, chance: random.Random, folder: str) -> None:
    for number in range(chance.choice([0, 1, 3, 10, 20, 60])):
        name = chance.choice(FILE_NAMES)
        path = f"{folder}/{name if len(name) > 200 else f'{number}{name}'}"
        kind = chance.choices("FLP", [30, 1, 1])[0]
        scenario.entries.append(Entry(kind, path, mtime_of(scenario, chance), chance.choice([0, 1, 5000, 70_000]),
                                      chance.choice([0, 0, 1000, 1001])))
    # Each once, or the second line would only change the first one's time.
    if chance.random() < 0.04:
        scenario.entries.append(Entry("F", f"{folder}/{HOLD}", mtime_of(scenario, chance)))
    if chance.random() < 0.1:
        scenario.entries.append(Entry("F", f"{folder}/{PLACEHOLDER}", mtime_of(scenario, chance)))
    paths = {entry.path: entry for entry in scenario.entries}
    scenario.entries = list(paths.values())


def mtime_of(scenario: Scenario, chance: random.Random) -> int:
    """Around the cutoff to the nanosecond, mostly older."""
    older = chance.choice([1, SECOND, 60 * SECOND, DAY * SECOND, 400 * DAY * SECOND])
    younger = chance.choice([0, 1, SECOND, scenario.age * SECOND // 2, scenario.age * SECOND])
    return scenario.cutoff - older if chance.random() < 0.7 else scenario.cutoff + younger


# Configs


def target_keys(scenario: Scenario, chance: random.Random) -> dict:
    keys = {"max_age": f"{scenario.age}s", "concurrency": chance.choice(["auto", 1, 1, 2, 8, 64])}
    sometimes = {
        "exclude": lambda: chance.sample(PATTERNS, chance.choice([1, 2])),
        "include": lambda: chance.sample(PATTERNS, chance.choice([2, 3])),
        "owner": lambda: chance.choice([[0], [1000], [0, 1000]]),
        "min_size": lambda: chance.choice([1, 4096]),
        "max_size": lambda: chance.choice([1, 10_000]),
        "max_depth": lambda: chance.choice([1, 2, 4]),
        "age_from": lambda: chance.choice(["ctime", "newest"]),
        "max_deletions": lambda: chance.choice([1, 7, 50]),
        "max_deleted_bytes": lambda: chance.choice([4096, 100_000]),
        "max_empty_directories": lambda: chance.choice([1, 3]),
        "memory_budget": lambda: "4Mi",
    }
    for key, value in sometimes.items():
        if chance.random() < 0.1:
            keys[key] = value()
    if keys.get("min_size", 0) > keys.get("max_size", 1 << 40):
        del keys["min_size"]
    keys["remove_empty_directories"] = chance.random() < 0.6
    if keys["remove_empty_directories"]:
        keys["empty_directory_min_age"] = chance.choice(["0s", "1h"])
    else:
        keys.pop("max_empty_directories", None)
    return keys


def add_limits(scenario: Scenario, chance: random.Random) -> None:
    scenario.run["parallel_targets"] = chance.choice([1, 2, 3])
    if chance.random() < 0.1:
        scenario.safety["max_deletions"] = chance.choice([1, 20, 100])
    if chance.random() < 0.15:
        scenario.descriptors = chance.choice([64, 100])
    scenario.is_dry = chance.random() < 0.07


# The server


def add_manners(scenario: Scenario, chance: random.Random) -> None:
    scenario.server += ["--readdirplus", chance.choice(["no", "auto", "always"])]
    if chance.random() < 0.2:
        scenario.server.append("--unknown-kinds")
    if chance.random() < 0.3:
        # Short: of names that the kernel believes longer the server cannot tell it that they changed.
        scenario.server += ["--attr-timeout", chance.choice(["0.01", "3"])]


def clean(scenario: Scenario, chance: random.Random) -> None:
    pass


def add_bulk(scenario: Scenario, chance: random.Random) -> None:
    """Many files, so that there is much to fail."""
    target = scenario.targets[0].name
    for number in range(8):
        folder = f"{target}/bulk{number}"
        scenario.entries.append(Entry("D", folder, mtime_of(scenario, chance)))
        scenario.entries += [Entry("F", f"{folder}/{n}", mtime_of(scenario, chance), 1) for n in range(60)]


def random_errors(scenario: Scenario, chance: random.Random) -> None:
    if chance.random() < 0.6:
        add_bulk(scenario, chance)
    errors = chance.sample(PASSING + SAYING_GONE, chance.choice([1, 3, 8]))
    operations = chance.sample(OPERATIONS, chance.choice([1, 3, 7]))
    scenario.server += ["--random", chance.choice(["0.02", "0.1", "0.3", "0.3", "0.6"]), "--errnos", ",".join(errors),
                        "--random-on", ",".join(operations)]
    if chance.random() < 0.9:
        scenario.server.append("--spare-root")


def some_rules(scenario: Scenario, chance: random.Random) -> None:
    for _ in range(chance.choice([1, 1, 2, 3])):
        operations, makers = chance.choice(RULES)
        action = chance.choice(makers)
        when = chance.choice(["always", "always", "p=0.3", f"nth={chance.choice([1, 2, 5])}",
                              f"first={chance.choice([1, 3])}", f"after={chance.choice([2, 10])}"])
        text = action(scenario, chance) if callable(action) else action
        scenario.rules.append(f"{chance.choice(operations)} {glob(scenario, chance)} {when} {text}")


def error(_, chance: random.Random) -> str:
    return "errno " + chance.choice(PASSING + SAYING_GONE * 3)


def error_after(_, chance: random.Random) -> str:
    return "errno-after " + chance.choice(PASSING + SAYING_GONE)


RULES = [
    (["unlink", "rmdir", "unlink,rmdir"], [error, error, error_after]),
    (["opendir", "lookup", "getattr", "setattr", "lookup,getattr"], [error]),
    (["readdir"], [error, error_after, "short 3", "doubled", "skipped", "kinds", "kinds", "slash", "inodes"]),
    (["lookup", "getattr"], ["inodes", "rotate", "replace", "touch", "remove"]),
    (["getattr"], ["rotate-behind", "replace-behind", "touch-behind", "remove-behind"]),
    (["unlink"], ["rotate", "replace", "touch", "remove", "move rescued", "hold 400d", "hold 0"]),
    (["lookup", "getattr", "unlink"], ["delay 5", "delay 20"]),
]


def glob(scenario: Scenario, chance: random.Random) -> str:
    """A folder, what is in it, or everything; never a name with a glob's own letters."""
    folders = [e.path for e in scenario.entries if e.kind == "D"]
    folder = escaped(chance.choice(folders))
    return chance.choice(["*", "t*", f"{folder}/*", f"{folder}*", folder])


def hidden_hold(scenario: Scenario, chance: random.Random) -> None:
    """A lookup says that there is no hold, the listing shows it."""
    folder = chance.choice([e.path for e in scenario.entries if e.kind == "D"])
    scenario.entries.append(Entry("F", f"{folder}/{HOLD}", scenario.cutoff - DAY * SECOND))
    scenario.rules.append(f"lookup */{HOLD} {chance.choice(['always', 'first=1'])} errno ENOENT")


def hanging(scenario: Scenario, chance: random.Random) -> None:
    operation = chance.choice(["unlink", "unlink", "lookup", "getattr", "opendir", "readdir"])
    scenario.rules.append(f"{operation} t* nth={chance.choice([3, 10, 20])} hang")
    scenario.term_after = 1.5


def never_ending(scenario: Scenario, chance: random.Random) -> None:
    """A folder inside itself, a listing that begins anew at its end, an error that never passes."""
    folder = escaped(chance.choice([e.path for e in scenario.entries if e.kind == "D"]))
    which = chance.choice(["cycle", "loop", "endless", "repeated", "interrupted"])
    if which == "cycle":
        scenario.entries.append(Entry("C", f"{folder}/cycle", scenario.cutoff))
    elif which == "loop":
        scenario.server += ["--loop", "again"]
    else:
        action = "errno EINTR" if which == "interrupted" else which
        scenario.rules.append(f"readdir {folder} always {action}")


def wrong_clock(scenario: Scenario, chance: random.Random) -> None:
    scenario.skew = chance.choice([-11 * DAY, 11 * DAY, 1000, -1000, 400, 200])
    scenario.server += ["--skew", str(scenario.skew)]
    if chance.random() < 0.6:
        scenario.rules.append(f"setattr * always errno {chance.choice(['EPERM', 'EACCES', 'EROFS', 'ENOENT', 'EIO'])}")


def odd_clock(scenario: Scenario, chance: random.Random) -> None:
    extreme = chance.choice([-(1 << 63), (1 << 63) - 1, 0, -1, 1 << 34])
    scenario.server += ["--directory-mtime", str(extreme)]


def lying_inodes(scenario: Scenario, chance: random.Random) -> None:
    scenario.server.append("--random-inodes")


def many_moved(scenario: Scenario, chance: random.Random) -> None:
    """A folder of many files is moved away by another client in the middle of its removals."""
    folder = f"{scenario.targets[0].name}/rescue"
    scenario.entries.append(Entry("D", folder, scenario.cutoff))
    scenario.entries += [Entry("F", f"{folder}/{n}", scenario.cutoff - DAY * SECOND) for n in range(600)]
    elsewhere = chance.choice(["rescued", f"{scenario.targets[0].name}/keep"])
    scenario.targets[0].keys["exclude"] = ["keep/**"]
    scenario.rules.append(f"unlink {folder}/* nth={chance.choice([1, 20, 100])} move {elsewhere}")


KINDS = {
    "clean": (6, clean),
    "random": (50, random_errors),
    "rules": (30, some_rules),
    "hidden-hold": (2, hidden_hold),
    "hanging": (3, hanging),
    "never-ending": (2, never_ending),
    "wrong-clock": (3, wrong_clock),
    "odd-clock": (1, odd_clock),
    "lying-inodes": (1, lying_inodes),
    "moved": (2, many_moved),
}
"""How often, and what goes wrong."""
