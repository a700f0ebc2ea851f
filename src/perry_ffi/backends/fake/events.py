"""What happens in the engine in memory, and the health of its containers."""

from __future__ import annotations

from perry_ffi.backends.contract.emulated.until import UntilThen
from perry_ffi.backends.contract.events import ExitWatch
from perry_ffi.backends.contract.stream import Labels, Stream
from perry_ffi.backends.fake.calls import FakeCalls, carries
from perry_ffi.backends.fake.streams import Watched
from perry_ffi.model.event import EngineEvent, HealthResult


class FakeEvents(FakeCalls):
    """Events, the next end of a container, and who ended it."""

    async def events(
        self, labels: Labels | None = None, since: float | None = None, until: float | None = None
    ) -> Stream[EngineEvent]:
        async with self.call("events"):
            pass
        # Not before: a call that is cancelled has no one who closes its stream.
        told = self.listen(lambda event: carries(event.attributes, labels))
        return told if until is None else UntilThen(told, until)

    async def wait_exit(self, ident: str) -> ExitWatch:
        async with self.call("wait_exit", ident) as world:
            box = world.find(ident)
        return Watched(self.listen(lambda event: event.id == box.id), box.name)

    async def was_stopped(self, ident: str) -> bool | None:
        async with self.call("was_stopped", ident) as world:
            return world.find(ident).stopped


class FakeHealth(FakeCalls):
    """Health probes."""

    async def health_probes_run_by_engine(self) -> bool:
        return self._probes

    async def probe_health(self, ident: str) -> HealthResult:
        async with self.call("probe_health", ident, write=True) as world:
            return world.probe(world.find(ident))

    async def health_log(self, ident: str) -> list[HealthResult]:
        async with self.call("health_log", ident) as world:
            return list(world.find(ident).probes)


__all__ = ["FakeEvents", "FakeHealth"]
