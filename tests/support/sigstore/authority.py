"""Certificates: a root, what stands below it, and leaves with the promise of a log of certificates."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import oid

from tests.support.sigstore import writing

_ISSUER_BARE = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
_PROMISES = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
LONG_AGO = datetime(2024, 1, 1, tzinfo=UTC)
FAR_OFF = datetime(2044, 1, 1, tzinfo=UTC)


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def spki(key: Any) -> bytes:
    """The SubjectPublicKeyInfo of a private or a public key."""
    public = key.public_key() if hasattr(key, "public_key") else key
    return bytes(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def name(text: str) -> x509.Name:
    parts = ((oid.NameOID.ORGANIZATION_NAME, "sigstore.test"), (oid.NameOID.COMMON_NAME, text))
    return x509.Name([x509.NameAttribute(*each) for each in parts] if text else [])


def builder(subject: str, issuer: str, public: Any, start: datetime, end: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def key_usage(*, ca: bool) -> x509.KeyUsage:
    return x509.KeyUsage(not ca, False, False, False, False, ca, ca, False, False)


_ENCRYPTS = x509.KeyUsage(False, False, True, False, False, False, False, False, False)


@dataclass
class CertificateLog:
    """A log of certificates: it promises, and keeps nothing."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=new_key)

    @property
    def id(self) -> bytes:
        return hashlib.sha256(spki(self.key)).digest()

    def promise(self, unlisted: x509.Certificate, issuer: Any, now: datetime) -> bytes:
        """The list of one promise (RFC 6962 3.3) for a certificate that has none yet."""
        body = unlisted.tbs_certificate_bytes
        time = int(now.timestamp() * 1000).to_bytes(8, "big")
        head = b"\0\0" + time + b"\0\1" + hashlib.sha256(spki(issuer)).digest()
        signature = self.key.sign(head + len(body).to_bytes(3, "big") + body + b"\0\0", ec.ECDSA(hashes.SHA256()))
        one = b"\0" + self.id + time + b"\0\0" + b"\4\3" + len(signature).to_bytes(2, "big") + signature
        one = len(one).to_bytes(2, "big") + one
        return writing.octets(len(one).to_bytes(2, "big") + one)


@dataclass
class Authority:
    """A root and one authority below it, for certificates of one usage."""

    usage: x509.ObjectIdentifier
    label: str
    end: datetime = FAR_OFF
    """Until when the authority below the root is valid."""
    root_end: datetime = FAR_OFF

    def __post_init__(self) -> None:
        self.root_key, self.key = new_key(), new_key()
        top = builder(f"{self.label} root", f"{self.label} root", self.root_key.public_key(), LONG_AGO, self.root_end)
        top = top.add_extension(x509.BasicConstraints(True, 1), critical=True)
        self.root = top.add_extension(key_usage(ca=True), critical=True).sign(self.root_key, hashes.SHA256())
        below = builder(f"{self.label} authority", f"{self.label} root", self.key.public_key(), LONG_AGO, self.end)
        below = below.add_extension(x509.BasicConstraints(True, 0), critical=True)
        below = below.add_extension(key_usage(ca=True), critical=True)
        below = below.add_extension(x509.ExtendedKeyUsage([self.usage]), critical=False)
        self.certificate = below.add_extension(_key_of(self.root_key), critical=False).sign(self.root_key, hashes.SHA256())

    def chain(self) -> list[x509.Certificate]:
        return [self.certificate, self.root]

    def issue(
        self, public: Any, names: list[x509.GeneralName], issuer: str | None, start: datetime, lifetime: timedelta,
        log: CertificateLog | None, *, usage: list[x509.ObjectIdentifier] | None = None, critical: bool = False, subject: str = "",
        ca: bool = False, signs: bool = True, bare_issuer: str | None = None,
    ) -> x509.Certificate:  # fmt: skip
        leaf = builder(subject, f"{self.label} authority", public, start, start + lifetime)
        leaf = leaf.add_extension(_key_of(self.key), critical=False)
        leaf = leaf.add_extension(key_usage(ca=ca) if signs else _ENCRYPTS, critical=True)
        leaf = leaf.add_extension(x509.ExtendedKeyUsage(usage or [self.usage]), critical=critical)
        if ca:
            leaf = leaf.add_extension(x509.BasicConstraints(True, None), critical=True)
        if names:
            leaf = leaf.add_extension(x509.SubjectAlternativeName(names), critical=not subject)
        if issuer is not None:
            leaf = leaf.add_extension(x509.UnrecognizedExtension(_ISSUER_BARE, (bare_issuer or issuer).encode()), critical=False)
            leaf = leaf.add_extension(x509.UnrecognizedExtension(_ISSUER, writing.text(issuer)), critical=False)
        if log is not None:
            promise = log.promise(leaf.sign(self.key, hashes.SHA256()), self.key, start)
            leaf = leaf.add_extension(x509.UnrecognizedExtension(_PROMISES, promise), critical=False)
        return leaf.sign(self.key, hashes.SHA256())


def _key_of(key: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
