"""Which engine a project is on, where none was named and several answer: the one that holds its containers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from perry_ffi.advice import Advice, Option
from perry_ffi.errors import Conflict
from perry_ffi.stack import identity

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.engine import Elsewhere
    from perry_ffi.settings import Settings


class Guessed(NamedTuple):
    """An engine that nobody named, of several that answer. others: those beside it, by the names that settings have for them.

    moved: it holds the project's containers, and another one would have come first.
    """

    project: str
    name: str
    address: str | None
    others: tuple[str, ...]
    moved: bool = False

    def text(self) -> Advice:
        """Which one it is, and how another one is chosen."""
        where = f"{self.name} ({self.address})" if self.address else self.name
        held = f", which has its containers{',' if len(self.others) > 1 else ''}" if self.moved else ""
        answers = f"{' and '.join(self.others)} {'answers' if len(self.others) == 1 else 'answer'} too"
        said = f"{self.project} on {where}{held}; {answers}: DOCKER_HOST or"
        return Advice("{} {} chooses", said, Option("engine", "NAME"))


async def guess(settings: Settings, used: Backend, project: str, order: Sequence[str]) -> Guessed | None:
    """The engine of ``project``, where ``used`` was found as the first of ``order`` that answers; None where no other answers.

    Raises Conflict, naming both, where two hold containers of it. One beside ``order`` is never taken.
    """
    from perry_ffi.backends.elsewhere import answering_elsewhere
    from perry_ffi.stack.observe import list_own

    others = await answering_elsewhere(settings, used, {identity.THEIRS + "project": project})
    if not others:
        return None
    names = tuple(dict.fromkeys(_words(name, row, used) for name, row in others))
    holders = [(name, row) for name, row in others if any(identity.is_of(labels, project) for labels in row.labels)]
    holders = [row for row in holders if row[0] in order]
    if not holders:
        return Guessed(project, used.name, used.address, names)
    here = [(used.name, used.address)] if await list_own(used, project) else []
    every = [*here, *((name, row.address) for name, row in holders)]
    if len(every) > 1:
        raise _held_by_two(project, every)
    name, row = holders[0]
    return Guessed(project, name, row.address, (used.name, *(n for n in names if n not in (name, used.name))), moved=True)


def _words(name: str, row: Elsewhere, used: Backend) -> str:
    """Where both have one name, the place tells them apart."""
    return name if name != used.name else f"{name} at {row.address}"


def _held_by_two(project: str, every: Sequence[tuple[str, str | None]]) -> Conflict:
    places = [f"{name} at {address}" if address else name for name, address in every]
    names = list(dict.fromkeys(name for name, _ in every))
    if len(names) == len(every):
        how: str = Advice(" or ".join(["{}"] * len(names)), *(Option("engine", name) for name in names))
    else:
        how = Advice("{}", Option("host", "ADDRESS"))
    return Conflict(
        f"project {project}: {' and '.join(places)} have containers of it", project=project, engines=places,
        remedy=Advice("{} says which one is meant", how),
    )  # fmt: skip
