"""The signed data of a time stamp (CMS, RFC 5652 5, in the profile of RFC 3161 2.4.2): one signer, signed attributes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from perry_ffi.trust.chain import UNREADABLE
from perry_ffi.trust.der import OCTETS, SEQUENCE, SET, DerError, Value, oid, read
from perry_ffi.trust.keys import Key

HASHES = {"2.16.840.1.101.3.4.2.1": "sha256", "2.16.840.1.101.3.4.2.2": "sha384", "2.16.840.1.101.3.4.2.3": "sha512"}
_SIGNATURES = {
    "1.2.840.113549.1.1.1": ("RSA", ""), "1.2.840.113549.1.1.11": ("RSA", "sha256"), "1.2.840.113549.1.1.12": ("RSA", "sha384"),
    "1.2.840.113549.1.1.13": ("RSA", "sha512"), "1.2.840.10045.2.1": ("ECDSA", ""), "1.2.840.10045.4.3.2": ("ECDSA", "sha256"),
    "1.2.840.10045.4.3.3": ("ECDSA", "sha384"), "1.2.840.10045.4.3.4": ("ECDSA", "sha512"), "1.3.101.112": ("Ed25519", ""),
}  # fmt: skip
_SIGNED_DATA, _TST_INFO = "1.2.840.113549.1.7.2", "1.2.840.113549.1.9.16.1.4"
_CONTENT_TYPE, _MESSAGE_DIGEST = "1.2.840.113549.1.9.3", "1.2.840.113549.1.9.4"
_SIGNING_CERTIFICATE, _SIGNING_CERTIFICATE_V2 = "1.2.840.113549.1.9.16.2.12", "1.2.840.113549.1.9.16.2.47"
_GRANTED = (0, 1)
_MAX_CERTIFICATES = 8
_TAGGED_0, _TAGGED_1, _KEY_ID = 0xA0, 0xA1, 0x80


@dataclass(frozen=True, slots=True)
class Token:
    """A token whose parts fit together; ``names``, ``binds`` and ``verifies`` say who made it."""

    content: bytes
    certificates: tuple[x509.Certificate, ...]
    signer: Value
    hash: str
    kind: tuple[str, str]
    attributes: bytes
    bindings: tuple[tuple[str, bytes], ...]
    signature: bytes

    def names(self, certificate: x509.Certificate) -> bool:
        """Whether the signer's identifier is this certificate's: issuer and serial number, or the key's identifier."""
        try:
            if self.signer.tag == _KEY_ID:
                key_id = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
                return key_id == self.signer.content
            issuer, serial = self.signer.children(SEQUENCE)
            return issuer.whole == certificate.issuer.public_bytes() and serial.number() == certificate.serial_number
        except UNREADABLE:
            return False

    def binds(self, certificate: x509.Certificate) -> bool:
        """Whether the signed attributes have the certificate's hash, in each form that they give (RFC 5035, RFC 5816)."""
        der = certificate.public_bytes(serialization.Encoding.DER)
        return all(hashlib.new(name, der).digest() == value for name, value in self.bindings)

    def verifies(self, certificate: x509.Certificate) -> bool:
        try:
            key = Key.of(certificate.public_key())
        except UNREADABLE:
            return False
        return key.kind.startswith(self.kind[0]) and key.verifies(self.signature, self.attributes, self.hash)


def token(response: bytes) -> Token:
    """The token of a time stamp response that was granted. Raises ValueError for anything else."""
    status, *rest = read(response).children(SEQUENCE)
    if status.children(SEQUENCE)[0].number() not in _GRANTED or len(rest) != 1:
        raise DerError("not granted")
    kind, wrapped = rest[0].children(SEQUENCE)
    if oid(kind) != _SIGNED_DATA:
        raise DerError("no signed data")
    return _signed_data(_only(wrapped.children(_TAGGED_0)))


def _only(values: list[Value]) -> Value:
    if len(values) != 1:
        raise DerError("not one value")
    return values[0]


def _signed_data(value: Value) -> Token:
    version, _, encapsulated, *rest = value.children(SEQUENCE)
    kind, wrapped = encapsulated.children(SEQUENCE)
    content = _only(wrapped.children(_TAGGED_0)).of(OCTETS)
    certificates = rest.pop(0).children() if rest and rest[0].tag == _TAGGED_0 else []
    if rest and rest[0].tag == _TAGGED_1:
        rest.pop(0)
    if version.number() != 3 or oid(kind) != _TST_INFO or len(rest) != 1 or len(certificates) > _MAX_CERTIFICATES:
        raise DerError("another kind of signed data")
    return _signer_info(_only(rest[0].children(SET)), content, tuple(_loaded(certificates)))


def _loaded(values: list[Value]) -> list[x509.Certificate]:
    """Those that can be read; what else came along is passed over, for nothing of it is believed."""
    found = []
    for value in values:
        try:
            found.append(x509.load_der_x509_certificate(value.whole))
        except UNREADABLE:
            continue
    return found


def _signer_info(value: Value, content: bytes, certificates: tuple[x509.Certificate, ...]) -> Token:
    version, signer, digest, attributes, algorithm, signature, *_ = value.children(SEQUENCE)
    if version.number() not in (1, 3):
        raise DerError("another version")
    name = _known(HASHES, oid(digest.children(SEQUENCE)[0]))
    kind = _SIGNATURES.get(oid(algorithm.children(SEQUENCE)[0]))
    if kind is None or (kind[1] and kind[1] != name):
        raise DerError("another kind of signature")
    found = _attributes(attributes)
    if oid(found[_CONTENT_TYPE]) != _TST_INFO or found[_MESSAGE_DIGEST].of(OCTETS) != hashlib.new(name, content).digest():
        raise DerError("attributes of another content")
    signed = bytes([SET]) + attributes.whole[1:]
    return Token(content, certificates, signer, name, kind, signed, _bindings(found), signature.of(OCTETS))


def _known(table: dict[str, str], name: str) -> str:
    if name not in table:
        raise DerError("a hash of another kind")
    return table[name]


def _attributes(value: Value) -> dict[str, Value]:
    """The signed attributes, each with its one value; they are signed as a SET (RFC 5652 5.4)."""
    found: dict[str, Value] = {}
    for attribute in value.children(_TAGGED_0):
        kind, values = attribute.children(SEQUENCE)
        name = oid(kind)
        if name in found:
            raise DerError("an attribute that stands twice")
        found[name] = _only(values.children(SET))
    if _CONTENT_TYPE not in found or _MESSAGE_DIGEST not in found:
        raise DerError("an attribute is missing")
    return found


def _bindings(found: dict[str, Value]) -> tuple[tuple[str, bytes], ...]:
    """(hash, value) of the first certificate that each attribute about the signer's certificate names: it is the signer's."""
    bindings = []
    if _SIGNING_CERTIFICATE in found:
        first = found[_SIGNING_CERTIFICATE].children(SEQUENCE)[0].children(SEQUENCE)[0].children(SEQUENCE)
        bindings.append(("sha1", first[0].of(OCTETS)))
    if _SIGNING_CERTIFICATE_V2 in found:
        first = found[_SIGNING_CERTIFICATE_V2].children(SEQUENCE)[0].children(SEQUENCE)[0].children(SEQUENCE)
        named = first[0].tag == SEQUENCE
        name = _known(HASHES, oid(first[0].children(SEQUENCE)[0])) if named else "sha256"
        bindings.append((name, first[1 if named else 0].of(OCTETS)))
    if not bindings:
        raise DerError("nothing names the signer's certificate")
    return tuple(bindings)
