"""The base of what programs hear: records of an engine's objects and of what was done to them.

An engine's answer is as little trusted as a program's request, and a member of another type is refused as strictly;
but nothing is converted, nothing parsed, and every start reads an answer. So the records are checked here, by hand,
and the model library loads only when somebody says something (``perry_ffi.model.base``).

The members of a record are its annotations. They are read when the class is made, so a module of records has no
``from __future__ import annotations``.
"""

from collections.abc import Callable, Iterable, Mapping
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Any,
    ClassVar,
    Literal,
    NamedTuple,
    NewType,
    NoReturn,
    Self,
    Union,
    dataclass_transform,
    get_args,
    get_origin,
)

if TYPE_CHECKING:
    Count = int
else:
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


def told(*, default: Any = _REQUIRED, json: str | None) -> Any:
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
    _checks: ClassVar[Mapping[str, Check]] = {}
    _defaults: ClassVar[Mapping[str, Any]] = {}
    """What an absent member is, for those whose default needs no copy, in the order of all of them."""
    _copied: ClassVar[tuple[tuple[str, Any], ...]] = ()
    """The other defaults: lists and dicts."""
    _required: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        own = dict(cls.__dict__)
        cls._members += tuple(_member(name, kind, own) for name, kind in cls.__annotations__.items())
        cls._checks = {member.name: member.check for member in cls._members}
        cls._defaults = {member.name: member.default for member in cls._members}
        cls._copied = tuple((name, default) for name, default in cls._defaults.items() if isinstance(default, (list, dict)))
        cls._required = frozenset(name for name, default in cls._defaults.items() if default is _REQUIRED)
        for member in cls._members:
            if member.name in own:
                delattr(cls, member.name)

    def __init__(self, **members: Any) -> None:
        own = self.__dict__
        own.update(self._defaults)
        for name, default in self._copied:
            if members.get(name) is None:
                own[name] = default.copy()
        right, checks = True, self._checks
        for name, value in members.items():
            if name not in checks:
                right = False
            elif value is not None:
                if checks[name](value):
                    own[name] = value
                else:
                    right = False
        if not right or any(own[name] is _REQUIRED for name in self._required):
            self._refuse(members)

    def _refuse(self, members: Mapping[str, Any]) -> NoReturn:
        """Raises Mismatch with the places that are wrong, in the order of the record, or TypeError for what it does not have."""
        wrong: list[str] = []
        for member in self._members:
            value = members.get(member.name)
            if value is None:
                wrong += [member.name] if member.default is _REQUIRED else []
            elif not member.check(value):
                wrong += _places(member.kind, value, member.name)
        if wrong:
            raise Mismatch(type(self).__name__, wrong)
        raise TypeError(f"{type(self).__name__} has no member {', '.join(name for name in members if name not in self._checks)}")

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
    return Member(name, kind, _check(_present(kind)), known.default, known.json)


def _present(kind: Any) -> Any:
    """The type of a member that is there: of ``kind | None`` the first, for absence is not checked."""
    of = [one for one in get_args(kind) if one is not NoneType]
    return of[0] if get_origin(kind) in (Union, UnionType) and len(of) == 1 else kind


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


def whole_text(text: str) -> str:
    """``text`` as a record takes it: what is no Unicode in it, as the name of a file may have it, is escaped."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


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


def _all_text(values: Iterable[Any]) -> bool:
    """Whether every one is such text; of many at once, for most are plain ASCII."""
    try:
        return "".join(values).isascii() or all(map(_text, values))
    except TypeError:
        return False


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
    """Whether a value is of ``kind``: of a plain type, a record, a named tuple, a choice, a list or a dict by text of these."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin, of = get_origin(kind), get_args(kind)
    if origin is Literal:
        return lambda value: isinstance(value, str) and value in of
    if origin in (Union, UnionType):
        checks = [_check(one) for one in of]
        return lambda value: any(check(value) for check in checks)
    if origin is list:
        if of[0] is str:
            return lambda value: isinstance(value, list) and _all_text(value)
        item = _check(of[0])
        return lambda value: isinstance(value, list) and all(map(item, value))
    if origin is dict:
        if of[1] is str:
            return lambda value: isinstance(value, dict) and _all_text(value) and _all_text(value.values())
        member = _check(of[1])
        return lambda value: isinstance(value, dict) and _all_text(value) and all(map(member, value.values()))
    if isinstance(kind, type) and issubclass(kind, (Answer, tuple)):
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
