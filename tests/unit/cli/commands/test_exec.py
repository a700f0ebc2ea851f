from __future__ import annotations

import pytest

from perry_ffi.cli.commands.exec import _options
from perry_ffi.cli.main import Invocation
from perry_ffi.cli.usage import Usage
from tests.support.command_line import parsed


def test_what_follows_the_service_is_the_commands() -> None:
    found = parsed(
        ["exec", "-Tdu", "7", "-e", "A=1", "-e", "B", "--index=2", "-w", "/w", "--privileged", "web", "ls", "-la", "--", "-T"]
    )
    assert (found.service, found.command) == ("web", ["ls", "-la", "--", "-T"])
    assert (found.no_tty, found.detach, found.user, found.env, found.index) == (True, True, "7", ["A=1", "B"], 2)
    assert (found.workdir, found.privileged, found.interactive, found.tty) == ("/w", True, True, True)
    assert not parsed(["exec", "--interactive=false", "web", "ls"]).interactive
    assert parsed(["exec", "-it", "web", "sh"]).tty


def test_a_user_and_a_folder_of_no_letters_are_none() -> None:
    """Of a variable that is empty, say: they are the container's own then."""
    found = _options(parsed(["exec", "--user=", "-w", "", "-e", "A=", "web", "ls"]), Invocation({}, "/"))
    assert (found.user, found.workdir, found.env, found.privileged) == (None, None, {"A": ""}, False)


@pytest.mark.parametrize(
    "words", [["exec"], ["exec", "web"], ["exec", "--index", "x", "web", "ls"], ["exec", "--bogus", "web", "ls"]]
)
def test_what_is_no_command_line(words: list[str]) -> None:
    with pytest.raises(Usage):
        parsed(words)
