from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.api.arguments import need, optional, strings
from perry_ffi.errors import ValidationError


@pytest.mark.parametrize("text", [None, "", "\0", "a\0b"])
def test_a_text_that_must_be_there(text: str | None) -> None:
    with pytest.raises(ValidationError) as refused:
        need(text, "id")
    assert refused.value.details["path"] == "id"


@given(st.text(min_size=1).filter(lambda text: "\0" not in text))
def test_any_other_text_stays_as_it_is(text: str) -> None:
    """Quotes, newlines, leading dashes and ../ are no business of the border."""
    assert need(text, "id") == optional(text, "id") == text


def test_an_absent_text() -> None:
    assert optional(None, "id") is optional("", "id") is None
    with pytest.raises(ValidationError):
        optional("a\0", "id")


@pytest.mark.parametrize(
    ("document", "path"),
    [(None, "command"), (b"{}", "command"), (b'"sh"', "command"), (b"[1]", "command[0]"), (b'["a", null]', "command[1]")],
)
def test_lists_of_texts_that_are_none(document: bytes | None, path: str) -> None:
    with pytest.raises(ValidationError) as refused:
        strings(document, "command")
    assert refused.value.details["path"] == path


def test_a_list_of_texts() -> None:
    assert strings(b'["sh", "-c", "--", ""]', "command") == ["sh", "-c", "--", ""]
    assert strings(b"[]", "command") == []
