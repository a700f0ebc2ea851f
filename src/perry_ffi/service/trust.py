"""Signatures of images: what is verified, for operations and before something is created."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import BackendNotAvailable, NoBackendFound, ValidationError
from perry_ffi.model.reference import is_image_id, parse_reference
from perry_ffi.service.client import Client
from perry_ffi.trust.in_force import Asked

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.model.image import ImageDetails
    from perry_ffi.model.verification import Verification
    from perry_ffi.model.verify import VerifyPolicy
    from perry_ffi.trust.admit import Admitted


def asked(verify: VerifyPolicy | None, source: str) -> tuple[Asked, ...]:
    """What a program asks for. source: the member that says it. Paths are relative to the working directory of the process."""
    return () if verify is None else (Asked(verify, source, Path(os.getcwd())),)


async def verify_image(client: Client, reference: str, policy: VerifyPolicy | None, *, look: bool = False) -> Verification:
    """Whether ``reference`` is signed as ``policy`` and the machine's own ask. Nothing is pulled.

    What the engine has by that name is what is looked at, as what would run; else what the registry has. look: every signature is
    looked at, also where one is enough, and what is wrong is told in the result.

    Raises VerificationFailed where it is not signed so and that is enforced, RegistryNotAvailable or Timeout where nobody can tell,
    NotFound where there is no such image, ValidationError for a policy.
    """
    in_force = await client.trust.in_force(asked(policy, "policy"))
    if in_force is None:
        raise ValidationError(
            "policy: none is given, and the machine has none", path="policy", expected="whose signatures are trusted",
            remedy="give a policy, or one for the machine (PERRY_CONTAINER_TRUST_POLICY)",
        )  # fmt: skip
    if not is_image_id(reference):
        parse_reference(reference)
    in_force = in_force.lenient() if look else in_force
    admitted = await in_force.admit(reference, await _details(client, reference), all=look)
    if admitted.verification is None:
        from perry_ffi.model.verification import Verification

        return Verification(
            reference=reference, digest=admitted.digest, pinned=admitted.image, verified=False, mode="accept", rule="",
            source="none", why="no rule is for it, and the policy accepts that",
        )  # fmt: skip
    return admitted.verification


async def _details(client: Client, reference: str) -> ImageDetails | None:
    """What the engine has by that name, if there is an engine: none is needed."""
    from perry_ffi.trust.admit import look

    if not is_image_id(reference) and parse_reference(reference).digest:
        return None
    try:
        backend = await client.backend()
    except (NoBackendFound, BackendNotAvailable):
        return None
    return await look(backend, reference)


async def admit(
    client: Client,
    reference: str,
    verify: VerifyPolicy | None,
    *,
    source: str = "verify",
    obligatory: bool = False,
    pull: str | None = None,
    platform: str | None = None,
) -> Admitted:
    """What may be created for ``reference``; where a rule is for it, the engine has it afterwards.

    verify: what is asked for beside the machine's policy. obligatory: without any policy it is refused (``noPolicy``), a mode of
    ``warn`` counts as ``enforce``, and what no rule is for is refused. pull: ``always``, ``missing`` or ``never``.
    Raises VerificationFailed, RegistryNotAvailable, Timeout, NotFound, ValidationError, and what a pull raises.
    """
    in_force = await client.trust.in_force(asked(verify, source), strict=obligatory)
    if in_force is None:
        if obligatory:
            from perry_ffi.trust.failure import no_policy

            raise no_policy(reference)
        from perry_ffi.trust.admit import Admitted

        return Admitted(reference, reference)
    admitted = await in_force.fetch(await client.backend(), reference, pull=pull, platform=platform)
    tell(client, admitted)
    return admitted


def tell(client: Client, admitted: Admitted) -> None:
    """Warns of what is not signed where only a warning is asked for, and of evidence that is old."""
    if (found := admitted.verification) is not None:
        from perry_ffi.trust.report import warnings

        for code, message in warnings(found):
            client.event_bus.tell("warning", code=code, message=message, image=found.reference)


async def admitted_spec(client: Client, spec: ContainerSpec) -> ContainerSpec:
    """``spec`` with what may be created in place of its image. Without any policy it is ``spec``, and nobody was asked."""
    in_force = await client.trust.in_force(asked(spec.verify, "ContainerSpec.verify"))
    if in_force is None:
        return spec
    pull = "missing" if spec.pull_policy == "if_not_present" else spec.pull_policy
    admitted = await in_force.fetch(await client.backend(), spec.image, pull=pull, platform=spec.platform)
    tell(client, admitted)
    if admitted.verification is None:
        return spec.model_copy(update={"verify": None})
    from perry_ffi.model.reference import default_name

    changes = {"image": admitted.image, "pull_policy": "never", "name": spec.name or default_name(spec.image), "verify": None}
    return spec.model_copy(update=changes)


async def show(client: Client, reference: str, keys: Sequence[str]) -> Verification:
    """Every signature of an image, and what is wrong with each, by the machine's policy and by ``keys`` (files)."""
    policy = None
    if keys:
        from perry_ffi.model.base import validate
        from perry_ffi.model.verify import VerifyPolicy

        policy = validate(VerifyPolicy, {"keys": list(keys)}, "--key")
    return await verify_image(client, reference, policy, look=True)


async def rules_of(client: Client, project: Project) -> list[dict[str, Any]]:
    """For each service and each policy in force, which rule its image falls under, and why. No engine is asked."""
    from perry_ffi.stack.verify_rows import rows_of

    return await rows_of(client.trust, project)


def signer(row: Mapping[str, Any]) -> str:
    """Of one signature of a result, who signed it."""
    from perry_ffi.trust.report import who

    return who(row)
