"""The C sources lie in layers: each includes only those below it. docs/design.md says what each is for."""

from __future__ import annotations

import re

from build_ffi import LAYERS, SOURCES

INCLUDE = re.compile(r'^#include "([^"/]+)/', re.M)
# Python's side of the border, and the archive for Perry's compiler, which is a library of its own.
APART = {"embedded.h", "perry"}


def test_every_file_lies_in_a_layer() -> None:
    found = {path.relative_to(SOURCES).parts[0] for path in SOURCES.rglob("*") if path.is_file()}
    assert found - APART == set(LAYERS)


def test_a_layer_includes_only_those_below_it() -> None:
    upward = [
        f"{path.relative_to(SOURCES)} includes {included}"
        for number, layer in enumerate(LAYERS)
        for path in sorted((SOURCES / layer).rglob("*.[ch]"))
        for included in INCLUDE.findall(path.read_text())
        if included not in LAYERS[: number + 1]
    ]
    assert upward == []


def test_what_differs_between_systems_is_in_the_lowest_layer() -> None:
    """eventfd and link.h are Linux: another system needs another file here and nowhere else, but where a file of ELF is made."""
    users = {
        path.relative_to(SOURCES).as_posix()
        for layer in LAYERS
        for path in (SOURCES / layer).rglob("*.[ch]")
        if re.search(r"sys/eventfd\.h|<link\.h>", path.read_text())
    }
    assert users == {"platform/wakeup.c", "platform/loaded_objects.c", "python/carried/relocations.c"}


def test_the_documentation_lists_the_layers() -> None:
    design = (SOURCES.parents[3] / "docs/design.md").read_text()
    listed = re.findall(r"^\| `(\w+)/` \|", design.split("### The C side")[1].split("\n## ")[0], re.M)
    assert listed == list(LAYERS)
