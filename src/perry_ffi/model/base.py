"""The base of every model, and the way from JSON text to a model and back.

pydantic-core checks the values, by a schema that is made of the class when the first value is checked (``schema.py``): importing a
module of models costs next to nothing. Annotations are values, not text, which would have to be compiled: a module of models has no
``from __future__ import annotations``.
"""

from collections.abc import Callable, Iterator, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar, dataclass_transform, get_args

from pydantic_core import PydanticCustomError, SchemaSerializer, SchemaValidator
from pydantic_core import ValidationError as CoreError

from perry_ffi.errors import ValidationError
from perry_ffi.model.jsontext import dump, join, load, refuse
from perry_ffi.model.members import Field, Member, declared
from perry_ffi.model.schema import Schema, of_model, parsed

Text = Annotated[str, Field(pattern=r"^[^\x00]*$")]
"""Any text that can be a name, a path, an argument or a variable: no NUL."""

Count = Annotated[int, Field(ge=0)]

_WHEN = "_model_validator"


def model_validator(*, mode: Literal["before", "after"]) -> Callable[[Any], Any]:
    """A method that looks at the whole: ``before`` its members are read, a class method that gives the value to read, or ``after``,
    one that gives the model. It raises ``contradiction``. Of the same name in a class that inherits it replaces this one.
    """

    def marked(method: Any) -> Any:
        setattr(method, _WHEN, mode)
        return method

    return marked


class _Made:
    """What pydantic-core has of a class; made when it is first wanted. It looks for it by this name in its turn."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        self._make = make

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type["Model"]) -> Any:
        made = self._make(owner.model_schema())
        setattr(owner, self._name, made)
        return made


@dataclass_transform(kw_only_default=True, field_specifiers=(Field,))
class Model:
    """A JSON object of known members: an unknown or ill-typed one is refused, not dropped or converted.

    A member that is null is an absent one.
    """

    __slots__ = ("__dict__", "__pydantic_extra__", "__pydantic_fields_set__", "__pydantic_private__")

    free_text: ClassVar[frozenset[str]] = frozenset()
    """Members that carry data rather than text, and so may hold NUL."""
    model_fields: ClassVar[dict[str, Member]] = {}
    _checks: ClassVar[dict[str, str]] = {"_without_null": "before"}
    _schema: ClassVar[Schema]

    __pydantic_validator__ = _Made(SchemaValidator)
    __pydantic_serializer__ = _Made(SchemaSerializer)

    def __init_subclass__(cls) -> None:
        marked = {name: when for name, item in cls.__dict__.items() if (when := getattr(item, _WHEN, None))}
        cls._checks = cls._checks | marked
        cls.model_fields = cls.model_fields | dict(declared(cls))
        for made in ("__pydantic_validator__", "__pydantic_serializer__"):
            setattr(cls, made, Model.__dict__[made])

    def __init__(self, **members: Any) -> None:
        self.__pydantic_validator__.validate_python(members, self_instance=self)

    @classmethod
    def _without_null(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: item for name, item in value.items() if item is not None}
        return value

    @classmethod
    def model_schema(cls) -> Schema:
        """What pydantic-core is told of it; the same each time."""
        if "_schema" not in cls.__dict__:
            cls._schema = of_model(cls, cls.model_fields, cls._checks)
        return cls._schema

    @property
    def model_fields_set(self) -> set[str]:
        """The members that were given."""
        given: set[str] = self.__pydantic_fields_set__
        return given

    @classmethod
    def model_validate(cls, value: Any) -> Self:
        """Raises pydantic-core's own error; ``validate`` translates it."""
        found: Self = cls.__pydantic_validator__.validate_python(value)
        return found

    @classmethod
    def model_validate_json(cls, text: str | bytes) -> Self:
        found: Self = cls.__pydantic_validator__.validate_json(text)
        return found

    @classmethod
    def model_construct(cls, **members: Any) -> Self:
        """One of members that are known to be right: nothing is checked. One that is required and not given is not there."""
        known = {
            name: members[name] if name in members else row.get_default()
            for name, row in cls.model_fields.items()
            if name in members or not row.is_required()
        }
        made = cls.__new__(cls)
        made._fill(known, set(members))
        return made

    def model_copy(self, *, update: Mapping[str, Any] | None = None) -> Self:
        """Another one with the same members but those in ``update``, which are not checked."""
        made = self.__new__(type(self))
        made._fill({**self.__dict__, **(update or {})}, self.__pydantic_fields_set__ | set(update or ()))
        return made

    def model_dump(self, *, by_alias: bool = False, exclude_none: bool = False) -> dict[str, Any]:
        """Plain values. by_alias: by the names in JSON; exclude_none: without absent members."""
        found: dict[str, Any] = self.__pydantic_serializer__.to_python(self, by_alias=by_alias, exclude_none=exclude_none)
        return found

    def model_dump_json(self) -> str:
        found: str = self.__pydantic_serializer__.to_json(self).decode()
        return found

    def _fill(self, members: dict[str, Any], given: set[str]) -> None:
        self.__dict__.update(members)
        self.__pydantic_fields_set__ = given
        self.__pydantic_extra__ = self.__pydantic_private__ = None

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """Each member by its name."""
        return iter(self.__dict__.items())

    def __eq__(self, other: object) -> bool:
        return self.__dict__ == other.__dict__ if type(other) is type(self) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        shown = (f"{name}={value!r}" for name, value in self.__dict__.items() if self.model_fields[name].repr)
        return f"{type(self).__name__}({', '.join(shown)})"


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
    except CoreError as error:
        raise _translated(model, error, what or model.__name__) from None


def encode(value: Any) -> str:
    """Compact JSON of a model, of plain values, or of lists of either."""
    return dump(value)


def no_items() -> list[Any]:
    """The list of a member that is absent. Of a list as the default pydantic-core would make a deep copy each time."""
    return []


def no_members() -> dict[str, Any]:
    """As ``no_items``."""
    return {}


def contradiction(member: str, expected: str) -> PydanticCustomError:
    """The error, to be raised by a model's own check, of a member that does not go with the others."""
    context = {"expected": expected, "path": join("", member), "found": ""}
    return PydanticCustomError("parsed", "{expected}", context)


def _translated(model: type[Model], error: CoreError, what: str) -> ValidationError:
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

__all__ = [
    "Count", "Field", "M", "Model", "Text", "contradiction", "decode", "encode", "model_validator", "no_items", "no_members", "parsed",
    "validate",
]  # fmt: skip
