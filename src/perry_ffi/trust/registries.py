"""What registries say of images: the digest that a tag names now, and the evidence of a digest. Asked once where several ask."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import anyio.to_thread

from perry_ffi.trust.flights import Flights

if TYPE_CHECKING:
    from perry_ffi.model.reference import ImageReference
    from perry_ffi.registry.client import RegistryClient
    from perry_ffi.registry.credentials import Credential
    from perry_ffi.settings import Settings
    from perry_ffi.trust.discover import Discovered


class Registries:
    """Connections are made when something is first asked, and kept until it is closed. given: credentials by registry, before
    those of the user's files.
    """

    def __init__(self, settings: Settings, given: Mapping[str, Credential] | None = None) -> None:
        self._settings = settings
        self._given = given
        self._clients: dict[frozenset[str], RegistryClient] = {}
        self._open = AsyncExitStack()
        self._digests: Flights[str] = Flights()
        self._found: Flights[Discovered] = Flights()

    async def digest(self, image: ImageReference, insecure: Collection[str]) -> str:
        """The digest of the manifest that the tag of ``image`` names. Raises as the client, NotFound where there is no such tag."""
        client = await self._client(frozenset(insecure))

        async def ask() -> str:
            async with client.for_image() as bounded:
                return (await bounded.manifest(image, image.tag_or_latest)).digest

        return await self._digests.get((image.repository, image.tag_or_latest, frozenset(insecure)), ask)

    async def evidence(self, where: ImageReference, digest: str, insecure: Collection[str]) -> Discovered:
        """What the repository ``where`` has of ``digest``. Raises as ``discover``."""
        client = await self._client(frozenset(insecure))

        async def ask() -> Discovered:
            from perry_ffi.trust.discover import discover

            async with client.for_image() as bounded:
                return await discover(bounded, where, digest)

        return await self._found.get((where.repository, digest, frozenset(insecure)), ask)

    async def _client(self, insecure: frozenset[str]) -> RegistryClient:
        if insecure not in self._clients:
            kind = await anyio.to_thread.run_sync(_kind)
            if insecure not in self._clients:
                client = kind(self._settings, insecure=insecure, given=self._given)
                self._clients[insecure] = await self._open.enter_async_context(client)
        return self._clients[insecure]

    async def aclose(self) -> None:
        self._clients.clear()
        await self._open.aclose()


def _kind() -> type[RegistryClient]:
    """Loaded in a thread, with all that reads what it answers: that takes longer than a loop may be late."""
    import perry_ffi.trust.discover  # noqa: F401
    from perry_ffi.registry.client import RegistryClient

    return RegistryClient
