"""Policies as they are applied: rules with their keys, and which of them is an image's. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

from perry_ffi.errors import ValidationError
from perry_ffi.trust.match import Weight, best

if TYPE_CHECKING:
    from perry_ffi.model.reference import ImageReference
    from perry_ffi.model.verify import VerifyDemand, VerifyPolicy, VerifyRule
    from perry_ffi.trust.identity import Identity
    from perry_ffi.trust.keys import Key
    from perry_ffi.trust.root import TrustedRoot

EVERY = ("**",)
"""The patterns of a rule that is for every image."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What the signatures of some images must be. place: where it is written, for errors."""

    images: tuple[str, ...]
    place: str
    mode: Literal["enforce", "warn"] = "enforce"
    keys: tuple[Key, ...] = ()
    identities: tuple[Identity, ...] = ()
    digests: frozenset[str] = frozenset()
    threshold: int = 1
    annotations: Mapping[str, str] = field(default_factory=dict)
    signed_as: str | tuple[str, ...] = "any"
    require_log: bool | None = None
    require_sct: bool | None = None
    require_timestamp: bool = False
    root: TrustedRoot | None = None
    builds: Literal["accept", "reject"] = "accept"

    @property
    def name(self) -> str:
        """Its patterns, as people read it."""
        return ", ".join(self.images)

    @property
    def signers(self) -> bool:
        """Whether a signature could satisfy it; else only a digest does."""
        return bool(self.keys or self.identities)


@dataclass(frozen=True, slots=True)
class Policy:
    """source: the file, or in words who asks for it. floor: it is the machine's own. root: the path of its trusted root, absolute,
    for those that name none.
    """

    source: str
    rules: tuple[Rule, ...]
    unmatched: Literal["reject", "accept"] = "reject"
    builds: Literal["accept", "reject"] = "accept"
    insecure: frozenset[str] = frozenset()
    signatures_from: Mapping[str, str] = field(default_factory=dict)
    max_age: float | None = None
    floor: bool = False
    root: str | None = None

    def rule_for(self, image: ImageReference) -> Rule | None:
        """The rule whose pattern says most of ``image``, alone. Raises ValidationError where two say as much."""
        found = [(heavy, rule) for rule in self.rules if (heavy := best(rule.images, image.repository)) is not None]
        if not found:
            return None
        most = max(one.order for one, _ in found)
        chosen = [rule for one, rule in found if one.order == most]
        if len(chosen) > 1:
            raise ValidationError(
                f"{self.source}: {chosen[0].place} and {chosen[1].place} say as much of {image.repository}: {chosen[0].name}; "
                f"{chosen[1].name}",
                path=chosen[1].place, file=self.source, expected="one rule whose pattern has the longest beginning without *",
            )  # fmt: skip
        return chosen[0]

    def pins(self, ident: str) -> Rule | None:
        """The rule that has ``ident`` (with ``sha256:``) among its digests."""
        return next((rule for rule in self.rules if ident in rule.digests), None)

    def strict(self) -> Policy:
        """The same for what may only run verified: warnings refuse, and so does what no rule is for."""
        rules = tuple(replace(rule, mode="enforce", builds="reject") for rule in self.rules)
        return replace(self, rules=rules, unmatched="reject", builds="reject")

    def lenient(self) -> Policy:
        """The same for who only looks: what is not as it asks is said, and raises nothing."""
        return replace(self, rules=tuple(replace(rule, mode="warn") for rule in self.rules))

    def signatures_of(self, image: ImageReference) -> str | None:
        """The repository that has the signatures of ``image``, where that is another."""
        rows = [(heavy.order, where) for p, where in self.signatures_from.items() if (heavy := _weight(p, image)) is not None]
        return max(rows)[1] if rows else None


def _weight(pattern: str, image: ImageReference) -> Weight | None:
    return best((pattern,), image.repository)


def demands(policy: VerifyPolicy) -> list[tuple[str, tuple[str, ...], VerifyDemand]]:
    """The rules of a document: where each is written, and of which images. One without ``rules`` is one, for all."""
    if policy.rules is None:
        return [("", EVERY, policy)]
    return [(f"rules[{number}]", tuple(rule.images), rule) for number, rule in enumerate(policy.rules)]


def refuse_twins(policy: VerifyPolicy, source: str) -> None:
    """Raises ValidationError where one pattern is in two rules: neither would say more."""
    seen: dict[str, int] = {}
    for number, rule in enumerate(policy.rules or ()):
        for pattern in dict.fromkeys(rule.images):
            if pattern in seen:
                raise ValidationError(
                    f"{source}: rules[{number}].images: {pattern} is a pattern of rules[{seen[pattern]}] too",
                    path=f"rules[{number}].images", file=source, expected="each pattern in one rule",
                )  # fmt: skip
            seen[pattern] = number


def builds_of(policy: VerifyPolicy, demand: VerifyDemand) -> Literal["accept", "reject"]:
    """Whether images that a project builds need no signature: as the rule says, else as the policy does."""
    own: VerifyRule | VerifyDemand = demand
    return getattr(own, "builds", None) or policy.builds
