"""JSON text from outside: absent, hostile and plain."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.errors import ValidationError
from perry_ffi.model import jsontext


@pytest.mark.parametrize("text", [None, "", b"", "null", b" null ", "undefined"])
def test_absent_text_reads_as_none(text: bytes | str | None) -> None:
    assert jsontext.load(text, "doc") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"\xff\xfe", "UTF-8 text"),
        ("\ud800", "UTF-8 text"),
        (b"{", "JSON"),
        (b"[1,]", "JSON"),
        (b"\xef\xbb\xbf{}", "JSON"),
        (b"[" * 200_000, "JSON that is nested less deeply"),
        (b'{"a":' * 200_000, "JSON that is nested less deeply"),
        (b"NaN", "finite numbers, not NaN"),
        (b"[-Infinity]", "finite numbers, not -Infinity"),
        (b"1e999", "finite numbers"),
        (b"9" * 10_000, "whole numbers within 64 bits"),
        (b"[9223372036854775808]", "whole numbers within 64 bits"),
    ],
)
def test_unreadable_text_is_a_validation_error(text: bytes | str, expected: str) -> None:
    with pytest.raises(ValidationError) as caught:
        jsontext.load(text, "doc")
    assert caught.value.message.startswith("doc")
    assert caught.value.details["expected"] == expected


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (b'{"a":["x","\\u0000"]}', "doc.a[1]"),
        (b'{"a b":"\\ud800"}', 'doc["a b"]'),
        (b'"\\udfff"', "doc"),
    ],
)
def test_escapes_cannot_bring_in_nul_or_half_characters(text: bytes, path: str) -> None:
    with pytest.raises(ValidationError) as caught:
        jsontext.load(text, "doc")
    assert caught.value.details["path"] == path


def test_a_name_of_a_member_may_not_hold_nul() -> None:
    with pytest.raises(ValidationError):
        jsontext.load(b'{"a\\u0000":1}', "doc")


def test_free_text_may_hold_nul_only_at_the_top() -> None:
    assert jsontext.load(b'{"stdin":"a\\u0000"}', "doc", frozenset({"stdin"})) == {"stdin": "a\0"}
    with pytest.raises(ValidationError):
        jsontext.load(b'{"x":{"stdin":"a\\u0000"}}', "doc", frozenset({"stdin"}))
    with pytest.raises(ValidationError):
        jsontext.load(b'{"stdin":"\\ud800"}', "doc", frozenset({"stdin"}))


def test_duplicate_members_are_taken_as_the_last_one() -> None:
    assert jsontext.load(b'{"a":1,"a":2}', "doc") == {"a": 2}


def test_an_empty_list_is_not_an_absent_one() -> None:
    assert jsontext.load(b"[]", "doc") == []


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_validation_error(data: bytes) -> None:
    try:
        value = jsontext.load(data, "doc")
    except ValidationError as error:
        assert error.message.startswith("doc")
    else:
        jsontext.dump(value).encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda inner: st.lists(inner) | st.dictionaries(
        st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\0")), inner
    ),
    max_leaves=10,
)  # fmt: skip


@given(JSON)
def test_what_is_dumped_is_loaded_again(value: object) -> None:
    assert jsontext.load(jsontext.dump(value), "doc") == value


def test_text_that_is_half_a_character_still_encodes() -> None:
    text = jsontext.dump({"a": "x\ud800"})
    text.encode()
    assert json.loads(text) == {"a": "x\ud800"}
