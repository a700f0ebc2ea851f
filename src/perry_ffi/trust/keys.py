"""Public keys, and the one rule of how each kind signs.

The hash of an elliptic curve's signature is the curve's own (P-256 SHA-256, P-384 SHA-384, P-521 SHA-512) or SHA-256, which
cosign 2 uses for all; RSA is PKCS#1 v1.5 with SHA-256; Ed25519 is pure (RFC 8032 5.1), for Ed25519ph cannot be checked here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Key:
    """A public key: ``der`` is its SubjectPublicKeyInfo, and what identifies it."""

    der: bytes
    fingerprint: str
    """``sha256:`` and the hash of ``der`` in hex."""
    kind: str
    """``ECDSA P-256``, ``RSA 4096``, ``Ed25519``: for people."""
    public: Any = field(repr=False, compare=False)

    @classmethod
    def parse(cls, pem: bytes) -> Key:
        """The key of a PEM file. Raises ValueError with a sentence for anything but one public key of a kind that is known."""
        raise NotImplementedError
