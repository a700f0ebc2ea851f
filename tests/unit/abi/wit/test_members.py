from typing import Annotated, NotRequired, TypedDict

from perry_ffi.abi.wit.members import Member, NotNegative, classes, members
from perry_ffi.model import values
from perry_ffi.model.answer import Answer, told
from perry_ffi.model.base import Field, Model, parsed


class Said(Model):
    image: str
    read_only: bool = Field(False, alias="readOnly")
    tries: Annotated[int, Field(ge=1)] = 1
    memory: Annotated[int | None, parsed(values.size)] = None


class Heard(Answer):
    exit_code: int | None = told(default=None, json="exitCode")
    hidden: str = told(default="", json=None)


class Plain(TypedDict):
    name: str
    partial: NotRequired[bool]


def by_name(kind: type) -> dict[str, Member]:
    return {member.json: member for member in members(kind)}


def test_of_a_model() -> None:
    found = by_name(Said)
    assert {name: (row.required, row.default) for name, row in found.items()} == {
        "image": (True, None), "readOnly": (False, False), "tries": (False, 1), "memory": (False, None),
    }  # fmt: skip
    assert found["tries"].kind is NotNegative
    assert found["memory"].unit == "Bytes" and found["image"].unit == ""


def test_of_a_record_what_is_told() -> None:
    assert list(by_name(Heard)) == ["exitCode"]


def test_of_a_dictionary() -> None:
    found = by_name(Plain)
    assert found["name"].kind is str
    assert found["partial"].kind == bool | None


def test_documents_are_found_by_name() -> None:
    assert {"ContainerSpec", "ContainerInfo", "StackStatus"} <= set(classes())
    assert "Port" not in classes()
