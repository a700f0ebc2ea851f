"""cosign 3's signature: a Sigstore bundle v0.3 (sigstore_bundle.proto) around one signed statement about the image."""

from __future__ import annotations

from typing import Any

from perry_ffi.trust.dsse import IN_TOTO, encoding
from perry_ffi.trust.evidence import Entry, Proof
from perry_ffi.trust.refusal import NotEvidence
from perry_ffi.trust.strict import Malformed, base64_bytes, document, integer, member, moment, objects

MEDIA_TYPES = ("application/vnd.dev.sigstore.bundle.v0.3+json", "application/vnd.dev.sigstore.bundle+json;version=0.3")
PREDICATE = "https://sigstore.dev/cosign/sign/v1"
_MAX_PROOFS = 32
"""Entries, and stamps: more than any signer makes, and a bound for the time that a hostile bundle takes (CVE-2024-45395)."""
_MAX_PATH = 64


def parts(text: bytes) -> dict[str, Any]:
    """What of Evidence a bundle gives. Raises Malformed, and NotEvidence for a statement that is no signature."""
    what = "the bundle"
    value = document(text, what)
    if value.get("mediaType") not in MEDIA_TYPES:
        raise Malformed("the bundle is of a version that is not supported (its mediaType is not that of v0.3)")
    if value.get("messageSignature") is not None:
        raise Malformed("the bundle signs a file, and not a statement about an image")
    material = member(value, "verificationMaterial", dict, what)
    envelope = member(value, "dsseEnvelope", dict, what)
    payload, signature = _signed(envelope)
    _check_kind(payload)
    certificate, hint = _signer(material)
    stamps = material.get("timestampVerificationData") or {}
    return {
        "payload": payload,
        "signed": encoding(IN_TOTO, payload),
        "signature": signature,
        "certificate": certificate,
        "hint": hint,
        "entries": tuple(_entry(each) for each in objects(material, "tlogEntries", what, _MAX_PROOFS)),
        "stamps": tuple(
            base64_bytes(each.get("signedTimestamp"), "a time stamp")
            for each in objects(_object(stamps, what), "rfc3161Timestamps", what, _MAX_PROOFS)
        ),
    }


def _signed(envelope: dict[str, Any]) -> tuple[bytes, bytes]:
    if envelope.get("payloadType") != IN_TOTO:
        raise Malformed(f"the payload of the envelope is not of the type {IN_TOTO}")
    signatures = objects(envelope, "signatures", "the envelope", _MAX_PROOFS)
    if len(signatures) != 1:
        raise Malformed(f"the envelope has {len(signatures)} signatures, and not one")
    return base64_bytes(envelope.get("payload"), "the payload"), base64_bytes(signatures[0].get("sig"), "the signature")


def _check_kind(payload: bytes) -> None:
    """A statement of any other predicate says something about the image: that it has faults, say. It is no signature of it."""
    predicate = document(payload, "the statement").get("predicateType")
    if predicate != PREDICATE:
        shown = predicate[:100] if isinstance(predicate, str) else "none"
        raise NotEvidence("attestation", f"this is an attestation about the image ({shown}), and no signature of it")


def _signer(material: dict[str, Any]) -> tuple[bytes | None, str]:
    """The certificate, or the hint at a key: exactly one of them."""
    given = [name for name in ("publicKey", "certificate", "x509CertificateChain") if material.get(name) is not None]
    if given == ["certificate"]:
        raw = member(member(material, "certificate", dict, "the bundle"), "rawBytes", str, "the certificate")
        return base64_bytes(raw, "the certificate"), ""
    if given == ["publicKey"]:
        hint = member(material, "publicKey", dict, "the bundle").get("hint", "")
        return None, hint[:256] if isinstance(hint, str) else ""
    raise Malformed("the bundle does not name one certificate or one key")


def _entry(value: dict[str, Any]) -> Entry:
    what = "the log's entry"
    promise = value.get("inclusionPromise")
    proof = value.get("inclusionProof")
    time = value.get("integratedTime")
    if promise is not None:
        promise = base64_bytes(_object(promise, what).get("signedEntryTimestamp"), "the log's promise")
    return Entry(
        log_id=base64_bytes(member(value, "logId", dict, what).get("keyId"), "the log's id"),
        index=integer(value.get("logIndex", 0), "the index of the entry"),
        time=0 if time is None else moment(time, "the time of the entry"),
        body=base64_bytes(value.get("canonicalizedBody"), f"the body of {what}"),
        promise=promise,
        proof=None if proof is None else _proof(_object(proof, what)),
    )


def _proof(value: dict[str, Any]) -> Proof:
    what = "the proof of inclusion"
    hashes = value.get("hashes") or []
    if not isinstance(hashes, list) or len(hashes) > _MAX_PATH:
        raise Malformed(f"{what} is longer than that of any log")
    path = tuple(base64_bytes(each, f"a hash of {what}") for each in hashes)
    root = base64_bytes(value.get("rootHash"), f"the root of {what}")
    if any(len(each) != 32 for each in (*path, root)):
        raise Malformed(f"{what} has a hash that is none")
    return Proof(
        index=integer(value.get("logIndex", 0), f"the index of {what}"),
        size=integer(value.get("treeSize"), f"the size of {what}"),
        root=root,
        hashes=path,
        checkpoint=member(member(value, "checkpoint", dict, what), "envelope", str, "the checkpoint"),
    )


def _object(value: Any, what: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Malformed(f"a part of {what} is of the wrong kind")
    return value
