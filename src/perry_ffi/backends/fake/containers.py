"""Containers of the engine in memory."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from perry_ffi.backends.contract.stream import Labels, Stream
from perry_ffi.backends.fake.calls import FakeCalls, carries
from perry_ffi.backends.fake.descriptions import describe
from perry_ffi.backends.fake.streams import Queue, Watched
from perry_ffi.backends.fake.world import ENDED, KILLED
from perry_ffi.errors import Conflict
from perry_ffi.model.container import (
    ContainerHandle,
    ContainerInfo,
    ContainerSpec,
    ExecOptions,
    ExecResult,
    LogChunk,
    LogOptions,
)
from perry_ffi.model.event import EngineEvent


class FakeContainers(FakeCalls):
    """The core's containers."""

    async def create_container(self, spec: ContainerSpec) -> ContainerHandle:
        async with self.call("create_container", spec.name or "", write=True) as world:
            box = world.create(spec)
        return ContainerHandle(id=box.id, name=box.name)

    async def start_container(self, ident: str) -> None:
        async with self.call("start_container", ident, write=True) as world:
            box = world.find(ident)
            began = not box.live
            world.start(box)
            if began and box.live and (seconds := world.behave(box).seconds):
                asyncio.get_running_loop().call_later(seconds, world.time_is_up, box, box.starts)

    async def stop_container(self, ident: str, timeout: float | None = None) -> None:
        async with self.call("stop_container", ident, write=True) as world:
            world.stop(world.find(ident), KILLED if timeout == 0 else ENDED)

    async def remove_container(self, ident: str, *, force: bool = False, volumes: bool = True) -> None:
        async with self.call("remove_container", ident, write=True) as world:
            world.remove(world.find(ident), force=force, volumes=volumes)

    async def list_containers(self, *, all: bool, labels: Labels | None = None) -> list[ContainerInfo]:
        async with self.call("list_containers") as world:
            found = [box for box in world.boxes.values() if (all or box.live) and carries(box.spec.labels, labels)]
            return [describe(box, inspected=False) for box in found]

    async def inspect_container(self, ident: str) -> ContainerInfo:
        async with self.call("inspect_container", ident) as world:
            return describe(world.find(ident), inspected=True)

    async def container_spec(self, ident: str) -> ContainerSpec:
        async with self.call("container_spec", ident) as world:
            box = world.find(ident)
        mounts = [
            replace(mount, source=box.volumes[mount.target]) if mount.type == "volume" else mount for mount in box.spec.volumes
        ]
        return box.spec.model_copy(update={"volumes": mounts, "name": box.name})

    async def wait_container(self, ident: str, timeout: float | None = None) -> int:
        async with self.call("wait_container", ident) as world:
            box = world.find(ident)
        if box.status == "created":
            raise Conflict(f"{box.name} was never started", backend=self.name)
        watch = Watched(self.listen(lambda event: event.id == box.id), box.name)
        try:
            return await watch.exit_code(timeout) if box.exit_code is None else box.exit_code
        finally:
            await watch.aclose()

    async def _log(self, ident: str, options: LogOptions) -> list[LogChunk]:
        async with self.call("container_logs", ident) as world:
            lines = world.find(ident).log
        if options.tail is not None and options.tail >= 0:
            lines = lines[-options.tail :] if options.tail else []
        return [LogChunk(stream=name, text=f"{time} {line}" if options.timestamps else line) for name, time, line in lines]

    async def read_logs(self, ident: str, options: LogOptions) -> Stream[LogChunk]:
        return Queue(await self._log(ident, options), ended=True)

    async def follow_logs(self, ident: str, options: LogOptions) -> Stream[LogChunk]:
        chunks = await self._log(ident, options)
        box = self.world.find(ident)
        stream: Queue[LogChunk] = Queue(chunks, ended=not box.live)

        def hear(event: EngineEvent) -> bool:
            if event.id == box.id and event.action in ("die", "destroy"):
                stream.end()
            return False

        events = self.listen(hear)
        stream.on_close = events.on_close
        return stream

    async def exec_container(self, ident: str, command: Sequence[str], options: ExecOptions) -> ExecResult:
        async with self.call("exec_container", ident, write=True) as world:
            box = world.find(ident)
            if box.status != "running":
                raise Conflict(f"{box.name} does not run", backend=self.name)
            behaviour = world.behave(box)
            return ExecResult(stdout=behaviour.exec_stdout or " ".join(command), stderr="", exit_code=behaviour.exec_code)


__all__ = ["FakeContainers"]
