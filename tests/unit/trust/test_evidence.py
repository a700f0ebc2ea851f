"""Evidence: what is read of both formats, of files that carry it by hand, and of the store's."""

from __future__ import annotations

import base64
import json
import re

import pytest

from perry_ffi.trust.check import IdentitySigner, KeySigner, check
from perry_ffi.trust.evidence import NotEvidence, bundle, decode, downloaded, encode, simple_signing
from tests.support.sigstore.recorded import by_identity, by_key, file, key, recorded
from tests.unit.trust.test_check import GOOD_IDENTITIES, GOOD_KEYS

NAMES = [*(row[0] for row in GOOD_KEYS), *(row[0] for row in GOOD_IDENTITIES)]


@pytest.mark.parametrize("name", NAMES)
def test_a_file_of_the_store_is_the_same_evidence(name: str) -> None:
    evidence = recorded(name).evidence()
    text = encode(evidence)
    assert decode(text) == evidence
    assert encode(decode(text)) == text
    assert len(text) < 16384


def test_a_file_of_the_store_says_nothing_of_a_verdict() -> None:
    value = json.loads(encode(recorded("sig-keyless").evidence()))
    assert set(value) == {"mediaType", "format", "id", "repository", "source", "payload"}


@pytest.mark.parametrize("text", [b"", b"{}", b"[]", b"null", b"\0", b'{"format": "bundle"}'])
def test_what_is_no_file_of_the_store(text: bytes) -> None:
    with pytest.raises(NotEvidence) as caught:
        decode(text)
    assert caught.value.reason == "malformed"


def test_a_file_of_another_version_is_not_read() -> None:
    text = encode(recorded("bundle-key").evidence())
    with pytest.raises(NotEvidence, match="of this version"):
        decode(text.replace(b"evidence.v1", b"evidence.v2"))
    with pytest.raises(NotEvidence):
        decode(text.replace(b'"bundle"', b'"simple-signing"', 1))


def test_a_bundles_file_as_cosign_writes_it() -> None:
    digest = file("file.digest").decode().strip()
    found = bundle(file("file.sigstore.json"), id="file", repository="")
    asked = recorded("bundle-key").asked
    assert check(found, digest, by_key(require_log=True), asked).signer == KeySigner(key().fingerprint)


@pytest.mark.parametrize(("name", "wanted"), [("key", by_key), ("keyless", by_identity)])
def test_a_line_that_cosign_downloads(name: str, wanted: object) -> None:
    digest = file(f"download-{name}.digest").decode().strip()
    found = downloaded(file(f"download-{name}.json"), id="line", repository="")
    signer = check(found, digest, by_key(require_log=True) if name == "key" else by_identity(), recorded("sig-key").asked).signer
    assert isinstance(signer, KeySigner if name == "key" else IdentitySigner)


@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b'{"Base64Signature": 1}', b'{"Base64Signature": "AAAA"}', b'{"Base64Signature": "AAAA", "Payload": "?"}'],
)
def test_what_is_no_such_line(line: bytes) -> None:
    with pytest.raises(NotEvidence):
        downloaded(line, id="line", repository="")


def test_a_payload_without_a_signature() -> None:
    with pytest.raises(NotEvidence, match="no signature among its annotations"):
        simple_signing(b"{}", {}, id="x", repository="x")
    with pytest.raises(NotEvidence, match="empty"):
        simple_signing(b"", {"dev.cosignproject.cosign/signature": "AAAA"}, id="x", repository="x")


def test_annotations_that_do_not_count_are_not_kept() -> None:
    case = recorded("sig-keyless")
    found = simple_signing(case.payload, case.annotations | {"secret": "of somebody"}, id="x", repository="x")
    assert b"of somebody" not in encode(found) and b"secret" not in found.source


@pytest.mark.parametrize(
    "text", [b"{}", b'{"mediaType": 1}', b"[]", b'{"mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json"}']
)
def test_what_is_no_bundle(text: bytes) -> None:
    with pytest.raises(NotEvidence) as caught:
        bundle(text, id="x", repository="x")
    assert caught.value.reason == "malformed"


def test_both_spellings_of_the_media_type() -> None:
    case = recorded("bundle-key")
    other = case.text.replace(
        b"application/vnd.dev.sigstore.bundle.v0.3+json", b"application/vnd.dev.sigstore.bundle+json;version=0.3"
    )
    assert other != case.text
    assert bundle(other, id=case.name, repository=case.repository).signed == case.evidence().signed


def test_a_message_is_short_and_has_nothing_of_what_is_secret() -> None:
    """What a stranger wrote comes into a message bounded."""
    value = json.loads(recorded("bundle-key").text)
    statement = json.loads(base64.b64decode(value["dsseEnvelope"]["payload"])) | {"predicateType": "x" * 100_000}
    value["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    with pytest.raises(NotEvidence) as caught:
        bundle(json.dumps(value).encode(), id="x", repository="x")
    assert re.search("x{100}", caught.value.message) and len(caught.value.message) < 200
