"""How well an engine honours a member or an operation, as its backend declares it.

Names are dotted: members of models (``ContainerSpec.gpus``) and the optional groups of the contract (``op.pause``). Whoever
plans asks ``backend.capabilities.of(name)`` instead of which engine it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Support(StrEnum):
    """How a backend honours a member or an operation."""

    NATIVE = "native"
    EMULATED = "emulated"
    PARTIAL = "partial"
    UNSUPPORTED = "unsupported"


@dataclass(frozen=True)
class Capability:
    """One declared capability; ``reason`` is required for anything but native.

    knows: where the exception is about the values of a member, those that are honoured, each with what it is limited to.
    alone: why a single spec is refused for it, where other words are right than for a project, which does without. refused: a
    project is refused for it too, although it could be left out.
    """

    support: Support
    reason: str = ""
    knows: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    alone: str = ""
    refused: bool = False


_NATIVE = Capability(Support.NATIVE)


@dataclass(frozen=True)
class Capabilities:
    """What a backend declares, keyed by dotted member or operation name (``ContainerSpec.gpus``, ``op.stats``).

    A name that is not listed is native: a backend lists its exceptions, all of them.
    """

    exceptions: Mapping[str, Capability] = field(default_factory=dict)

    def of(self, name: str) -> Capability:
        """The declared capability of ``name``."""
        return self.exceptions.get(name, _NATIVE)

    def having(self, exceptions: Mapping[str, Capability]) -> Capabilities:
        """These, and ``exceptions`` where nothing is declared of a name yet."""
        return Capabilities({**exceptions, **self.exceptions})


__all__ = ["Capabilities", "Capability", "Support"]
