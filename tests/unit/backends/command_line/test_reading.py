"""Output that is understood, and output that is shown because it is not."""

from __future__ import annotations

import pytest

from perry_ffi.backends.command_line.reading import document, last_line, objects
from perry_ffi.backends.command_line.refusal import Saying, Table
from perry_ffi.errors import BackendError, Conflict, NotFound

SAID = {"doing": "list the containers", "backend": "x"}


def test_objects_a_line_or_in_a_list() -> None:
    assert objects(b'{"a":1}\n\n{"b":"\xc3\xa4"}\n', **SAID) == [{"a": 1}, {"b": "ä"}]
    assert objects(b'[{"a":1},{"b":2}]\n', **SAID) == [{"a": 1}, {"b": 2}]
    assert objects(b"", **SAID) == []
    assert document(b" [1] ", **SAID) == [1]


@pytest.mark.parametrize("output", [b"new words\n", b'{"a":1}\nhalf{', b"[1]", b"3", b"\xff\xfe", b"[" * 100_000])
def test_what_is_unknown_is_an_error_that_shows_it(output: bytes) -> None:
    with pytest.raises(BackendError) as caught:
        objects(output, **SAID)
    found = caught.value.to_dict()
    assert caught.value.message.startswith("list the containers: the answer of x cannot be read")
    assert found["output"] and len(found["output"]) < 3000


def test_the_last_line() -> None:
    assert last_line(b"warning\nabc\n\n", **SAID) == "abc"
    with pytest.raises(BackendError, match="it is empty"):
        last_line(b"\n", **SAID)


def test_sayings() -> None:
    table = Table([Saying(NotFound, "no such", "1"), Saying(Conflict, "already", "1", exit_code=3, remedy="remove it")])
    error = table.refusal("Already there\n", doing="create a", backend="x", subject="a")
    assert isinstance(error, Conflict) and error.message == "create a: Already there"
    assert (error.details["exitCode"], error.details["remedy"], error.details["subject"]) == (3, "remove it", "a")
    unknown = table.refusal("a new word", doing="create a", backend="x")
    assert type(unknown) is BackendError and unknown.details["output"] == "a new word"
    assert "ended with 9 and said nothing" in table.refusal("", doing="create a", backend="x", exit_code=9).message
