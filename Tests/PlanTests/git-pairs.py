"""Prints random pairs of a pattern and a path, and what git makes of them: pattern, path, 1 when the path is ignored, 0 when not.

Leaves out what is deliberately different here: `**` within a component (refused), comments, and `!`."""

import os
import random
import subprocess
import sys
import tempfile

ALPHABET = "ab.k"
SETS = ["ab", "a-c", "!a", "^b", "!a-c", "]a", "\\]k"]


def name(rng):
    return "".join(rng.choice(ALPHABET) for _ in range(rng.randint(1, 4))).replace("..", ".a")


def component(rng):
    plain = name(rng)
    if rng.random() < 0.35:
        return plain if plain not in (".", "..") else "a"
    text = ""
    for character in plain:
        kind = rng.random()
        if kind < 0.25:
            text += "*"
        elif kind < 0.4:
            text += "?"
        elif kind < 0.5:
            text += "[" + rng.choice(SETS) + "]"
        elif kind < 0.56:
            text += "\\" + character
        else:
            text += character
    return text


def pattern(rng):
    if rng.random() < 0.35:
        text = component(rng)
    else:
        parts = ["**" if rng.random() < 0.25 else component(rng) for _ in range(rng.randint(1, 3))]
        text = "/".join(part for at, part in enumerate(parts) if not (part == "**" and at and parts[at - 1] == "**"))
    if rng.random() < 0.25 and not text.startswith("**"):
        text = "/" + text
    if rng.random() < 0.2 and not text.endswith("**"):
        text += "/"
    return text


def is_shared(text):
    parts = text.strip("/").split("/")
    if any("**" in part and part != "**" for part in parts) or any(part in (".", "..") for part in parts):
        return False
    return text not in ("", "/") and text[0] not in "#!"


def path(rng):
    while True:
        parts = [name(rng) for _ in range(rng.randint(1, 4))]
        if all(part not in (".", "..", ".git") for part in parts):
            return "/".join(parts)


def main():
    rng = random.Random(int(sys.argv[1]))
    patterns, paths = int(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory() as top:
        subprocess.run(["git", "init", "-q", top], check=True)
        rows = []
        while len(rows) < patterns * paths:
            text = pattern(rng)
            if not is_shared(text):
                continue
            folder = f"d{len(rows) // paths}"
            os.makedirs(f"{top}/{folder}")
            with open(f"{top}/{folder}/.gitignore", "w", encoding="utf-8") as ignore:
                ignore.write(text + "\n")
            rows += [(folder, text, path(rng)) for _ in range(paths)]
        asked = subprocess.run(
            ["git", "-C", top, "check-ignore", "--no-index", "-z", "--stdin", "-v", "-n"],
            input="".join(f"{folder}/{one}\0" for folder, _, one in rows).encode(),
            capture_output=True,
            check=False,
        )
        answers = asked.stdout.split(b"\0")
        assert len(answers) // 4 == len(rows), asked.stderr[:300]
        for at, (_, text, one) in enumerate(rows):
            print(f"{text}\t{one}\t{1 if answers[4 * at] else 0}")


main()
