"""From a digest to the evidence that a registry has of it, in both of cosign's formats, so that neither hides the other.

cosign 3: a bundle in a manifest that refers to the image (OCI distribution 1.1, "listing referrers"; in the index under the tag
``sha256-<hex>`` where the registry has no such list, or had none when it was signed). cosign 2: the tag ``sha256-<hex>.sig``.
All three are asked for always, side by side.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread

from perry_ffi.errors import ContainerError, NotFound, Timeout, VerificationFailed
from perry_ffi.model.reference import ImageReference
from perry_ffi.registry.client import RegistryClient
from perry_ffi.registry.digests import is_digest, tag_of
from perry_ffi.registry.manifest import IMAGES, Descriptor, Unreadable, descriptors
from perry_ffi.trust import candidate, evidence
from perry_ffi.trust.candidate import MAX_CANDIDATES, Foreign, RefusedCandidate
from perry_ffi.trust.evidence import Evidence
from perry_ffi.trust.refusal import REASONS, NotEvidence

T = TypeVar("T")

SIDE_BY_SIDE = 6
"""Candidates of one image that are read at a time."""
_NOBODY_ANSWERS = ("unreachable", "silent", "tls", "limited")
"""Reasons after which no further candidate is asked for."""

__all__ = ["Discovered", "RefusedCandidate", "discover"]


@dataclass(frozen=True, slots=True)
class Discovered:
    """evidence: nothing in it is proven. refused: what was found and is none.

    failure: why not everywhere was looked (RegistryNotAvailable, Timeout, or VerificationFailed with ``tooMany``, ``tooLarge``).
    Where no evidence satisfies, it has to be raised in place of any verdict: "could not tell" is not "no".
    """

    evidence: list[Evidence]
    refused: list[RefusedCandidate]
    failure: ContainerError | None = None


async def discover(client: RegistryClient, repository: ImageReference, digest: str) -> Discovered:
    """All evidence in ``repository`` for the manifest ``digest``.

    Raises what the client raises where there is a failure and no evidence at all; VerificationFailed (``registryLied``) where the
    repository answers other bytes for the digest itself.
    """
    if not is_digest(digest):
        raise ValueError("no digest")
    async with client.for_image() as bounded:
        search = _Search(bounded, repository, digest)
        async with anyio.create_task_group() as group:
            group.start_soon(search.look, search.signature_tag)
            group.start_soon(search.look, search.referrers)
            group.start_soon(search.look, search.image)
    if search.lie is not None:
        raise search.lie
    found = search.found()
    if found.failure is not None and not found.evidence:
        raise found.failure
    return found


class _Search:
    def __init__(self, client: RegistryClient, repository: ImageReference, digest: str) -> None:
        self._client, self._repository, self._digest = client, repository, digest
        self._places = anyio.Semaphore(SIDE_BY_SIDE)
        self._evidence: list[tuple[str, int, Evidence]] = []
        self._refused: list[tuple[str, int, RefusedCandidate]] = []
        self._failures: list[ContainerError] = []
        self._given_up = False
        self.lie: VerificationFailed | None = None
        """What the registry answers for the digest itself."""

    def found(self) -> Discovered:
        """In the registry's order, bundles first."""
        evidence = [one for _, _, one in sorted(self._evidence, key=lambda row: row[:2])]
        refused = [one for _, _, one in sorted(self._refused, key=lambda row: row[:2])]
        # That a registry cannot be asked says more than that it has too much.
        failures = sorted(self._failures, key=lambda error: isinstance(error, VerificationFailed))
        return Discovered(evidence, refused[:MAX_CANDIDATES], failures[0] if failures else None)

    async def look(self, place: Callable[[], Awaitable[None]]) -> None:
        """One place: that nothing is there is fine, that it cannot be looked at is kept."""
        try:
            await place()
        except NotFound:
            pass
        except ContainerError as error:
            self._failures.append(error)

    async def image(self) -> None:
        """The image itself. It may be elsewhere: signatures are kept in other repositories, too."""
        try:
            await self._client.manifest(self._repository, self._digest)
        except VerificationFailed as error:
            if error.details["reason"] != "registryLied":
                raise
            self.lie = error

    # -- cosign 2's tag -----------------------------------------------------------------------------

    async def signature_tag(self) -> None:
        tag = candidate.signature_tag(self._digest)
        if tag is None:
            return
        manifest = await self._client.manifest(self._repository, tag, accept=IMAGES)
        try:
            layers = await _parsed(lambda: candidate.signature_layers(manifest.document()))
        except Unreadable as error:
            refused = RefusedCandidate(manifest.digest, "simple-signing", "malformed", f"the manifest of the tag {tag}: {error}")
            self._refused.append(("", 0, refused))
            return
        await self._read_all("simple-signing", layers, self._payload, "layers of the signatures' tag")

    async def _payload(self, layer: Descriptor) -> Evidence:
        payload = await self._client.blob(self._repository, layer.digest, limit=candidate.MAX_EVIDENCE)
        return await _parsed(
            partial(evidence.simple_signing, payload, layer.annotations, id=layer.digest, repository=self._repository.repository)
        )

    # -- cosign 3's referrers -----------------------------------------------------------------------

    async def referrers(self) -> None:
        rows: list[Descriptor] = []
        async with anyio.create_task_group() as group:
            group.start_soon(self.look, partial(self._listed, rows))
            group.start_soon(self.look, partial(self._under_tag, rows))
        fitting, refused = await _parsed(partial(_sorted_out, rows))
        self._refused += [("bundle", MAX_CANDIDATES, one) for one in refused]
        await self._read_all("bundle", fitting, self._bundle, "artifacts that refer to it")

    async def _listed(self, rows: list[Descriptor]) -> None:
        found: set[str] = set()
        async for page in self._client.referrer_pages(self._repository, self._digest):
            rows += page
            found.update(row.digest for row in (await _parsed(partial(candidate.sorted_out, page)))[0])
            if len(found) > MAX_CANDIDATES:
                return

    async def _under_tag(self, rows: list[Descriptor]) -> None:
        """The index under the tag. A tag that means anything else is somebody's own."""
        manifest = await self._client.manifest(self._repository, tag_of(self._digest), accept=IMAGES)
        try:
            rows += await _parsed(lambda: descriptors(manifest.document().get("manifests")))
        except Unreadable:
            return

    async def _bundle(self, row: Descriptor) -> Evidence:
        manifest = await self._client.manifest(self._repository, row.digest, accept=IMAGES, limit=candidate.MAX_MANIFEST)
        try:
            layer = candidate.bundle_layer(manifest.document(), self._digest)
        except Unreadable as error:
            raise NotEvidence("malformed", f"its manifest cannot be read: {error}") from None
        text = await self._client.blob(self._repository, layer.digest, limit=candidate.MAX_EVIDENCE)
        return await _parsed(partial(evidence.bundle, text, id=row.digest, repository=self._repository.repository))

    # -- candidates -----------------------------------------------------------------------------------

    async def _read_all(
        self, kind: str, rows: list[Descriptor], read: Callable[[Descriptor], Awaitable[Evidence]], what: str
    ) -> None:
        async with anyio.create_task_group() as group:
            for number, row in enumerate(rows[:MAX_CANDIDATES]):
                group.start_soon(self._candidate, kind, number, row, read)
        if len(rows) > MAX_CANDIDATES:
            name = f"{self._repository.repository}@{self._digest}"
            raise VerificationFailed(
                f"{name}: more than {MAX_CANDIDATES} {what}", reason="tooMany", image=self._repository.repository,
                digest=self._digest, remedy="remove what does not belong there",
            )  # fmt: skip

    async def _candidate(
        self, kind: str, number: int, row: Descriptor, read: Callable[[Descriptor], Awaitable[Evidence]]
    ) -> None:
        def refuse(reason: str, message: str) -> None:
            word = next(one for one in REASONS if one == reason)
            self._refused.append((kind, number, RefusedCandidate(row.digest, kind, word, message)))

        async with self._places:
            if self._given_up:
                return
            try:
                self._evidence.append((kind, number, await read(row)))
            except Foreign:
                pass
            except NotEvidence as error:
                refuse(error.reason, error.message)
            except NotFound:
                refuse("malformed", "it is listed, but the registry does not have it")
            except VerificationFailed as error:
                if error.details["reason"] == "tooMany":
                    self._failures.append(error)
                else:
                    refuse(error.details["reason"], error.message)
            except ContainerError as error:
                self._failures.append(error)
                self._given_up = isinstance(error, Timeout) or error.details.get("reason") in _NOBODY_ANSWERS


def _sorted_out(rows: list[Descriptor]) -> tuple[list[Descriptor], list[RefusedCandidate]]:
    """Empties ``rows``: a list has ten thousands where a registry wants it to, and giving them back takes its time, too."""
    fitting, refused = candidate.sorted_out(rows)
    rows.clear()
    return fitting, refused[:MAX_CANDIDATES]


async def _parsed(work: Callable[[], T]) -> T:
    """What ``work`` gives: what another's bytes decide on, and how many they are, is a thread's work."""
    return await anyio.to_thread.run_sync(work)
