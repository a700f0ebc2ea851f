"""What values a member of a type takes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest
from pydantic_core import SchemaValidator, ValidationError

from perry_ffi.model.base import Field, Model, contradiction, model_validator, parsed
from perry_ffi.model.schema import of_record, of_type


class Inner(Model):
    size: int = 0


def takes(kind: Any, value: Any) -> bool:
    try:
        SchemaValidator(of_type(kind)).validate_python(value, strict=True)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        (str, ["", "a"], [1, None, b"a"]),
        (int, [0, -1], ["1", 1.5, True, None]),
        (float, [1.5, 2], ["1", True]),
        (bool, [True], [1, "true"]),
        (bytes, [b"a"], ["a"]),
        (Any, [None, 1, [{}]], []),
        (str | None, ["a", None], [1]),
        (int | str, [1, "a"], [None, 1.5]),
        (int | list[int] | None, [1, [1], None], ["a", ["a"]]),
        (Literal["a", "b"], ["a"], ["c", None]),
        (Literal["a"] | None, ["a", None], ["c"]),
        (list[int], [[], [1]], [None, ["a"], {}]),
        (tuple[int, ...], [(), (1, 2)], [("a",), [1]]),
        (Mapping[str, int], [{}, {"a": 1}], [{"a": "b"}, []]),
        (dict[str, list[str]], [{}, {"a": ["b"]}], [{"a": "b"}, {1: []}, []]),
        (Annotated[int, Field(ge=1, le=3)], [1, 3], [0, 4]),
        (Annotated[float, Field(gt=0, lt=1)], [0.5], [0.0, 1.0]),
        (Annotated[str, Field(min_length=1, max_length=2)], ["a", "ab"], ["", "abc"]),
        (Annotated[str | None, Field(min_length=1)], [None, "a"], [""]),
        (list[Annotated[str, Field(pattern="^a")]], [["a"]], [["b"]]),
        (Inner, [{}, {"size": 1}, Inner()], [{"other": 1}, None, 5]),
        (dict[str, Inner | None], [{"a": None, "b": {"size": 1}}], [{"a": {"size": "1"}}]),
    ],
)
def test_values_of_a_type(kind: Any, right: list[Any], wrong: list[Any]) -> None:
    assert [takes(kind, value) for value in right] == [True] * len(right)
    assert [takes(kind, value) for value in wrong] == [False] * len(wrong)


@pytest.mark.parametrize("kind", [set[int], tuple[int, str], object, complex])
def test_a_type_that_no_document_has(kind: Any) -> None:
    with pytest.raises(TypeError, match="is not a type of a document"):
        of_type(kind)


def test_a_parser_takes_the_place_of_a_type() -> None:
    assert SchemaValidator(of_type(Annotated[complex, parsed(lambda value: complex(value))])).validate_python("1") == 1 + 0j


@dataclass
class Record:
    names: tuple[str, ...] | None = None
    count: int = 1


def test_the_members_of_a_record() -> None:
    check = SchemaValidator(of_record(Record))
    assert check.validate_json('{"names": ["a"]}') == {"names": ("a",)} and check.validate_json("{}") == {}
    for wrong in ('{"names": "a"}', '{"count": "1"}', '{"other": 1}', "[]"):
        with pytest.raises(ValidationError):
            check.validate_json(wrong)


class Base(Model):
    heard: list[str] = []
    value: int = 0

    @model_validator(mode="before")
    @classmethod
    def _first(cls, value: Any) -> Any:
        return {**value, "heard": [*value.get("heard", []), f"{cls.__name__} first"]}

    @model_validator(mode="after")
    def _last(self) -> Any:
        self.heard.append("last")
        return self


class Derived(Base):
    @model_validator(mode="before")
    @classmethod
    def _second(cls, value: Any) -> Any:
        """The later one is asked earlier: it sees what was given."""
        return {**value, "heard": ["second"]}

    @model_validator(mode="after")
    def _last(self) -> Any:
        if self.value < 0:
            raise contradiction("value", "a value")
        self.heard.append("other last")
        return self


def test_methods_that_look_at_the_whole() -> None:
    assert Base().heard == ["Base first", "last"]
    assert Derived().heard == ["second", "Derived first", "other last"]
    with pytest.raises(ValidationError, match="a value"):
        Derived(value=-1)
