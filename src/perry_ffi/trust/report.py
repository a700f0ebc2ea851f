"""What a program is told of an image's signatures. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC
from typing import TYPE_CHECKING, Any

from perry_ffi.model.verification import Verification

if TYPE_CHECKING:
    from perry_ffi.trust.check import Signature
    from perry_ffi.trust.examine import Applied, Examined


def verification(reference: str, pinned: str, examined: Examined, rules: Applied, why: str | None) -> Verification:
    """why: what is wrong, where only a warning is asked for. The rule that is named is that of the last policy: nearest to who asks."""
    policy, rule = rules[-1]
    # Two signers of one payload are known by one layer.
    signatures = {(one.id, one.signer): one for judgement in examined.judgements for one in judgement.signatures}
    proven = {ident for ident, _ in signatures} if len(rules) > 1 else set()
    refused = {note: note for judgement in examined.judgements for note in judgement.refused if note.id not in proven}
    return Verification(
        reference=reference,
        digest=examined.digest,
        pinned=pinned,
        verified=why is None,
        mode="enforce" if any(one.mode == "enforce" for _, one in rules) else "warn",
        rule=rule.name,
        policy=policy.source,
        source=examined.source,
        stale=examined.stale,
        why=why,
        signatures=[signature_row(one) for one in signatures.values()],
        refused=[note.to_dict() for note in refused.values()],
    )


def signature_row(one: Signature) -> dict[str, Any]:
    """One signature as a program hears of it; what is not proven of it is left out."""
    from perry_ffi.trust.check import IdentitySigner

    signer: dict[str, str]
    if isinstance(one.signer, IdentitySigner):
        signer = {"subject": one.signer.subject, "issuer": one.signer.issuer}
    else:
        signer = {"key": one.signer.key}
    row: dict[str, Any] = {
        "format": one.format,
        "id": one.id,
        "signer": signer,
        "signedAt": one.signed_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if one.signed_at else None,
        "log": {"url": one.log.log, "id": one.log.log_id, "index": one.log.index} if one.log else None,
        "repository": one.repository,
        "annotations": dict(one.annotations),
    }
    return {name: value for name, value in row.items() if value is not None}


def who(row: Mapping[str, Any]) -> str:
    """Of one signature, who signed it, for people."""
    signer = row["signer"]
    return f"key {signer['key']}" if "key" in signer else f"{signer['subject']} (issuer {signer['issuer']})"


def warnings(found: Verification) -> list[tuple[str, str]]:
    """What is to be said beside the result: a code and a sentence each."""
    rows = []
    if not found.verified:
        rows.append(("unverified", f"{found.reference} is not verified: {found.why}"))
    if found.stale:
        rows.append(
            ("stale", f"{found.reference}: its registry could not be asked again; it was verified by what is kept of it here")
        )
    return rows
