"""The project that the subcommands which need an engine work on."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from perry_ffi.cli.engine import load_project, project_name
from perry_ffi.cli.main import Invocation
from perry_ffi.errors import ContainerError, NotFound, ValidationError
from tests.support.command_line import parsed

FILE = """
name: p
services:
  a: {image: i}
  b: {image: i, profiles: [x]}
  c: {image: i, profiles: [x]}
  d: {image: i, profiles: [y]}
"""


@pytest.mark.parametrize("words", [["-f", "compose.yaml"], ["-f", "-"]])
def test_services_that_are_named_bring_their_profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    """Also where the file is read from standard input, which can be read only once."""
    (tmp_path / "compose.yaml").write_text(FILE)

    def services(*names: str) -> list[str]:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(FILE.encode())))
        arguments = parsed([*words, "up", *names])
        return sorted(load_project(arguments, Invocation({}, str(tmp_path)), arguments.service).services)

    assert services() == ["a"]
    assert services("a") == ["a"]
    assert services("b") == ["a", "b", "c"]
    assert services("b", "d") == ["a", "b", "c", "d"]


NAMELESS = "services: {a: {image: i}}\n"
BROKEN = "services: {a: {image: '${NEEDED:?}'}}\n"


@pytest.mark.parametrize("command", ["down", "ps", "logs"])
@pytest.mark.parametrize(
    ("text", "words", "env", "expected"),
    [
        (FILE, ["-p", "other"], {}, ("other", None)),
        (FILE, ["-p", "other"], {"COMPOSE_PROJECT_NAME": "other"}, ("other", None)),
        (FILE, ["-p", "p"], {}, ("p", ["a"])),
        ("name: ${N}\n" + NAMELESS, ["-p", "p"], {"N": "P"}, ("p", ["a"])),
        (NAMELESS, ["-p", "folder"], {}, ("folder", None)),
        (FILE, ["-p", "other", "-f", "compose.yaml"], {}, ("other", ["a"])),
        (FILE, ["-p", "other"], {"COMPOSE_FILE": "compose.yaml"}, ("other", ["a"])),
        (BROKEN, ["-p", "other"], {}, ("other", None)),
        ("]", ["-p", "other"], {}, ("other", None)),
        (None, ["-p", "other"], {}, ("other", None)),
        (None, [], {"COMPOSE_PROJECT_NAME": "other"}, ("other", None)),
        (NAMELESS, [], {"COMPOSE_PROJECT_NAME": "other"}, ("other", ["a"])),
        (NAMELESS, [], {}, ("folder", ["a"])),
        ("name: other\n" + BROKEN, ["-p", "other"], {}, ("other", None)),
        (BROKEN, [], {"COMPOSE_PROJECT_NAME": "other"}, ("other", None)),
        ("]", [], {"COMPOSE_PROJECT_NAME": "other"}, ("other", None)),
    ],
)  # fmt: skip
def test_whose_project_is_looked_at(
    tmp_path: Path, command: str, text: str | None, words: list[str], env: dict[str, str], expected: tuple[str, list[str] | None]
) -> None:
    """A file that lies here is no file of a project of another name."""
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "unrelated.yaml").write_text(FILE)
    if text is not None:
        (folder / "compose.yaml").write_text(text)
    name, project = project_name(parsed([*words, command]), Invocation(env, str(folder)))
    assert (name, project and sorted(project.services)) == expected


def test_a_file_that_cannot_be_read_is_told_where_it_would_be_the_projects(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "compose.yaml").write_text("name: p\n" + BROKEN)
    assert project_name(parsed(["-p", "p", "down"]), Invocation({}, str(tmp_path))) == ("p", None)
    assert "warning: p is taken as the engine has it: " in (said := capsys.readouterr().err) and "NEEDED" in said
    assert project_name(parsed(["-p", "other", "down"]), Invocation({}, str(tmp_path))) == ("other", None)
    assert capsys.readouterr().err == ""
    with pytest.raises(ValidationError):
        project_name(parsed(["down"]), Invocation({}, str(tmp_path)))


@pytest.mark.parametrize(
    ("words", "env", "error"),
    [
        ([], {}, NotFound), (["-f", "no.yaml"], {"COMPOSE_PROJECT_NAME": "p"}, NotFound),
        (["-p", "p", "-f", "no.yaml"], {}, NotFound), (["-p", "p"], {"COMPOSE_FILE": "no.yaml"}, NotFound),
    ],
)  # fmt: skip
def test_a_file_that_is_asked_for_has_to_be_there(
    tmp_path: Path, words: list[str], env: dict[str, str], error: type[ContainerError]
) -> None:
    with pytest.raises(error):
        project_name(parsed([*words, "down"]), Invocation(env, str(tmp_path)))
