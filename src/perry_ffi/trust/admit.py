"""From a reference to what may be created: the digest that was verified, never the tag."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from perry_ffi.errors import ContainerError, NotFound
from perry_ffi.model.reference import is_image_id, parse_reference
from perry_ffi.trust import failure
from perry_ffi.trust.examine import Examined, Examiner, insecure_of
from perry_ffi.trust.report import verification

if TYPE_CHECKING:
    from perry_ffi.model.image import ImageDetails, PullOptions
    from perry_ffi.model.reference import ImageReference
    from perry_ffi.model.verification import Verification
    from perry_ffi.trust.examine import Applied
    from perry_ffi.trust.policy import Policy


class EngineImages(Protocol):
    """What is asked of an engine. Nothing else of it decides."""

    async def inspect_image(self, reference: str) -> ImageDetails: ...

    async def pull_image(self, reference: str, options: PullOptions, progress: Any = None) -> None: ...

    async def tag_image(self, source: str, reference: str) -> None: ...


LOCAL = "localhost"
"""What podman writes for a registry before the names of images that were made here: there is none of that name."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """reference: as it was asked for. image: what is created: pinned to the verified digest, or ``reference`` where no rule
    applies. digest: of the manifest, or the image's id where that is what a rule pins; empty where no rule applies. ident: the id of
    the image, where the engine has it.
    """

    reference: str
    image: str
    digest: str = ""
    verification: Verification | None = None
    ident: str | None = None


def rules_for(reference: str, policies: Sequence[Policy]) -> Applied:
    """The rule of each policy that is for ``reference``, no image id; none of a policy that accepts what no rule is for.

    Raises VerificationFailed (``unmatched``) where a policy does not accept that. Pure.
    """
    image, found = parse_reference(reference), []
    for policy in policies:
        rule = policy.rule_for(image)
        if rule is not None:
            found.append((policy, rule))
        elif policy.unmatched == "reject":
            raise failure.unmatched(reference, image.repository, policy)
    return found


async def look(engine: EngineImages | None, reference: str) -> ImageDetails | None:
    """The engine's image of that name; ``None`` where it has none."""
    try:
        return await engine.inspect_image(reference) if engine else None
    except NotFound:
        return None


class Admission:
    """Decides on references. Whoever creates afterwards creates ``Admitted.image``."""

    def __init__(self, examiner: Examiner) -> None:
        self._examiner = examiner

    async def admit(
        self, reference: str, policies: Sequence[Policy], details: ImageDetails | None, *, all: bool = False
    ) -> Admitted:
        """details: the engine's image of that name, where it has one and that is what would run; else the registry says which
        digest the tag names. all: look at every signature.

        Raises VerificationFailed, RegistryNotAvailable, Timeout, NotFound (no such tag), ValidationError.
        """
        if is_image_id(reference):
            return self._by_id(reference, policies, details)
        rules, image = rules_for(reference, policies), parse_reference(reference)
        if not rules:
            return Admitted(reference, reference, ident=details.id if details else None)
        digests = [image.digest] if image.digest else _known(image, details)
        if details is not None and (pinned := self._pinned(reference, rules, details, digests)):
            return pinned
        if details is not None and (not digests or image.registry == LOCAL):
            return self._local(reference, rules, details)
        if not digests:
            digests = [await self._examiner.registries.digest(image, insecure_of(rules))]
        examined = await self._best(image, digests, rules, all)
        return self._settled(reference, examined, rules, details)

    async def _best(self, image: ImageReference, digests: Sequence[str], rules: Applied, all: bool) -> Examined:
        """Of the digests that an engine knows one image by (that of a list and that of its own platform) the first that is signed.

        That of which there is evidence here comes first. A registry that cannot be asked about one says nothing about another.
        """
        rows: list[Examined] = []
        errors: list[ContainerError] = []
        order = sorted(digests, key=lambda digest: not self._examiner.store.has(digest)) if len(digests) > 1 else digests
        for digest in order:
            try:
                rows.append(await self._examiner.examine(image, digest, rules, all=all))
            except ContainerError as error:
                errors.append(error)
                continue
            if rows[-1].satisfied and rows[-1].failure is None:
                return rows[-1]
        if not rows:
            raise errors[0]
        unknown = errors[0] if errors else next((row.failure for row in rows if row.failure), None)
        worst = max(rows, key=lambda row: max(failure.nearness(one.reason) for one in row.judgements))
        return Examined(worst.digest, worst.judgements, worst.source, worst.stale, unknown)

    def _settled(self, reference: str, examined: Examined, rules: Applied, details: ImageDetails | None) -> Admitted:
        """Raises where a rule that is enforced is not satisfied."""
        why = None
        for (policy, rule), judgement in zip(rules, examined.judgements, strict=True):
            if judgement.satisfied and examined.failure is None:
                continue
            error = examined.failure or failure.refusal(judgement, reference, examined.digest, policy)
            if rule.mode == "enforce":
                raise error
            why = why or error.message
        pinned = reference if "@" in reference else f"{reference}@{examined.digest}"
        told = verification(reference, pinned, examined, rules, why)
        return Admitted(reference, pinned, examined.digest, told, details.id if details else None)

    # -- what no registry is known to have ----------------------------------------------------------------

    def _pinned(self, reference: str, rules: Applied, details: ImageDetails, digests: Sequence[str]) -> Admitted | None:
        """Where every rule has the image's id among its digests; of one that no registry has, a manifest's digest is as good."""
        local = digests if parse_reference(reference).registry == LOCAL else ()
        if not any(all(ident in rule.digests for _, rule in rules) for ident in (details.id, *local)):
            return None
        told = verification(reference, details.id, Examined(details.id, (), "pin"), rules, None)
        return Admitted(reference, details.id, details.id, told, details.id)

    def _local(self, reference: str, rules: Applied, details: ImageDetails) -> Admitted:
        why = None
        for policy, rule in rules:
            if details.id not in rule.digests:
                error = failure.no_digest(reference, details.id, policy, rule)
                if rule.mode == "enforce":
                    raise error
                why = why or error.message
        told = verification(reference, details.id, Examined(details.id, (), "engine"), rules, why)
        return Admitted(reference, details.id, details.id, told, details.id)

    def _by_id(self, reference: str, policies: Sequence[Policy], details: ImageDetails | None) -> Admitted:
        """An id names no repository. So only a digest that a rule names stands for it; or the policy has nothing to say of any of
        the names that the engine has for it.
        """
        ident = reference if reference.startswith("sha256:") else f"sha256:{reference}"
        pins, why = [], None
        for policy in policies:
            if (rule := policy.pins(ident)) is not None:
                pins.append((policy, rule))
                continue
            named = next((found for name in _names(details) if (found := policy.rule_for(parse_reference(name)))), None)
            if named is None and policy.unmatched == "accept":
                continue
            error = failure.no_digest(reference, ident, policy, named)
            if named is None or named.mode == "enforce":
                raise error
            pins.append((policy, named))
            why = why or error.message
        if not pins:
            return Admitted(reference, reference, ident=details.id if details else None)
        told = verification(reference, ident, Examined(ident, (), "pin"), pins, why)
        return Admitted(reference, reference, ident, told, details.id if details else None)


def _known(image: ImageReference, details: ImageDetails | None) -> list[str]:
    """The digests by which the engine knows the image in that repository, in its order."""
    found = []
    for name in details.digests if details else ():
        reference = parse_reference(name)
        if reference.repository == image.repository and reference.digest:
            found.append(reference.digest)
    return list(dict.fromkeys(found))


def _names(details: ImageDetails | None) -> list[str]:
    return [name for name in (*details.tags, *details.digests) if "<none>" not in name] if details else []
