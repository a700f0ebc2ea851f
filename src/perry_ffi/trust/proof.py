"""Who has made a signature, and when: by a key that is wanted, or with a certificate of the trusted root."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from perry_ffi.trust.certificate import check_issued, load, named
from perry_ffi.trust.evidence import Evidence
from perry_ffi.trust.identity import IdentitySigner, KeySigner
from perry_ffi.trust.keys import Key
from perry_ffi.trust.log import Proven, prove
from perry_ffi.trust.refusal import Refused
from perry_ffi.trust.stamp import stamped_at
from perry_ffi.trust.wanted import Wanted

_Given = TypeVar("_Given")
_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Proof:
    """Who has signed, at which times, and the entry of a log: each is proven."""

    signer: KeySigner | IdentitySigner
    times: list[datetime]
    log: Proven | None


@dataclass(frozen=True, slots=True)
class _Seen:
    """The times that somebody of the trusted root has signed, and the first entry of a log that is proven.

    ``failed`` is why the first of the entries and stamps that prove nothing does not.
    """

    times: list[datetime]
    log: Proven | None
    failed: Refused | None


def prove_key(evidence: Evidence, wanted: Wanted) -> Proof | None:
    """By which key it is signed; None where by none. Raises Refused where log or time stamp that are wanted do not prove it."""
    for key in wanted.keys:
        if key.verifies(evidence.signature, evidence.signed):
            seen = _seen(evidence, wanted, _signers(key, evidence.certificate))
            return Proof(KeySigner(key.fingerprint), seen.times, seen.log)
    return None


def _signers(key: Key, certificate: bytes | None) -> set[bytes]:
    """As what a log may know the key: itself, and the certificate of it that came along."""
    try:
        certified = certificate is not None and load(certificate)[1] == key
    except Refused:
        certified = False
    return {key.der, certificate} if certified and certificate is not None else {key.der}


def prove_identity(evidence: Evidence, wanted: Wanted) -> Proof:
    """Whom the certificate names, once it, its time and the signature are proven. Raises Refused."""
    assert evidence.certificate is not None and wanted.root is not None
    certificate, key = load(evidence.certificate)
    seen = _seen(evidence, wanted, {evidence.certificate})
    if not seen.times:
        missing = "nothing proves that the certificate was valid when the signature was made: neither a log nor a time stamp"
        raise seen.failed or Refused("time", missing)
    _let_others_run()
    check_issued(certificate, seen.times, wanted.root, require_sct=wanted.require_sct)
    if not key.verifies(evidence.signature, evidence.signed):
        raise Refused("wrongKey", "the signature is not of the key in the certificate that it came with")
    subject, issuer = named(certificate)
    return Proof(IdentitySigner(subject, issuer), seen.times, seen.log)


def _seen(evidence: Evidence, wanted: Wanted, signers: Collection[bytes]) -> _Seen:
    """What is proven of the log and the time. Raises Refused where that is not what is wanted.

    What proves nothing counts for nothing, and does no harm either: who adds to evidence may also take away.
    """
    root = wanted.root
    if root is None:
        return _Seen([], None, None)
    stamps, no_stamp = _first_failure(lambda stamp: stamped_at(stamp, evidence.signature, root), evidence.stamps)
    if wanted.require_timestamp and not stamps:
        raise no_stamp or Refused("time", "the signature has no time stamp")
    logs, no_log = _first_failure(lambda entry: prove(entry, evidence, signers, root, stamps), evidence.entries)
    if wanted.require_log and not logs:
        raise no_log or Refused("tlog", "the signature has no entry of a transparency log")
    times = [*(each.time for each in logs if each.time is not None), *stamps]
    return _Seen(times, logs[0] if logs else None, no_log or no_stamp)


def _first_failure(attempt: Callable[[_Given], _Found], given: Iterable[_Given]) -> tuple[list[_Found], Refused | None]:
    found: list[_Found] = []
    failed: Refused | None = None
    for each in given:
        _let_others_run()
        try:
            found.append(attempt(each))
        except Refused as refused:
            failed = failed or refused
    return found, failed


def _let_others_run() -> None:
    """Between two steps of a millisecond's third: this is a worker thread, and the loop may wait for the interpreter."""
    time.sleep(0)
