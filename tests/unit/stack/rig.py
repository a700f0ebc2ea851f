"""An engine in memory and the verbs of stacks on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from perry_ffi.backends.contract.absent import ABSENCES, CoreBackend, with_absences
from perry_ffi.backends.fake import Behaviour, Box, Call, FakeBackend, World
from perry_ffi.compose import Project, load_document
from perry_ffi.model.cleanup import CleanupReport
from perry_ffi.runtime.event_bus import EventBus
from perry_ffi.runtime.plan import Plan
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.down import down
from perry_ffi.stack.options import Down, Up
from perry_ffi.stack.up import plan, up

IMAGE = "app"


def project(services: dict[str, Any], name: str = "p", **sections: Any) -> Project:
    """A project; a service without an image has the one that is there."""
    filled = {key: {"image": IMAGE, **row} if "build" not in row else row for key, row in services.items()}
    environment = sections.pop("environment", {})
    document = {"name": name, "services": filled, **sections}
    return load_document(document, env=environment, working_directory="/")


def lesser(*groups: str) -> type[FakeBackend]:
    """An engine in memory that lacks ``groups`` of the contract (``op.rename``)."""
    lacking = [absence.group for absence in ABSENCES if absence.name in groups]
    members = {name: getattr(CoreBackend, name) for group in lacking for name in group.__abstractmethods__}
    found = type("LesserBackend", (FakeBackend,), members)
    found.capabilities = with_absences(found, FakeBackend.capabilities)
    return found


class Rig:
    """One engine. engine: what kind. behave: what containers do, by service; see ``Behaviour``."""

    def __init__(self, tmp_path: Path, engine: type[FakeBackend] = FakeBackend, **behave: Behaviour) -> None:
        self.behave = behave
        self.world = World(self._behave)
        self.world.make_image(IMAGE)
        self.backend = engine(self.world)
        self.bus = EventBus()
        self.context = StackContext(self.backend, tmp_path / "locks", "fake", self.bus)

    def _behave(self, box: Box) -> Behaviour:
        return self.behave.get(box.spec.labels.get("com.docker.compose.service", ""), Behaviour())

    async def up(self, wanted: Project, **options: Any) -> Plan:
        return await up(self.context, wanted, Up(**options))

    async def plan(self, wanted: Project, **options: Any) -> str:
        """The plan's whole text; making it must change nothing."""
        before = len(self.backend.writes)
        found = await plan(self.context, wanted, Up(**options))
        assert len(self.backend.writes) == before
        return found.text()

    async def down(self, name: str = "p", wanted: Project | None = None, **options: Any) -> CleanupReport:
        return await down(self.context, name, wanted, Down(**options))

    def state(self) -> dict[str, Any]:
        """All that the engine holds, as far as a user can tell."""
        boxes = {box.id: (box.name, box.status, dict(box.networks), dict(box.volumes)) for box in self.world.boxes.values()}
        return {"containers": boxes, "networks": set(self.world.networks), "volumes": set(self.world.volumes)}

    def names(self) -> dict[str, str]:
        """Name to status of every container."""
        return {box.name: box.status for box in self.world.boxes.values()}

    def box(self, name: str) -> Box:
        return self.world.find(name)

    def interrupt(self, number: int, error: Callable[[], BaseException], when: str = "before") -> Callable[[], bool]:
        """Has the write call ``number`` (from 0) fail once; the result tells whether it came to that."""
        seen = 0
        hit = False

        async def watch(call: Call, moment: str) -> None:
            nonlocal seen, hit
            if not call.write or moment != when:
                return
            seen += 1
            if seen == number + 1:
                hit = True
                raise error()

        self.backend.interrupt = watch
        return lambda: hit

    def calm(self) -> None:
        """Nothing fails from here on."""

        async def nothing(call: Call, moment: str) -> None:
            return

        self.backend.interrupt = nothing


Verb = Callable[..., Awaitable[Any]]
