"""From a digest to the evidence that a registry has of it, in both of cosign's formats, so that neither hides the other."""

from __future__ import annotations

from dataclasses import dataclass

from perry_ffi.errors import ContainerError
from perry_ffi.model.reference import ImageReference
from perry_ffi.registry.client import RegistryClient
from perry_ffi.trust.evidence import Evidence
from perry_ffi.trust.refusal import Reason


@dataclass(frozen=True, slots=True)
class RefusedCandidate:
    """What is with the image and no evidence. format: as evidence has it, or what it is instead (``notary``, say)."""

    id: str
    format: str
    reason: Reason
    message: str


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
    """All evidence in ``repository`` for the manifest ``digest``: of its referrers, and under cosign 2's tag.

    Raises what the client raises where there is a failure and no evidence at all.
    """
    raise NotImplementedError
