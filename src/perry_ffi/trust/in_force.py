"""The policies that are in force, and the one place where they are asked. Where nobody asks for signatures it costs a look at two names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perry_ffi.trust.machine import machine_policy

if TYPE_CHECKING:
    from perry_ffi.model.image import ImageDetails
    from perry_ffi.model.verify import VerifyPolicy
    from perry_ffi.settings import Settings
    from perry_ffi.trust.admit import Admitted, EngineImages
    from perry_ffi.trust.examine import Applied
    from perry_ffi.trust.gate import Gate
    from perry_ffi.trust.policy import Policy


@dataclass(frozen=True)
class Asked:
    """What somebody asks for beside the machine's policy. source: who, in words. folder: what its paths are relative to."""

    document: VerifyPolicy
    source: str
    folder: Path


@dataclass(frozen=True)
class InForce:
    """policies: each has to be satisfied. Read anew for each operation: a change of a file acts at once."""

    gate: Gate
    policies: tuple[Policy, ...]

    def rules_for(self, reference: str, *, built: bool = False) -> Applied:
        """The rules that are for ``reference``. built: the project builds it. Raises VerificationFailed (``unmatched``)."""
        from perry_ffi.trust.admit import rules_for

        return rules_for(reference, self.of_built(reference).policies if built else self.policies)

    def of_built(self, reference: str) -> InForce:
        """Without the policies that accept an image which the project builds itself."""
        from perry_ffi.model.reference import parse_reference

        image, kept = parse_reference(reference), []
        for policy in self.policies:
            rule = policy.rule_for(image)
            if (policy.builds if rule is None else rule.builds) == "reject":
                kept.append(policy)
        return InForce(self.gate, tuple(kept))

    def lenient(self) -> InForce:
        """For who only looks."""
        return InForce(self.gate, tuple(policy.lenient() for policy in self.policies))

    async def admit(self, reference: str, details: ImageDetails | None, *, all: bool = False) -> Admitted:
        """See ``Admission.admit``."""
        return await self.gate.admit(reference, self.policies, details, all=all)

    async def fetch(self, engine: EngineImages, reference: str, **how: Any) -> Admitted:
        """See ``Gate.fetch``."""
        return await self.gate.fetch(engine, reference, self.policies, **how)


class Trust:
    """Of one client. settings: asked when something is needed; it may raise."""

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._gate: Gate | None = None

    async def in_force(self, asked: Sequence[Asked] = (), *, strict: bool = False) -> InForce | None:
        """``None`` where nobody asks for signatures. strict: as for what may run only verified. Raises ValidationError."""
        if not asked and machine_policy(self._settings()) is None:
            return None
        if self._gate is None:
            import anyio.to_thread

            kind = await anyio.to_thread.run_sync(_kind)
            self._gate = self._gate or kind(self._settings())
        return InForce(self._gate, await self._gate.policies(asked, strict=strict))

    async def aclose(self) -> None:
        if self._gate is not None:
            await self._gate.aclose()
            self._gate = None


def _kind() -> type[Gate]:
    """Loaded in a thread: it takes longer than a loop may be late."""
    from perry_ffi.trust.gate import Gate

    return Gate
