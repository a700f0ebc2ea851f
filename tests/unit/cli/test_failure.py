"""How a command that failed says so, to people and to programs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.cli.main import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("COMPOSE_FILE", "COMPOSE_PROGRESS", "COMPOSE_ANSI", "NO_COLOR", "COMPOSE_PROJECT_NAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    monkeypatch.setenv("PERRY_CONTAINER_BACKEND", "docker")
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], words: list[str], status: int) -> str:
    assert main(words) == status
    found = capsys.readouterr()
    assert found.out == ""
    return found.err


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


WRONG = "services: {web: {image: a, prots: []}}\n"


@pytest.mark.parametrize("words", [["--progress", "json", "up", "-d"], ["config", "--format", "json"]])
def test_an_error_is_an_object_where_a_program_reads(folder: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    (folder / "compose.yaml").write_text(WRONG)
    [row] = objects(said(capsys, words, 1))
    assert (row["error"], row["code"], row["kind"], row["path"]) == (True, 400, "ValidationError", "services.web.prots")
    assert "prots" in row["message"] and row["details"]["line"] == 1


def test_the_same_to_a_person(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "compose.yaml").write_text(WRONG)
    assert said(capsys, ["config"], 1).startswith("perry-compose: ")


@pytest.mark.parametrize(
    "words", [["--progress=json", "up", "--bogus"], ["--progress", "json", "upp"], ["ps", "--bogus", "--format", "json"]]
)
def test_wrong_usage_is_one_too(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    [row] = objects(said(capsys, words, 2))
    assert (row["error"], row["kind"], row["code"]) == (True, "Usage", 400) and row["next"].endswith("--help")


def test_the_variable_asks_for_objects_as_the_flag_does(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMPOSE_PROGRESS", "json")
    assert objects(said(capsys, ["upp"], 2))[0]["error"] is True


@pytest.mark.parametrize(("name", "text"), [("COMPOSE_PROGRESS", "odd"), ("COMPOSE_PARALLEL_LIMIT", "many")])
def test_a_variable_that_says_nothing_is_named_by_every_command(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    (folder / "compose.yaml").write_text("services: {web: {image: a}}\n")
    monkeypatch.setenv(name, text)
    assert f"{name}: expected" in said(capsys, ["config", "-q"], 1)


def test_the_next_command_is_what_was_typed_and_more(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "a b.yaml").write_text("services: {web: {image: a}}\n")
    text = said(capsys, ["-f", "a b.yaml", "ps"], 1)
    assert text.splitlines()[-1] == "  next: perry-compose -f 'a b.yaml' doctor"


def test_it_has_no_passwords(capsys: pytest.CaptureFixture[str]) -> None:
    assert "s3cret" not in said(capsys, ["-H", "tcp://me:s3cret@127.0.0.1:1", "-p", "x", "ps"], 1)


def test_who_comes_next_is_told_as_ever(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "compose.yaml").write_text(WRONG)
    said(capsys, ["--progress", "json", "config"], 1)
    assert said(capsys, ["config"], 1).startswith("perry-compose: ")


def test_colours_where_they_are_asked_for(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "compose.yaml").write_text(WRONG)
    assert said(capsys, ["--ansi", "always", "config"], 1).startswith("\x1b[31mperry-compose:\x1b[0m ")
