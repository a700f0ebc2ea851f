"""One digest under the rules that apply to it: evidence from the store, the folder, the registry, until it is enough.

Verdicts are not kept anywhere. What the registry could not say is never taken for a "no".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import anyio.to_thread

from perry_ffi.errors import ContainerError, RegistryNotAvailable, Timeout
from perry_ffi.model.reference import parse_reference
from perry_ffi.trust.store import ASKED_AGAIN

if TYPE_CHECKING:
    from pathlib import Path

    from perry_ffi.model.reference import ImageReference
    from perry_ffi.trust.discover import RefusedCandidate
    from perry_ffi.trust.evidence import Evidence
    from perry_ffi.trust.policy import Policy, Rule
    from perry_ffi.trust.registries import Registries
    from perry_ffi.trust.store import EvidenceStore
    from perry_ffi.trust.verify import Judgement, Note

Applied = Sequence[tuple["Policy", "Rule"]]
"""The rules that apply to one image, one of each policy."""

Judge = Callable[[Sequence["Evidence"], Sequence["Note"]], tuple["Judgement", ...]]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Examined:
    """judgements: one of each rule, in their order. source: where the evidence that counts came from. stale: the registry could
    not be asked again. failure: why nobody can tell, where a rule is not satisfied.
    """

    digest: str
    judgements: tuple[Judgement, ...]
    source: str
    stale: bool = False
    failure: ContainerError | None = None

    @property
    def satisfied(self) -> bool:
        return all(judgement.satisfied for judgement in self.judgements)


@dataclass(frozen=True, slots=True)
class _Kept:
    """evidence: what the store has, or the folder. age: of the newest answer of the registry."""

    evidence: tuple[Evidence, ...]
    judgements: tuple[Judgement, ...]
    age: float | None = None

    @property
    def satisfied(self) -> bool:
        return all(judgement.satisfied for judgement in self.judgements)


class Examiner:
    """What evidence is looked for in. folder: of signatures that somebody brought."""

    def __init__(self, store: EvidenceStore, folder: Path | None, registries: Registries) -> None:
        self.store = store
        self.registries = registries
        self._folder = folder
        self._thread = anyio.CapacityLimiter(1)

    async def examine(self, image: ImageReference, digest: str, rules: Applied, *, all: bool = False) -> Examined:
        """all: whatever is found anywhere is looked at, also where it is enough already."""
        where = self._where(image, rules)
        judge = partial(_judged, rules, digest, image, all)
        kept = await self.in_thread(self._kept, judge, digest, where.repository)
        limit = min([ASKED_AGAIN, *(policy.max_age for policy, _ in rules if policy.max_age is not None)])
        pinned = [judgement.pinned for judgement in kept.judgements]
        if kept.satisfied and not all and (min(pinned) or (kept.age is not None and kept.age <= limit)):
            return Examined(digest, kept.judgements, "pin" if min(pinned) else "store")
        if not (all or kept.satisfied) and min(one.satisfied or not one.rule.signers for one in kept.judgements):
            # What is missing is a digest among those that a rule names: no signature makes up for it, and nobody is asked.
            return Examined(digest, kept.judgements, "pin")
        brought = await self.in_thread(self._brought, judge, digest)
        if brought is not None and brought.satisfied and not all:
            return Examined(digest, brought.judgements, "folder")
        return await self._asked(judge, where, digest, rules, kept, brought.evidence if brought else ())

    async def _asked(
        self, judge: Judge, where: ImageReference, digest: str, rules: Applied, kept: _Kept, brought: tuple[Evidence, ...]
    ) -> Examined:
        evidence: tuple[Evidence, ...] = ()
        notes: tuple[Note, ...] = ()
        failure: ContainerError | None = None
        try:
            found = await self.registries.evidence(where, digest, insecure_of(rules))
        except (RegistryNotAvailable, Timeout) as error:
            failure = error
        else:
            evidence, notes, failure = tuple(found.evidence), await self.in_thread(_notes, found.refused), found.failure
        # By all that they are: two signers of one payload are known by one layer.
        together = tuple(dict.fromkeys((*evidence, *brought, *kept.evidence)))
        judgements = await self.in_thread(judge, together, notes)
        satisfied = min(judgement.satisfied for judgement in judgements)
        used = {one for judgement in judgements if judgement.satisfied for one in judgement.used}
        fresh = [one for one in evidence if one in used]
        if fresh or (satisfied and failure is None):
            await self.in_thread(self._keep, digest, where.repository, fresh, satisfied and failure is None)
        if not satisfied:
            return Examined(digest, judgements, "registry", failure=failure)
        source = "registry" if fresh else ("store" if used.intersection(kept.evidence) else "folder")
        stale = failure is not None and not fresh
        if stale and _too_old(kept.age, rules):
            return Examined(digest, judgements, source, stale=True, failure=failure)
        return Examined(digest, judgements, source, stale)

    def _where(self, image: ImageReference, rules: Applied) -> ImageReference:
        """The repository that has the signatures: as the first policy says that says something of it."""
        for policy, _ in rules:
            if (other := policy.signatures_of(image)) is not None:
                return parse_reference(other)
        return image

    # -- in a thread --------------------------------------------------------------------------------------

    async def in_thread(self, work: Callable[..., T], *arguments: Any) -> T:
        """One at a time: more threads would only take the interpreter from each other, and from the loop."""
        return await anyio.to_thread.run_sync(work, *arguments, limiter=self._thread)

    def _kept(self, judge: Judge, digest: str, repository: str) -> _Kept:
        evidence = tuple(self.store.read(digest))
        return _Kept(evidence, judge(evidence, ()), self.store.asked(digest, repository))

    def _brought(self, judge: Judge, digest: str) -> _Kept | None:
        from perry_ffi.trust.folder import signatures_in

        evidence = tuple(signatures_in(self._folder, digest))
        return _Kept(evidence, judge(evidence, ())) if evidence else None

    def _keep(self, digest: str, repository: str, evidence: Sequence[Evidence], asked: bool) -> None:
        self.store.write(digest, evidence)
        if asked:
            self.store.note_asked(digest, repository)


def _judged(
    rules: Applied, digest: str, image: ImageReference, all: bool, evidence: Sequence[Evidence], notes: Sequence[Note]
) -> tuple[Judgement, ...]:
    from perry_ffi.trust.verify import judge

    return tuple(judge(rule, digest, image, evidence, notes, all=all) for _, rule in rules)


def _notes(refused: Sequence[RefusedCandidate]) -> tuple[Note, ...]:
    from perry_ffi.trust.verify import Note

    return tuple(Note(one.id, one.format, one.reason, one.message) for one in refused)


def insecure_of(rules: Applied) -> frozenset[str]:
    """Hosts that may be spoken to without TLS: the machine's policy says it, where there is one, and nobody adds to it."""
    floors = [policy for policy, _ in rules if policy.floor]
    return frozenset().union(*(policy.insecure for policy in floors or [policy for policy, _ in rules]))


def _too_old(age: float | None, rules: Applied) -> bool:
    return any(policy.max_age is not None and (age is None or age > policy.max_age) for policy, _ in rules)
