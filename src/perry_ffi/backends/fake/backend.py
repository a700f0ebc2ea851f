"""The contract over the engine in memory. Every call is recorded, gives others a turn, and can be made to fail."""

from __future__ import annotations

import io
import tarfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import anyio

from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.contract.capability import Capabilities
from perry_ffi.backends.contract.events import ExitWatch
from perry_ffi.backends.contract.networks import Kept
from perry_ffi.backends.contract.sessions import Execution, Session
from perry_ffi.backends.contract.stream import AsyncProgress, Labels, Stream
from perry_ffi.backends.fake.streams import Queue, Talk, Watched
from perry_ffi.backends.fake.world import BUILT_IN, Call, World
from perry_ffi.errors import Conflict, NotFound
from perry_ffi.model.backend import BackendInfo
from perry_ffi.model.container import (
    ContainerHandle,
    ContainerInfo,
    ContainerLogs,
    ContainerSpec,
    ContainerStats,
    Endpoint,
    ExecOptions,
    ExecResult,
    LogChunk,
    LogOptions,
)
from perry_ffi.model.endpoint import EndpointSpec
from perry_ffi.model.event import EngineEvent, HealthResult
from perry_ffi.model.image import BuildSpec, ImageDetails, ImageInfo, PullOptions, PushOptions
from perry_ffi.model.network import NetworkInfo, NetworkSpec
from perry_ffi.model.volume import VolumeInfo, VolumeSpec

Interrupt = Callable[[Call, str], Awaitable[None]]
"""Awaited with each call, and with ``before`` or ``after`` it was carried out; what it raises is the call's outcome."""

_STEP = "2000-01-01T00:00:00.000000000Z"


async def _nothing(call: Call, when: str) -> None:
    await anyio.lowlevel.checkpoint()


class FakeBackend(Backend):
    """An engine in memory.

    world: what it holds; several backends may share one, as clients of one engine do. interrupt: see ``Interrupt``.
    probes: whether the engine runs health checks by itself.
    """

    name = "fake"
    capabilities = Capabilities()
    identity = "fake"
    parallel_calls = 4

    def __init__(self, world: World | None = None, *, interrupt: Interrupt = _nothing, probes: bool = False) -> None:
        self.world = world or World()
        self.calls: list[Call] = []
        self.interrupt = interrupt
        self._probes = probes
        self._streams: set[Queue[object]] = set()

    @property
    def late_networks(self) -> int:
        return self.world.late_networks

    @property
    def writes(self) -> list[Call]:
        """The calls that may have changed something."""
        return [call for call in self.calls if call.write]

    @property
    def open_streams(self) -> int:
        return len(self._streams)

    @asynccontextmanager
    async def _call(self, method: str, subject: str = "", *, write: bool = False) -> AsyncIterator[World]:
        call = Call(method, subject, write)
        self.calls.append(call)
        await self.interrupt(call, "before")
        yield self.world
        await self.interrupt(call, "after")

    # -- life -------------------------------------------------------------------------------------------

    async def aclose(self) -> None:
        for stream in list(self._streams):
            await stream.aclose()

    async def info(self) -> BackendInfo:
        return BackendInfo(name=self.name, available=True, version="1", mode="local", isolation_level="container")

    # -- containers -------------------------------------------------------------------------------------

    async def create_container(self, spec: ContainerSpec) -> ContainerHandle:
        async with self._call("create_container", spec.name or "", write=True) as world:
            box = world.create(spec)
        return ContainerHandle(id=box.id, name=box.name)

    async def start_container(self, ident: str) -> None:
        async with self._call("start_container", ident, write=True) as world:
            world.start(world.find(ident))

    async def stop_container(self, ident: str, timeout: float | None = None) -> None:
        async with self._call("stop_container", ident, write=True) as world:
            world.stop(world.find(ident))

    async def remove_container(self, ident: str, *, force: bool = False, volumes: bool = True) -> None:
        async with self._call("remove_container", ident, write=True) as world:
            world.remove(world.find(ident), force=force, volumes=volumes)

    async def list_containers(self, *, all: bool, labels: Labels | None = None) -> list[ContainerInfo]:
        async with self._call("list_containers") as world:
            found = [box for box in world.boxes.values() if (all or box.live) and _carries(box.spec.labels, labels)]
            return [world.describe(box, raw=False) for box in found]

    async def inspect_container(self, ident: str) -> ContainerInfo:
        async with self._call("inspect_container", ident) as world:
            return world.describe(world.find(ident), raw=True)

    async def wait_container(self, ident: str, timeout: float | None = None) -> int:
        box = self.world.find(ident)
        if box.status == "created":
            raise Conflict(f"{box.name} was never started", backend=self.name)
        watch = await self.wait_exit(ident)
        try:
            return await watch.exit_code(timeout) if box.live else int(box.exit_code or 0)
        finally:
            await watch.aclose()

    async def container_logs(self, ident: str, options: LogOptions) -> ContainerLogs:
        texts = {"stdout": "", "stderr": ""}
        for chunk in await self._log(ident, options):
            texts[chunk.stream] += chunk.text
        return ContainerLogs(**texts)

    async def _log(self, ident: str, options: LogOptions) -> list[LogChunk]:
        async with self._call("container_logs", ident) as world:
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
        events = self._listen(lambda event: event.id == box.id and event.action in ("die", "destroy") and stream.end())
        stream._on_close = events._on_close
        return stream

    async def exec_container(self, ident: str, command: Sequence[str], options: ExecOptions) -> ExecResult:
        async with self._call("exec_container", ident, write=True) as world:
            box = world.find(ident)
            if box.status != "running":
                raise Conflict(f"{box.name} does not run", backend=self.name)
            return ExecResult(stdout=" ".join(command), stderr="", exit_code=world.behave(box).exec_code)

    async def container_stats(self, ident: str) -> ContainerStats:
        async with self._call("container_stats", ident) as world:
            box = world.find(ident)
        return ContainerStats(
            id=box.id, name=box.name, read=_STEP, cpu_percent=0, online_cpus=1, memory_usage=0, memory_limit=0,
            memory_percent=0, network_rx=0, network_tx=0, block_read=0, block_write=0, pids=int(box.live),
        )  # fmt: skip

    async def rename_container(self, ident: str, name: str) -> None:
        async with self._call("rename_container", ident, write=True) as world:
            world.rename(world.find(ident), name)

    async def kill_container(self, ident: str, signal: str = "SIGKILL") -> None:
        async with self._call("kill_container", ident, write=True) as world:
            box = world.find(ident)
            if not box.live:
                raise Conflict(f"{box.name} does not run", backend=self.name)
            if signal in ("SIGKILL", "KILL", "9", "SIGTERM", "TERM"):
                world.stop(box, 137)

    async def pause_container(self, ident: str) -> None:
        await self._freeze("pause_container", ident, "paused")

    async def unpause_container(self, ident: str) -> None:
        await self._freeze("unpause_container", ident, "running")

    async def _freeze(self, method: str, ident: str, status: str) -> None:
        async with self._call(method, ident, write=True) as world:
            box = world.find(ident)
            if not box.live:
                raise Conflict(f"{box.name} does not run", backend=self.name)
            box.status = status

    async def restart_container(self, ident: str, timeout: float | None = None) -> None:
        async with self._call("restart_container", ident, write=True) as world:
            box = world.find(ident)
            world.stop(box)
            world.start(box)

    async def wait_exit(self, ident: str) -> ExitWatch:
        async with self._call("wait_exit", ident) as world:
            box = world.find(ident)
        return Watched(self._listen(lambda event: event.id == box.id), box.name)

    async def was_stopped(self, ident: str) -> bool | None:
        async with self._call("was_stopped", ident) as world:
            return world.find(ident).stopped

    # -- networks ---------------------------------------------------------------------------------------

    async def create_network(self, name: str, spec: NetworkSpec) -> NetworkInfo:
        async with self._call("create_network", name, write=True) as world:
            info = NetworkInfo(id="", name=name, driver=spec.driver or "bridge", internal=spec.internal)
            subnets = [pool.subnet for pool in spec.ipam.config if pool.subnet] if spec.ipam else []
            return world.add_network(info.model_copy(update={"labels": dict(spec.labels), "subnets": subnets}))

    async def remove_network(self, name: str) -> None:
        async with self._call("remove_network", name, write=True) as world:
            info = world.network(name)
            known = [key for key, found in world.networks.items() if found is info]
            users = sorted(box.name for box in world.attached(info.name)) if known == [info.name] else []
            if users or info.name in BUILT_IN:
                raise Conflict(
                    f"remove the network {info.name}: {', '.join(users)} is on it", backend=self.name, containers=users
                )
            del world.networks[known[0]]

    async def inspect_network(self, name: str) -> NetworkInfo:
        async with self._call("inspect_network", name) as world:
            info = world.network(name)
            on_it = world.attached(info.name) if world.networks.get(info.name) is info else ()
            return info.model_copy(update={"containers": {box.id: box.name for box in on_it}})

    async def list_networks(self, labels: Labels | None = None) -> list[NetworkInfo]:
        async with self._call("list_networks") as world:
            return [info for info in world.networks.values() if _carries(info.labels, labels)]

    async def connect_network(self, network: str, ident: str, endpoint: EndpointSpec) -> None:
        async with self._call("connect_network", ident, write=True) as world:
            box, info = world.find(ident), world.network(network)
            if info.name in box.networks:
                raise Conflict(f"{box.name} is on {info.name} already", backend=self.name)
            box.networks[info.name] = Endpoint(aliases=list(endpoint.aliases))

    async def disconnect_network(self, network: str, ident: str, *, force: bool = False) -> None:
        async with self._call("disconnect_network", ident, write=True) as world:
            box, info = world.find(ident), world.network(network)
            if box.networks.pop(info.name, None) is None:
                raise Conflict(f"{box.name} is not on {info.name}", backend=self.name)

    async def keep_network(self, name: str) -> Kept:
        async with self._call("keep_network", name) as world:
            info = world.network(name)
            return Kept(info.name, info.id, {"info": info})

    async def make_network_again(self, kept: Kept) -> None:
        async with self._call("make_network_again", kept.name, write=True) as world:
            world.add_network(kept.document["info"])

    async def keep_place(self, network: str, ident: str) -> Kept | None:
        async with self._call("keep_place", ident) as world:
            place = world.find(ident).networks.get(network)
            return None if place is None else Kept(network, ident, {"place": place})

    async def take_place_again(self, kept: Kept) -> None:
        async with self._call("take_place_again", kept.id, write=True) as world:
            place: Endpoint = kept.document["place"]
            now = world.network(kept.name).id
            world.find(kept.id).networks[kept.name] = place.model_copy(update={"network_id": now})

    # -- volumes ----------------------------------------------------------------------------------------

    async def create_volume(self, name: str, spec: VolumeSpec) -> VolumeInfo:
        async with self._call("create_volume", name, write=True) as world:
            if name in world.volumes:
                raise Conflict(f"the volume {name} exists", backend=self.name)
            world.volumes[name] = VolumeInfo(name=name, driver=spec.driver or "local", labels=dict(spec.labels))
            return world.volumes[name]

    async def remove_volume(self, name: str, *, force: bool = False) -> None:
        async with self._call("remove_volume", name, write=True) as world:
            self._volume(name)
            if world.users(name):
                raise Conflict(f"the volume {name} is in use", backend=self.name)
            del world.volumes[name]

    async def inspect_volume(self, name: str) -> VolumeInfo:
        async with self._call("inspect_volume", name):
            return self._volume(name)

    def _volume(self, name: str) -> VolumeInfo:
        if name not in self.world.volumes:
            raise NotFound(f"no such volume: {name}", backend=self.name, subject=name)
        return self.world.volumes[name]

    async def list_volumes(self, labels: Labels | None = None) -> list[VolumeInfo]:
        async with self._call("list_volumes") as world:
            return [info for info in world.volumes.values() if _carries(info.labels, labels)]

    # -- images -----------------------------------------------------------------------------------------

    async def build_image(self, spec: BuildSpec, tag: str | None, progress: AsyncProgress | None = None) -> str:
        async with self._call("build_image", tag or "", write=True) as world:
            ident = world.make_image(tag or "built")
            for other in spec.tags:
                world.name_image(ident, other)
        if progress is not None:
            await progress.report({"stream": "built\n"})
        return ident

    async def pull_image(self, reference: str, options: PullOptions, progress: AsyncProgress | None = None) -> None:
        async with self._call("pull_image", reference, write=True) as world:
            if reference not in world.remote:
                raise NotFound(f"no registry has {reference}", backend=self.name, subject=reference)
            world.tagged.pop(reference, None)
            if reference not in world.images:
                world.make_image(reference)
        if progress is not None:
            await progress.report({"status": "Pull complete"})

    async def push_image(self, reference: str, options: PushOptions, progress: AsyncProgress | None = None) -> None:
        async with self._call("push_image", reference, write=True) as world:
            self._image(reference)
            world.remote.add(reference)

    async def list_images(self) -> list[ImageInfo]:
        async with self._call("list_images") as world:
            pairs = [(name.rpartition(":") if ":" in name else (name, "", "latest"), i) for name, i in world.images.items()]
            pairs += [(("", "", ""), ident) for ident in sorted(world.unnamed)]
            return [ImageInfo(id=i, repository=n[0], tag=n[2], size=0, created=_STEP) for n, i in pairs]

    async def inspect_image(self, reference: str) -> ImageDetails:
        async with self._call("inspect_image", reference):
            ident = self._image(reference)
            names = [name for name, found in self.world.images.items() if found == ident]
            raw = {"Metadata": {"LastTagTime": self.world.tagged.get(reference, "")}}
            return ImageDetails(id=ident, tags=names, size=0, created=_STEP, raw=raw)

    async def remove_image(self, reference: str, *, force: bool = False) -> None:
        async with self._call("remove_image", reference, write=True) as world:
            ident = self._image(reference)
            last = list(world.images.values()).count(ident) <= 1
            if not force and last and any(box.image_id == ident for box in world.boxes.values()):
                raise Conflict(f"{reference} is in use", backend=self.name)
            world.images = {name: found for name, found in world.images.items() if name != reference}
            world.unnamed.discard(ident)

    async def tag_image(self, source: str, reference: str) -> None:
        async with self._call("tag_image", reference, write=True) as world:
            world.name_image(self._image(source), reference)
            world.tagged[reference] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    async def image_id(self, reference: str) -> str | None:
        async with self._call("image_id", reference) as world:
            return world.find_image(reference)

    def _image(self, reference: str) -> str:
        found = self.world.find_image(reference)
        if found is None:
            raise NotFound(f"no such image: {reference}", backend=self.name, subject=reference)
        return found

    # -- files ------------------------------------------------------------------------------------------

    async def put_archive(self, ident: str, directory: str, tar: bytes) -> None:
        async with self._call("put_archive", ident, write=True) as world:
            world.find(ident).files.append(tar)

    async def get_archive(self, ident: str, path: str) -> Stream[bytes]:
        async with self._call("get_archive", ident) as world:
            for packed in reversed(world.find(ident).files):
                with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
                    if path.strip("/") in tar.getnames():
                        return Queue([packed], ended=True)
        raise NotFound(f"no such path: {path}", backend=self.name)

    # -- events and health ------------------------------------------------------------------------------

    def _listen(self, wanted: Callable[[EngineEvent], object]) -> Queue[EngineEvent]:
        def hear(event: EngineEvent) -> None:
            if wanted(event):
                queue.put(event)

        def forget() -> None:
            self.world.listeners.remove(hear)
            self._streams.discard(queue)

        queue: Queue[EngineEvent] = Queue(on_close=forget)
        self.world.listeners.append(hear)
        self._streams.add(queue)
        return queue

    async def events(self, labels: Labels | None = None, since: float | None = None) -> Stream[EngineEvent]:
        async with self._call("events"):
            pass
        # Not before: a call that is cancelled has no one who closes its stream.
        return self._listen(lambda event: _carries(event.attributes, labels))

    async def health_probes_run_by_engine(self) -> bool:
        return self._probes

    async def probe_health(self, ident: str) -> HealthResult:
        async with self._call("probe_health", ident, write=True) as world:
            return world.probe(world.find(ident))

    async def health_log(self, ident: str) -> list[HealthResult]:
        async with self._call("health_log", ident) as world:
            return list(world.find(ident).probes)

    # -- what runs --------------------------------------------------------------------------------------

    async def exec_stream(self, ident: str, command: Sequence[str], options: ExecOptions, *, stdin: bool = False) -> Execution:
        result = await self.exec_container(ident, command, options)
        return Talk(Queue([LogChunk(stream="stdout", text=result.stdout)], ended=True), result.exit_code)

    async def attach_container(self, ident: str, *, stdin: bool = False) -> Session:
        async with self._call("attach_container", ident) as world:
            box = world.find(ident)
        output: Queue[LogChunk] = Queue()

        def hear(event: EngineEvent) -> None:
            if event.id == box.id and event.action == "die":
                for stream, _, line in box.log:
                    output.put(LogChunk(stream=stream, text=line))
                output.end()

        listening = self._listen(hear)
        output._on_close = listening._on_close
        return Talk(output, 0)


def _carries(found: dict[str, str], labels: Labels | None) -> bool:
    return all(key in found and value in (None, found[key]) for key, value in (labels or {}).items())


__all__ = ["FakeBackend", "Interrupt"]
