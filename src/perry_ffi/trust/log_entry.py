"""Whether a log's entry is about a signature: of these bytes, this payload and this signer.

A log takes entries from everybody. An entry that is about anything else proves nothing, whoever it is signed by (CVE-2022-36056,
CVE-2026-22703): without this comparison any entry of the log would do for any signature.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any

from perry_ffi.trust.evidence import Evidence
from perry_ffi.trust.refusal import Refused
from perry_ffi.trust.strict import Malformed, base64_bytes, document, hex_bytes, member, objects, pem

_HASHES = {"sha256": "sha256", "sha384": "sha384", "sha512": "sha512"}
_HASHES_V2 = {"SHA2_256": "sha256", "SHA2_384": "sha384", "SHA2_512": "sha512"}


def check_entry(body: bytes, evidence: Evidence, signers: Collection[bytes]) -> None:
    """Raises Refused where the entry is of another signature, another payload or
    another signer than ``signers`` (DER of a key or certificate)."""
    try:
        entry = document(body, "the log's entry")
        kind = (member(entry, "kind", str, "the log's entry"), member(entry, "apiVersion", str, "the log's entry"))
        if kind not in _READERS:
            raise Refused("tlog", f"the log's entry is a {kind[0]} {kind[1]}, which is none of a signature of an image")
        same_payload, signature, stated = _READERS[kind](member(entry, "spec", dict, "the log's entry"), evidence)
    except Malformed as error:
        raise Refused("tlog", f"{error}") from None
    if not same_payload:
        raise Refused("tlog", "the log's entry is of another payload")
    if signature != evidence.signature:
        raise Refused("tlog", "the log's entry is of another signature")
    if stated not in signers:
        raise Refused("tlog", "the log's entry is of another signer")


_Facts = tuple[bool, bytes, bytes]


def _hashedrekord(spec: dict[str, Any], evidence: Evidence) -> _Facts:
    """Rekor's hashedrekord 0.0.1: the hash of what was signed."""
    what = "the log's entry"
    digest = member(member(spec, "data", dict, what), "hash", dict, what)
    signature = member(spec, "signature", dict, what)
    stated = member(signature, "publicKey", dict, what)
    same = _is_hash(digest.get("algorithm"), hex_bytes(digest.get("value"), "its hash"), _HASHES, evidence.signed)
    return same, base64_bytes(signature.get("content"), "its signature"), _pem(stated.get("content"))


def _dsse(spec: dict[str, Any], evidence: Evidence) -> _Facts:
    """Rekor's dsse 0.0.1: the hash of the envelope's payload, and its one signature, which is over the payload's type as well."""
    what = "the log's entry"
    digest = member(spec, "payloadHash", dict, what)
    signatures = objects(spec, "signatures", what, 32)
    if evidence.format != "bundle" or len(signatures) != 1:
        raise Malformed("the log's entry is not of one signature of one envelope")
    same = _is_hash(digest.get("algorithm"), hex_bytes(digest.get("value"), "its hash"), _HASHES, evidence.payload)
    return same, base64_bytes(signatures[0].get("signature"), "its signature"), _pem(signatures[0].get("verifier"))


def _hashedrekord_v2(spec: dict[str, Any], evidence: Evidence) -> _Facts:
    """hashedrekord 0.0.2 of Rekor v2: the hash of what was signed, of an envelope of its encoding."""
    what = "the log's entry"
    record = member(spec, "hashedRekordV002", dict, what)
    data = member(record, "data", dict, what)
    signature = member(record, "signature", dict, what)
    verifier = member(signature, "verifier", dict, what)
    stated = [verifier[name] for name in ("publicKey", "x509Certificate") if verifier.get(name) is not None]
    if len(stated) != 1:
        raise Malformed("the log's entry does not name one signer")
    same = _is_hash(data.get("algorithm"), base64_bytes(data.get("digest"), "its hash"), _HASHES_V2, evidence.signed)
    signer = base64_bytes(member(stated[0], "rawBytes", str, "its signer"), "its signer")
    return same, base64_bytes(signature.get("content"), "its signature"), signer


_READERS = {("hashedrekord", "0.0.1"): _hashedrekord, ("dsse", "0.0.1"): _dsse, ("hashedrekord", "0.0.2"): _hashedrekord_v2}


def _is_hash(algorithm: Any, value: bytes, names: dict[str, str], data: bytes) -> bool:
    if not isinstance(algorithm, str) or algorithm not in names:
        raise Malformed("the log's entry has a hash of an unknown kind")
    return hashlib.new(names[algorithm], data).digest() == value


def _pem(text: Any) -> bytes:
    """The DER of a key or a certificate that stands as PEM in base64."""
    decoded = base64_bytes(text, "its signer").decode("utf-8", "replace")
    label = "CERTIFICATE" if "BEGIN CERTIFICATE" in decoded else "PUBLIC KEY"
    return pem(decoded, label, "its signer")
