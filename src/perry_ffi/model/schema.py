"""From the type of a member to the schema that pydantic-core checks values by.

The types are those that a document has: plain ones, lists, objects, a choice of texts, other models, what may be absent. A rule of
``Annotated`` narrows its type (``Field``) or takes its place (``parsed``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic_core import PydanticCustomError

from perry_ffi.errors import ValidationError
from perry_ffi.model.members import FieldInfo, Member

Schema = dict[str, Any]

_PLAIN: dict[Any, str] = {str: "str", int: "int", float: "float", bool: "bool", bytes: "bytes", Any: "any"}


class parsed:
    """The annotation of a member whose value ``parser`` reads.

    The path inside the member that the parser's ValidationError carries becomes part of the document's
    path. The declared type is what the parser gives, and is not looked at.
    """

    def __init__(self, parser: Callable[[Any], Any]) -> None:
        self.parser = parser

    def schema(self) -> Schema:
        return {"type": "function-plain", "function": _plainly(self._read)}

    def _read(self, value: Any) -> Any:
        try:
            return self.parser(value)
        except ValidationError as error:
            details = error.details
            context = {"expected": details.get("expected", "another value"), "path": details.get("path", "")}
            raise PydanticCustomError("parsed", "{expected}", {**context, "found": details.get("found", "")}) from None


def of_type(kind: Any) -> Schema:
    """Raises TypeError for a type that no document has."""
    origin, of = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _ruled(of[0], of[1:])
    if origin in (Union, UnionType):
        return _union(of)
    if origin is Literal:
        return {"type": "literal", "expected": list(of)}
    if origin is list:
        return {"type": "list", "items_schema": of_type(of[0])}
    if origin is tuple and of[1:] == (...,):
        return {"type": "tuple", "items_schema": [of_type(of[0])], "variadic_item_index": 0}
    if origin in (dict, Mapping):
        return {"type": "dict", "keys_schema": of_type(of[0]), "values_schema": of_type(of[1])}
    if kind in _PLAIN:
        return {"type": _PLAIN[kind]}
    if hasattr(kind, "model_schema"):
        found: Schema = kind.model_schema()
        return found
    raise TypeError(f"{kind!r} is not a type of a document")


def of_member(member: Member) -> Schema:
    """With its default and its name in JSON."""
    schema = _ruled(member.annotation, member.metadata)
    if member.default_factory is not None:
        schema = {"type": "default", "schema": schema, "default_factory": member.default_factory}
    elif not member.is_required():
        schema = {"type": "default", "schema": schema, "default": member.default}
    names = {"validation_alias": member.alias, "serialization_alias": member.alias} if member.alias else {}
    return {"type": "model-field", "schema": schema, **names}


def of_model(kind: type, members: dict[str, Member], checks: dict[str, str]) -> Schema:
    """The schema of a model of these members: nothing is converted, and no other member is taken.

    checks: names of methods that look at the whole, in their order, and when: ``before`` members are read or ``after``.
    """
    name = kind.__name__
    inner: Schema = {"type": "model-fields", "model_name": name, "fields": {each: of_member(members[each]) for each in members}}
    for check in (each for each, when in checks.items() if when == "before"):
        inner = {"type": "function-before", "function": _plainly(getattr(kind, check)), "schema": inner}
    config = {
        "title": name,
        "extra_fields_behavior": "forbid",
        "strict": True,
        "validate_by_alias": True,
        "validate_by_name": True,
    }
    whole: Schema = {"type": "model", "cls": kind, "schema": inner, "config": config}
    for check in (each for each, when in checks.items() if when == "after"):
        whole = {"type": "function-after", "function": _plainly(getattr(kind, check)), "schema": whole}
    return whole


def of_record(kind: type) -> Schema:
    """The members of a dataclass, any of them absent, as an object; what they go by together is for the dataclass to see."""
    fields = {
        name: {"type": "typed-dict-field", "required": False, "schema": of_type(hint)}
        for name, hint in get_type_hints(kind).items()
    }
    return {"type": "typed-dict", "fields": fields, "config": {"extra_fields_behavior": "forbid", "strict": True}}


def _ruled(kind: Any, rules: Sequence[Any]) -> Schema:
    parsers = [rule for rule in rules if isinstance(rule, parsed)]
    schema = parsers[-1].schema() if parsers else of_type(kind)
    for rule in rules:
        if isinstance(rule, FieldInfo):
            narrowed = schema["schema"] if schema["type"] == "nullable" else schema
            narrowed.update(rule.bounds)
    return schema


def _union(of: Sequence[Any]) -> Schema:
    """What may be absent is null, too."""
    kinds = [of_type(kind) for kind in of if kind is not NoneType]
    schema: Schema = kinds[0] if len(kinds) == 1 else {"type": "union", "choices": kinds}
    return {"type": "nullable", "schema": schema} if NoneType in of else schema


def _plainly(function: Callable[[Any], Any]) -> Schema:
    return {"type": "no-info", "function": function}
