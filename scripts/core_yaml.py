"""YAML as editors see it: the core schema of YAML 1.2, into plain Python values.

PyYAML knows YAML 1.1, in which `no` is false, `012` is ten, `1:30` is ninety and `2024-01-31` a date."""

import math
import re

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.cyaml import CParser
from yaml.resolver import BaseResolver

NULL, BOOL, INT, FLOAT = (f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float"))

SPELLINGS = [
    (NULL, r"null|Null|NULL|~|", "nN~"),
    (BOOL, r"true|True|TRUE|false|False|FALSE", "tTfF"),
    (INT, r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        FLOAT,
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
]


class Loader(Composer, CParser, SafeConstructor, BaseResolver):
    # The scanner is libyaml's: PyYAML's own refuses a tab behind a value.

    def __init__(self, stream: str | bytes) -> None:
        CParser.__init__(self, stream)
        Composer.__init__(self)
        SafeConstructor.__init__(self)
        BaseResolver.__init__(self)

    def compose_node(self, parent, index):
        # PyYAML refuses an anchor that is set again; YAML does not.
        if not self.check_event(yaml.AliasEvent):
            self.anchors.pop(self.peek_event().anchor, None)
        return super().compose_node(parent, index)


def _integer(text: str) -> int:
    prefix = {"0o": 8, "0x": 16}.get(text[:2], 10)
    return int(text[2:] if prefix != 10 else text, prefix)


def _float(text: str) -> float:
    lowered = text.lower()
    if lowered.endswith(".inf"):
        return -math.inf if lowered.startswith("-") else math.inf
    return math.nan if lowered == ".nan" else float(text)


def _key(node: yaml.Node) -> str:
    # To a schema every key is a text. One that is no scalar is a text that no schema knows.
    return node.value if isinstance(node, yaml.ScalarNode) else f"a key that is a {node.id}"


def _mapping(loader: Loader, node: yaml.MappingNode) -> dict:
    return {_key(key): loader.construct_object(value, deep=True) for key, value in node.value}


def _sequence(loader: Loader, node: yaml.SequenceNode) -> list:
    return loader.construct_sequence(node, deep=True)


for _tag, _pattern, _first in SPELLINGS:
    Loader.add_implicit_resolver(_tag, re.compile(f"(?:{_pattern})$"), [*_first, *([""] if _tag == NULL else [])])
Loader.add_constructor(NULL, lambda loader, node: None)
Loader.add_constructor(BOOL, lambda loader, node: node.value.lower() == "true")
Loader.add_constructor(INT, lambda loader, node: _integer(node.value))
Loader.add_constructor(FLOAT, lambda loader, node: _float(node.value))
Loader.add_constructor(BaseResolver.DEFAULT_MAPPING_TAG, _mapping)
Loader.add_constructor(BaseResolver.DEFAULT_SEQUENCE_TAG, _sequence)


def load(text: str | bytes):
    """The one document of `text`; one behind it may hold nothing. Raises yaml.YAMLError."""
    loader = Loader(text)
    document = loader.get_data()
    while loader.check_data():
        if loader.get_data() is not None:
            raise yaml.YAMLError("more than one document holds something")
    return document
