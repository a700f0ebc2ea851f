"""The members of a document, whichever of the three ways it is declared in: a model, a record, a dictionary of types."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NotRequired, get_args, get_origin, get_type_hints, is_typeddict

import perry_ffi.model
from perry_ffi.abi.wit.sources import declares, doc_of_member
from perry_ffi.model.answer import Answer
from perry_ffi.model.base import Model, parsed
from perry_ffi.model.members import REQUIRED


@dataclass(frozen=True)
class Member:
    """json: its name there. required: a program has to give it. default: what it is where it is absent, ``None`` for nothing.

    unit: of a number, where its parser says it. owner: the class that declares it.
    """

    json: str
    kind: Any
    required: bool
    default: Any
    doc: str
    owner: type
    unit: str = ""


def classes() -> dict[str, type]:
    """Every document of the models by its name, which the ABI table uses: what programs say, and what they hear."""
    found: dict[str, type] = {}
    for module in sorted(module.name for module in pkgutil.iter_modules(perry_ffi.model.__path__)):
        for name, kind in vars(importlib.import_module(f"perry_ffi.model.{module}")).items():
            if is_document(kind) and kind.__name__ == name:
                found.setdefault(name, kind)
    return found


def is_document(kind: Any) -> bool:
    return isinstance(kind, type) and (issubclass(kind, Model | Answer) or is_typeddict(kind))


def members(kind: type) -> Iterator[Member]:
    """In the order of the declaration; what is not told to programs is left out."""
    if issubclass(kind, Model):
        for name, field in kind.model_fields.items():
            default = None if field.default is REQUIRED else field.default
            at_least = [rule for rule in field.metadata if hasattr(rule, "ge")]
            annotation = NotNegative if field.annotation is int and any(rule.ge >= 0 for rule in at_least) else field.annotation
            doc, owner = doc_of_member(kind, name), declares(kind, name)
            yield Member(field.alias or name, annotation, field.is_required(), default, doc, owner, _unit(field.metadata))
    elif issubclass(kind, Answer):
        for row in kind._members:
            if row.json is not None:
                yield Member(row.json, row.kind, False, row.default, doc_of_member(kind, row.name), declares(kind, row.name))
    else:
        for name, annotation in get_type_hints(kind, include_extras=True).items():
            known = get_args(annotation)[0] | None if get_origin(annotation) is NotRequired else annotation
            yield Member(name, known, True, None, doc_of_member(kind, name), declares(kind, name))


_UNITS = {
    "size": "Bytes",
    "wait_seconds": "Seconds",
    "seconds": "Seconds",
    "grace": "Seconds",
    "cpus": "Processors",
    "_age": "Seconds",
}


def _unit(metadata: list[Any]) -> str:
    """What a parser of a number counts in; of one that is made with bounds, the name of its maker says it."""
    parsers = [rule.parser for rule in metadata if isinstance(rule, parsed)]
    return _UNITS.get(parsers[0].__qualname__.split(".")[0], "") if parsers else ""


class NotNegative:
    """Stands for the type of a whole number from 0."""
