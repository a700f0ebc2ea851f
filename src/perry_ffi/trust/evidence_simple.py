"""cosign 2's signature: the signed payload is a layer, and the rest is that layer's annotations (cosign's SIGNATURE_SPEC)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from perry_ffi.trust.evidence import Entry
from perry_ffi.trust.strict import MAX_TEXT, Malformed, base64_bytes, document, encoded, hex_bytes, integer, member, moment, pem

_SIGNATURE = "dev.cosignproject.cosign/signature"
_CERTIFICATE = "dev.sigstore.cosign/certificate"
_ENTRY = "dev.sigstore.cosign/bundle"
_STAMP = "dev.sigstore.cosign/rfc3161timestamp"
COUNTED = (_SIGNATURE, _CERTIFICATE, _ENTRY, _STAMP)
"""The chain is not among them: certificates are issued by those of the trusted root, or not at all."""


def parts(payload: bytes, annotations: Mapping[str, str]) -> dict[str, Any]:
    """What of Evidence the annotations give. Raises Malformed."""
    if not payload or len(payload) > MAX_TEXT:
        raise Malformed("the signed payload is empty, or larger than a megabyte")
    if _SIGNATURE not in annotations:
        raise Malformed("the layer has no signature among its annotations")
    certificate = annotations.get(_CERTIFICATE) or None
    entry = annotations.get(_ENTRY) or None
    stamp = annotations.get(_STAMP) or None
    return {
        "signature": base64_bytes(annotations[_SIGNATURE], "the signature"),
        "certificate": None if certificate is None else pem(certificate, "CERTIFICATE", "the certificate"),
        "entries": () if entry is None else (_entry(document(encoded(entry, "the log's entry"), "the log's entry")),),
        "stamps": () if stamp is None else (_stamp(document(encoded(stamp, "the time stamp"), "the time stamp")),),
    }


def _entry(value: dict[str, Any]) -> Entry:
    what = "the log's entry"
    payload = member(value, "Payload", dict, what)
    return Entry(
        log_id=hex_bytes(payload.get("logID"), "the log's id"),
        index=integer(payload.get("logIndex"), "the index of the entry"),
        time=moment(payload.get("integratedTime"), "the time of the entry"),
        body=base64_bytes(payload.get("body"), f"the body of {what}"),
        promise=base64_bytes(value.get("SignedEntryTimestamp"), "the log's promise"),
        proof=None,
    )


def _stamp(value: dict[str, Any]) -> bytes:
    return base64_bytes(value.get("SignedRFC3161Timestamp"), "the time stamp")


def from_download(line: bytes) -> tuple[bytes, dict[str, str]]:
    """Payload and annotations of a line of ``cosign download signature``. Raises Malformed."""
    what = "the line"
    value = document(line, what)
    annotations = {_SIGNATURE: member(value, "Base64Signature", str, what)}
    certificate = value.get("Cert")
    if isinstance(certificate, dict) and certificate.get("Raw"):
        raw = member(certificate, "Raw", str, "the certificate")
        annotations[_CERTIFICATE] = f"-----BEGIN CERTIFICATE-----\n{raw}\n-----END CERTIFICATE-----\n"
    for name, annotation in (("Bundle", _ENTRY), ("RFC3161Timestamp", _STAMP)):
        if value.get(name) is not None:
            annotations[annotation] = json.dumps(member(value, name, dict, what))
    return base64_bytes(value.get("Payload"), f"the payload of {what}"), annotations
