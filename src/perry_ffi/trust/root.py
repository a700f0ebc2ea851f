"""Sigstore's ``trusted_root.json``: whose certificates, logs and time stamps are believed, and of which time.

The format is ``TrustedRoot`` of Sigstore's protobuf-specs (sigstore_trustroot.proto), versions 0.1 and 0.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from perry_ffi.trust.keys import Key
from perry_ffi.trust.strict import Malformed, base64_bytes, document, member, objects

_MEDIA_TYPES = (
    "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
    "application/vnd.dev.sigstore.trustedroot.v0.1+json",
    "application/vnd.dev.sigstore.trustedroot.v0.2+json",
)
_MAX_INSTANCES = 64
_MAX_CHAIN = 8
_TIME = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d{1,9})?(Z|[+-]\d{2}:\d{2})")


@dataclass(frozen=True, slots=True)
class Period:
    """From when until when something is believed, both included; without an end for ever."""

    start: datetime | None = None
    end: datetime | None = None

    def contains(self, moment: datetime) -> bool:
        return (self.start is None or self.start <= moment) and (self.end is None or moment <= self.end)


@dataclass(frozen=True, slots=True)
class Log:
    """A log and its key: a transparency log of signatures, or one of certificates. Several may share one ``id``."""

    url: str
    id: bytes
    key: Key
    period: Period


@dataclass(frozen=True, slots=True)
class Authority:
    """Who issues certificates, or time stamps. ``anchor`` is the last certificate of its chain, ``others`` are those before it."""

    url: str
    anchor: Any
    others: tuple[Any, ...] = field(repr=False)
    period: Period


@dataclass(frozen=True, slots=True)
class TrustedRoot:
    logs: tuple[Log, ...]
    certificate_logs: tuple[Log, ...]
    authorities: tuple[Authority, ...]
    stampers: tuple[Authority, ...]

    @classmethod
    def parse(cls, text: bytes) -> TrustedRoot:
        """The root of a file. Raises ValueError with a sentence.

        What uses a kind of key that is not known here is left out, and so believed nothing.
        """
        value = document(text, "the trusted root")
        if value.get("mediaType") not in _MEDIA_TYPES:
            raise Malformed("this is not a trusted root of Sigstore (its mediaType is another)")
        root = cls(
            _logs(value, "tlogs"),
            _logs(value, "ctlogs"),
            _authorities(value, "certificateAuthorities"),
            _authorities(value, "timestampAuthorities"),
        )
        if not (root.logs or root.authorities or root.stampers):
            raise Malformed("the trusted root names no log and no authority")
        return root


def _logs(value: dict[str, Any], name: str) -> tuple[Log, ...]:
    found = []
    for item in objects(value, name, "the trusted root", _MAX_INSTANCES):
        what = f"a log of {name}"
        stated = member(item, "publicKey", dict, what)
        key_id = base64_bytes(member(member(item, "logId", dict, what), "keyId", str, what), f"the id of {what}")
        der = base64_bytes(stated.get("rawBytes"), f"the key of {what}")
        period = _period(stated.get("validFor"), what)
        if period.start is None:
            raise Malformed(f"the key of {what} has no start of its time (validFor): what is not said is not for ever")
        try:
            key = Key.from_der(der)
        except ValueError:
            continue
        found.append(Log(_url(item.get("baseUrl")), key_id, key, period))
    return tuple(found)


def _authorities(value: dict[str, Any], name: str) -> tuple[Authority, ...]:
    from cryptography.x509 import InvalidVersion, load_der_x509_certificate

    found = []
    for item in objects(value, name, "the trusted root", _MAX_INSTANCES):
        what = f"an authority of {name}"
        chain = objects(member(item, "certChain", dict, what), "certificates", what, _MAX_CHAIN)
        if not chain:
            raise Malformed(f"{what} has no certificates")
        ders = [base64_bytes(each.get("rawBytes"), f"a certificate of {what}") for each in chain]
        try:
            certificates = [load_der_x509_certificate(der) for der in ders]
        except (ValueError, InvalidVersion):
            raise Malformed(f"a certificate of {what} cannot be read") from None
        period = _period(item.get("validFor"), what)
        found.append(Authority(_url(item.get("uri")), certificates[-1], tuple(certificates[:-1]), period))
    return tuple(found)


def _url(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _period(value: Any, what: str) -> Period:
    if value is None:
        return Period()
    if not isinstance(value, dict):
        raise Malformed(f"validFor of {what} is of the wrong kind")
    return Period(*(_moment(value.get(name), what) for name in ("start", "end")))


def _moment(value: Any, what: str) -> datetime | None:
    if value is None:
        return None
    found = _TIME.fullmatch(value) if isinstance(value, str) else None
    try:
        if found is not None:
            return datetime.fromisoformat(found[1] + found[2].replace("Z", "+00:00")).astimezone(UTC)
    except (ValueError, OverflowError):
        found = None
    raise Malformed(f"validFor of {what} has no time such as 2026-01-31T12:00:00Z")
