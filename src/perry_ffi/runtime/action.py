"""What a step of a plan does: one frozen class for each kind of it, with the fields that it needs."""

from __future__ import annotations

import abc
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from perry_ffi.runtime.run import Run


@dataclass(frozen=True, repr=False, eq=False)
class Action:
    """What is done, as data. target: what it acts on, by name. owner: whose that is, if anybody's.

    name: what is done, in words, as a plan prints it. final: nothing can undo it, so that in a plan that can be put back it
    comes after everything else has succeeded. changes: whether it changes anything, or only looks.
    """

    name: ClassVar[str]
    final: ClassVar[bool] = False
    changes: ClassVar[bool] = True

    target: str
    owner: str | None

    def __repr__(self) -> str:
        """Without the fields of the classes, which may hold what only the engine is to know. They are made without methods of
        their own for this and for equality: there are many, and each would have to be made where nothing is to be done.
        """
        return f"<{self.name} {self.target}>"


@dataclass(frozen=True, repr=False, eq=False)
class EngineAction(Action, abc.ABC):
    """One that needs no more than a ``Run``. It notes in the run's undo log how it is put back, before it asks the engine."""

    @abc.abstractmethod
    async def perform(self, run: Run) -> None:
        """Does it. Raises what the backend raises."""


@dataclass(frozen=True)
class Inside:
    """A container that runs in the namespaces of another. other: the id of that one. rank: see ``UndoLog``."""

    ident: str
    name: str
    other: str
    paused: bool
    rank: int
