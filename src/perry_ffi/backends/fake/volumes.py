"""Volumes of the engine in memory."""

from __future__ import annotations

from perry_ffi.backends.contract.stream import Labels
from perry_ffi.backends.fake.calls import FakeCalls, carries
from perry_ffi.backends.fake.world import is_generated
from perry_ffi.errors import Conflict, NotFound
from perry_ffi.model.volume import VolumeInfo, VolumeSpec


class FakeVolumes(FakeCalls):
    """The core's volumes."""

    def is_generated_volume_name(self, volume: str) -> bool:
        return is_generated(volume)

    async def create_volume(self, name: str, spec: VolumeSpec) -> VolumeInfo:
        async with self.call("create_volume", name, write=True) as world:
            if name in world.volumes:
                raise Conflict(f"the volume {name} exists", backend=self.name)
            world.volumes[name] = VolumeInfo(name=name, driver=spec.driver or "local", labels=dict(spec.labels))
            return world.volumes[name]

    async def remove_volume(self, name: str, *, force: bool = False) -> None:
        async with self.call("remove_volume", name, write=True) as world:
            self._volume(name)
            if world.users(name):
                raise Conflict(f"the volume {name} is in use", backend=self.name)
            del world.volumes[name]

    async def inspect_volume(self, name: str) -> VolumeInfo:
        async with self.call("inspect_volume", name):
            return self._volume(name)

    def _volume(self, name: str) -> VolumeInfo:
        if name not in self.world.volumes:
            raise NotFound(f"no such volume: {name}", backend=self.name, subject=name)
        return self.world.volumes[name]

    async def list_volumes(self, labels: Labels | None = None) -> list[VolumeInfo]:
        async with self.call("list_volumes") as world:
            return [info for info in world.volumes.values() if carries(info.labels, labels)]


__all__ = ["FakeVolumes"]
