"""Time stamps: those of OpenSSL's authority, and tokens whose parts do not fit together."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from perry_ffi.trust.refusal import Refused
from perry_ffi.trust.root import TrustedRoot
from perry_ffi.trust.stamp import stamped_at
from tests.support.sigstore import Sigstore
from tests.support.sigstore import writing as w

SIGNATURE = b"a signature"
SIGSTORE = Sigstore()
ROOT = TrustedRoot.parse(SIGSTORE.root_text())
NOW = SIGSTORE.now()


def refusal(response: bytes, root: TrustedRoot = ROOT) -> str:
    with pytest.raises(Refused) as caught:
        stamped_at(response, SIGNATURE, root)
    assert caught.value.reason == "time"
    return caught.value.message


def test_a_stamp_of_our_own_authority() -> None:
    assert stamped_at(SIGSTORE.stamper.of(SIGNATURE, NOW), SIGNATURE, ROOT) == NOW


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("hash", ["sha256", "sha384", "sha512"])
@pytest.mark.parametrize("certificates", [True, False])
@pytest.mark.parametrize("ess", ["sha1", "sha256", "sha512"])
def test_a_stamp_of_openssl(tmp_path: Path, hash: str, certificates: bool, ess: str) -> None:
    """An implementation that is not ours, with each hash and each form of the attribute about its certificate."""
    stamper = SIGSTORE.stamper
    (tmp_path / "key.pem").write_bytes(stamper.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "tsa.pem").write_bytes(stamper.certificate.public_bytes(Encoding.PEM))
    (tmp_path / "signature").write_bytes(SIGNATURE)
    (tmp_path / "serial").write_text("01\n")
    (tmp_path / "ts.cnf").write_text(
        "[tsa]\ndefault_tsa = here\n[here]\nserial = serial\nsigner_digest = " + hash + "\ndefault_policy = 1.2.3.4.1\n"
        "digests = sha256, sha384, sha512\naccuracy = secs:1, millisecs:500\nordering = yes\ntsa_name = yes\n"
        f"clock_precision_digits = 3\ness_cert_id_chain = no\ness_cert_id_alg = {ess}\n"
    )

    def openssl(*arguments: str) -> None:
        done = subprocess.run(["openssl", "ts", *arguments], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr

    openssl("-query", "-data", "signature", f"-{hash}", "-out", "query", *(["-cert"] if certificates else []))
    openssl("-reply", "-config", "ts.cnf", "-queryfile", "query", "-signer", "tsa.pem", "-inkey", "key.pem", "-out", "reply")
    found = stamped_at((tmp_path / "reply").read_bytes(), SIGNATURE, ROOT)
    assert abs(found - datetime.now(UTC)) < timedelta(minutes=1)
    with pytest.raises(Refused, match="another signature"):
        stamped_at((tmp_path / "reply").read_bytes(), SIGNATURE + b".", ROOT)


SHA256 = w.sequence(w.oid("2.16.840.1.101.3.4.2.1"))
TST = "1.2.840.113549.1.9.16.1.4"


def token(**other: Any) -> bytes:
    """A response made of parts, each of which may be another one: it is signed as it is."""
    stamper = SIGSTORE.stamper
    der = stamper.certificate.public_bytes(Encoding.DER)
    digest = other.get("imprint", hashlib.sha256(SIGNATURE).digest())
    imprint = w.sequence(other.get("algorithm", SHA256), w.octets(digest))
    time = other.get("time", w.time(NOW))
    info = w.sequence(w.number(other.get("version", 1)), w.oid("1.2.3"), imprint, w.number(7), time)
    info = other.get("info", info)
    attributes = other.get("attributes", lambda rows: rows)([
        w.sequence(w.oid("1.2.840.113549.1.9.3"), w.collection(w.oid(other.get("content_type", TST)))),
        w.sequence(w.oid("1.2.840.113549.1.9.4"), w.collection(w.octets(hashlib.sha256(other.get("digested", info)).digest()))),
        w.sequence(
            w.oid("1.2.840.113549.1.9.16.2.47"),
            w.collection(w.sequence(w.sequence(w.sequence(w.octets(hashlib.sha256(other.get("bound", der)).digest()))))),
        ),
    ])  # fmt: skip
    signed = other.get("signed", w.collection(*attributes))
    signature = stamper.key.sign(signed, ec.ECDSA(other.get("hash", hashes.SHA256())))
    named = w.sequence(
        stamper.certificate.issuer.public_bytes(), w.number(other.get("serial", stamper.certificate.serial_number))
    )
    signer = w.sequence(
        w.number(1), other.get("named", named), other.get("digest_algorithm", SHA256),
        *([b"\xa0" + w.collection(*attributes)[1:]] if attributes else []),
        w.sequence(w.oid(other.get("signature_algorithm", "1.2.840.10045.4.3.2"))), w.octets(signature),
    )  # fmt: skip
    body = w.sequence(
        w.number(3), w.collection(SHA256), w.sequence(w.oid(other.get("kind", TST)), w.value(0xA0, w.octets(info))),
        w.value(0xA0, *other.get("certificates", [der])), w.collection(*([signer] * other.get("signers", 1))),
    )  # fmt: skip
    content = w.sequence(w.oid(other.get("outer", "1.2.840.113549.1.7.2")), w.value(0xA0, body))
    return w.sequence(w.sequence(w.number(other.get("status", 0))), content)


def test_the_parts_make_a_good_one() -> None:
    assert stamped_at(token(), SIGNATURE, ROOT) == NOW
    assert stamped_at(token(status=1), SIGNATURE, ROOT) == NOW
    assert stamped_at(token(certificates=[]), SIGNATURE, ROOT) == NOW
    assert stamped_at(token(certificates=[b"0\x03\x02\x01\x01"]), SIGNATURE, ROOT) == NOW


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"20260101120000Z", datetime(2026, 1, 1, 12, tzinfo=UTC)),
        (b"20260101120000.5Z", datetime(2026, 1, 1, 12, 0, 0, 500000, tzinfo=UTC)),
        (b"20260101120000.123456789Z", datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)),
    ],
)
def test_times(text: bytes, expected: datetime) -> None:
    assert stamped_at(token(time=w.value(0x18, text)), SIGNATURE, ROOT) == expected


@pytest.mark.parametrize(
    "text",
    [b"", b"Z", b"2026010112Z", b"20260101120000", b"20260101120000+0100", b"20261301120000Z", b"20260101120000.Z", b"20260101120000.1234567890Z",
     b" 0260101120000Z", b"20260101120060Z"],
)  # fmt: skip
def test_what_is_no_time(text: bytes) -> None:
    refusal(token(time=w.value(0x18, text)))


SHA1 = w.sequence(w.oid("1.3.14.3.2.26"))


@pytest.mark.parametrize(
    "other",
    [
        {"status": 2}, {"status": -1}, {"version": 2}, {"imprint": hashlib.sha256(b"other").digest()}, {"imprint": b""},
        {"algorithm": SHA1, "imprint": hashlib.sha1(SIGNATURE).digest()}, {"content_type": "1.2.840.113549.1.7.1"},
        {"kind": "1.2.840.113549.1.7.1"}, {"outer": "1.2.840.113549.1.7.1"}, {"bound": b"another certificate"}, {"serial": 1},
        {"digested": b"another content"}, {"signers": 0}, {"signers": 2}, {"hash": hashes.SHA384()}, {"digest_algorithm": SHA1},
        {"signature_algorithm": "1.2.840.10045.4.3.3"}, {"signature_algorithm": "1.2.840.113549.1.1.11"},
        {"signature_algorithm": "1.2.840.113549.1.1.10"}, {"signed": b"something else"}, {"info": b"0\0"},
        {"algorithm": w.sequence()}, {"named": w.sequence()}, {"digest_algorithm": w.sequence()},
        {"named": w.value(0x80, b"another key")},
    ],
)  # fmt: skip
def test_parts_that_do_not_fit(other: dict[str, Any]) -> None:
    refusal(token(**other))


def _without(number: int) -> Callable[[list[bytes]], list[bytes]]:
    return lambda rows: rows[:number] + rows[number + 1 :]


@pytest.mark.parametrize(
    "attributes",
    [_without(0), _without(1), _without(2), lambda rows: [*rows, rows[0]], lambda rows: [*rows, rows[1]], lambda rows: []],
)
def test_signed_attributes_are_all_there_and_once(attributes: Callable[[list[bytes]], list[bytes]]) -> None:
    """Without any the signature would be over the content, where an attacker's attributes may be the content of another token."""
    refusal(token(attributes=attributes))


def test_a_signature_over_the_content_alone() -> None:
    info = w.sequence(
        w.number(1), w.oid("1.2.3"), w.sequence(SHA256, w.octets(hashlib.sha256(SIGNATURE).digest())), w.number(7), w.time(NOW)
    )
    refusal(token(info=info, signed=info, attributes=lambda rows: []))


def test_a_signer_by_the_identifier_of_its_key() -> None:
    from cryptography import x509

    key_id = SIGSTORE.stamper.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest
    assert stamped_at(token(named=w.value(0x80, key_id)), SIGNATURE, ROOT) == NOW


@pytest.mark.parametrize("response", [b"", b"0\0", b"\0", b"0\x80\0\0", token() + b"\0", token()[:-1], b"x" * 100])
def test_what_is_no_response(response: bytes) -> None:
    assert "cannot be read" in refusal(response)


def test_another_authority() -> None:
    assert "no time stamp authority" in refusal(token(), TrustedRoot.parse(Sigstore().root_text()))
    assert "no certificate" in refusal(token(certificates=[]), TrustedRoot.parse(Sigstore().root_text()))
