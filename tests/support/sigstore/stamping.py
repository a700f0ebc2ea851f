"""A time stamp authority (RFC 3161)."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import oid

from perry_ffi.trust.der import SEQUENCE, read
from tests.support.sigstore import writing as w
from tests.support.sigstore.authority import LONG_AGO, Authority, new_key

_SHA256 = w.sequence(w.oid("2.16.840.1.101.3.4.2.1"))
_TST_INFO = w.oid("1.2.840.113549.1.9.16.1.4")


@dataclass
class Stamper:
    authority: Authority = field(default_factory=lambda: Authority(oid.ExtendedKeyUsageOID.TIME_STAMPING, "stamps"))
    critical: bool = True
    usage: tuple[x509.ObjectIdentifier, ...] = (oid.ExtendedKeyUsageOID.TIME_STAMPING,)
    lifetime: timedelta = timedelta(days=7000)

    def __post_init__(self) -> None:
        self.key = new_key()
        self.certificate = self.authority.issue(
            self.key.public_key(), [], None, LONG_AGO, self.lifetime, None,
            usage=list(self.usage), critical=self.critical, subject="a stamper",
        )  # fmt: skip

    def chain(self) -> list[x509.Certificate]:
        return [self.certificate, *self.authority.chain()]

    def answer(self, query: bytes, now: datetime) -> bytes:
        """The response to a time-stamp query (RFC 3161 2.4.1)."""
        _, imprint, *rest = read(query).children(SEQUENCE)
        return self.stamp(imprint.whole, now, nonce=b"".join(each.whole for each in rest if each.tag == 2))

    def of(self, signature: bytes, now: datetime, *, extra: tuple[x509.Certificate, ...] = ()) -> bytes:
        """The stamp of a signature. ``extra`` are certificates that stand before the stamper's own."""
        digest = hashlib.sha256(signature).digest()
        return self.stamp(w.sequence(_SHA256, w.octets(digest)), now, extra=extra)

    def stamp(self, imprint: bytes, now: datetime, *, nonce: bytes = b"", extra: tuple[x509.Certificate, ...] = ()) -> bytes:
        serial = w.number(secrets.randbits(63))
        info = w.sequence(w.number(1), w.oid("1.2.3.4.1"), imprint, serial, w.time(now.astimezone(UTC)), nonce)
        der = self.certificate.public_bytes(Encoding.DER)
        attributes = [
            w.sequence(w.oid("1.2.840.113549.1.9.3"), w.collection(_TST_INFO)),
            w.sequence(w.oid("1.2.840.113549.1.9.4"), w.collection(w.octets(hashlib.sha256(info).digest()))),
            w.sequence(
                w.oid("1.2.840.113549.1.9.16.2.47"),
                w.collection(w.sequence(w.sequence(w.sequence(w.octets(hashlib.sha256(der).digest()))))),
            ),
        ]
        signature = self.key.sign(w.collection(*attributes), ec.ECDSA(hashes.SHA256()))
        signer = w.sequence(
            w.number(1),
            w.sequence(self.certificate.issuer.public_bytes(), w.number(self.certificate.serial_number)),
            _SHA256,
            b"\xa0" + w.collection(*attributes)[1:],
            w.sequence(w.oid("1.2.840.10045.4.3.2")),
            w.octets(signature),
        )
        certificates = [each.public_bytes(Encoding.DER) for each in (*extra, self.certificate, self.authority.certificate)]
        signed = w.sequence(
            w.number(3),
            w.collection(_SHA256),
            w.sequence(_TST_INFO, w.value(0xA0, w.octets(info))),
            w.value(0xA0, *certificates),
            w.collection(signer),
        )
        token = w.sequence(w.oid("1.2.840.113549.1.7.2"), w.value(0xA0, signed))
        return w.sequence(w.sequence(w.number(0)), token)
