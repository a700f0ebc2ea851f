"""One private Sigstore, with the knobs that make what is wrong."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import oid

from tests.support.sigstore.authority import Authority, CertificateLog, spki
from tests.support.sigstore.stamping import Stamper
from tests.support.sigstore.transparency import Log, b64

_START = "2024-01-01T00:00:00Z"


@dataclass
class Knobs:
    """What the next certificates and entries are like. ``shift`` moves a certificate in time, ``clock`` all that the logs and the
    stamper say.
    """

    sct: Literal["good", "none", "other"] = "good"
    shift: timedelta = timedelta()
    clock: timedelta = timedelta()
    lifetime: timedelta = timedelta(minutes=10)
    subject: str | None = None
    issuer: str | None = None
    names: list[x509.GeneralName] | None = None
    usage: list[x509.ObjectIdentifier] | None = None
    ca: bool = False
    signs: bool = True
    bare_issuer: str | None = None


@dataclass
class Sigstore:
    url: str = "http://127.0.0.1"
    knobs: Knobs = field(default_factory=Knobs)
    authority: Authority = field(default_factory=lambda: Authority(oid.ExtendedKeyUsageOID.CODE_SIGNING, "code"))
    stamper: Stamper = field(default_factory=Stamper)

    def __post_init__(self) -> None:
        self.certificate_log, self.other_log = CertificateLog(), CertificateLog()
        self.log, self.log2 = Log(1), Log(2)

    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0) + self.knobs.clock

    def issue(self, public: Any, subject: str, issuer: str) -> x509.Certificate:
        """A certificate for what an identity token says: ``subject`` is an e-mail address or a URI."""
        knobs = self.knobs
        subject, issuer = knobs.subject or subject, knobs.issuer or issuer
        kind = x509.RFC822Name if "@" in subject and "://" not in subject else x509.UniformResourceIdentifier
        log = {"good": self.certificate_log, "none": None, "other": self.other_log}[knobs.sct]
        return self.authority.issue(
            public, [kind(subject)] if knobs.names is None else knobs.names, issuer, self.now() + knobs.shift, knobs.lifetime, log,
            usage=knobs.usage, ca=knobs.ca, signs=knobs.signs, bare_issuer=knobs.bare_issuer,
        )  # fmt: skip

    def chain_pem(self, leaf: x509.Certificate) -> list[str]:
        return [each.public_bytes(Encoding.PEM).decode() for each in (leaf, *self.authority.chain())]

    def trusted_root(self, **changes: Any) -> dict[str, Any]:
        """``trusted_root.json`` as a value; ``changes`` are members that take another's place."""
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [_log(self.url, self.log.key, self.log.id), _log(self.url, self.log2.key, self.log2.id, "PKIX_ED25519")],
            "certificateAuthorities": [_authority(self.url, self.authority.chain())],
            "ctlogs": [_log(self.url, self.certificate_log.key, self.certificate_log.id)],
            "timestampAuthorities": [_authority(f"{self.url}/api/v1/timestamp", self.stamper.chain())],
        } | changes

    def root_text(self, **changes: Any) -> bytes:
        return json.dumps(self.trusted_root(**changes)).encode()


def _log(url: str, key: Any, key_id: bytes, details: str = "PKIX_ECDSA_P256_SHA_256") -> dict[str, Any]:
    public = {"rawBytes": b64(spki(key)), "keyDetails": details, "validFor": {"start": _START}}
    return {"baseUrl": url, "hashAlgorithm": "SHA2_256", "publicKey": public, "logId": {"keyId": b64(key_id)}}


def _authority(url: str, chain: list[x509.Certificate]) -> dict[str, Any]:
    certificates = [{"rawBytes": b64(each.public_bytes(Encoding.DER))} for each in chain]
    return {
        "subject": {"organization": "sigstore.test", "commonName": "sigstore.test"},
        "uri": url,
        "certChain": {"certificates": certificates},
        "validFor": {"start": _START},
    }
