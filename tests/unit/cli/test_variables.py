"""Variables that stand for flags."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.cli import variables
from perry_ffi.cli.engine import load_project
from perry_ffi.cli.main import Invocation
from perry_ffi.cli.usage import Usage
from perry_ffi.errors import ValidationError
from tests.support.command_line import parsed


def invocation(flag: int | None = None, compatibility: bool = False, **env: str) -> Invocation:
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
    assert variables.removes_orphans(False, invocation(COMPOSE_REMOVE_ORPHANS=text))
    assert variables.ignores_orphans(invocation(COMPOSE_IGNORE_ORPHANS=text))
    with pytest.raises(Usage):
        variables.removes_orphans(True, invocation(COMPOSE_IGNORE_ORPHANS=text))


@pytest.mark.parametrize("text", ["", "0", "false", "no"])
def test_switches_that_are_off(text: str) -> None:
    assert not variables.compatibility(invocation(COMPOSE_COMPATIBILITY=text))
    assert variables.compatibility(invocation(compatibility=True, COMPOSE_COMPATIBILITY=text))
    assert not variables.removes_orphans(False, invocation(COMPOSE_REMOVE_ORPHANS=text))
    assert variables.removes_orphans(True, invocation(COMPOSE_IGNORE_ORPHANS=text))


def test_the_project_s_env_file_counts(tmp_path: Path) -> None:
    (tmp_path / "compose.yaml").write_text("name: p\nservices: {a: {image: i}}\n")
    (tmp_path / ".env").write_text("COMPOSE_PARALLEL_LIMIT=2\nCOMPOSE_COMPATIBILITY=true\n")
    found = Invocation({}, str(tmp_path))
    load_project(parsed(["up"]), found)
    assert variables.parallel(found) == 2 and variables.compatibility(found)
