"""The tables of what engines say."""

from __future__ import annotations

import ast
import re

import pytest

from perry_ffi.backends.engine_api.sayings import DOCKER, PODMAN, Meaning, Saying, says
from tests.unit.test_rooms import SOURCE, modules

ROWS = (*DOCKER, *PODMAN)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.meaning.name}-{row.words[:30]}")
def test_a_row_has_words_and_versions(row: Saying) -> None:
    assert re.compile(row.words).search("") is None, "it finds everything"
    assert re.match(r"\d", row.versions)


def test_each_meaning_is_said_by_somebody() -> None:
    assert {row.meaning for row in ROWS} == set(Meaning)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("container abc is not running", Meaning.CONFLICT),
        ("Container abc is not running", Meaning.CONFLICT),
        ("extraction point is not a directory", Meaning.NO_DIRECTORY),
        ("container rootfs is marked read-only", Meaning.READ_ONLY),
        ("UNIQUE constraint failed: ContainerConfig.Name", Meaning.CONFLICT),
        ("no such volume: x\nget: no such volume", Meaning.NAMELESS_VOLUME),
        ("the container name x is already in use by 1: you have to remove that container", Meaning.CONFLICT),  # podman 4.3
        ("can only kill running containers. 1 is in state exited: container state improper", Meaning.CONFLICT),  # podman 4.3
        ("network name n already used: network already exists", Meaning.CONFLICT),
        ('exec: "/etc": is a directory: OCI runtime error', Meaning.NO_EXECUTABLE),  # podman 5
        ('exec: "/etc": permission denied: OCI permission denied', Meaning.NO_EXECUTABLE),  # podman 4.3
        ('unable to start container process: exec: "/etc": permission denied: unknown', Meaning.NO_EXECUTABLE),  # docker
        ('exec: "nope": executable file not found in $PATH: unknown', Meaning.NO_COMMAND),  # docker
        ("executable file `nope` not found in $PATH: No such file or directory", Meaning.NO_COMMAND),  # podman, crun
        ("open /x: read-only file system", Meaning.READ_ONLY),  # podman
        ("healthcheck command exceeded timeout of 1s", Meaning.PROBE_TIMEOUT),  # podman
    ],
)
def test_words_of_several_versions(text: str, meaning: Meaning) -> None:
    assert says(text, meaning)
    assert not says("something else", meaning)


def test_no_other_module_matches_what_an_engine_says() -> None:
    """Errors of engines are told apart by these tables alone."""
    found = []
    for name, tree in modules(SOURCE):
        if not name.startswith("backends.engine_api.") or name.endswith(".sayings"):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In | ast.NotIn):
                of = node.comparators[0]
                if isinstance(of, ast.Attribute) and of.attr in ("message", "cause") and isinstance(node.left, ast.Constant):
                    found.append(f"{name}:{node.lineno}")
    assert found == []
