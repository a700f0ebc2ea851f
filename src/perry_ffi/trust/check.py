"""What one signature proves about one digest: either all that is wanted, or the reason why not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from perry_ffi.model.reference import ImageReference
from perry_ffi.trust.claim import Claim, check_annotations, claims
from perry_ffi.trust.evidence import Evidence, Format
from perry_ffi.trust.identity import IdentitySigner as IdentitySigner
from perry_ffi.trust.identity import KeySigner as KeySigner
from perry_ffi.trust.identity import check_identity
from perry_ffi.trust.refusal import Refused as Refused
from perry_ffi.trust.wanted import SignedAs as SignedAs
from perry_ffi.trust.wanted import Wanted as Wanted

if TYPE_CHECKING:
    from perry_ffi.trust.log import Proven

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}")


@dataclass(frozen=True, slots=True)
class LogEntry:
    """Where the signature is in a transparency log: proven."""

    log: str
    """The base URL of the log in the trusted root."""
    log_id: str
    index: int


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature that proves what was wanted. ``signed_at`` is the earliest time that a log or a time stamp proves, or None.

    ``repository`` is the one that the signer named (the ``docker-reference``); a bundle names none.
    """

    format: Format
    id: str
    signer: KeySigner | IdentitySigner
    signed_at: datetime | None
    log: LogEntry | None
    annotations: Mapping[str, str]
    repository: str | None


def check(evidence: Evidence, digest: str, wanted: Wanted, asked: ImageReference) -> Signature:
    """What ``evidence`` proves about the manifest ``digest``, which was asked for as ``asked``.

    Milliseconds of CPU: to be called in a thread. Raises Refused, with the reason of the first step that fails: the signature of a
    key, the log, the time, the certificate and its signature, the image, its name, the annotations, the identity.
    """
    from perry_ffi.trust.proof import prove_identity, prove_key

    if not _DIGEST.fullmatch(digest):
        raise ValueError(f"{digest} is no digest of a manifest")
    proven = prove_key(evidence, wanted)
    if proven is None:
        _check_certified(evidence, wanted)
        proven = prove_identity(evidence, wanted)
    who = proven.signer
    claim = _claimed(evidence, digest, wanted, asked)
    if isinstance(who, IdentitySigner):
        check_identity(who.subject, who.issuer, wanted.identities)
    return Signature(
        evidence.format, evidence.id, who, min(proven.times, default=None), _listed(proven.log), claim.annotations, claim.stated
    )


def _check_certified(evidence: Evidence, wanted: Wanted) -> None:
    """That a signature which is of no key that is wanted may be of an identity. Raises Refused."""
    if evidence.certificate is not None and wanted.identities:
        return
    if evidence.certificate is not None:
        raise Refused("wrongKey", "signed with a certificate, and not by a key that is wanted")
    if not wanted.keys:
        raise Refused("noCertificate", "signed by a key, and not with a certificate of an identity that is wanted")
    words = "not signed by a key that is wanted"
    if evidence.format == "bundle" and any(key.kind == "Ed25519" for key in wanted.keys):
        words += "; cosign signs bundles with Ed25519ph where the key is Ed25519, which cannot be checked"
    raise Refused("wrongKey", words)


def _claimed(evidence: Evidence, digest: str, wanted: Wanted, asked: ImageReference) -> Claim:
    """The first claim about the image that has the name and the annotations that are wanted."""
    failed: Refused | None = None
    for claim in claims(evidence, digest):
        try:
            _check_name(claim, wanted.signed_as, asked)
            check_annotations(claim, wanted.annotations, asked)
        except Refused as refused:
            failed = failed or refused
        else:
            return claim
    assert failed is not None
    raise failed


def _check_name(claim: Claim, signed_as: SignedAs, asked: ImageReference) -> None:
    if signed_as == "any":
        return
    if claim.stated is None:
        raise Refused("otherRepository", "a bundle names no repository, and the rule wants one that was signed (signedAs)")
    good = claim.repository is not None and (
        claim.repository == asked.repository if signed_as == "repository" else signed_as(claim.repository)
    )
    if not good:
        raise Refused("otherRepository", f"signed as {claim.stated[:255]}, and not as the rule wants it (signedAs)")


def _listed(log: Proven | None) -> LogEntry | None:
    return None if log is None else LogEntry(log.log.url, log.log.id.hex(), log.index)
