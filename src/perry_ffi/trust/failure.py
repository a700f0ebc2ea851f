"""The errors of images that are not signed as a policy asks: what was wanted, what was found, and what helps. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import VerificationFailed

if TYPE_CHECKING:
    from perry_ffi.trust.policy import Policy, Rule
    from perry_ffi.trust.verify import Judgement

MOST = 8
"""How many of the candidates that do not count are told of."""

_NEAR = (
    "unsigned", "registryLied", "malformed", "wrongKey", "noCertificate", "attestation", "otherImage", "certificate",
    "issuer", "identity", "expired", "sct", "time", "tlog", "otherRepository", "annotation",
)  # fmt: skip
"""Reasons, each nearer to a good signature than those before it."""

_SAYS = {
    "attestation": "what was found is an attestation, and that is no signature",
    "annotation": "it is signed, but not with the annotations that the policy asks for",
    "otherRepository": "it is signed, but under another name than the policy asks for",
}


def nearness(reason: str) -> int:
    """How near a candidate came that was refused for ``reason``."""
    return _NEAR.index(reason) if reason in _NEAR else 0


def refusal(judgement: Judgement, reference: str, digest: str, policy: Policy) -> VerificationFailed:
    """Of an image that has a digest, and not the signatures that a rule asks for."""
    rule = judgement.rule
    said = _SAYS.get(judgement.reason, "it is not signed as the policy asks")
    found = len(judgement.refused) + len(judgement.signatures)
    if judgement.signatures:
        said = f"{len(judgement.signatures)} of the {rule.threshold} signers that the policy asks for have signed it"
    elif not rule.signers:
        said = "its digest is not one of those that the policy names"
    message = f"{reference}: {said}" + ("" if found or not rule.signers else "; it has no signature")
    if judgement.refused and not judgement.signatures:
        message += f": {judgement.message}"
    return VerificationFailed(
        message, reason=judgement.reason, image=reference, digest=digest, **_rule(policy, rule),
        refused=[note.to_dict() for note in judgement.refused[:MOST]] or None,
        found=found, remedy=_remedy(judgement, reference, digest),
    )  # fmt: skip


def _remedy(judgement: Judgement, reference: str, digest: str) -> str:
    rule = judgement.rule
    name = reference if "@" in reference else f"{reference}@{digest}"
    if not rule.signers:
        return f"add {digest} to the digests of the rule"
    if judgement.reason == "annotation":
        wanted = " ".join(f"-a {key}={value}" for key, value in rule.annotations.items())
        return f"sign it with {wanted}" if wanted else "sign it anew"
    how = "cosign sign --key …" if rule.keys else "cosign sign"
    return f"{how} {name}, or add its signer to the rule"


def _rule(policy: Policy, rule: Rule) -> dict[str, Any]:
    return {"rule": rule.name, "policy": policy.source, "wanted": wanted(rule)}


def wanted(rule: Rule) -> dict[str, Any]:
    """Who a rule trusts, by fingerprints and names."""
    rows: dict[str, Any] = {
        "keys": [key.fingerprint for key in rule.keys],
        "identities": [
            {
                "issuer": one.issuer or one.issuer_pattern.pattern if one.issuer_pattern else one.issuer,
                "subject": one.subject or one.subject_pattern.pattern if one.subject_pattern else one.subject,
            }
            for one in rule.identities
        ],
        "digests": sorted(rule.digests),
        "annotations": dict(rule.annotations),
        "threshold": rule.threshold if rule.threshold > 1 else None,
    }
    return {name: value for name, value in rows.items() if value}


def no_policy(reference: str) -> VerificationFailed:
    """Where a signature is obligatory, and nobody said whose."""
    return VerificationFailed(
        f"{reference}: only a verified image is run here, and no policy says whose signatures are trusted",
        reason="noPolicy", image=reference,
        remedy="give verify, or a policy for the machine (PERRY_CONTAINER_TRUST_POLICY)",
    )  # fmt: skip


def unmatched(reference: str, repository: str, policy: Policy) -> VerificationFailed:
    """Of an image that no rule is for, where that is not accepted."""
    patterns = [pattern for rule in policy.rules for pattern in rule.images]
    return VerificationFailed(
        f"{reference}: no rule of the policy is for {repository}",
        reason="unmatched", image=reference, policy=policy.source, patterns=patterns[:MOST * 4],
        remedy=f'add a rule for {repository}, or "unmatched": "accept"',
    )  # fmt: skip


def no_digest(reference: str, ident: str, policy: Policy, rule: Rule | None) -> VerificationFailed:
    """Of an image that no registry is known to have: it was built or loaded here, or is named by its id."""
    return VerificationFailed(
        f"{reference}: the engine knows no digest of it in that repository, so no signature can be about it: it was built or "
        "loaded here, or is named by its id",
        reason="noDigest", image=reference, id=ident,
        **(_rule(policy, rule) if rule else {"policy": policy.source}),
        remedy=f"push and sign it, then pull it; or add {ident} to the digests of the rule",
    )  # fmt: skip


def pick(reasons: Sequence[str]) -> str:
    """The reason of the candidate that came nearest."""
    return max(reasons, key=nearness, default="unsigned")
