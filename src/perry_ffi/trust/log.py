"""Transparency logs: what proves that a log has an entry, and that the entry is about this very signature.

Two proofs exist. A promise (Rekor's signed entry timestamp) is the log's signature over the entry and its time. A proof of inclusion
leads from the entry to the root of a checkpoint that the log has signed; it says nothing about the time.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from perry_ffi.trust.evidence import Entry, Evidence
from perry_ffi.trust.log_checkpoint import signed_root
from perry_ffi.trust.log_entry import check_entry
from perry_ffi.trust.log_merkle import root_of
from perry_ffi.trust.refusal import Refused
from perry_ffi.trust.root import Log, TrustedRoot


@dataclass(frozen=True, slots=True)
class Proven:
    """An entry that its log has. ``time`` is the log's word for when, where it has signed one.

    ``index`` is the one that the promise signs, else the one that the proof of inclusion is for: nothing else proves one.
    """

    log: Log
    index: int
    time: datetime | None


def prove(entry: Entry, evidence: Evidence, signers: Collection[bytes], root: TrustedRoot, stamped: Sequence[datetime]) -> Proven:
    """That a log of ``root`` has ``entry``, and that it is about this signature by one of ``signers`` (DER of a key or a certificate).

    ``stamped`` are the times that time stamps prove. Raises Refused: ``tlog``, or ``time`` where nothing says when the log's key
    was in use.
    """
    logs = [log for log in root.logs if log.id == entry.log_id]
    if not logs:
        raise _no(f"the trusted root does not name the log {entry.log_id.hex()[:16]}…, which the signature is in")
    if evidence.format == "bundle" and entry.proof is None:
        raise _no("the bundle has no proof that the log has its entry")
    if entry.promise is None and entry.proof is None:
        raise _no("nothing proves that the log has the entry")
    time = datetime.fromtimestamp(entry.time, UTC) if entry.promise is not None else None
    log = _log_of(logs, [time] if time is not None else stamped)
    if entry.promise is not None and not log.key.verifies(entry.promise, promised(entry)):
        raise _no("the log has not signed this entry and this time (SignedEntryTimestamp)")
    if entry.proof is not None:
        _check_inclusion(entry, log)
    check_entry(entry.body, evidence, signers)
    index = entry.index if entry.promise is not None or entry.proof is None else entry.proof.index
    return Proven(log, index, time)


def _no(message: str) -> Refused:
    return Refused("tlog", message)


def _log_of(logs: list[Log], times: Sequence[datetime]) -> Log:
    """The one of logs of one id whose key was in use at each of the times."""
    if not times:
        raise Refused("time", "the log's entry has no time that somebody has signed, and no time stamp proves one")
    for log in logs:
        if all(log.period.contains(time) for time in times):
            return log
    raise _no(f"the trusted root does not believe the log {logs[0].url} for {times[0]:%Y-%m-%d %H:%M:%S} UTC")


def promised(entry: Entry) -> bytes:
    """What a promise signs: canonical JSON (RFC 8785) of these four."""
    value = {
        "body": base64.b64encode(entry.body).decode(),
        "integratedTime": entry.time,
        "logID": entry.log_id.hex(),
        "logIndex": entry.index,
    }
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()


def _check_inclusion(entry: Entry, log: Log) -> None:
    proof = entry.proof
    assert proof is not None
    leaf = hashlib.sha256(b"\0" + entry.body).digest()
    if root_of(leaf, proof.index, proof.size, proof.hashes) != proof.root:
        raise _no("the proof of inclusion does not lead to the root that it names")
    signed = signed_root(proof.checkpoint, log)
    if signed is None:
        raise _no("the checkpoint is not signed by the log")
    if signed != (proof.size, proof.root):
        raise _no("the checkpoint is of another root or size than the proof of inclusion")
