"""Numbers of containers, as they are typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.cli.bringing import replicas
from perry_ffi.cli.usage import Usage
from perry_ffi.errors import ValidationError
from tests.support.command_line import parsed
from tests.support.command_on_fake import Program


def test_numbers_by_service() -> None:
    assert replicas(["web=3", "db=0", "web=2"]) == {"web": 2, "db": 0}


@pytest.mark.parametrize("text", ["web", "web=", "=3", "web=x", "web=-1", "web=1.5", "web=\u00b2"])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="SERVICE=N"):
        replicas([text])


@pytest.mark.parametrize("command", ["up", "create", "plan"])
@pytest.mark.parametrize("said", ["policy", "", "ALWAYS", "daily"])
def test_a_pull_that_there_is_not_is_refused(command: str, said: str) -> None:
    """The services' own policies are what counts without the flag, and no word for it."""
    with pytest.raises(Usage, match="expected always, missing, never"):
        parsed([command, f"--pull={said}"])


@pytest.mark.parametrize("command", [["up", "-d"], ["--dry-run", "up"], ["plan"]])
def test_without_a_service_there_is_nothing_to_bring_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    """None in the files, or none whose profile is enabled; to start what there is of them is done with nothing."""
    program = Program(tmp_path, monkeypatch, capsys)
    program.file({})
    program.run(*command, status=1)
    assert "have no services" in program.err
    program.file({"tool": {"profiles": ["dev"]}})
    program.run(*command, status=1)
    assert "a profile that is not enabled (dev)" in program.err and "--profile dev" in program.err
    program.run("start")
