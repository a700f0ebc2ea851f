"""What a class of models declares."""

from typing import Annotated, Any, ClassVar

import pytest

from perry_ffi.model.base import Field, Model, parsed
from perry_ffi.model.members import REQUIRED


class Said(Model):
    kept: ClassVar[int] = 5
    _hidden: ClassVar[Any] = None

    image: str
    tries: Annotated[int, Field(ge=1, le=9)] = 1
    names: Annotated[list[str] | None, parsed(str.split)] = Field(None, alias="allNames")
    rows: list[int] = []
    made: dict[str, int] = Field(default_factory=lambda: {"a": 1})
    short: str = Field("a", max_length=3, repr=False)


class More(Said):
    image: str = "busybox"
    added: bool = False


def test_members_are_the_annotations_in_their_order() -> None:
    assert list(Said.model_fields) == ["image", "tries", "names", "rows", "made", "short"]
    assert list(More.model_fields) == [*Said.model_fields, "added"]


def test_a_class_that_inherits_says_it_anew() -> None:
    assert Said.model_fields["image"].is_required() and not More.model_fields["image"].is_required()
    assert More.model_fields["tries"] is Said.model_fields["tries"]


def test_rules_are_beside_the_type() -> None:
    tries, names, short = (Said.model_fields[name] for name in ("tries", "names", "short"))
    assert tries.annotation is int and (tries.metadata[0].ge, tries.metadata[0].le) == (1, 9)
    assert not hasattr(tries.metadata[0], "gt")
    assert names.annotation == list[str] | None and names.metadata[0].parser is str.split and names.alias == "allNames"
    assert short.annotation is str and short.metadata[0].max_length == 3 and not short.repr


def test_each_absent_member_is_a_value_of_its_own() -> None:
    assert Said.model_fields["image"].get_default() is REQUIRED
    for name, value in {"rows": [], "made": {"a": 1}, "tries": 1, "names": None}.items():
        member = Said.model_fields[name]
        assert member.get_default() == value
        assert member.get_default() is not member.get_default() or not isinstance(value, list | dict)


def test_a_class_does_not_answer_for_its_instances() -> None:
    assert not hasattr(Said, "tries") and Said.kept == 5


def test_a_bound_that_there_is_not() -> None:
    with pytest.raises(TypeError, match="not a bound: at_least"):
        Field(at_least=5)
