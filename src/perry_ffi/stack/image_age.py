"""How old an image is here: docker tells when it was last tagged, and takes no note of a pull."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING

from perry_ffi.backends.contract.capability import Support
from perry_ffi.model.container_values import moment
from perry_ffi.stack.translate.refresh import refresh_after

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend

CAPABILITY = "ServiceSpec.pull_policy.period"


def tells_ages(backend: Backend) -> bool:
    """Whether the engine keeps the time at which an image was tagged."""
    return backend.capabilities.of(CAPABILITY).support is not Support.UNSUPPORTED


async def image_age(backend: Backend, reference: str) -> float:
    """Seconds since the image was tagged; infinite for one that only a pull brought, whenever that was."""
    tagged = (await backend.inspect_image(reference)).tagged_at
    return time.time() - moment(tagged).ns / 1e9 if tagged else math.inf


async def note_pull(backend: Backend, policy: str, reference: str) -> None:
    """Has the age of an image that was pulled begin anew, where its policy asks for it: its name is given once more.

    A digest is no name, and what it names does not change.
    """
    if refresh_after(policy) is not None and tells_ages(backend) and "@" not in reference:
        await backend.tag_image(reference, reference)


__all__ = ["CAPABILITY", "image_age", "note_pull", "tells_ages"]
