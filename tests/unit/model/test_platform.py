"""Platforms."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.model.platform import platform
from tests.unit.model.forms import Parser, for_anything, refuses, takes_or_refuses

TAKEN: list[tuple[Parser, Any, Any]] = [
    *((platform, written, read) for written, read in (
        ("linux/arm64/v8", "linux/arm64/v8"), ("linux", "linux"), ("amd64", "linux/amd64"), ("Linux/X86_64", "linux/amd64"),
        ("x86-64", "linux/amd64"), ("armhf", "linux/arm/v7"), ("linux/aarch64", "linux/arm64"), ("linux/arm/7", "linux/arm/v7"),
        ("windows(10.0.17763)/amd64", "windows/amd64"), ("macos/arm64", "darwin/arm64"), ("foo/bar", "foo/bar"))),
]  # fmt: skip


@pytest.mark.parametrize(("parser", "value", "wanted"), TAKEN)
def test_forms_that_are_taken(parser: Parser, value: Any, wanted: Any) -> None:
    assert parser(value) == wanted


REFUSED: list[tuple[Parser, Any]] = [
    *((platform, v) for v in ("foo", "linux/arm64/v8/x", "a/b?c", "linux/", "linux/amd64 ", "", None)),
]  # fmt: skip


@pytest.mark.parametrize(("parser", "value"), REFUSED)
def test_forms_that_are_refused(parser: Parser, value: Any) -> None:
    refuses(parser, value)


PARSERS = [
    platform,
]


@for_anything(PARSERS)
def test_anything_gives_a_value_or_a_validation_error(parser: Parser, value: Any) -> None:
    takes_or_refuses(parser, value)
