"""How a spec shows that it uses something that an engine may lack, and what is left without it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S")

Knows = Mapping[str, tuple[str, ...]]
"""The values that an engine has, each with what it is limited to."""


class Use(str):
    """A path at which a spec uses something, with the value that is there, for the words of a reason."""

    value: str

    def __new__(cls, path: str, value: str) -> Use:
        made = super().__new__(cls, path)
        made.value = value
        return made


def _never(spec: object, path: str) -> bool:
    return False


@dataclass(frozen=True)
class Member(Generic[S]):
    """found: the paths at which a spec uses it. without: the spec less it; ``None`` where it cannot be left out.

    isolating: whether what a path names keeps somebody out, and so cannot be left out there.
    """

    found: Callable[[S], list[str]]
    without: Callable[[S], S] | None = None
    isolating: Callable[[S, str], bool] = _never


@dataclass(frozen=True)
class Valued(Generic[S]):
    """A member some of whose values an engine knows; which, its declared capability says."""

    knowing: Callable[[Knows], Member[S]]


Members = Mapping[str, "Member[S] | Valued[S]"]
"""By the names of capabilities, in the order in which what is lacking is told."""


def below(prefix: str, members: Members[S]) -> Members[S]:
    """``members``, their names below ``prefix``."""
    return {f"{prefix}.{name}": member for name, member in members.items()}
