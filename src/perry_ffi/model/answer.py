"""The base of what programs hear: records of an engine's objects and of what was done to them.

An engine's answer is as little trusted as a program's request, and a member of another type is refused as strictly;
but nothing is converted, nothing parsed, and every start reads an answer. So the records are checked here, by hand,
and the model library loads only when somebody says something (``perry_ffi.model.base``).

The members of a record are its annotations. They are read when the class is made, so a module of records has no
``from __future__ import annotations``.
"""

from collections.abc import Callable, Mapping
from types import UnionType
from typing import Any, ClassVar, Literal, NamedTuple, NewType, Self, Union, dataclass_transform, get_args, get_origin

Count = NewType("Count", int)
"""The annotation of a whole number that is not negative."""

Check = Callable[[Any], bool]
_REQUIRED: Any = object()


class Mismatch(ValueError):
    """Values that a record does not take. places: their members, with the way down to the value (``labels.a``)."""

    def __init__(self, record: str, places: list[str]) -> None:
        super().__init__(f"{record}: unexpected {', '.join(places)}")
        self.places = places


class Told(NamedTuple):
    """What ``told`` leaves for the class's maker."""

    default: Any
    json: str | None


def told(default: Any = _REQUIRED, *, json: str | None) -> Any:
    """The default of a member that has another name in JSON, or none there (None)."""
    return Told(default, json)


class Member(NamedTuple):
    """One member of a record. json: its name there, None where it is not told."""

    name: str
    kind: Any
    check: Check
    default: Any
    json: str | None


@dataclass_transform(kw_only_default=True, field_specifiers=(told,))
class Answer:
    """A record of typed members, given by name; a member that is None is an absent one.

    Raises Mismatch for a value of another type and for a missing member.
    """

    _members: ClassVar[tuple[Member, ...]] = ()

    def __init_subclass__(cls) -> None:
        own = dict(cls.__dict__)
        cls._members += tuple(_member(name, kind, own) for name, kind in cls.__annotations__.items())
        for member in cls._members:
            if member.name in own:
                delattr(cls, member.name)

    def __init__(self, **members: Any) -> None:
        wrong: list[str] = []
        own = self.__dict__
        for name, kind, check, default, _ in self._members:
            value = members.pop(name, None)
            if value is None:
                value = _fresh(default)
                wrong += [name] if default is _REQUIRED else []
            elif not check(value):
                wrong += _places(kind, value, name)
            own[name] = value
        if wrong:
            raise Mismatch(type(self).__name__, wrong)
        if members:
            raise TypeError(f"{type(self).__name__} has no member {', '.join(members)}")

    @classmethod
    def model_construct(cls, **members: Any) -> Self:
        """A record of members that are known to be right: nothing is checked."""
        made = cls.__new__(cls)
        made.__dict__.update({row.name: _fresh(row.default) for row in cls._members if row.name not in members}, **members)
        return made

    def model_copy(self, *, update: Mapping[str, Any] | None = None) -> Self:
        """Another one with the same members but those in ``update``, which are not checked."""
        return self.model_construct(**{**self.__dict__, **(update or {})})

    def model_dump(self, *, by_alias: bool = False, exclude_none: bool = False) -> dict[str, Any]:
        """Plain values of what is told. by_alias: by the names in JSON; exclude_none: without absent members."""
        return {
            (json if by_alias else name): _dumped(self.__dict__[name], by_alias, exclude_none)
            for name, _, _, _, json in self._members
            if json is not None and not (exclude_none and self.__dict__[name] is None)
        }

    def __eq__(self, other: object) -> bool:
        return self.__dict__ == other.__dict__ if type(other) is type(self) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__dict__.items())})"


def _member(name: str, kind: Any, own: Mapping[str, Any]) -> Member:
    value = own.get(name, _REQUIRED)
    known = value if isinstance(value, Told) else Told(value, name)
    return Member(name, kind, _check(kind), known.default, known.json)


def _fresh(default: Any) -> Any:
    return default.copy() if isinstance(default, (list, dict)) else default


def _dumped(value: Any, by_alias: bool, exclude_none: bool) -> Any:
    if isinstance(value, Answer):
        return value.model_dump(by_alias=by_alias, exclude_none=exclude_none)
    if isinstance(value, dict):
        return {key: _dumped(item, by_alias, exclude_none) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_dumped(item, by_alias, exclude_none) for item in value]
    return value


# -- types ----------------------------------------------------------------------------------------


def _text(value: Any) -> bool:
    """Whole Unicode text: a lone surrogate has no UTF-8."""
    if not isinstance(value, str):
        return False
    if value.isascii():
        return True
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_PLAIN: dict[Any, Check] = {
    Any: lambda value: True,
    None: lambda value: value is None,
    type(None): lambda value: value is None,
    str: _text,
    int: _whole,
    Count: lambda value: _whole(value) and value >= 0,
    float: lambda value: isinstance(value, (int, float)) and not isinstance(value, bool),
    bool: lambda value: isinstance(value, bool),
}


def _check(kind: Any) -> Check:
    """Whether a value is of ``kind``: of a plain type, a record, a choice, a list or a dict by text of these."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin, of = get_origin(kind), get_args(kind)
    if origin is Literal:
        return lambda value: isinstance(value, str) and value in of
    if origin in (Union, UnionType):
        checks = [_check(one) for one in of]
        return lambda value: any(check(value) for check in checks)
    if origin is list:
        item = _check(of[0])
        return lambda value: isinstance(value, list) and all(map(item, value))
    if origin is dict:
        member = _check(of[1])
        return lambda value: isinstance(value, dict) and all(map(_text, value)) and all(map(member, value.values()))
    if isinstance(kind, type) and issubclass(kind, Answer):
        return lambda value: isinstance(value, kind)
    raise TypeError(f"a record has no members of {kind!r}")


def _places(kind: Any, value: Any, place: str) -> list[str]:
    """The places in ``value`` that are not of ``kind``, as deep as can be told."""
    if _check(kind)(value):
        return []
    for option in get_args(kind) if get_origin(kind) in (Union, UnionType) else (kind,):
        origin, of = get_origin(option), get_args(option)
        if origin is list and isinstance(value, list):
            return [inner for index, item in enumerate(value) for inner in _places(of[0], item, f"{place}.{index}")]
        if origin is dict and isinstance(value, dict) and all(map(_text, value)):
            return [inner for key, item in value.items() for inner in _places(of[1], item, f"{place}.{key}")]
    return [place]
