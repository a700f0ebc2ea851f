"""What every test of a parser does: forms that are taken, forms that are refused, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from perry_ffi.errors import ValidationError

Parser = Callable[[Any], Any]

LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
ANY = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NEAR = st.text(alphabet="0123456789:/.-_=,abcdhkmnrswxzµ[]@~ \n\0", max_size=24)
ANYTHING = ANY | NEAR | st.lists(NEAR, max_size=2)
"""Values of every kind, and texts that are nearly right."""


HARD: tuple[Any, ...] = ("9" * 5000, "²", "²:80", "\ud800", 2**70, 10**6000)
"""Values that a parser of numbers, of text or of JSON may stumble over; always among those that are tried."""


def for_anything(parsers: Sequence[Parser]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Runs a test of ``parser`` and ``value`` with each of ``parsers``, and with values of every kind."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        for value in reversed(HARD):
            test = example(value=value)(test)
        return pytest.mark.parametrize("parser", parsers, ids=lambda parser: parser.__qualname__)(given(value=ANYTHING)(test))

    return decorate


def refuses(parser: Parser, value: Any) -> None:
    """``parser`` refuses ``value``, and says what it expects."""
    with pytest.raises(ValidationError) as caught:
        parser(value)
    assert caught.value.details["expected"]


def takes_or_refuses(parser: Parser, value: Any) -> None:
    """``parser`` gives a value, or an error that can be written down."""
    try:
        parser(value)
    except ValidationError as error:
        error.message.encode("utf-8", "backslashreplace")
