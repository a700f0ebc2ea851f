"""Texts as its language reads them."""

from __future__ import annotations

import pytest

from perry_ffi.backends.apple.characters import apart, begins_apart, option, pairs
from perry_ffi.errors import ValidationError


@pytest.mark.parametrize("text", ["\u0338", "\u0301x", "\u200dx", "\ufe0fx", "\u20e3"])
def test_a_mark_at_the_beginning_belongs_to_what_stands_before_it(text: str) -> None:
    assert not begins_apart(text)
    for call in (lambda: apart(text, "x"), lambda: option("name", text), lambda: pairs("env", {"A": text})):
        with pytest.raises(ValidationError, match="mark over the character before it"):
            call()


@pytest.mark.parametrize("text", ["", "-x", "=", "a\u0301", "\n", "\r\n", "字", "🙂"])
def test_other_texts_are_taken(text: str) -> None:
    assert option("name", text) == f"--name={text}" and pairs("env", {"A": text}) == [f"--env=A={text}"]


@pytest.mark.parametrize("name", ["", "a=b", "="])
def test_a_name_that_would_end_elsewhere(name: str) -> None:
    with pytest.raises(ValidationError, match="is no name of one"):
        pairs("env", {name: "x"})


def test_a_nul() -> None:
    with pytest.raises(ValidationError, match="NUL"):
        option("name", "a\0b")
