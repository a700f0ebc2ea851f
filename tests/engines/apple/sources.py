"""The options of apple/container's commands as its sources declare them, to hold the table of ``options`` against them.

Reads the folder of a release, ``PERRY_TEST_APPLE_SOURCES``. It knows as much of Swift as those declarations need.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = "PERRY_TEST_APPLE_SOURCES"
_ARGUMENTS = r"\s*(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))?\s*"
_DECLARED = re.compile(rf"@(Option|Flag|Argument){_ARGUMENTS}(?:public )?var (\w+)")
_GROUP = re.compile(rf"@OptionGroup{_ARGUMENTS}(?:public )?var \w+(?::\s*|\s*=\s*)(?:Flags\.)?(\w+)")
_COMMAND = re.compile(r"commandName(?::|\s*=)\s*\"([\w-]+)\"")
_STRUCT = re.compile(r"struct (\w+): ParsableArguments \{")
_NAMES = re.compile(r"name:\s*(\[[^\]]*\]|\.\w+(?:\([^)]*\))?)")
_FAMILIES = ("image", "network", "volume", "registry", "system", "machine", "builder")


@dataclass
class Declared:
    """What one command takes: options and flags by each long name, or ``-x`` where there is none, with their letter."""

    options: dict[str, str] = field(default_factory=dict)
    flags: dict[str, str] = field(default_factory=dict)
    words: int = 0


def commands(folder: Path) -> dict[tuple[str, ...], Declared]:
    """Every command, by its words."""
    groups = dict(_structs((folder / "Sources/Services/ContainerAPIService/Client/Flags.swift").read_text()))
    found = {}
    for path in (folder / "Sources/ContainerCommands").rglob("*.swift"):
        text = path.read_text()
        if (name := _COMMAND.search(text)) is not None:
            family = path.parent.name.lower()
            found[(*([family] if family in _FAMILIES else []), name[1])] = _declared(text, groups)
    return found


def _structs(text: str) -> Iterator[tuple[str, str]]:
    for match in _STRUCT.finditer(text):
        depth, index = 1, match.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[index], 0)
            index += 1
        yield match[1], text[match.end() : index]


def _declared(text: str, groups: dict[str, str]) -> Declared:
    found = Declared()
    for kind, arguments, variable in _DECLARED.findall(text):
        if kind == "Argument":
            found.words += 1
            continue
        kept = found.options if kind == "Option" else found.flags
        longs, letter = _names(arguments, variable)
        kept.update(dict.fromkeys(longs or [f"-{letter}"], letter))
    for _, name in _GROUP.findall(text):
        more = _declared(groups[name], groups) if name in groups else Declared()
        found.options |= more.options
        found.flags |= more.flags
    return found


def _names(arguments: str, variable: str) -> tuple[list[str], str]:
    own = re.sub(r"(?<=[a-z0-9])([A-Z])", lambda match: f"-{match[1].lower()}", variable)
    spec = match[1] if (match := _NAMES.search(arguments)) else ".long"
    longs = re.findall(r'customLong\("([^"]+)"', spec) + (
        [own] if re.search(r"\.long(AndShort)?\b|\.shortAndLong\b", spec) else []
    )
    letters = re.findall(r'customShort\("(.)"', spec) + ([own[0]] if re.search(r"\.short(AndLong)?\b", spec) else [])
    if "prefixedEnableDisable" in arguments:
        longs = [f"{word}-{name}" for name in longs for word in ("enable", "disable")]
    return longs, "".join(letters)


__all__ = ["FOLDER", "Declared", "commands"]
