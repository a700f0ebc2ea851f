"""RFC 3161 time stamps: that an authority of the trusted root saw a signature, and when.

What is stamped is the signature's bytes. The authority's certificate is the one that the stamp's signature verifies with, and no other of
those that came along (CVE-2026-39984); it and its chain are held to the period of the very authority that it belongs to.
"""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cryptography import x509

from perry_ffi.trust.chain import TIME_STAMPING, build
from perry_ffi.trust.der import INTEGER, OCTETS, SEQUENCE, TIME, DerError, Value, oid, read
from perry_ffi.trust.refusal import Refused
from perry_ffi.trust.root import TrustedRoot
from perry_ffi.trust.stamp_token import HASHES, Token, token


class _Info(NamedTuple):
    hash: str
    imprint: bytes
    time: datetime


def stamped_at(response: bytes, signature: bytes, root: TrustedRoot) -> datetime:
    """When the stamp says that ``signature`` was there. Raises Refused: ``time``."""
    try:
        found = token(response)
        info = _info(found.content)
    except (ValueError, LookupError, OverflowError):
        raise Refused("time", "the time stamp cannot be read") from None
    if not hmac.compare_digest(hashlib.new(info.hash, signature).digest(), info.imprint):
        raise Refused("time", "the time stamp is of another signature")
    signers = [each for each in _certificates(found, root) if _signed_by(found, each)]
    if not signers:
        raise Refused("time", "no certificate that the trusted root or the stamp has made the time stamp's signature")
    for signer in signers:
        for authority in root.stampers:
            if authority.period.contains(info.time) and build(signer, authority, found.certificates, info.time, TIME_STAMPING):
                if not _critical_usage(signer):
                    raise Refused("time", "the time stamp's certificate is not for time stamps alone")
                return info.time
    raise Refused("time", f"no time stamp authority of the trusted root has made the stamp of {info.time:%Y-%m-%d %H:%M:%S} UTC")


def _certificates(found: Token, root: TrustedRoot) -> list[x509.Certificate]:
    known = [each for authority in root.stampers for each in (*authority.others, authority.anchor)]
    return [each for each in dict.fromkeys([*known, *found.certificates]) if found.names(each)]


def _signed_by(found: Token, certificate: x509.Certificate) -> bool:
    return found.binds(certificate) and found.verifies(certificate)


def _critical_usage(certificate: x509.Certificate) -> bool:
    """RFC 3161 2.3: the usage is critical."""
    return certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).critical


def _info(content: bytes) -> _Info:
    """What of TSTInfo counts (RFC 3161 2.4.2): the imprint, its hash and the time. Accuracy and nonce are the requester's."""
    version, policy, imprint, serial, time, *_ = read(content).children(SEQUENCE)
    if version.number() != 1:
        raise DerError("another version")
    oid(policy)
    serial.of(INTEGER)
    algorithm, value = imprint.children(SEQUENCE)
    return _Info(HASHES[oid(algorithm.children(SEQUENCE)[0])], value.of(OCTETS), _time(time))


def _time(value: Value) -> datetime:
    """GeneralizedTime in UTC, as RFC 3161 2.4.2 has it: with seconds, and perhaps with a fraction that does not end in 0."""
    text = value.of(TIME).decode("ascii")
    whole, dot, fraction = text.removesuffix("Z").partition(".")
    if (
        not text.endswith("Z")
        or len(whole) != 14
        or not whole.isdigit()
        or (dot and not (fraction.isdigit() and len(fraction) < 10))
    ):
        raise DerError("no time")
    moment = datetime.strptime(whole, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    return moment + timedelta(microseconds=int(fraction.ljust(6, "0")[:6])) if dot else moment
