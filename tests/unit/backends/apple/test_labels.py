"""Labels come back as they were given, through the way that the engine takes them apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.apple import labels
from tests.engines.apple.values import labels as read_by_the_engine

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@given(TEXT)
def test_any_value_comes_back(value: str) -> None:
    found = read_by_the_engine([f"name={labels.encoded(value)}"])
    assert labels.told(found) == {"name": value}


@pytest.mark.parametrize("value", ["a=b", "==", "=", f"{labels.MARK}x", f"{labels.MARK}a%3D", "\u0338x", "100%", "a,b", ""])
def test_values_that_would_break(value: str) -> None:
    assert labels.told(read_by_the_engine([f"name={labels.encoded(value)}"])) == {"name": value}


def test_what_needs_no_encoding_is_left_alone() -> None:
    assert labels.encoded('{"a": [1, "b"]}') == '{"a": [1, "b"]}' and labels.encoded("100%") == "100%"


def test_the_label_of_the_backend_itself_is_not_told() -> None:
    assert labels.told({labels.KEPT: "x", "a": "b"}) == {"a": "b"}
