"""The one place that makes options of what programs and shells say."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from perry_ffi.errors import ValidationError
from perry_ffi.model.stack import CleanupOptions, DownOptions, StackLogOptions, UpOptions
from perry_ffi.service.options import down_of, down_of_cleanup, down_of_flags, log_request, up_of, up_of_flags
from perry_ffi.stack.options import Down, Up
from tests.support.command_line import parsed

PAIRS: list[tuple[list[str], dict[str, Any], Up]] = [
    ([], {}, Up()),
    (["a", "b"], {"services": ["a", "b"]}, Up(services=("a", "b"))),
    (["--build"], {"build": True}, Up(build=True)),
    (["--pull", "always"], {"pull": "always"}, Up(pull="always")),
    (["--pull", "if_not_present"], {"pull": "missing"}, Up(pull="missing")),
    (["--pull", "build"], {"build": True}, Up(build=True)),
    (["--remove-orphans"], {"removeOrphans": True}, Up(remove_orphans=True)),
    (["--force-recreate"], {"forceRecreate": True}, Up(force_recreate=True)),
    (["--always-recreate-deps"], {"alwaysRecreateDeps": True}, Up(recreate_dependencies=True)),
    (["--no-recreate"], {"noRecreate": True}, Up(no_recreate=True)),
    (["--renew-anon-volumes"], {"renewAnonVolumes": True}, Up(renew_volumes=True)),
    (["--no-deps"], {"dependencies": False}, Up(dependencies=False)),
    (["--no-start"], {"start": False}, Up(start=False)),
    (["--no-rollback"], {"rollback": False}, Up(rollback=False)),
    (["--wait"], {"wait": True}, Up(wait=True)),
    (["--wait-timeout", "5"], {"waitTimeout": 5}, Up(wait_timeout=5)),
    (["--timeout", "3"], {"timeout": 3}, Up(timeout=3)),
    (["--rolling"], {"rolling": True}, Up(rolling=True)),
]


@pytest.mark.parametrize(("words", "members", "expected"), PAIRS, ids=lambda value: str(value) if isinstance(value, list) else "")
def test_a_flag_and_a_member_that_mean_the_same_are_the_same_option(
    words: list[str], members: dict[str, Any], expected: Up
) -> None:
    assert up_of(UpOptions.model_validate(members)) == expected
    assert up_of_flags(parsed(["up", *words]), {}) == expected


def test_what_only_one_of_them_says() -> None:
    assert up_of(UpOptions(strict=True, scale={"a": 2})) == Up(strict=True, scale={"a": 2})
    assert up_of(UpOptions(services=[])) == Up(services=())
    assert up_of_flags(parsed(["up"]), {"a": 2}) == Up(scale={"a": 2})


def test_options_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(ValidationError):
        up_of(UpOptions(noRecreate=True, forceRecreate=True))  # type: ignore[call-arg]


def test_of_a_down() -> None:
    assert down_of(DownOptions()) == Down()
    assert down_of(DownOptions(volumes=True, removeOrphans=False, timeout=2, images="local")) == Down(  # type: ignore[call-arg]
        volumes=True, remove_orphans=False, timeout=2, images="local"
    )
    words = ["down", "-v", "--remove-orphans", "-t", "2", "--rmi", "all"]
    assert down_of_flags(parsed(words)) == Down(volumes=True, timeout=2, images="all")
    assert down_of_flags(parsed(["down"])) == Down(remove_orphans=False)
    assert down_of_cleanup(CleanupOptions(volumes=True, networks=False)) == Down(volumes=True, networks=False)


def test_of_logs() -> None:
    request = log_request(StackLogOptions(services=["a"], tail=3))
    assert (request.services, request.options.tail) == (("a",), 3)
    assert log_request(StackLogOptions()).services is None


def test_every_option_of_a_program_is_heard() -> None:
    """Each member of UpOptions is an option of ``up``, but those that say which project it is, detach, and verify, which is the stack's."""
    renamed = {"always_recreate_deps": "recreate_dependencies", "renew_anon_volumes": "renew_volumes"}
    others = {"detach", "profiles", "project_name", "project_directory", "verify"}
    assert {renamed.get(name, name) for name in set(UpOptions.model_fields) - others} <= {field.name for field in fields(Up)}
