"""The one evaluator: what of a spec an engine does not honour, what is refused for it, and what is left to ask for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Generic

from perry_ffi.backends.contract.capability import Capabilities, Capability, Support
from perry_ffi.backends.rules.member import Member, Members, S, Use, Valued
from perry_ffi.errors import Unsupported


@dataclass(frozen=True)
class Shortfall:
    """A member that a backend does not honour, or not fully. member: its path in the spec or project."""

    member: str
    backend: str
    reason: str

    def __str__(self) -> str:
        return f"{self.member}: {self.backend} does not fully honour it: {self.reason}"

    def below(self, where: str) -> Shortfall:
        """The same, its member below ``where``."""
        return replace(self, member=f"{where}.{self.member}")


class Evaluator(Generic[S]):
    """Specs of one kind, before an engine with ``capabilities``. backend: its name, for words."""

    def __init__(self, members: Members[S], capabilities: Capabilities, backend: str) -> None:
        self._backend = backend
        declared = ((entry, capabilities.of(name)) for name, entry in members.items())
        self._lacking = [
            (entry.knowing(capability.knows) if isinstance(entry, Valued) else entry, capability)
            for entry, capability in declared
            if capability.support in (Support.PARTIAL, Support.UNSUPPORTED)
        ]

    def warnings(self, spec: S, where: str = "", *, strict: bool = False) -> list[Shortfall]:
        """What is not honoured, or not fully, in the order of the table; where: the spec's place in a document.

        strict: whether any is an error. Raises Unsupported for what cannot be left out.
        """
        found: list[Shortfall] = []
        for member, capability, path in self._uses(spec):
            shortfall = self._shortfall(path, capability.reason, where)
            needed = member.without is None or capability.refused
            absent = needed and capability.support is Support.UNSUPPORTED
            if strict or absent or member.isolating(spec, path):
                raise refusal(shortfall, in_project=bool(where))
            found.append(shortfall)
        return found

    def refuse(self, spec: S, where: str = "") -> None:
        """Raises Unsupported for the first member that the engine has not: of a single spec nothing is left out."""
        for _, capability, path in self._uses(spec):
            if capability.support is Support.UNSUPPORTED or capability.alone:
                reason = capability.alone or capability.reason
                raise refusal(self._shortfall(path, reason, where), in_project=False)

    def without(self, spec: S) -> S:
        """``spec`` less what can be left out of what is not honoured."""
        for member, _ in self._lacking:
            if member.without is not None and member.found(spec):
                spec = member.without(spec)
        return spec

    def _uses(self, spec: S) -> Iterator[tuple[Member[S], Capability, str]]:
        for member, capability in self._lacking:
            for path in member.found(spec):
                yield member, capability, path

    def _shortfall(self, path: str, reason: str, where: str) -> Shortfall:
        told = reason.replace("{}", path.value) if isinstance(path, Use) else reason
        return Shortfall(f"{where}.{path}" if where else str(path), self._backend, told)


def refusal(shortfall: Shortfall, *, in_project: bool = True) -> Unsupported:
    """The error that is made of a shortfall; in a project the member is a path of its document too."""
    path = {"path": shortfall.member} if in_project else {}
    return Unsupported(
        f"{shortfall.member}: {shortfall.backend} cannot honour it: {shortfall.reason}",
        member=shortfall.member, **path, backend=shortfall.backend, reason=shortfall.reason,
    )  # fmt: skip
