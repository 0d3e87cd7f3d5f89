#!/usr/bin/env python3
"""Checks that fenced YAML, JSON and TOML in Markdown is that, and that links between files lead somewhere."""

import json
import re
import sys
import tomllib
from pathlib import Path

from ruamel.yaml import YAML

PARSERS = {"yaml": YAML(typ="safe").load, "json": json.loads, "toml": tomllib.loads}

count, failed = 0, 0
for file in map(Path, sys.argv[1:]):
    text = file.read_text()
    for match in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        parse = PARSERS.get(match[1])
        if parse is None:
            continue
        count += 1
        try:
            parse(match[2])
        except Exception as error:  # noqa: BLE001, each parser has its own
            failed += 1
            print(f"{file}:{text.count(chr(10), 0, match.start()) + 1}: not {match[1]}: {error}")
    for link in re.findall(r"\]\(([^)#:]+)\)", text):
        if not (file.parent / link).exists():
            failed += 1
            print(f"{file}: leads nowhere: {link}")
print(f"check-docs: {count} examples parsed")
sys.exit(1 if failed or not count else 0)
