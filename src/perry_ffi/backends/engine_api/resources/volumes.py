"""Volumes of an engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from perry_ffi.backends.contract.stream import Labels
from perry_ffi.backends.engine_api.engine_client import EngineCalls, carries, label_filter, shown
from perry_ffi.backends.engine_api.requests.host_paths import refuse_device
from perry_ffi.backends.engine_api.responses.network import parse_volume, parse_volumes
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.cancellation import all_or_nothing
from perry_ffi.errors import Conflict

if TYPE_CHECKING:
    from perry_ffi.model.volume import VolumeInfo, VolumeSpec


class Volumes(EngineCalls):
    """The volume operations."""

    async def create_volume(self, name: str, spec: VolumeSpec) -> VolumeInfo:
        """Both engines answer a name that is taken with the old volume, so the name is looked up first."""
        doing = f"create the volume {shown(name)}"
        await self.check_volume(name, spec)
        body = self._volume_body(name, spec)
        if (await self.ask(self._look(name, doing), subject=name, also=(404,))).status != 404:
            raise Conflict(f"{doing}: it already exists", backend=self.name, operation=doing, subject=name)
        request = Request("POST", ("volumes", "create"), doing, document=body)
        return await all_or_nothing(self._create_volume(request, name), self._discard_volume)

    async def check_volume(self, name: str, spec: VolumeSpec) -> None:
        if self.elsewhere:
            await anyio.to_thread.run_sync(refuse_device, spec.driver, spec.driver_opts, Path.cwd(), self.elsewhere)
        self._volume_body(name, spec)

    def _volume_body(self, name: str, spec: VolumeSpec) -> dict[str, Any]:
        from perry_ffi.backends.engine_api.requests.network import volume_payload

        with self.by_own_name():
            return volume_payload(name, spec, self.flavour)

    async def _create_volume(self, request: Request, name: str) -> VolumeInfo:
        return parse_volume(await self.ask_document(request, subject=name))

    async def remove_volume(self, name: str, *, force: bool = False) -> None:
        """Podman's ``force`` would remove the containers that use it, so it is not told."""
        doing = f"remove the volume {shown(name)}"
        if force and not self.podman:
            await self.ask(self._look(name, doing), subject=name)
        query = {"force": True} if force and not self.podman else {}
        await self.ask(Request("DELETE", ("volumes", Name(name)), doing, query=query), subject=name)

    async def inspect_volume(self, name: str) -> VolumeInfo:
        doing = f"inspect the volume {shown(name)}"
        return parse_volume(await self.ask_document(self._look(name, doing), subject=name))

    async def list_volumes(self, labels: Labels | None = None) -> list[VolumeInfo]:
        request = Request("GET", ("volumes",), "list the volumes", query={"filters": label_filter(labels)})
        found = parse_volumes(await self.ask_document(request))
        return [item for item in found if carries(item.labels, labels)]

    def _look(self, name: str, doing: str) -> Request:
        return Request("GET", ("volumes", Name(name)), doing)
