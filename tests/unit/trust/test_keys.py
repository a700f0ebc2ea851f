"""Keys: which are taken, and that each kind verifies by the rule of its kind and by no other."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa, x25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from perry_ffi.trust.keys import Key
from tests.support.sigstore.recorded import file, key

DATA = b"what is signed"


def pem_of(private: Any) -> bytes:
    return bytes(private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def test_a_key_is_known_by_its_fingerprint() -> None:
    found = Key.parse(file("key.pub"))
    assert found.fingerprint.startswith("sha256:") and len(found.fingerprint) == 71
    assert found.fingerprint == f"sha256:{found.id.hex()}"
    assert found.pem == file("key.pub")
    assert found == Key.from_der(found.der)
    assert "public" not in repr(found)


@pytest.mark.parametrize(
    ("name", "kind"),
    [("key", "ECDSA P-256"), ("p384", "ECDSA P-384"), ("p521", "ECDSA P-521"), ("rsa", "RSA 2048"), ("ed25519", "Ed25519")],
)
def test_the_kind_is_told(name: str, kind: str) -> None:
    assert key(name).kind == kind


@pytest.mark.parametrize(
    ("curve", "good", "bad"),
    [
        (ec.SECP256R1(), [hashes.SHA256()], [hashes.SHA384(), hashes.SHA512(), hashes.SHA1()]),
        (ec.SECP384R1(), [hashes.SHA384(), hashes.SHA256()], [hashes.SHA512(), hashes.SHA1()]),
        (ec.SECP521R1(), [hashes.SHA512(), hashes.SHA256()], [hashes.SHA384(), hashes.SHA1()]),
    ],
)
def test_a_curve_signs_with_its_hash_or_sha256(curve: Any, good: list[Any], bad: list[Any]) -> None:
    private = ec.generate_private_key(curve)
    found = Key.parse(pem_of(private))
    for each in good:
        assert found.verifies(private.sign(DATA, ec.ECDSA(each)), DATA)
    for each in bad:
        assert not found.verifies(private.sign(DATA, ec.ECDSA(each)), DATA)
    assert not found.verifies(private.sign(DATA, ec.ECDSA(good[0])), DATA + b".")


def test_rsa_signs_by_one_padding_and_one_hash() -> None:
    private = rsa.generate_private_key(65537, 2048)
    found = Key.parse(pem_of(private))
    assert found.verifies(private.sign(DATA, padding.PKCS1v15(), hashes.SHA256()), DATA)
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), padding.PSS.MAX_LENGTH)
    for signature in (
        private.sign(DATA, padding.PKCS1v15(), hashes.SHA1()), private.sign(DATA, padding.PKCS1v15(), hashes.SHA512()),
        private.sign(DATA, pss, hashes.SHA256()), b"\0" * 256, b"", b"\0",
    ):  # fmt: skip
        assert not found.verifies(signature, DATA)


def test_ed25519_signs_the_data_itself() -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    found = Key.parse(pem_of(private))
    assert found.verifies(private.sign(DATA), DATA)
    assert not found.verifies(private.sign(DATA), DATA + b".")
    assert not found.verifies(b"\0" * 64, DATA)


@pytest.mark.parametrize(
    ("private", "words"),
    [
        (ec.generate_private_key(ec.SECP256K1()), "secp256k1"),
        (ec.generate_private_key(ec.SECP224R1()), "secp224r1"),
        (rsa.generate_private_key(65537, 1024), "1024 bits"),
        (ed448.Ed448PrivateKey.generate(), "of this kind"),
        (x25519.X25519PrivateKey.generate(), "of this kind"),
        (dsa.generate_private_key(1024), "of this kind"),
    ],
)
def test_a_key_that_is_not_taken(private: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Key.parse(pem_of(private))


def test_a_private_key_is_refused_and_not_shown() -> None:
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(ValueError, match="private key") as caught:
        Key.parse(pem)
    assert pem.split(b"\n")[1].decode() not in str(caught.value)
    with pytest.raises(ValueError, match="private key"):
        Key.parse(b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED SIGSTORE PRIVATE KEY-----\n")


def _two() -> bytes:
    return file("key.pub") + file("other.pub")


@pytest.mark.parametrize(
    "text",
    [b"", b"key", _two(), file("key.pub")[:-30], file("key.pub").replace(b"PUBLIC", b"PUPLIC"), b"x" + file("key.pub"),
     file("key.pub") + b"x", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", file("key.pub") + b"\n" * 20000,
     b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", file("key.pub").replace(b"\n", b""), b"\xff\xfe"],
)  # fmt: skip
def test_what_is_no_public_key(text: bytes) -> None:
    with pytest.raises(ValueError, match="public key"):
        Key.parse(text)


def test_spaces_around_a_key_are_nothing() -> None:
    assert Key.parse(b"\n  " + file("key.pub").replace(b"\n", b"\r\n") + b"\n\n") == key()


def test_an_exponent_of_one_is_refused() -> None:
    from tests.support.sigstore import writing as w

    modulus = rsa.generate_private_key(65537, 2048).public_key().public_numbers().n
    bits = w.value(3, b"\0", w.sequence(w.number(modulus), w.number(1)))
    with pytest.raises(ValueError):
        Key.from_der(w.sequence(w.sequence(w.oid("1.2.840.113549.1.1.1"), w.NULL), bits))
