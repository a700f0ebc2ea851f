"""What an image holds for a volume, put there before anything else is.

Docker fills a container's new volumes as it creates it. Podman does so when a container first starts with one, and only if
nothing is in it: a file that was put there before would keep the image's files out. A second container of the image that is
given the volumes, and comes as far as its start, makes podman do it; its command is none, so nothing runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from posixpath import normpath
from typing import Any

from perry_ffi.backends.engine_api.engine_client import EngineCalls, shown
from perry_ffi.backends.engine_api.responses.fields import mapping, reads
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.cancellation import all_or_nothing, finish
from perry_ffi.errors import BackendError, NotFound

_NO_COMMAND = "/perry/volumes/are/filled"
_NOT_FOUND = 127


class VolumeFilling(EngineCalls):
    """Podman's volumes, filled."""

    async def fill_volumes(self, ident: str, places: Sequence[str]) -> None:
        if not self.podman:
            return
        doing = f"fill the volumes of the container {shown(ident)}"
        document = await self.ask_object(Request("GET", ("containers", Name(ident), "json"), doing), subject=ident)
        binds = _volume_binds(document)
        wanted = {normpath(place) for place in places}
        for name, place, kept in binds:
            if place in wanted and not kept and await self._is_fresh(name, doing):
                await self._mount_once(document, binds, doing)
                return

    async def _is_fresh(self, name: str, doing: str) -> bool:
        """Whether podman would still fill it; only its own API tells."""
        target = ("v4.0.0", "libpod", "volumes", Name(name), "json")
        found = await self.ask_object(Request("GET", target, doing, versioned=False), subject=name)
        return found.get("NeedsCopyUp") is True

    async def _mount_once(self, document: dict[str, Any], binds: list[tuple[str, str, bool]], doing: str) -> None:
        ident = await all_or_nothing(self._second(document, binds, doing), self._remove_second)
        try:
            target = ("v4.0.0", "libpod", "containers", Name(ident), "init")
            await self.ask(Request("POST", target, doing, versioned=False, patient=True), subject=ident)
        except BackendError as error:
            if error.details.get("exitCode") != _NOT_FOUND:
                raise
        finally:
            await finish(self._remove_second(ident))

    async def _second(self, document: dict[str, Any], binds: list[tuple[str, str, bool]], doing: str) -> str:
        """It has the labels of the first: whoever sweeps up after a process that was killed finds it by them."""
        config = mapping(document.get("Config"))
        body = {
            "Image": document.get("Image"),
            "Entrypoint": [_NO_COMMAND],
            "User": config.get("User") or "",
            "Labels": dict(mapping(config.get("Labels"))),
            "HostConfig": {
                "NetworkMode": "none",
                "Binds": [f"{name}:{place}" + (":nocopy" if kept else "") for name, place, kept in binds],
            },
        }
        answer = await self.ask_object(Request("POST", ("containers", "create"), doing, document=body))
        return str(answer.get("Id") or "")

    async def _remove_second(self, ident: str) -> None:
        """Without its volumes: they are the first one's."""
        request = Request("DELETE", ("containers", Name(ident)), f"remove {shown(ident)}", query={"force": True, "v": False})
        try:
            await self.ask(request, subject=ident)
        except NotFound:
            return


@reads("a container")
def _volume_binds(document: dict[str, Any]) -> list[tuple[str, str, bool]]:
    """Name and place of each volume of a container, and whether it is not to be filled."""
    volumes = {row["Destination"]: row["Name"] for row in document.get("Mounts") or [] if row.get("Type") == "volume"}
    options = {}
    for bind in mapping(document.get("HostConfig")).get("Binds") or []:
        _, _, rest = bind.partition(":")
        place, _, words = rest.partition(":")
        options[place] = words.split(",")
    return [(name, normpath(place), "nocopy" in options.get(place, ())) for place, name in volumes.items()]
