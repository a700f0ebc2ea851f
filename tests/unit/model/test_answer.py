"""Records: members of the declared types and no others, and what of them is told."""

from typing import Any, Literal

import pytest

from perry_ffi.model.answer import Answer, Count, Mismatch, told, whole_text
from perry_ffi.model.jsontext import dump


class Part(Answer):
    number: int


class Whole(Answer):
    name: str
    state: Literal["up", "down"] | None = None
    count: Count = Count(0)
    share: float = 0.0
    sure: bool = False
    words: list[str] = []
    labels: dict[str, str] = {}
    parts: dict[str, Part] = {}
    last_code: int | None = told(default=None, json="lastCode")
    raw: dict[str, Any] | None = None
    inner: bool = told(default=False, json=None)


class Longer(Whole):
    more: str = told(json="theRest")


@pytest.mark.parametrize(
    ("members", "places"),
    [
        ({"name": 1}, ["name"]),
        ({"name": b"x"}, ["name"]),
        ({"name": "\ud800"}, ["name"]),
        ({}, ["name"]),
        ({"name": None}, ["name"]),
        ({"state": "UP"}, ["state"]),
        ({"state": ["up"]}, ["state"]),
        ({"count": -1}, ["count"]),
        ({"count": True}, ["count"]),
        ({"count": 1.0}, ["count"]),
        ({"share": "1"}, ["share"]),
        ({"share": True}, ["share"]),
        ({"sure": 1}, ["sure"]),
        ({"words": "text"}, ["words"]),
        ({"words": ("a",)}, ["words"]),
        ({"words": ["a", 1, "b", None]}, ["words.1", "words.3"]),
        ({"labels": {"a": "b", "c": 1}}, ["labels.c"]),
        ({"labels": {1: "b"}}, ["labels"]),
        ({"parts": {"a": {"number": 1}}}, ["parts.a"]),
        ({"last_code": "1"}, ["last_code"]),
        ({"raw": {1: 2}}, ["raw"]),
        ({"name": 1, "sure": 0, "words": [1]}, ["name", "sure", "words.0"]),
    ],
)
def test_a_member_of_another_type_is_refused_by_its_place(members: dict[str, Any], places: list[str]) -> None:
    given = {"name": "x", **members} if members else {}
    with pytest.raises(Mismatch) as caught:
        Whole(**given)
    assert caught.value.places == places


def test_an_unknown_member_is_refused() -> None:
    with pytest.raises(TypeError, match="Whole has no member nmae"):
        Whole(name="x", nmae="y")  # type: ignore[call-arg]


def test_a_member_that_is_none_is_absent() -> None:
    assert Whole(name="x", words=None, count=None, state=None) == Whole(name="x")  # type: ignore[arg-type]


def test_records_do_not_share_what_they_begin_with() -> None:
    first, second = Whole(name="x"), Whole(name="x")
    first.words.append("a")
    first.labels["a"] = "b"
    assert (second.words, second.labels) == ([], {})
    assert Whole.model_construct(name="x").words == []


def test_text_that_is_no_unicode_is_escaped() -> None:
    assert whole_text("ä/\udcff") == "ä/\\udcff" and whole_text("plain") == "plain"


def test_what_is_told() -> None:
    record = Whole(name="é", parts={"a": Part(number=1)}, last_code=3, raw={"a": None}, inner=True)
    assert dump(record) == (
        '{"name":"é","count":0,"share":0.0,"sure":false,"words":[],"labels":{},"parts":{"a":{"number":1}},'
        '"lastCode":3,"raw":{"a":null}}'
    )
    assert record.model_dump()["last_code"] == 3
    assert record.model_dump()["state"] is None
    assert "inner" not in record.model_dump()


def test_a_record_of_a_record_has_the_members_of_both() -> None:
    assert dump(Longer(name="x", more="y", last_code=1).model_dump(by_alias=True, exclude_none=True)).endswith(
        '"lastCode":1,"theRest":"y"}'
    )
    with pytest.raises(Mismatch, match="Longer: unexpected more"):
        Longer(name="x")  # type: ignore[call-arg]


def test_a_copy_leaves_the_first_one_alone() -> None:
    first = Whole(name="x", last_code=1, inner=True)
    second = first.model_copy(update={"name": "y"})
    assert (first.name, second.name, second.last_code, second.inner) == ("x", "y", 1, True)
    assert first != second and first == second.model_copy(update={"name": "x"})
    assert first != Part(number=1)


def test_a_member_that_cannot_be_checked_is_a_mistake_of_the_class() -> None:
    with pytest.raises(TypeError, match="no members of"):
        type("Odd", (Answer,), {"__annotations__": {"name": "str"}})
