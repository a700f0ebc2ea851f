"""A certificate's promise to be listed in a log of certificates (RFC 6962 3): embedded, over the certificate without it."""

from __future__ import annotations

import hashlib
from datetime import UTC

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.certificate_transparency import LogEntryType, SignedCertificateTimestamp, Version

from perry_ffi.trust.chain import UNREADABLE
from perry_ffi.trust.refusal import Refused
from perry_ffi.trust.root import TrustedRoot

_MAX_PROMISES = 32


def check_sct(certificate: x509.Certificate, issuer: x509.Certificate, root: TrustedRoot) -> None:
    """Raises Refused where no log of certificates of ``root`` has signed a promise for this certificate of this issuer."""
    try:
        extension = certificate.extensions.get_extension_for_class(x509.PrecertificateSignedCertificateTimestamps)
        promises = list(extension.value)[:_MAX_PROMISES]
        unlisted = certificate.tbs_precertificate_bytes
    except x509.ExtensionNotFound:
        raise Refused("sct", "the certificate has no promise of a log of certificates (SCT)") from None
    except UNREADABLE:
        raise Refused("sct", "the certificate's promise of a log of certificates (SCT) cannot be read") from None
    key = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if not any(_good(each, unlisted, hashlib.sha256(key).digest(), root) for each in promises):
        raise Refused("sct", "no log of certificates that the trusted root names has promised to list the certificate (SCT)")


def _good(promise: SignedCertificateTimestamp, unlisted: bytes, issuer: bytes, root: TrustedRoot) -> bool:
    if promise.version != Version.v1 or promise.entry_type != LogEntryType.PRE_CERTIFICATE:
        return False
    time = promise.timestamp.replace(tzinfo=UTC)
    return any(
        log.id == promise.log_id
        and log.period.contains(time)
        and log.key.verifies(promise.signature, _signed(promise, unlisted, issuer))
        for log in root.certificate_logs
    )


def _signed(promise: SignedCertificateTimestamp, unlisted: bytes, issuer: bytes) -> bytes:
    """The struct that is digitally signed (RFC 6962 3.2): version 1, a certificate's time stamp, of a precertificate."""
    time = promise.timestamp.replace(tzinfo=UTC)
    milliseconds = int(time.timestamp()) * 1000 + time.microsecond // 1000
    extensions = promise.extension_bytes
    return b"".join((
        b"\0\0", milliseconds.to_bytes(8, "big"), b"\0\1", issuer, len(unlisted).to_bytes(3, "big"), unlisted,
        len(extensions).to_bytes(2, "big"), extensions,
    ))  # fmt: skip
