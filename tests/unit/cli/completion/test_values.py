"""What ``perry-compose complete`` prints: names of files and of an engine's projects."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.cli.completion.values import KINDS
from perry_ffi.cli.main import Invocation
from tests.support.command_line import parsed

SERVICES = {
    "web": {"image": "nginx:1", "depends_on": ["nobody"], "environment": {"A": "${NOT_SET:?}"}},
    "tool": {"build": ".", "profiles": ["dev", "test"]},
    "old": {"image": "x", "profiles": ["dev"]},
}


def said(folder: Path, kind: str, *words: str, env: dict[str, str] | None = None) -> list[tuple[str, str]]:
    arguments = parsed([*words, "complete", kind])
    return list(KINDS[kind](arguments, Invocation(env or {}, str(folder)), ""))


def write(folder: Path, services: Any, name: str = "compose.yaml") -> None:
    (folder / name).write_text(json.dumps({"services": services}))


def test_services_also_of_profiles_and_of_files_that_are_wrong_elsewhere(tmp_path: Path) -> None:
    """A variable without a value, a dependency on nobody: the names are known all the same."""
    write(tmp_path, SERVICES)
    assert said(tmp_path, "services") == [
        ("old", "x (profile dev)"),
        ("tool", "built here (profile dev, test)"),
        ("web", "nginx:1"),
    ]
    assert [name for name, _ in said(tmp_path, "scales")] == ["old=", "tool=", "web="]
    assert [name for name, _ in said(tmp_path, "paths")] == ["old:", "tool:", "web:"]


def test_services_of_the_files_that_are_named(tmp_path: Path) -> None:
    """By flags, by variables, by an include whose path is a variable's."""
    write(tmp_path, {"one": {"image": "a"}}, "one.yaml")
    write(tmp_path, {"two": {"image": "b"}}, "two.yaml")
    (tmp_path / "all.yaml").write_text("include: ['${WHICH}.yaml']\n")
    both = [("one", "a"), ("two", "b")]
    assert said(tmp_path, "services", "-f", f"{tmp_path}/one.yaml", "-f", f"{tmp_path}/two.yaml") == both
    assert said(tmp_path, "services", env={"COMPOSE_FILE": "one.yaml:two.yaml"}) == both
    assert said(tmp_path, "services", env={"COMPOSE_FILE": "all.yaml", "WHICH": "two"}) == both[1:]


def test_profiles_say_whose_they_are(tmp_path: Path) -> None:
    write(tmp_path, SERVICES)
    assert said(tmp_path, "profiles") == [("dev", "old, tool"), ("test", "tool")]


@pytest.mark.parametrize("text", ["services: [", "services: {a: 3}", ""])
def test_a_file_that_cannot_be_read_has_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "compose.yaml").write_text(text)
    assert said(tmp_path, "services") == []


def test_without_a_file_there_is_none(tmp_path: Path) -> None:
    assert said(tmp_path, "services") == said(tmp_path, "profiles") == []


def test_the_engines_are_those_that_are_driven(tmp_path: Path) -> None:
    assert {"docker", "podman"} <= {name for name, _ in said(tmp_path, "engines")}
