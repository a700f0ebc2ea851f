"""The base of every model, and the way from JSON text to a model and back.

Classes are built on first use (``defer_build``): importing a model module costs next to nothing
beyond the model library itself. Their annotations are values, not text: a text is compiled, one by one, in every
class that inherits it. So a module of models has no ``from __future__ import annotations``.
"""

from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic import ValidationError as PydanticError
from pydantic_core import PydanticCustomError, core_schema

from perry_ffi.errors import ValidationError
from perry_ffi.model.jsontext import dump, join, load, refuse

Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]
"""Any text that can be a name, a path, an argument or a variable: no NUL."""

Count = Annotated[int, Field(ge=0)]


class Model(BaseModel):
    """A JSON object of known members: an unknown or ill-typed one is refused, not dropped or converted.

    A member that is null is an absent one.
    """

    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True, defer_build=True)

    free_text: ClassVar[frozenset[str]] = frozenset()
    """Members that carry data rather than text, and so may hold NUL."""

    @model_validator(mode="before")
    @classmethod
    def _without_null(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: item for name, item in value.items() if item is not None}
        return value


M = TypeVar("M", bound=Model)


def decode(model: type[M], text: bytes | str | None, what: str | None = None) -> M:
    """The ``model`` that ``text`` describes; an absent text is an object without members.

    ``what`` names the document in errors (default: the model's name). Raises ValidationError with
    ``path`` and ``expected``; the offending value is never shown unless its parser says it is safe.
    """
    name = what or model.__name__
    value = load(text, name, model.free_text)
    if value is None and any(member.is_required() for member in model.model_fields.values()):
        refuse(name, "an object", "it is absent")
    return validate(model, {} if value is None else value, name)


def validate(model: type[M], value: Any, what: str | None = None) -> M:
    """The ``model`` of a decoded value (a mapping, or an instance of it). Raises ValidationError as ``decode``."""
    try:
        return model.model_validate(value)
    except PydanticError as error:
        raise _translated(model, error, what or model.__name__) from None


def encode(value: Any) -> str:
    """Compact JSON of a model, of plain values, or of lists of either."""
    return dump(value)


class parsed:
    """The annotation of a member whose value ``parser`` reads.

    The path inside the member that the parser's ValidationError carries becomes part of the document's
    path. The declared type is what the parser gives; the model library does not look into it.
    """

    def __init__(self, parser: Callable[[Any], Any]) -> None:
        self.parser = parser

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(self._read)

    def _read(self, value: Any) -> Any:
        try:
            return self.parser(value)
        except ValidationError as error:
            details = error.details
            context = {"expected": details.get("expected", "another value"), "path": details.get("path", "")}
            raise PydanticCustomError("parsed", "{expected}", {**context, "found": details.get("found", "")}) from None


def contradiction(member: str, expected: str) -> PydanticCustomError:
    """The error, to be raised by a model's own check, of a member that does not go with the others."""
    context = {"expected": expected, "path": join("", member), "found": ""}
    return PydanticCustomError("parsed", "{expected}", context)


def _translated(model: type[Model], error: PydanticError, what: str) -> ValidationError:
    rows = [_row(model, item, what) for item in error.errors(include_url=False, include_input=False)]
    path, expected, found = rows[0]
    message = f"{path}: expected {expected}" + (f", found {found}" if found else "")
    if len(rows) > 1:
        message += f" (and {len(rows) - 1} more)"
    others = [{"path": where, "expected": wanted} for where, wanted, _ in rows[1:11]] or None
    return ValidationError(message, path=path, expected=expected, more=others)


def _row(model: type[Model], item: Mapping[str, Any], what: str) -> tuple[str, str, str]:
    """Path, what was expected, and the value where it may be shown."""
    path = what
    for step in item["loc"]:
        if step != "[key]":
            path = join(path, step)
    context = item.get("ctx") or {}
    if item["type"] == "parsed":
        return path + context["path"], context["expected"], context["found"]
    if item["type"] == "extra_forbidden":
        return path, _known_members(model, item["loc"]), ""
    wanted = _EXPECTED.get(item["type"])
    return path, wanted.format(**context) if wanted else item["msg"], ""


def _known_members(model: type[Model], loc: tuple[Any, ...]) -> str:
    owner = _owner(model, loc)
    if owner is None:
        return "a known member"
    from difflib import get_close_matches

    names = [member.alias or name for name, member in owner.model_fields.items()]
    close = get_close_matches(str(loc[-1]), names, n=1)
    return f"a member of {owner.__name__}" + (f" (is {close[0]!r} meant?)" if close else "")


def _owner(model: type[Model], loc: tuple[Any, ...]) -> type[Model] | None:
    """The model that the last step of ``loc`` is no member of: on the way there are members, and keys and places in them."""
    kind: Any = model
    for step in loc[:-1]:
        if isinstance(kind, type) and issubclass(kind, Model):
            member = next((row for name, row in kind.model_fields.items() if step in (name, row.alias)), None)
            kind = member.annotation if member else None
        else:
            kind = next(iter(get_args(kind)[-1:]), None)
        kind = _without_none(kind)
    return kind if isinstance(kind, type) and issubclass(kind, Model) else None


def _without_none(kind: Any) -> Any:
    kinds = [each for each in get_args(kind) if each is not NoneType] if isinstance(kind, UnionType) else []
    return kinds[0] if len(kinds) == 1 else kind


_EXPECTED = {
    "missing": "a value, it is required",
    "string_type": "text",
    "string_unicode": "whole Unicode text, without lone surrogates",
    "string_pattern_mismatch": "text without NUL",
    "string_too_short": "text that is not empty",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "an object",
    "model_type": "an object",
    "model_attributes_type": "an object",
    "literal_error": "one of {expected}",
    "greater_than_equal": "a number of at least {ge}",
    "greater_than": "a number above {gt}",
    "less_than_equal": "a number of at most {le}",
}
