"""Signatures of images: what is verified, for operations and before something is created."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.errors import Unsupported
from perry_ffi.service.client import Client

if TYPE_CHECKING:
    from perry_ffi.model.verification import Verification
    from perry_ffi.model.verify import VerifyPolicy
    from perry_ffi.trust.admit import Admitted


async def verify_image(client: Client, reference: str, policy: VerifyPolicy | None) -> Verification:
    """Whether ``reference`` is signed as ``policy`` and the machine's own ask. Raises VerificationFailed where it is not."""
    raise Unsupported("verifyImage: not in this version", operation="verifyImage")


async def admit(
    client: Client,
    reference: str,
    verify: VerifyPolicy | None,
    *,
    obligatory: bool = False,
    pull: str | None = None,
    platform: str | None = None,
) -> Admitted:
    """What may be created for ``reference``; it is in the engine afterwards.

    verify: what is asked for beside the machine's policy. obligatory: without any policy it is refused (``noPolicy``), a mode of
    ``warn`` counts as ``enforce``, and what no rule matches is refused. pull: ``always``, ``missing`` or ``never``.
    Raises VerificationFailed, RegistryNotAvailable, NotFound, ValidationError.
    """
    raise Unsupported("signatures of images: not in this version", operation="admit")
