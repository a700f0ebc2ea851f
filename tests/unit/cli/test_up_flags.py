from __future__ import annotations

import pytest

from perry_ffi.cli.commands import plan, up
from perry_ffi.cli.main import Invocation
from perry_ffi.cli.up_flags import options, planning
from perry_ffi.service.options import up_of_flags
from perry_ffi.stack.options import Up
from tests.support.command_line import parsed

HERE = Invocation({}, "/")


@pytest.mark.parametrize(
    "words",
    [
        [], ["a", "b"], ["--build"], ["--pull", "always"], ["--remove-orphans"], ["--force-recreate"], ["--no-recreate"],
        ["--always-recreate-deps"], ["--no-deps"], ["--no-start"], ["-V"], ["--no-rollback"], ["--wait", "--wait-timeout", "3"],
        ["--timeout", "2"], ["--rolling"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_plan_is_asked_for_as_up_is(words: list[str]) -> None:
    assert options(parsed(["plan", *words]), HERE) == up_of_flags(parsed(["up", *words]), {})


def test_numbers_and_variables() -> None:
    assert options(parsed(["plan", "--scale", "a=2"]), HERE).scale == {"a": 2}
    ignoring, removing = (Invocation({name: "1"}, "/") for name in ("COMPOSE_IGNORE_ORPHANS", "COMPOSE_REMOVE_ORPHANS"))
    ignoring.variables, removing.variables = ignoring.env, removing.env
    assert options(parsed(["plan"]), removing).remove_orphans and not options(parsed(["plan"]), ignoring).tell_orphans


def test_a_command_that_has_few_of_them() -> None:
    """What it does not have says nothing; one service that it takes is no list of them."""
    assert options(parsed(["test", "web", "true"]), HERE) == Up()
    assert options(parsed(["update", "--rolling"]), HERE) == Up(rolling=True)


def test_they_are_those_of_up() -> None:
    assert set(planning()) <= set(up.COMMAND.flags) and set(planning()) <= set(plan.COMMAND.flags)
    assert "build" not in {flag.name for flag in planning(without=("build",))}
