"""What a program hears, held to the record that declares it."""

from __future__ import annotations

from types import NoneType, UnionType
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from perry_ffi.model.answer import Answer
from perry_ffi.model.base import validate


def check(kind: type[Any], document: Any) -> None:
    """Raises where a JSON document has unknown members, lacks one, or has a value of another type.

    kind: a Model, an Answer or a TypedDict.
    """
    if is_typeddict(kind):
        assert fits(kind, document), f"{kind.__name__}: {document}"
    elif issubclass(kind, Answer):
        read(kind, document)
    else:
        validate(kind, document)


def read(kind: Any, document: Any) -> Any:
    """The record of a JSON document, by the names that members have there."""
    if not isinstance(kind, type) or not issubclass(kind, Answer):
        nested = get_args(kind)[1] if get_origin(kind) is dict else None
        return {name: read(nested, item) for name, item in document.items()} if nested else document
    kinds = {member.json: (member.name, member.kind) for member in kind._members if member.json is not None}
    assert document.keys() <= kinds.keys(), f"{kind.__name__} has no {sorted(document.keys() - kinds.keys())}"
    return kind(**{kinds[name][0]: read(kinds[name][1], value) for name, value in document.items()})


def fits(kind: Any, value: Any) -> bool:
    """Whether a JSON value is of an annotation: a plain type, a word, a TypedDict, a list or a dict by text, or one of several."""
    if is_typeddict(kind):
        members = get_type_hints(kind)
        needed = {name for name, of in get_type_hints(kind, include_extras=True).items() if get_origin(of) is not NotRequired}
        return (
            isinstance(value, dict)
            and needed <= value.keys() <= members.keys()
            and all(fits(members[name], value[name]) for name in value)
        )
    origin, of = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return any(fits(one, value) for one in of)
    if origin is Literal:
        return value in of
    if origin is list:
        return isinstance(value, list) and all(fits(of[0], item) for item in value)
    if origin is dict:
        return isinstance(value, dict) and all(fits(of[1], item) for item in value.values())
    if kind is float:
        return type(value) in (float, int)
    assert kind in (str, int, bool, NoneType), kind
    return type(value) is kind
