"""The members of a model, as its class declares them: a type, rules for it, a default."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any, ClassVar, get_args, get_origin

REQUIRED: Any = object()
"""The default of a member that has none."""

_OF_THE_CLASS: Any = ClassVar
BOUNDS = frozenset({"ge", "le", "gt", "lt", "min_length", "max_length", "pattern"})


class FieldInfo:
    """What ``Field`` was told. bounds: those that were given, each to be had as an attribute, too."""

    def __init__(
        self, default: Any, factory: Callable[[], Any] | None, alias: str | None, shown: bool, bounds: dict[str, Any]
    ) -> None:
        self.default, self.default_factory, self.alias, self.repr, self.bounds = default, factory, alias, shown, bounds

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["bounds"][name]
        except KeyError:
            raise AttributeError(name) from None


def Field(
    default: Any = REQUIRED,
    *,
    default_factory: Callable[[], Any] | None = None,
    alias: str | None = None,
    repr: bool = True,
    **bounds: Any,
) -> Any:
    """What a declaration says beside the type: the value of a member in its class, or a rule of ``Annotated``.

    alias: its name in JSON, where that is another one. repr: whether its value is shown. bounds: of a number (``ge``, ``le``, ``gt``,
    ``lt``) or of a text (``min_length``, ``max_length``, ``pattern``).
    """
    unknown = bounds.keys() - BOUNDS
    if unknown:
        raise TypeError(f"not a bound: {', '.join(sorted(unknown))}")
    return FieldInfo(default, default_factory, alias, repr, bounds)


class Member:
    """One member. annotation: its type without the rules that stand at its top, which are ``metadata``."""

    def __init__(self, annotation: Any, default: Any) -> None:
        annotated = get_origin(annotation) is Annotated
        self.annotation, *self.metadata = get_args(annotation) if annotated else (annotation,)
        said: FieldInfo = default if isinstance(default, FieldInfo) else Field(default)
        if said.bounds:
            self.metadata.append(said)
        self.default, self.default_factory, self.alias, self.repr = said.default, said.default_factory, said.alias, said.repr

    def is_required(self) -> bool:
        return self.default is REQUIRED and self.default_factory is None

    def get_default(self) -> Any:
        """What an absent member is, each time another list or object; REQUIRED where it must not be absent."""
        if self.default_factory is not None:
            return self.default_factory()
        return self.default.copy() if isinstance(self.default, (list, dict)) else self.default


def declared(kind: type) -> Iterator[tuple[str, Member]]:
    """The members that the very class declares. Their values are taken from it, so that no class answers for its instances."""
    for name, annotation in kind.__annotations__.items():
        if name.startswith("_") or get_origin(annotation) is _OF_THE_CLASS:
            continue
        yield name, Member(annotation, kind.__dict__.get(name, REQUIRED))
        if name in kind.__dict__:
            delattr(kind, name)
