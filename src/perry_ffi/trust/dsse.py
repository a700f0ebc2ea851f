"""The signed envelope of a bundle (Dead Simple Signing Envelope 1.0): what its signature is over."""

from __future__ import annotations

IN_TOTO = "application/vnd.in-toto+json"


def encoding(payload_type: str, payload: bytes) -> bytes:
    """PAE, the one byte string for a type and a payload (DSSE protocol, "Signature Definition")."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
