"""What a program hears, held to the record that declares it."""

from __future__ import annotations

from typing import Any, get_args, get_origin

from perry_ffi.model.answer import Answer
from perry_ffi.model.base import Model, validate


def check(kind: type[Model] | type[Answer], document: Any) -> None:
    """Raises where a JSON document has unknown members, lacks one, or has a value of another type."""
    if issubclass(kind, Answer):
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
