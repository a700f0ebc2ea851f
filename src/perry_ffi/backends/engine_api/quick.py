"""An engine on a local socket, asked one question after the other without an event loop, for commands that only look.

It is a transport and no more: answers are read by the functions that read them elsewhere, so what it tells is the same. Whatever it
is not sure of, an engine that it did not expect, an answer that is odd, a value that takes more than reading, is ``NotQuick``.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.engine_api.labels import carries, label_filter
from perry_ffi.backends.engine_api.responses.container import parse_container, parse_containers, with_published
from perry_ffi.backends.engine_api.transport.blocking import Answer, Connection, NotQuick, quoted
from perry_ffi.backends.engine_api.transport.server import PODMAN, flavour_of_server
from perry_ffi.errors import BackendError

if TYPE_CHECKING:
    from perry_ffi.backends.contract.stream import Labels
    from perry_ffi.backends.engine_api.local import LocalSocket
    from perry_ffi.model.container_info import ContainerInfo, ProcessTable
    from perry_ffi.model.image_info import ImageDetails
    from perry_ffi.model.network_info import NetworkInfo
    from perry_ffi.model.volume_info import VolumeInfo

_IDENT = frozenset("0123456789abcdef")


class QuickEngine:
    """The engine at a socket. Its methods are coroutines as those of a backend are, and none of them ever waits.

    interrupts: descriptors; what can be read from one of them ends it with NotQuick.
    """

    def __init__(self, place: LocalSocket, interrupts: Sequence[int] = ()) -> None:
        self._place = place
        self._connection = Connection(place.path, place.seconds, interrupts)
        self._flavour = ""

    @property
    def name(self) -> str:
        return self._flavour

    @property
    def identity(self) -> str:
        return f"{self._flavour} unix://{os.path.realpath(self._place.path)}"

    @property
    def lists_health(self) -> bool:
        return self._flavour != PODMAN

    def close(self) -> None:
        """Gives the connection back."""
        self._connection.close()

    async def containers(self, labels: Labels) -> list[ContainerInfo]:
        filters = label_filter(labels)
        document = self._document("/containers/json", all="true", filters=filters)
        found: list[ContainerInfo] = _read(parse_containers, document)
        found = [item for item in found if carries(item.labels, labels)]
        if self._flavour == PODMAN and any("->" in line for item in found for line in item.ports):
            own = self._document("/v4.0.0/libpod/containers/json", all="true", filters=filters)
            found = _read(with_published, found, own)
        return found

    async def stopped(self) -> list[ContainerInfo]:
        return []

    async def inspected(self, idents: Sequence[str]) -> dict[str, ContainerInfo]:
        found = {}
        for ident in idents:
            answer = self._get(f"/containers/{_safe(ident)}/json")
            if answer.status == 404:
                continue
            info = _read(parse_container, _right(answer))
            if self._flavour == PODMAN and info.health_check is not None and info.status == "running":
                raise NotQuick("whoever runs its probes has to be asked")
            found[ident] = info
        return found

    async def images(self, idents: Sequence[str]) -> dict[str, ImageDetails]:
        from perry_ffi.backends.engine_api.responses.image import parse_image

        found = {}
        for ident in dict.fromkeys(idents):
            answer = self._get(f"/images/sha256:{_safe(ident.removeprefix('sha256:'))}/json")
            if answer.status != 404:
                found[ident] = _read(parse_image, _right(answer))
        return found

    async def image_id(self, reference: str) -> str | None:
        from perry_ffi.backends.engine_api.responses.image import parse_image

        answer = self._get(f"/images/{_segments(reference)}/json")
        return None if answer.status == 404 else _read(parse_image, _right(answer)).id

    async def networks(self) -> list[NetworkInfo]:
        from perry_ffi.backends.engine_api.responses.network import parse_networks

        found: list[NetworkInfo] = _read(parse_networks, self._document("/networks"))
        return found

    async def volumes(self, labels: Labels) -> list[VolumeInfo]:
        from perry_ffi.backends.engine_api.responses.network import parse_volumes

        found = _read(parse_volumes, self._document("/volumes", filters=label_filter(labels)))
        return [item for item in found if carries(item.labels, labels)]

    async def processes(self, idents: Sequence[str]) -> dict[str, ProcessTable]:
        from perry_ffi.backends.engine_api.responses.stats import parse_processes

        found = {}
        for ident in idents:
            answer = self._get(f"/containers/{_safe(ident)}/top")
            if answer.status not in (404, 409):
                found[ident] = _read(parse_processes, _right(answer))
        return found

    async def nothing_of(self, project: str) -> None:
        if not self._place.asked_for:
            raise NotQuick("another engine may have it")

    def _get(self, path: str, **query: str | None) -> Answer:
        answer = self._connection.get(path, **query)
        flavour = flavour_of_server(answer.headers.get("server", ""))
        if self._place.expected not in ("", flavour):
            raise NotQuick("another engine")
        self._flavour = flavour
        return answer

    def _document(self, path: str, **query: str | None) -> Any:
        return _right(self._get(path, **query))


def _right(answer: Answer) -> Any:
    if answer.status != 200:
        raise NotQuick(f"status {answer.status}")
    return answer.document()


def _read(parser: Any, *documents: Any) -> Any:
    try:
        return parser(*documents)
    except BackendError as error:
        raise NotQuick(error.message) from None


def _safe(ident: str) -> str:
    if not ident or not _IDENT.issuperset(ident):
        raise NotQuick("no id")
    return ident


def _segments(reference: str) -> str:
    parts = reference.split("/")
    if not {"", ".", ".."}.isdisjoint(parts):
        raise NotQuick("no reference")
    return "/".join(map(quoted, parts))
