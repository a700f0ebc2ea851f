"""What the verbs do to containers that are there, and to images: each thing told as a step, or, rehearsed, noted as one of a plan."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perry_ffi.errors import ContainerError
from perry_ffi.runtime.action import Action
from perry_ffi.runtime.plan import PlanBuilder
from perry_ffi.stack.naming import SERVICES
from perry_ffi.stack.telling import telling

if TYPE_CHECKING:
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.runtime.plan import Plan


@dataclass(frozen=True, repr=False, eq=False)
class Verb(Action):
    """Something that a verb does to a container, or to an image: nothing puts it back. ident: the container's id."""

    ident: str = ""


class Start(Verb):
    name = "start container"


class Stop(Verb):
    name = "stop container"


class Restart(Verb):
    name = "restart container"


class Pause(Verb):
    name = "pause container"


class Unpause(Verb):
    name = "unpause container"


class Kill(Verb):
    name = "kill container"


class Remove(Verb):
    name = "remove container"


class Wait(Verb):
    name = "wait"
    changes = False


class Pull(Verb):
    name = "pull image"


class Build(Verb):
    name = "build image"


class Push(Verb):
    name = "push image"


class Doing:
    """The steps of one verb over a project. rehearse: they are noted, and not done."""

    def __init__(self, bus: EventBus, project: str, *, rehearse: bool = False) -> None:
        self.rehearse = rehearse
        self._bus = bus
        self._project = project
        self._builder = PlanBuilder(project, SERVICES)
        self.count = 0
        self._told = False
        self._before: Mapping[str, Iterable[str]] = {}
        self._of_service: dict[str, list[int]] = {}
        self._of_subject: dict[str, int] = {}

    def order(self, before: Mapping[str, Iterable[str]]) -> None:
        """From now on the steps of each service come after those of others."""
        self._before = before

    @contextmanager
    def as_verb(self, verb: str) -> Iterator[None]:
        """While it is entered the steps are those of ``verb``, which is told from its begin to its end, unless they are rehearsed,
        or are those of another verb already.
        """
        if self.rehearse or self._told:
            yield
            return
        self._told = True
        try:
            with telling(self._bus, verb, self._project):
                yield
        finally:
            self._told = False

    def plan(self) -> Plan:
        """What was noted."""
        return self._builder.build()

    async def step(self, action: Verb, cause: str, work: Callable[[], Awaitable[object]]) -> None:
        """Does ``work``, which is ``action``. Raises what it raises."""
        self.count += 1
        if self.rehearse:
            return self._note(action, cause)
        whose = {"project": self._project, **SERVICES.details(action.owner)}
        about = {"step": self.count, "action": action.name, "target": action.target, **whose}
        self._bus.tell("step", state="started", **about)
        try:
            await work()
        except ContainerError as error:
            self._bus.tell("step", state="failed", error=error.to_dict(), **about)
            raise
        self._bus.tell("step", state="done", **about)

    def _note(self, action: Verb, cause: str) -> None:
        service = action.owner or ""
        needs = [*self._needs(service), self._of_subject.get(action.ident or action.target)]
        number = self._builder.add(action, cause, needs)
        self._of_service.setdefault(service, []).append(number)
        self._of_subject[action.ident or action.target] = number

    def _needs(self, service: str) -> list[int]:
        """The last steps of the services before it, or of those before these where they have none."""
        found: list[int] = []
        seen, todo = {service}, list(self._before.get(service, ()))
        while todo:
            if (other := todo.pop()) in seen:
                continue
            seen.add(other)
            found += self._of_service.get(other, ())
            todo += () if other in self._of_service else self._before.get(other, ())
        return found
