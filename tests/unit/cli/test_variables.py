"""Variables that stand for flags."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.cli import variables
from perry_ffi.cli.commands import groups
from perry_ffi.cli.engine import load_project
from perry_ffi.cli.main import Invocation
from perry_ffi.cli.table import GLOBAL
from perry_ffi.cli.usage import Usage
from perry_ffi.errors import ValidationError
from tests.support.command_line import parsed


def invocation(flag: int | None = None, compatibility: bool | None = None, **env: str) -> Invocation:
    found = Invocation(env, "/")
    found.parallel, found.compatibility = flag, compatibility
    return found


@pytest.mark.parametrize(
    ("flag", "text", "expected"),
    [(None, "", None), (None, "-1", None), (None, "0", None), (None, "3", 3), (2, "3", 2), (-1, "3", None), (0, "", None)],
)
def test_how_much_at_once(flag: int | None, text: str, expected: int | None) -> None:
    assert variables.parallel(invocation(flag, COMPOSE_PARALLEL_LIMIT=text)) == expected


def test_a_limit_that_is_no_number_is_named() -> None:
    with pytest.raises(ValidationError, match="COMPOSE_PARALLEL_LIMIT"):
        variables.parallel(invocation(COMPOSE_PARALLEL_LIMIT="many"))


@pytest.mark.parametrize("text", ["1", "true", "True", "yes"])
def test_switches(text: str) -> None:
    assert variables.compatibility(invocation(COMPOSE_COMPATIBILITY=text))
    assert variables.removes_orphans(None, invocation(COMPOSE_REMOVE_ORPHANS=text))
    assert variables.ignores_orphans(invocation(COMPOSE_IGNORE_ORPHANS=text))
    with pytest.raises(Usage):
        variables.removes_orphans(True, invocation(COMPOSE_IGNORE_ORPHANS=text))
    assert not variables.compatibility(invocation(compatibility=False, COMPOSE_COMPATIBILITY=text))
    assert not variables.removes_orphans(False, invocation(COMPOSE_REMOVE_ORPHANS=text))
    assert not variables.removes_orphans(False, invocation(COMPOSE_REMOVE_ORPHANS=text, COMPOSE_IGNORE_ORPHANS=text))


@pytest.mark.parametrize("flag", ["--remove-orphans", "--compatibility"])
def test_a_switch_with_a_variable_is_open_until_it_is_given(flag: str) -> None:
    before, behind = ([flag], []) if flag == "--compatibility" else ([], [flag])
    member = flag.removeprefix("--").replace("-", "_")
    assert getattr(parsed(["up"]), member) is None
    assert getattr(parsed([*before, "up", *behind]), member) is True
    off = [[f"{word}=false" for word in words] for words in (before, behind)]
    assert getattr(parsed([*off[0], "up", *off[1]]), member) is False


def test_every_variable_of_a_switch_is_told_of() -> None:
    """None of them is forgotten: each command with such a flag asks for the variable, and the manual tells of it."""
    from scripts.reference.texts import VARIABLES

    flags = [flag for listed in groups().values() for one in listed for flag in one.flags]
    named = {flag.variable for flag in (*flags, *GLOBAL) if flag.variable}
    assert named == {"COMPOSE_REMOVE_ORPHANS", "COMPOSE_COMPATIBILITY"}
    assert all(any(name in told for told, _ in VARIABLES) for name in named)


@pytest.mark.parametrize("text", ["", "0", "false", "no"])
def test_switches_that_are_off(text: str) -> None:
    assert not variables.compatibility(invocation(COMPOSE_COMPATIBILITY=text))
    assert variables.compatibility(invocation(compatibility=True, COMPOSE_COMPATIBILITY=text))
    assert not variables.removes_orphans(None, invocation(COMPOSE_REMOVE_ORPHANS=text))
    assert variables.removes_orphans(True, invocation(COMPOSE_IGNORE_ORPHANS=text))


def test_the_project_s_env_file_counts(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("name: p\nservices: {a: {image: i}}\n")
    (tmp_path / ".env").write_text("COMPOSE_PARALLEL_LIMIT=2\nCOMPOSE_COMPATIBILITY=true\n")
    found = Invocation({}, str(tmp_path))
    load_project(parsed(["up"]), found)
    assert variables.parallel(found) == 2 and variables.compatibility(found)
