"""The certificate of a keyless signature: who issued it, when it was valid, that a log has it, and who it names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.x509 import load_der_x509_certificate

from perry_ffi.trust.chain import CODE_SIGNING, UNREADABLE, build
from perry_ffi.trust.der import read
from perry_ffi.trust.keys import Key
from perry_ffi.trust.refusal import Refused
from perry_ffi.trust.root import TrustedRoot
from perry_ffi.trust.sct import check_sct

_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
_ISSUER_BARE = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_OTHER_NAME = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.7")
_UTF8 = 12


def load(der: bytes) -> tuple[x509.Certificate, Key]:
    """A certificate, and its key of a kind that is trusted. Raises Refused."""
    try:
        certificate = load_der_x509_certificate(der)
        key = Key.of(certificate.public_key())
        _ = list(certificate.extensions), certificate.not_valid_before_utc, certificate.not_valid_after_utc
    except UNREADABLE as error:
        raise Refused("certificate", f"the certificate cannot be used: {error}") from None
    return certificate, key


def check_issued(certificate: x509.Certificate, times: Sequence[datetime], root: TrustedRoot, *, require_sct: bool) -> None:
    """That an authority of ``root`` issued it, that all was valid at **each** of the times, and that a log has promised to list it.

    A signer chooses which times it shows, so one good time is not enough. Raises Refused.
    """
    for time in times:
        if not certificate.not_valid_before_utc <= time <= certificate.not_valid_after_utc:
            raise Refused(
                "expired",
                f"the certificate was valid from {certificate.not_valid_before_utc:%Y-%m-%d %H:%M:%S} to "
                f"{certificate.not_valid_after_utc:%Y-%m-%d %H:%M:%S} UTC, and the signature is of {time:%Y-%m-%d %H:%M:%S} UTC",
            )
    chains = [_chain(certificate, time, root) for time in times]
    if require_sct:
        check_sct(certificate, chains[0][1], root)


def _chain(certificate: x509.Certificate, time: datetime, root: TrustedRoot) -> list[x509.Certificate]:
    for authority in root.authorities:
        if authority.period.contains(time):
            chain = build(certificate, authority, (), time, CODE_SIGNING)
            if chain is not None and len(chain) > 1:
                return chain
    raise Refused(
        "certificate",
        f"no authority of the trusted root has issued the certificate so that all was valid at {time:%Y-%m-%d %H:%M:%S} UTC",
    )


def named(certificate: x509.Certificate) -> tuple[str, str]:
    """(subject, issuer): the one name of the certificate, and who vouched for it (Fulcio's OID arc 1.3.6.1.4.1.57264.1)."""
    try:
        subject, issuer = _subject(certificate), _issuer(certificate)
        if not subject.isprintable() or not issuer.isprintable():
            raise ValueError("what would steer a terminal")
        return subject, issuer
    except UNREADABLE:
        raise Refused("certificate", "the certificate does not name one subject and the issuer of its identity") from None


def _subject(certificate: x509.Certificate) -> str:
    names = list(certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)
    if len(names) != 1:
        raise ValueError("several names")
    name = names[0]
    if isinstance(name, x509.OtherName) and name.type_id == _OTHER_NAME:
        return _utf8(name.value)
    if isinstance(name, x509.RFC822Name | x509.UniformResourceIdentifier) and name.value:
        return name.value
    raise ValueError("a name of another kind")


def _issuer(certificate: x509.Certificate) -> str:
    """The newer extension is DER, the older one bare text; where both are there they say the same."""
    found = {each.oid: each.value.value for each in certificate.extensions if isinstance(each.value, x509.UnrecognizedExtension)}
    texts = {_utf8(found[_ISSUER])} if _ISSUER in found else set()
    if _ISSUER_BARE in found:
        texts.add(found[_ISSUER_BARE].decode("utf-8"))
    if len(texts) != 1 or "" in texts:
        raise ValueError("no issuer, or two")
    return texts.pop()


def _utf8(der: bytes) -> str:
    value = read(der)
    if value.tag != _UTF8 or not value.content:
        raise ValueError("no text")
    return value.content.decode("utf-8")
