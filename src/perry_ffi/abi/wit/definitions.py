"""What a WIT interface defines, as values that print. A type is its text: ``option<list<string>>``."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from perry_ffi.abi.wit.names import identifier

WIDTH = 116
INDENT = "  "

Kind = Literal["record", "enum", "variant", "type"]


@dataclass(frozen=True)
class Part:
    """A member of a record, or a case of an enum or a variant.

    type: its type; empty for a case without a value. json: of a member its name in JSON, of an enum's case its text there. form: of
    a variant's case what it is in JSON: ``text``, ``list``, ``object`` (the value as it is), or the name of the one member of an
    object that holds it.
    """

    name: str
    type: str = ""
    doc: str = ""
    json: str = ""
    form: str = ""


@dataclass(frozen=True)
class Definition:
    """A named type. kind ``type``: another name for ``type``."""

    kind: Kind
    name: str
    doc: str = ""
    parts: tuple[Part, ...] = ()
    type: str = ""

    def text(self) -> str:
        head = comment(self.doc, "") + f"{self.kind} {identifier(self.name)}"
        if self.kind == "type":
            return f"{head} = {self.type};\n"
        return f"{head} {{\n{''.join(self._part(part) for part in self.parts)}}}\n"

    def _part(self, part: Part) -> str:
        name = identifier(part.name)
        if self.kind == "record":
            name += f": {part.type}"
        elif part.type:
            name += f"({part.type})"
        return comment(part.doc, INDENT) + f"{INDENT}{name},\n"


def comment(text: str, indent: str) -> str:
    """``text`` as doc comments, a paragraph for each of its lines."""
    lines = [
        line
        for paragraph in text.splitlines()
        for line in textwrap.wrap(paragraph, WIDTH - len(indent) - 4, break_long_words=False, break_on_hyphens=False) or [""]
    ]
    return "".join(f"{indent}/// {line}".rstrip() + "\n" for line in lines)


def names_in(types: Iterable[str]) -> set[str]:
    """Every name in the texts of types: WIT's own and those of definitions."""
    return {name for text in types for name in re.findall(r"[a-z][a-z0-9-]*", text)}


def option(text: str) -> str:
    return text if text.startswith("option<") else f"option<{text}>"


def list_of(text: str) -> str:
    return f"list<{text}>"


def object_of(text: str) -> str:
    """A JSON object of any names: WIT has lists of pairs."""
    return f"list<tuple<string, {text}>>"
