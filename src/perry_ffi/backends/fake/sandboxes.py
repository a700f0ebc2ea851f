"""Hardened runs of the engine in memory: what is asked for is kept, so that it can be looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

import anyio

from perry_ffi.backends.contract.sandbox_records import Runtime, SandboxHost, SandboxSeen, SandboxSpec
from perry_ffi.backends.contract.sandboxes import SandboxSession
from perry_ffi.backends.fake.calls import FakeCalls
from perry_ffi.backends.fake.streams import Queue
from perry_ffi.backends.fake.world import KILLED
from perry_ffi.errors import Conflict, Unsupported
from perry_ffi.model.container import ContainerHandle, ContainerSpec
from perry_ffi.model.event import EngineEvent
from perry_ffi.model.mounts import Mount

if TYPE_CHECKING:
    from perry_ffi.backends.fake.world import Box
    from perry_ffi.model.capability import CapabilitySpec

HOST = SandboxHost((Runtime("plain", "container"),), "plain", chooses=True, architecture="amd64")


class FakeSandboxes(FakeCalls):
    """host: what it can make them of. gives: the runtime that it takes in place of another, as an engine must not. sandboxes: by
    id, what they were asked to be.
    """

    host: SandboxHost = HOST
    gives: Mapping[str, str] = MappingProxyType({})

    @property
    def sandboxes(self) -> dict[str, SandboxSpec]:
        return cast("dict[str, SandboxSpec]", self.__dict__.setdefault("_sandboxes", {}))

    def check_sandbox(self, spec: CapabilitySpec) -> None:
        if spec.is_root and spec.isolation not in ("gvisor", "microvm"):
            member, reason = "CapabilitySpec.user", "it maps no users"
            raise Unsupported(f"{member}: {self.name} cannot honour it: {reason}", member=member, reason=reason)

    async def sandbox_host(self) -> SandboxHost:
        async with self.call("sandbox_host"):
            return self.host

    async def create_sandbox(self, spec: SandboxSpec) -> ContainerHandle:
        async with self.call("create_sandbox", spec.name, write=True) as world:
            volumes = [Mount("volume", place) for place in spec.inputs]
            cmd, labels = list(spec.argv), dict(spec.labels)
            box = world.create(
                ContainerSpec(image=spec.image, name=spec.name, cmd=cmd, labels=labels, network="none", volumes=volumes)
            )
            self.sandboxes[box.id] = spec
        return ContainerHandle(id=box.id, name=box.name)

    async def see_sandbox(self, ident: str) -> SandboxSeen:
        async with self.call("see_sandbox", ident) as world:
            box = world.find(ident)
        spec = self.sandboxes.get(box.id)
        wanted = (spec.runtime if spec else box.spec.runtime) or self.host.default
        runtime = next(row for row in self.host.runtimes if row.name == self.gives.get(wanted, wanted))
        return SandboxSeen(
            box.image_id,
            runtime.name,
            runtime.level,
            userns=False,
            writable=spec.inputs if spec else (),
            exit_code=box.exit_code,
            oom_killed=box.oom,
        )

    async def attach_sandbox(self, ident: str, *, stdin: bool) -> SandboxSession:
        async with self.call("attach_sandbox", ident) as world:
            box = world.find(ident)
        return self.session(box)

    def session(self, box: Box) -> SandboxSession:
        """What attaching gives; another one for a program that says more than a log holds."""
        return FakeSession(self.listen(lambda event: event.id == box.id), box)

    async def kill_sandbox(self, ident: str) -> None:
        async with self.call("kill_sandbox", ident, write=True) as world:
            box = world.find(ident)
            if not box.live:
                raise Conflict(f"{box.name} does not run", backend=self.name)
            world.stop(box, KILLED)


class FakeSession(SandboxSession):
    """Says what the container's log says, as soon as it has started, and ends with it. What it reads is kept in ``received``."""

    def __init__(self, events: Queue[EngineEvent], box: Box) -> None:
        self._events, self._box = events, box
        self._ended = False
        self.received = b""

    async def read(self) -> Sequence[tuple[str, bytes]] | None:
        if self._ended:
            return None
        while not self._ended:
            happened = await self._events.next()
            self._ended = happened is None or any(event.action == "die" for event in happened)
        return [(stream, line.encode()) for stream, _, line in self._box.log] or None

    async def send(self, data: bytes) -> bool:
        await anyio.lowlevel.checkpoint()
        self.received += data
        return self._box.live

    async def end_input(self) -> None:
        await anyio.lowlevel.checkpoint()

    async def aclose(self) -> None:
        await self._events.aclose()


__all__ = ["HOST", "FakeSandboxes", "FakeSession"]
