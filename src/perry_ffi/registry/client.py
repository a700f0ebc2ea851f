"""What is read from a registry: manifests, blobs and lists of referrers, each proven to be what its digest says.

OCI distribution specification 1.1. Nothing is ever written to a registry.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from types import TracebackType
from typing import Self, TypeVar

import anyio
import anyio.to_thread

from perry_ffi.errors import NotFound, VerificationFailed
from perry_ffi.model.reference import ImageReference, is_tag
from perry_ffi.registry.budget import Budget
from perry_ffi.registry.credentials import Credential
from perry_ffi.registry.digests import fits, is_digest, sha256
from perry_ffi.registry.faults import lied, not_available, refusal
from perry_ffi.registry.limits import MAX_BLOB, MAX_MANIFEST, MAX_PAGES, Limits
from perry_ffi.registry.links import next_page
from perry_ffi.registry.manifest import IMAGES, OCI_INDEX, Descriptor, Manifest, Unreadable, descriptors, document
from perry_ffi.registry.reader import Page, Reader
from perry_ffi.settings import Settings

T = TypeVar("T")

_NO_LIST = (400, 404, 405)
"""What registries without the API for referrers answer."""
_SMALL = 64 * 1024
"""Bytes that are hashed and parsed where they are; more is a thread's work."""


class RegistryClient:
    """To be entered, and used from the tasks of one event loop; it serves any number of registries and images.

    insecure: hosts (``host[:port]``) that may be spoken to over http, as loopback addresses always may. given: credentials
    by registry, before those of the user's files. podman_first: whose files of
    credentials are looked into first.

    What everything here raises: RegistryNotAvailable for a registry that cannot be asked (and never a NotFound for that), Timeout at
    the bound of 30 s, VerificationFailed with the reasons ``registryLied`` (other bytes than the digest says), ``tooLarge``
    and ``tooMany``, ValidationError for a file of this machine that cannot be read.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        insecure: Collection[str] = (),
        given: Mapping[str, Credential] | None = None,
        podman_first: bool = False,
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        self._limits = limits
        self._reader = Reader(settings, insecure, given or {}, podman_first, limits.side_by_side)
        self._turns = anyio.Semaphore(limits.images)
        self._budget: Budget | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Closes every connection. Idempotent."""
        self._reader.close()

    @property
    def open_connections(self) -> int:
        """At rest or in use."""
        return self._reader.open_connections

    @asynccontextmanager
    async def for_image(self) -> AsyncIterator[RegistryClient]:
        """A client for all that one image needs: 30 s and 150 requests in all. Four at a time, others wait for their turn.

        Without it each call has these bounds for itself; inside of it, it is itself.
        """
        if self._budget is not None:
            yield self
            return
        async with self._turns:
            bounded = RegistryClient.__new__(RegistryClient)
            bounded._limits, bounded._reader, bounded._turns = self._limits, self._reader, self._turns
            bounded._budget = Budget(self._limits)
            yield bounded

    async def manifest(
        self, repository: ImageReference, version: str, *, accept: Sequence[str] = IMAGES, limit: int = MAX_MANIFEST
    ) -> Manifest:
        """The manifest of a tag or a digest. Raises NotFound."""
        what = f"{repository.repository}{'@' if ':' in version else ':'}{version}"
        if not is_digest(version) and not is_tag(version):
            raise lied(what, "that is neither a tag nor a digest that can be checked")
        page = await self._page(repository, f"manifests/{version}", what, limit, ", ".join(accept))
        digest = await _by_size(page.body, _manifest_digest, what, version, page.headers.get("docker-content-digest"), page.body)
        return Manifest(digest, _media_type(page), page.body)

    async def blob(self, repository: ImageReference, digest: str, *, limit: int = MAX_BLOB) -> bytes:
        """Raises NotFound."""
        what = f"{repository.repository}@{digest}"
        if not is_digest(digest):
            raise lied(what, "that is no digest that can be checked")
        page = await self._page(repository, f"blobs/{digest}", what, limit, "*/*")
        if not await _by_size(page.body, fits, page.body, digest):
            raise lied(what, "the registry answers other bytes than the digest says", digest=digest)
        return page.body

    async def referrers(self, repository: ImageReference, digest: str) -> list[Descriptor] | None:
        """What refers to ``digest``, in the registry's order; None where the registry has no such list for anything."""
        found: list[Descriptor] | None = None
        async for rows in self.referrer_pages(repository, digest):
            found = [*(found or ()), *rows]
        return found

    async def referrer_pages(self, repository: ImageReference, digest: str) -> AsyncIterator[list[Descriptor]]:
        """The same, page by page; no page where the registry has no such list."""
        what = f"the referrers of {repository.repository}@{digest}"
        budget, path, left = self._budget or Budget(self._limits), f"referrers/{digest}", MAX_MANIFEST
        page = await self._reader.get(repository, path, what, left, OCI_INDEX, budget)
        if page.status in _NO_LIST:
            return
        for _ in range(MAX_PAGES):
            self._check(repository, page)
            left -= len(page.body)
            yield await _rows(page)
            following = next_page(page.links)
            if following is None:
                return
            page = await self._reader.next_page(repository, page, following, what, left, OCI_INDEX, budget)
        raise VerificationFailed(
            f"{what}: more than {MAX_PAGES} pages", reason="tooMany", image=repository.repository, digest=digest
        )

    async def _page(self, repository: ImageReference, path: str, what: str, limit: int, accept: str) -> Page:
        page = await self._reader.get(repository, path, what, limit, accept, self._budget or Budget(self._limits))
        if page.status == 404:
            raise NotFound(f"{what}: the registry has no such thing", name=what, host=page.host)
        self._check(repository, page)
        return page

    def _check(self, repository: ImageReference, page: Page) -> None:
        if page.status != 200:
            raise refusal(page.host, page.status, page.body, login=repository.registry)


def _manifest_digest(what: str, version: str, told: str | None, body: bytes) -> str:
    """What the manifest is known by. Raises VerificationFailed for bytes that are not what they are said to be."""
    if ":" in version:
        if not fits(body, version):
            raise lied(what, "the registry answers other bytes than the digest says", digest=version)
        return version
    if told is None:
        return sha256(body)
    if not fits(body, told):
        raise lied(what, "the registry answers other bytes than the digest that it tells with them", digest=told[:140])
    return told


def _media_type(page: Page) -> str:
    return page.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _rows(page: Page) -> list[Descriptor]:
    try:
        return await _by_size(page.body, lambda: descriptors(document(page.body).get("manifests")))
    except Unreadable as error:
        raise not_available(page.host, "unreadable", f"its list of referrers is none: {error}") from None


async def _by_size(body: bytes, work: Callable[..., T], *arguments: object) -> T:
    """What ``work`` gives; of a large body in a thread."""
    return work(*arguments) if len(body) <= _SMALL else await anyio.to_thread.run_sync(work, *arguments)
