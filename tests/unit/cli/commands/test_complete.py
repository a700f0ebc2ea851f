"""``perry-compose complete``: lines for the shells' scripts, and no word where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.cli.main import main
from tests.support.command_on_fake import Program


def test_a_line_a_name(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What a file says ends no line, and moves no cursor."""
    (tmp_path / "f.yaml").write_text('services: {web: {image: nginx}, db: {image: "x\\ty\\e[1m"}}\n')
    assert main(["-f", f"{tmp_path}/f.yaml", "complete", "services"]) == 0
    assert capfd.readouterr() == ("db\tx?y?[1m\nweb\tnginx\n", "")


def test_a_word_that_looks_like_a_flag_is_what_was_typed(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_text("services: {web: {image: nginx}}\n")
    assert main(["-f", f"{tmp_path}/f.yaml", "complete", "services", "-w"]) == 0
    assert capfd.readouterr() == ("web\tnginx\n", "")


def test_without_a_file_nothing_is_said(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["-f", f"{tmp_path}/none.yaml", "complete", "services"]) == 0
    assert capfd.readouterr() == ("", "")


def test_without_an_engine_nothing_is_said(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PERRY_CONTAINER_BACKEND", "docker")
    assert main(["-H", "unix:///nonexistent/engine.sock", "complete", "projects"]) == 1
    assert capfd.readouterr() == ("", "")


def test_paths_in_a_container_are_those_of_its_own_ls(program: Program) -> None:
    """Of the folder that is typed; hidden ones with their dot alone, and nothing of a service that does not run."""
    program.file({"web": {}, "db": {}})
    program.behave["web"] = Behaviour(exec_stdout="etc/\nentry point\n.hidden\nodd\x1bname\n")
    program.run("up", "-d", "web")
    assert program.run("complete", "paths", "web:/usr/") == "web:/usr/etc/\t\nweb:/usr/entry point\t\n"
    assert program.run("complete", "paths", "web:en") == "web:entry point\t\n"
    assert program.run("complete", "paths", "web:/.h") == "web:/.hidden\t\n"
    assert program.run("complete", "paths", "./web:/") == program.run("complete", "paths") == "db:\tapp\nweb:\tapp\n"
    assert program.run("complete", "paths", "db:/", status=1) == program.run("complete", "paths", "no:/", status=1) == ""
