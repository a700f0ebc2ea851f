from typing import Any, Literal, TypedDict

import pytest

from perry_ffi.abi.wit.documents import ENUMS, NAMES, OPEN, Documents
from perry_ffi.abi.wit.interfaces import functions
from perry_ffi.abi.wit.members import classes
from perry_ffi.model.answer import Answer
from perry_ffi.model.base import Model


class Inner(TypedDict):
    name: str


class Said(Model):
    image: str
    wait: bool = True
    times: list[int] = []
    labels: dict[str, str] = {}
    anything: Any = None
    choice: Literal["one", "two_three"] | None = None
    either: str | list[str] = "any"
    unclear: int | str | None = None
    inner: Inner | None = None


class Heard(Answer):
    id: str
    labels: dict[str, str] = {}
    name: str | None = None


class Unknown(Model):
    value: complex | None = None


class Condition(Model):
    text: str


@pytest.fixture
def documents(monkeypatch: pytest.MonkeyPatch) -> Documents:
    """Over the classes of this file alone."""
    found = {one.__name__: one for one in (Said, Heard, Unknown, Condition)}
    monkeypatch.setattr("perry_ffi.abi.wit.documents.classes", lambda: found)
    return Documents()


def parts(documents: Documents, name: str) -> dict[str, str]:
    (found,) = [one for one in documents.definitions() if one.name == name]
    return {part.name: part.type for part in found.parts}


def test_what_a_program_says(documents: Documents) -> None:
    assert documents.named("Said", heard=False) == "said"
    assert parts(documents, "said") == {
        "image": "string",
        "wait": "option<bool>",
        "times": "option<list<s64>>",
        "labels": "option<list<tuple<string, string>>>",
        "anything": "option<json>",
        "choice": "option<said-choice>",
        "either": "option<said-either>",
        "unclear": "option<json>",
        "inner": "option<inner>",
    }
    assert parts(documents, "said-choice") == {"one": "", "two-three": ""}
    assert parts(documents, "said-either") == {"text": "string", "items": "list<string>"}


def test_a_default_is_told(documents: Documents) -> None:
    documents.named("Said", heard=False)
    (found,) = [one for one in documents.definitions() if one.name == "said"]
    assert {part.name: part.doc for part in found.parts if part.doc} == {"wait": "Absent: true.", "either": "Absent: `any`."}


def test_what_a_program_hears(documents: Documents) -> None:
    assert documents.named("Heard[]", heard=True) == "list<heard>"
    assert parts(documents, "heard") == {"id": "string", "labels": "list<tuple<string, string>>", "name": "option<string>"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("string", "string"),
        ("bool", "bool"),
        ("string[]", "list<string>"),
        ("string|null", "option<string>"),
        ("Chunk[]|null", "option<list<chunk>>"),
        ("{service: n}", "list<tuple<string, u64>>"),
        ("Said|ComposeSpec", "json"),
        ("ComposeSpec", "compose-spec"),
    ],
)
def test_the_words_of_the_table(documents: Documents, text: str, expected: str) -> None:
    assert documents.named(text, heard=False) == expected


def test_a_name_that_nobody_knows(documents: Documents) -> None:
    with pytest.raises(LookupError, match="Sadi: no model of that name"):
        documents.named("Sadi", heard=False)


def test_a_type_that_nobody_says_how_to_write(documents: Documents) -> None:
    with pytest.raises(TypeError, match=r"unknown-value: .*complex.* say in values.py"):
        documents.named("Unknown", heard=False)


def test_said_and_heard_is_two_documents(documents: Documents) -> None:
    documents.named("Heard", heard=True)
    with pytest.raises(ValueError, match="heard: programs say it and hear it"):
        documents.named("Heard", heard=False)


def test_two_of_one_name(documents: Documents, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENUMS, Literal["one", "two_three"], "inner")
    with pytest.raises(ValueError, match="inner: two definitions of one name"):
        documents.named("Said", heard=False)


def test_no_table_has_what_is_not_needed() -> None:
    """Each exception is of a document that the operations have, and is none where a model would do."""
    documents = Documents()
    functions(documents)
    made = {one.name for one in documents.definitions()}
    assert set(ENUMS.values()) - made == set()
    assert set(NAMES.values()) - made == set()
    assert OPEN.keys() & classes().keys() == set()
