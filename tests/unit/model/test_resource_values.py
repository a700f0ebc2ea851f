"""What a container may take of its host: limits, devices."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.model import resource_values
from perry_ffi.model.resource_values import Device, Ulimit
from tests.unit.model.forms import Parser, for_anything, refuses, takes_or_refuses

TAKEN: list[tuple[Parser, Any, Any]] = [
    (resource_values.ulimits, {"nofile": 5, "core": {"soft": 0, "hard": -1}}, [Ulimit("nofile", 5, 5), Ulimit("core", 0, -1)]),
    (resource_values.ulimits, ["nofile=1:2", "nproc=3"], [Ulimit("nofile", 1, 2), Ulimit("nproc", 3, 3)]),
    (resource_values.device, "/dev/fuse", Device("/dev/fuse", "/dev/fuse", "rwm")),
    (resource_values.device, "/dev/a:/dev/b", Device("/dev/a", "/dev/b", "rwm")),
    (resource_values.device, "/dev/a:/dev/b:r", Device("/dev/a", "/dev/b", "r")),
    (resource_values.device, "/dev/a:rw", Device("/dev/a", "/dev/a", "rw")),
    (resource_values.device, {"source": "/dev/a", "permissions": "m"}, Device("/dev/a", "/dev/a", "m")),
    (resource_values.ulimits, {"NOFILE": 5}, [Ulimit("nofile", 5, 5)]),
    (resource_values.device, "/dev/a:b", Device("/dev/a", "/b")),
    (resource_values.device, "/dev/a:/dev/b:RW", Device("/dev/a", "/dev/b", "rw")),
]  # fmt: skip


@pytest.mark.parametrize(("parser", "value", "wanted"), TAKEN)
def test_forms_that_are_taken(parser: Parser, value: Any, wanted: Any) -> None:
    assert parser(value) == wanted


REFUSED: list[tuple[Parser, Any]] = [
    *((resource_values.ulimits, v) for v in ({"nofile": "x"}, {"nofile": {"soft": 1}}, ["nofile"],
        ["nofile=2:1"], {"a-b": 1}, {"nofile": -2})),
    *((resource_values.device, v) for v in ("fuse", "/dev/a:/dev/b:x", "/dev/a:/dev/b:r:w",
        {"target": "/dev/a"}, {"source": 1}, "", None)),
]  # fmt: skip


@pytest.mark.parametrize(("parser", "value"), REFUSED)
def test_forms_that_are_refused(parser: Parser, value: Any) -> None:
    refuses(parser, value)


@for_anything([resource_values.ulimits, resource_values.device])
def test_anything_gives_a_value_or_a_validation_error(parser: Parser, value: Any) -> None:
    takes_or_refuses(parser, value)
