"""Arguments and results, with the C side's numbers in place of the C side."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.abi.rows import ROWS
from perry_ffi.bridge.ffi_channel import FULFILLED, HANDLE, JSON, REJECTED, VOID, FfiChannel
from perry_ffi.errors import Conflict, InternalError, ValidationError, from_unexpected

INSPECT = next(i for i, row in enumerate(ROWS) if row[0] == "js_container_inspect")
RUN = next(i for i, row in enumerate(ROWS) if row[0] == "js_container_run")


class Library:
    """Notes what is settled."""

    def __init__(self) -> None:
        self.settled: list[tuple[Any, ...]] = []

    def perry_settle(self, *arguments: Any) -> int:
        self.settled.append(arguments)
        return 0

    def __getattr__(self, name: str) -> Any:
        return lambda *arguments: 0


def channel(row: int = INSPECT, text: bytes | None = None) -> tuple[FfiChannel, Library]:
    """A channel on which one request with one text has just been announced."""
    view = SimpleNamespace(id=7, op=row, text=[text], length=[-1 if text is None else len(text)], number=[0])
    ffi = SimpleNamespace(new=lambda kind: view, unpack=lambda raw, length: raw[:length])
    library = Library()
    return FfiChannel(ffi, library), library


@given(st.text())
def test_texts_arrive_as_they_are(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    if any("\ud800" <= sign <= "\udfff" for sign in text):
        with pytest.raises(ValidationError):
            channel(text=data)[0].request()
    else:
        assert channel(text=data)[0].request().arguments == (text,)


@pytest.mark.parametrize(
    ("text", "arrives"), [(None, None), (b"", None), (b"null", None), (b" undefined\n", None), (b"{}", b"{}")]
)
def test_documents_that_are_absent(text: bytes | None, arrives: bytes | None) -> None:
    assert channel(RUN, text)[0].request().arguments == (arrives,)


def test_the_words_of_absence_are_texts_elsewhere() -> None:
    assert channel(text=b"null")[0].request().arguments == ("null",)
    assert channel(text=b"")[0].request().arguments == ("",)
    assert channel(text=None)[0].request().arguments == (None,)


def test_what_requests_settle_with() -> None:
    side, library = channel()
    side.resolve(1, "void", "dropped", json.dumps)
    side.resolve(2, "i64", 42, json.dumps)
    side.resolve(3, "json", ["é", "\ud800"], lambda value: json.dumps(value, ensure_ascii=False))
    assert library.settled == [
        (1, FULFILLED, VOID, 0, b"null", 4),
        (2, FULFILLED, HANDLE, 42, b"42", 2),
        (3, FULFILLED, JSON, 0, '["é", "?"]'.encode(), 11),
    ]


@pytest.mark.parametrize("value", [object(), {1, 2}, "no number"])
def test_a_result_without_a_form_leaves_the_request_open(value: Any) -> None:
    side, library = channel()
    with pytest.raises((TypeError, ValueError)):
        side.resolve(1, "i64" if isinstance(value, str) else "json", value, json.dumps)
    assert library.settled == []


DETAILS = st.dictionaries(
    st.text(max_size=8),
    st.none() | st.text() | st.integers() | st.binary() | st.lists(st.text()) | st.just(object()),
)


@given(st.text(), DETAILS)
def test_every_error_becomes_a_rejection(message: str, details: dict[str, Any]) -> None:
    """Also one whose details have no JSON: they are told in words."""
    side, library = channel()
    details = {f"d_{name}": value for name, value in details.items()}
    side.reject(5, Conflict(message, **details), "js_container_run")
    ((ident, state, kind, handle, text, length),) = library.settled
    assert (ident, state, kind, handle, length) == (5, REJECTED, JSON, 0, len(text))
    shown = json.loads(text)
    assert (shown["code"], shown["kind"], shown["operation"]) == (409, "Conflict", "js_container_run")


def test_a_foreign_exception_says_where_and_keeps_its_words_to_itself() -> None:
    try:
        raise KeyError("password=secret")
    except KeyError as error:
        found = from_unexpected(error)
    assert isinstance(found, InternalError)
    assert found.details["type"] == "KeyError" and __name__ in found.details["where"]
    assert "secret" not in json.dumps(found.to_dict())
