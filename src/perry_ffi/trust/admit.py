"""From a reference to what may be created: the digest that was verified."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perry_ffi.model.verification import Verification


@dataclass(frozen=True, slots=True)
class Admitted:
    """reference: as it was asked for. image: what is created: pinned to the verified digest, or ``reference`` where no rule
    applies. digest: of the manifest, or the image's id where that is what a rule pins; empty where no rule applies.
    """

    reference: str
    image: str
    digest: str = ""
    verification: Verification | None = None
