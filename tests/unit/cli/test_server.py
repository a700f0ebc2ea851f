"""The engine that the command line names."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from perry_ffi.backends.choice import named_server
from perry_ffi.cli import main as cli
from perry_ffi.cli.main import main
from perry_ffi.cli.server import server_env
from perry_ffi.errors import ValidationError
from perry_ffi.settings import Settings

ENVIRON = {
    "HOME": "/h", "DOCKER_HOST": "unix:///d", "DOCKER_CONTEXT": "c", "CONTAINER_HOST": "unix:///p", "CONTAINER_CONNECTION": "n",
    "PERRY_CONTAINER_MODE": "local-first",
}  # fmt: skip


def named(environ: dict[str, str], **options: str) -> tuple[str, str]:
    server = named_server(Settings.from_environ(server_env(environ, **options)))
    assert server is not None
    return server.variable, server.said


def test_it_comes_before_every_variable() -> None:
    assert named(ENVIRON, host="ssh://there") == ("DOCKER_HOST", "ssh://there")
    assert named(ENVIRON, context="there") == ("DOCKER_CONTEXT", "there")
    assert named({**ENVIRON, "PERRY_CONTAINER_BACKEND": "colima, docker"}, context="there") == ("DOCKER_CONTEXT", "there")


def test_of_podman_where_that_is_asked_for_first() -> None:
    environ = {**ENVIRON, "PERRY_CONTAINER_BACKEND": "podman,docker"}
    assert named(environ, host="tcp://there:1") == ("CONTAINER_HOST", "tcp://there:1")
    assert named(environ, context="there") == ("CONTAINER_CONNECTION", "there")


def test_docker_s_default_is_docker_s() -> None:
    settings = Settings.from_environ(server_env(ENVIRON, context="default"))
    assert settings.servers == {"DOCKER_HOST": "unix:///d"} and settings.backends == ("docker",) and not settings.mode
    assert settings.docker_context == "default"


@pytest.mark.parametrize("options", [{"host": ""}, {"context": ""}])
def test_an_empty_one(options: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        server_env(ENVIRON, **options)
    assert caught.value.message.startswith(f"--{next(iter(options))}: ")


def test_files_do_not_see_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is put in for a variable is the environment's still."""
    seen = []
    monkeypatch.setenv("DOCKER_HOST", "unix:///d")

    def run(arguments: object, invocation: cli.Invocation) -> int:
        seen.append((invocation.env["DOCKER_HOST"], invocation.engine_env["DOCKER_HOST"]))
        return 0

    monkeypatch.setattr("perry_ffi.cli.commands.ps.run", run)
    assert main(["-H", "tcp://there:1", "ps"]) == 0 and main(["ps"]) == 0
    assert seen == [("unix:///d", "tcp://there:1"), ("unix:///d", "unix:///d")]
    assert os.environ["DOCKER_HOST"] == "unix:///d"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-H", "unix:///nowhere/x.sock"], "the engine that --host names cannot be used: unix:///nowhere/x.sock does not exist"),
        (["-H", "nonsense://x"], "the engine that --host names cannot be used: --host: the scheme 'nonsense'"),
        (["-c", "away"], "the engine that --context names cannot be used: docker has no context 'away'"),
    ],
)
def test_an_error_speaks_of_what_was_typed(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("DOCKER_HOST", "CONTAINER_HOST", "DOCKER_CONTEXT", "PERRY_CONTAINER_BACKEND"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert main([*words, "-p", "x", "ps"]) == 1
    printed = capsys.readouterr().err
    assert said in printed and f"leave {said.split()[3]} out, to use an engine of this machine" in printed
    assert "DOCKER_" not in printed and "PERRY_CONTAINER_MODE" not in printed


def test_both_are_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-c", "a", "-H", "tcp://b:1", "ps"]) == 2
    assert "--context and --host contradict each other" in capsys.readouterr().err
