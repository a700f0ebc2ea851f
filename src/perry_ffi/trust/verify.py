"""Whether the evidence about one digest satisfies one rule. Pure, and milliseconds of CPU: to be called in a thread."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import ValidationError
from perry_ffi.trust.check import IdentitySigner, Refused, Signature, Wanted, check
from perry_ffi.trust.failure import nearness, pick
from perry_ffi.trust.match import best

if TYPE_CHECKING:
    from perry_ffi.model.reference import ImageReference
    from perry_ffi.trust.check import SignedAs
    from perry_ffi.trust.evidence import Evidence
    from perry_ffi.trust.policy import Rule


@dataclass(frozen=True, slots=True)
class Note:
    """A candidate that does not count. reason: for programs, message: one sentence."""

    id: str
    format: str
    reason: str
    message: str

    def to_dict(self) -> dict[str, Any]:
        return {"id": self.id, "format": self.format, "reason": self.reason, "message": self.message}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the evidence proves. used: the evidence that counts. reason and message: of the candidate that came nearest; where none
    was there, ``unsigned``.
    """

    rule: Rule
    satisfied: bool
    signatures: tuple[Signature, ...] = ()
    used: tuple[Evidence, ...] = ()
    refused: tuple[Note, ...] = ()
    pinned: bool = False

    @property
    def reason(self) -> str:
        return pick([note.reason for note in self.refused])

    @property
    def message(self) -> str:
        nearest = max(self.refused, key=lambda note: nearness(note.reason), default=None)
        return nearest.message if nearest else "there is no signature"


def judge(
    rule: Rule,
    digest: str,
    asked: ImageReference,
    evidence: Sequence[Evidence],
    others: Sequence[Note] = (),
    *,
    all: bool = False,
) -> Judgement:
    """others: candidates that were refused before they could be looked at. all: look at every candidate, also where enough
    signers have been found.
    """
    if digest in rule.digests:
        return Judgement(rule, True, pinned=True)
    wants = wanted_of(rule)
    signatures: list[Signature] = []
    used: list[Evidence] = []
    refused: list[Note] = []
    for one in evidence if wants else ():
        # The loop may want the interpreter for itself between two.
        time.sleep(0)
        found = _first(one, digest, wants, asked)
        if isinstance(found, Note):
            refused.append(found)
            continue
        signatures.append(found)
        used.append(one)
        if not all and len(_signers(signatures)) >= rule.threshold:
            break
    satisfied = bool(signatures) and len(_signers(signatures)) >= rule.threshold
    return Judgement(rule, satisfied, tuple(signatures), tuple(used), (*refused, *others))


def _first(evidence: Evidence, digest: str, wants: Sequence[Wanted], asked: ImageReference) -> Signature | Note:
    """What it proves of the first of ``wants`` that it satisfies; else why it came nearest to one and no further."""
    refused: list[Refused] = []
    for wanted in sorted(wants, key=lambda one: bool(one.identities) != (evidence.certificate is not None)):
        try:
            return check(evidence, digest, wanted, asked)
        except Refused as error:
            refused.append(error)
    nearest = max(refused, key=lambda error: nearness(error.reason))
    return Note(evidence.id, evidence.format, nearest.reason, nearest.message)


def _signers(signatures: Sequence[Signature]) -> set[tuple[str, ...]]:
    """Who has signed, each once: who signs twice is one."""
    return {
        (one.signer.subject, one.signer.issuer) if isinstance(one.signer, IdentitySigner) else (one.signer.key,)
        for one in signatures
    }


def wanted_of(rule: Rule) -> list[Wanted]:
    """What a signature by a key has to prove, and what one by an identity: the log is asked for of the second kind unless it is said."""
    found = []
    for keys, identities in ((rule.keys, ()), ((), rule.identities)):
        if keys or identities:
            log = rule.require_log if rule.require_log is not None else bool(identities)
            sct = rule.require_sct if rule.require_sct is not None else True
            try:
                wanted = Wanted(
                    keys=keys, identities=identities, annotations=rule.annotations, signed_as=_signed_as(rule),
                    require_log=log, require_sct=sct, require_timestamp=rule.require_timestamp, root=rule.root,
                )  # fmt: skip
            except ValueError as error:
                raise ValidationError(f"{rule.place}: {error}", path=rule.place, expected=str(error)) from None
            found.append(wanted)
    return found


def _signed_as(rule: Rule) -> SignedAs:
    said = rule.signed_as
    if said == "any":
        return "any"
    if said == "repository":
        return "repository"
    patterns = (said,) if isinstance(said, str) else tuple(said)
    return lambda repository: best(patterns, repository) is not None
