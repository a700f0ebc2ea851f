"""Public keys, and the one rule of how each kind signs.

The hash of an elliptic curve's signature is the curve's own (P-256 SHA-256, P-384 SHA-384, P-521 SHA-512) or SHA-256, which
cosign 2 uses for all; RSA is PKCS#1 v1.5 with SHA-256; Ed25519 is pure (RFC 8032 5.1), for Ed25519ph cannot be checked here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

_CURVES = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}
_MIN_RSA, _MAX_RSA = 2048, 8192
_MAX_PEM = 16384
_PEM = re.compile(rb"\s*-----BEGIN (?P<label>[A-Z0-9 ]+)-----\s[A-Za-z0-9+/=\s]+-----END (?P=label)-----\s*")


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
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        if b"PRIVATE KEY" in pem:
            raise ValueError("this is a private key; a policy has the public one (cosign public-key prints it)")
        found = _PEM.fullmatch(pem) if len(pem) <= _MAX_PEM else None
        if found is None or found["label"] not in (b"PUBLIC KEY", b"RSA PUBLIC KEY"):
            raise ValueError("this is not one public key in PEM (-----BEGIN PUBLIC KEY-----)")
        return cls._read(load_pem_public_key, pem)

    @classmethod
    def from_der(cls, der: bytes) -> Key:
        """The key of a SubjectPublicKeyInfo; ValueError as of ``parse``."""
        from cryptography.hazmat.primitives.serialization import load_der_public_key

        return cls._read(load_der_public_key, der)

    @classmethod
    def _read(cls, load: Callable[[bytes], Any], key: bytes) -> Key:
        from cryptography.exceptions import UnsupportedAlgorithm

        try:
            public = load(key)
        except (ValueError, UnsupportedAlgorithm):
            raise ValueError("this is not a public key that can be read") from None
        return cls.of(public)

    @classmethod
    def of(cls, public: Any) -> Key:
        """A key that was loaded already. Raises ValueError for a kind, a curve or a size that is not trusted."""
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        kind = _kind(public)
        der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return cls(der, f"sha256:{hashlib.sha256(der).hexdigest()}", kind, public)

    @property
    def pem(self) -> bytes:
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        return bytes(self.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    @property
    def id(self) -> bytes:
        """What logs are told apart by (RFC 6962 3.2): the hash of the SubjectPublicKeyInfo."""
        return hashlib.sha256(self.der).digest()

    def verifies(self, signature: bytes, data: bytes, hash: str | None = None) -> bool:
        """Whether ``signature`` over ``data`` was made with this key, by the rule above or with the hash that is given."""
        from cryptography.exceptions import InvalidSignature

        for arguments in self._ways(hash):
            try:
                self.public.verify(signature, data, *arguments)
            except InvalidSignature:
                continue
            return True
        return False

    def _ways(self, hash: str | None) -> list[tuple[Any, ...]]:
        """The arguments of ``cryptography``'s verify, for each hash that this kind of key signs with."""
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec, padding

        known = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
        if self.kind.startswith("ECDSA"):
            own = {"ECDSA P-384": "sha384", "ECDSA P-521": "sha512"}.get(self.kind, "sha256")
            return [(ec.ECDSA(known[name]),) for name in ([hash] if hash else dict.fromkeys((own, "sha256")))]
        return [(padding.PKCS1v15(), known[hash or "sha256"])] if self.kind.startswith("RSA") else [()]


def _kind(public: Any) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if isinstance(public, ec.EllipticCurvePublicKey):
        if public.curve.name not in _CURVES:
            raise ValueError(f"keys on the curve {public.curve.name} are not supported: P-256, P-384, P-521 are")
        return f"ECDSA {_CURVES[public.curve.name]}"
    if isinstance(public, rsa.RSAPublicKey):
        if not _MIN_RSA <= public.key_size <= _MAX_RSA:
            raise ValueError(f"an RSA key of {public.key_size} bits is not supported: {_MIN_RSA} to {_MAX_RSA} are")
        if public.public_numbers().e < 3:
            raise ValueError("an RSA key of this exponent is not supported")
        return f"RSA {public.key_size}"
    if isinstance(public, ed25519.Ed25519PublicKey):
        return "Ed25519"
    raise ValueError("a key of this kind is not supported: ECDSA, RSA and Ed25519 are")
