"""``perry-compose build``: what it refuses, and what it prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from perry_ffi.cli.commands import build
from perry_ffi.cli.main import Invocation
from perry_ffi.cli.usage import Usage
from perry_ffi.errors import Unsupported
from tests.support.command_line import parsed
from tests.support.command_on_fake import Program

FILE = "name: p\nservices: {a: {build: {context: ., args: {A: file, B: file}}}}\n"


def printed(folder: Path, capsys: pytest.CaptureFixture[str], env: dict[str, str], *words: str) -> dict[str, object]:
    (folder / "compose.yaml").write_text(FILE)
    assert build.run(parsed(["build", "--print", *words]), Invocation(env, str(folder))) == 0
    target = json.loads(capsys.readouterr().out)["target"]["a"]
    assert isinstance(target, dict)
    return target


def test_build_arguments_come_from_the_words_and_from_variables(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--build-arg", "A=typed=x", "--build-arg", "C", "--build-arg", "D")
    assert printed(tmp_path, capsys, {"C": "variable"}, *words)["args"] == {"A": "typed=x", "B": "file", "C": "variable"}


def test_what_the_flags_ask_for_is_in_the_definition(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = printed(tmp_path, capsys, {}, "--no-cache", "--pull", "--ssh", "default", "--push")
    assert (target["no-cache"], target["pull"], target["ssh"], target["output"]) == (True, True, ["default"], ["type=registry"])


@pytest.mark.parametrize("words", [["--builder", "x"], ["--check"], ["--sbom", "true"], ["--provenance=mode=max"]])
def test_what_no_engine_can_is_named(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "compose.yaml").write_text(FILE)
    with pytest.raises(Unsupported, match=words[0].partition("=")[0]):
        build.run(parsed(["build", *words]), Invocation({}, str(tmp_path)))


@pytest.mark.parametrize("words", [["--builder", "default"], ["--sbom=false"], ["--provenance", "false"], ["-m", "1g"]])
def test_what_asks_for_nothing_is_taken(tmp_path: Path, capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    assert printed(tmp_path, capsys, {}, *words)


@pytest.mark.parametrize("said", ["x", "-1", "", "1q"])
def test_a_memory_that_is_no_size_is_wrong_usage(tmp_path: Path, said: str) -> None:
    (tmp_path / "compose.yaml").write_text(FILE)
    with pytest.raises(Usage, match="--memory.*expected a size such as 64m"):
        build.run(parsed(["build", f"--memory={said}"]), Invocation({}, str(tmp_path)))


def test_what_is_built_and_pushed_is_summed_up_once(program: Program) -> None:
    program.file({"app": {"build": ".", "image": "registry/app:1"}})
    (program.folder / "Dockerfile").write_text("FROM scratch\n")
    program.run("--progress", "plain", "build", "--push")
    said = program.err.splitlines()
    assert [line.split(" in ")[0] for line in said if line.startswith("p: ")] == ["p: 1 built, 1 pushed"]
    assert "   app: built" in said
