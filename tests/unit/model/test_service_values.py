"""Values of a service's spec."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.model import service_values as service
from tests.unit.model.forms import Parser, for_anything, takes_or_refuses

TAKEN: list[tuple[Parser, Any, Any]] = [
    *((service.memory_or_unlimited, value, -1) for value in (-1, "-1", -5)),
    (service.memory_or_unlimited, "1k", 1024),
    *((service.exposed, value, read) for value, read in (("80/TCP", "80/tcp"), (" 80 ", "80/tcp"), ("80/", "80/tcp"))),
    *((service.volume_source, value, read) for value, read in (("ab:z", "ab:z"), ("ab:ro,Z", "ab:ro,Z"), ("ab:", "ab"))),
]  # fmt: skip


@pytest.mark.parametrize(("parser", "value", "wanted"), TAKEN)
def test_forms_that_are_taken(parser: Parser, value: Any, wanted: Any) -> None:
    assert parser(value) == wanted


PARSERS = [
    service.memory_or_unlimited,
    service.exposed,
    service.volume_source,
]


@for_anything(PARSERS)
def test_anything_gives_a_value_or_a_validation_error(parser: Parser, value: Any) -> None:
    takes_or_refuses(parser, value)
