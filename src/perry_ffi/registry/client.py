"""What is read from a registry: manifests, blobs and lists of referrers, each proven to be what its digest says.

OCI distribution specification 1.1. Nothing is ever written to a registry.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Self

from perry_ffi.model.reference import ImageReference
from perry_ffi.registry.manifest import IMAGES, Descriptor, Manifest
from perry_ffi.settings import Settings

MAX_MANIFEST = 4 * 1024 * 1024
MAX_BLOB = 1024 * 1024


class RegistryClient:
    """To be entered, and used from the tasks of one event loop; it serves any number of registries and images.

    insecure: hosts (``host[:port]``) that may be spoken to over http, as loopback addresses always may. podman_first: whose files of
    credentials are looked into first.

    What everything here raises: RegistryNotAvailable for a registry that cannot be asked (and never a NotFound for that), Timeout at
    the bound of 30 s, VerificationFailed with the reasons ``registryLied`` (other bytes than the digest says), ``tooLarge``
    and ``tooMany``, ValidationError for a file of this machine that cannot be read.
    """

    def __init__(self, settings: Settings, *, insecure: Collection[str] = (), podman_first: bool = False) -> None:
        self._settings, self._insecure, self._podman_first = settings, frozenset(insecure), podman_first

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Closes every connection."""

    def for_image(self) -> AbstractAsyncContextManager[RegistryClient]:
        """A client for all that one image needs: 30 s and 150 requests in all. Four at a time, others wait for their turn.

        Without it each call has these bounds for itself.
        """
        raise NotImplementedError

    async def manifest(
        self, repository: ImageReference, version: str, *, accept: Sequence[str] = IMAGES, limit: int = MAX_MANIFEST
    ) -> Manifest:
        """The manifest of a tag or a digest. Raises NotFound."""
        raise NotImplementedError

    async def blob(self, repository: ImageReference, digest: str, *, limit: int = MAX_BLOB) -> bytes:
        """Raises NotFound."""
        raise NotImplementedError

    async def referrers(self, repository: ImageReference, digest: str) -> list[Descriptor] | None:
        """What refers to ``digest``, in the registry's order; None where the registry has no such list for anything."""
        raise NotImplementedError
