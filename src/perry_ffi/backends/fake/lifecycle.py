"""What may be done to a container of the engine in memory beyond starting and stopping it."""

from __future__ import annotations

from perry_ffi.backends.fake.calls import STEP, FakeCalls
from perry_ffi.backends.fake.world import KILLED
from perry_ffi.errors import Conflict
from perry_ffi.model.container import ContainerStats, Status
from perry_ffi.model.container_info import ProcessTable


class FakeLifecycle(FakeCalls):
    """Names, signals, freezing, restarts, a sample of what it takes."""

    async def rename_container(self, ident: str, name: str) -> None:
        async with self.call("rename_container", ident, write=True) as world:
            world.rename(world.find(ident), name)

    async def kill_container(self, ident: str, signal: str = "SIGKILL") -> None:
        async with self.call("kill_container", ident, write=True) as world:
            box = world.find(ident)
            if not box.live:
                raise Conflict(f"{box.name} does not run", backend=self.name)
            if signal in ("SIGKILL", "KILL", "9", "SIGTERM", "TERM"):
                world.stop(box, KILLED)

    async def pause_container(self, ident: str) -> None:
        await self._freeze("pause_container", ident, "paused")

    async def unpause_container(self, ident: str) -> None:
        await self._freeze("unpause_container", ident, "running")

    async def _freeze(self, method: str, ident: str, status: Status) -> None:
        async with self.call(method, ident, write=True) as world:
            box = world.find(ident)
            if not box.live:
                raise Conflict(f"{box.name} does not run", backend=self.name)
            box.status = status

    async def restart_container(self, ident: str, timeout: float | None = None) -> None:
        async with self.call("restart_container", ident, write=True) as world:
            box = world.find(ident)
            world.stop(box)
            world.start(box)

    async def container_stats(self, ident: str) -> ContainerStats:
        async with self.call("container_stats", ident) as world:
            box = world.find(ident)
        return ContainerStats(
            id=box.id, name=box.name, read=STEP, cpu_percent=0, online_cpus=1, memory_usage=0, memory_limit=0,
            memory_percent=0, network_rx=0, network_tx=0, block_read=0, block_write=0, pids=int(box.live),
        )  # fmt: skip

    async def container_processes(self, ident: str) -> ProcessTable:
        async with self.call("container_processes", ident) as world:
            box = world.find(ident)
            if not box.live:
                raise Conflict(f"{box.name} does not run", backend=self.name)
        return ProcessTable(titles=["PID", "CMD"], processes=[["1", " ".join(box.spec.cmd or ["sleep"])]])


__all__ = ["FakeLifecycle"]
