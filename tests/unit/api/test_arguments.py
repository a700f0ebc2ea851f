from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.api.arguments import command_of, counts, need, object_of, optional, optional_strings, strings
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
    [
        *((absent, "command") for absent in (None, b"", b"null", b" null ", b"undefined")),
        *((another, "command") for another in (b"{}", b"3", b'"sh"')),
        (b"[1]", "command[0]"),
        (b"[null]", "command[0]"),
        (b'["a", null]', "command[1]"),
    ],
)
def test_lists_of_texts_that_are_none(document: bytes | None, path: str) -> None:
    with pytest.raises(ValidationError) as refused:
        strings(document, "command")
    assert refused.value.details["path"] == path


def test_a_list_of_texts() -> None:
    assert strings(b'["sh", "-c", "--", ""]', "command") == ["sh", "-c", "--", ""]
    assert strings(b"[]", "command") == []


@pytest.mark.parametrize("document", [None, b"", b"null", b" null ", b"undefined", b"[]", b"3", b'"a"'])
def test_an_object_that_must_be_there(document: bytes | None) -> None:
    with pytest.raises(ValidationError) as refused:
        object_of(document, "spec")
    assert refused.value.details["path"] == "spec"


def test_an_object_of_any_members() -> None:
    assert object_of(b'{"a": [1]}', "spec") == {"a": [1]}


def test_a_list_that_may_be_absent() -> None:
    assert optional_strings(None, "services") is None
    assert optional_strings(b"[]", "services") == []
    with pytest.raises(ValidationError):
        optional_strings(b"{}", "services")


def test_a_command_has_at_least_one_word() -> None:
    assert command_of(b'["sh"]') == ["sh"]
    for document in (None, b"[]", b'"sh"'):
        with pytest.raises(ValidationError) as refused:
            command_of(document)
        assert refused.value.details["path"] == "command"


@pytest.mark.parametrize("document", [None, b"[]", b'"a"', b"1"])
def test_objects_that_are_none(document: bytes | None) -> None:
    for read in (object_of, counts):
        with pytest.raises(ValidationError) as refused:
            read(document, "replicas")
        assert refused.value.details["path"] == "replicas"


@pytest.mark.parametrize("number", ["-1", "true", '"2"', "1.5", "null"])
def test_numbers_of_services_that_are_none(number: str) -> None:
    assert counts(b'{"a": 0, "b": 3}', "replicas") == {"a": 0, "b": 3}
    with pytest.raises(ValidationError) as refused:
        counts(b'{"a": 1, "b": %s}' % number.encode(), "replicas")
    assert refused.value.details["path"] == "replicas.b"
