"""Signatures of both of cosign's formats, made without cosign: what cosign writes, with whatever is to be wrong about it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from perry_ffi.trust.dsse import IN_TOTO, encoding
from tests.support.sigstore.authority import new_key, spki
from tests.support.sigstore.instance import Sigstore
from tests.support.sigstore.transparency import b64, compact, dsse, hashedrekord, hashedrekord_v2

PREDICATE = "https://sigstore.dev/cosign/sign/v1"
REPOSITORY = "registry.example.com/acme/web"
SUBJECT, ISSUER = "dev@acme.test", "https://accounts.acme.test"


@dataclass
class Signer:
    """Who signs: with ``sigstore`` as an identity, without one with the key alone. ``log`` is 1, 2 or None."""

    sigstore: Sigstore | None = None
    key: Any = field(default_factory=new_key)
    keyless: bool = True
    log: int | None = 1
    stamps: bool = False
    subject: str = SUBJECT
    issuer: str = ISSUER

    @property
    def pem(self) -> bytes:
        return bytes(self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))

    def sign(self, data: bytes, hash: Any = None) -> bytes:
        if isinstance(self.key, rsa.RSAPrivateKey):
            return self.key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        if isinstance(self.key, ed25519.Ed25519PrivateKey):
            return self.key.sign(data)
        return bytes(self.key.sign(data, ec.ECDSA(hash or hashes.SHA256())))

    def certificate(self) -> x509.Certificate | None:
        if self.sigstore is None or not self.keyless:
            return None
        return self.sigstore.issue(self.key.public_key(), self.subject, self.issuer)


def payload(digest: str, annotations: Mapping[str, Any] | None = None, repository: str = REPOSITORY, **critical: Any) -> bytes:
    """cosign 2's payload (simple signing)."""
    return compact({
        "critical": {
            "identity": {"docker-reference": repository},
            "image": {"docker-manifest-digest": digest},
            "type": "cosign container image signature",
        } | critical,
        "optional": annotations,
    })  # fmt: skip


def statement(digest: str, annotations: Mapping[str, Any] | None = None, predicate: str = PREDICATE) -> bytes:
    """cosign 3's payload (an in-toto statement)."""
    subject: dict[str, Any] = {"digest": {"sha256": digest.removeprefix("sha256:")}}
    if annotations:
        subject["annotations"] = dict(annotations)
    return compact({
        "_type": "https://in-toto.io/Statement/v1", "subject": [subject], "predicateType": predicate, "predicate": {},
    })  # fmt: skip


def simple(signer: Signer, signed: bytes) -> dict[str, str]:
    """The annotations of the layer that ``signed`` is."""
    signature, certificate = signer.sign(signed), signer.certificate()
    annotations = {"dev.cosignproject.cosign/signature": b64(signature)}
    pem = certificate.public_bytes(Encoding.PEM) if certificate is not None else signer.pem
    if certificate is not None:
        annotations["dev.sigstore.cosign/certificate"] = pem.decode()
    if signer.sigstore is not None and signer.log == 1:
        body = hashedrekord(hashlib.sha256(signed).digest(), signature, pem)
        entry = signer.sigstore.log.entry(body, int(signer.sigstore.now().timestamp()))
        annotations["dev.sigstore.cosign/bundle"] = json.dumps({
            "SignedEntryTimestamp": entry["inclusionPromise"]["signedEntryTimestamp"],
            "Payload": {
                "body": b64(body), "integratedTime": int(entry["integratedTime"]), "logIndex": int(entry["logIndex"]),
                "logID": signer.sigstore.log.id.hex(),
            },
        })  # fmt: skip
    if signer.sigstore is not None and signer.stamps:
        stamp = signer.sigstore.stamper.of(signature, signer.sigstore.now())
        annotations["dev.sigstore.cosign/rfc3161timestamp"] = json.dumps({"SignedRFC3161Timestamp": b64(stamp)})
    return annotations


def bundle(signer: Signer, signed: bytes, *, kind: str = IN_TOTO, hash: Any = None) -> dict[str, Any]:
    """The bundle around a statement, as a value."""
    signature, certificate = signer.sign(encoding(kind, signed), hash), signer.certificate()
    envelope = {"payload": b64(signed), "payloadType": kind, "signatures": [{"sig": b64(signature)}]}
    material: dict[str, Any] = {}
    if certificate is not None:
        material["certificate"] = {"rawBytes": b64(certificate.public_bytes(Encoding.DER))}
    else:
        material["publicKey"] = {"hint": b64(hashlib.sha256(spki(signer.key)).digest())}
    if signer.sigstore is not None and signer.log:
        material["tlogEntries"] = [_entry(signer, signed, envelope, signature, certificate)]
    if signer.sigstore is not None and signer.stamps:
        stamp = signer.sigstore.stamper.of(signature, signer.sigstore.now())
        material["timestampVerificationData"] = {"rfc3161Timestamps": [{"signedTimestamp": b64(stamp)}]}
    return {
        "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
        "verificationMaterial": material,
        "dsseEnvelope": envelope,
    }


def _entry(
    signer: Signer, signed: bytes, envelope: dict[str, Any], signature: bytes, certificate: x509.Certificate | None
) -> dict[str, Any]:
    sigstore = signer.sigstore
    assert sigstore is not None
    if signer.log == 1:
        pem = certificate.public_bytes(Encoding.PEM) if certificate is not None else signer.pem
        return sigstore.log.entry(dsse(compact(envelope), signed, signature, pem), int(sigstore.now().timestamp()))
    stated = (
        {"publicKey": {"rawBytes": b64(spki(signer.key))}}
        if certificate is None
        else {"x509Certificate": {"rawBytes": b64(certificate.public_bytes(Encoding.DER))}}
    )
    request = {
        "digest": b64(hashlib.sha256(encoding(envelope["payloadType"], signed)).digest()),
        "signature": {"content": b64(signature), "verifier": {"keyDetails": "PKIX_ECDSA_P256_SHA_256", **stated}},
    }
    return sigstore.log2.entry(hashedrekord_v2(request), 0)
