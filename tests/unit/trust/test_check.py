"""What real signatures prove, and what they do not: recorded evidence of cosign 2.5 and 3.1, as it is and edited."""

from __future__ import annotations

import base64
import copy
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from perry_ffi.model.reference import parse_reference
from perry_ffi.trust.check import IdentitySigner, KeySigner, Refused, Signature, Wanted, check
from perry_ffi.trust.evidence import Evidence, bundle, simple_signing
from perry_ffi.trust.identity import Identity
from perry_ffi.trust.root import TrustedRoot
from tests.support.sigstore import Sigstore
from tests.support.sigstore.record import ACTIONS, WORKFLOW
from tests.support.sigstore.recorded import DEVELOPER, Recorded, by_identity, by_key, file, key, recorded, root
from tests.support.sigstore.signing import ISSUER, SUBJECT

OTHER_DIGEST = "sha256:" + "0" * 64


def verdict(case: Recorded | str, wanted: Wanted, evidence: Evidence | None = None, digest: str = "") -> Signature:
    case = recorded(case) if isinstance(case, str) else case
    return check(evidence or case.evidence(), digest or case.digest, wanted, case.asked)


def reason(case: Recorded | str, wanted: Wanted, evidence: Evidence | None = None, digest: str = "") -> str:
    """The reason why it is refused, also where it is not even evidence."""
    with pytest.raises(Refused) as caught:
        verdict(case, wanted, evidence, digest)
    assert caught.value.message
    return caught.value.reason


def edited(name: str, change: Callable[[dict[str, Any]], None]) -> Evidence:
    """A recorded bundle with something else in it. Raises NotEvidence where that can be seen at once."""
    value = recorded(name).value()
    change(value)
    return bundle(json.dumps(value).encode(), id="edited", repository="registry.test/edited")


def edit_reason(name: str, wanted: Wanted, change: Callable[[dict[str, Any]], None]) -> str:
    with pytest.raises(Refused) as caught:
        verdict(name, wanted, edited(name, change))
    return caught.value.reason


# -- good ones --------------------------------------------------------------------------------------

GOOD_KEYS = [
    ("sig-key", "key", {}),
    ("sig-key-annotated", "key", {"annotations": {"env": "prod", "tag": "{tag}"}}),
    ("sig-key-log", "key", {"require_log": True}),
    ("sig-key-stamp", "key", {"require_timestamp": True}),
    ("sig-rsa-log", "rsa", {"require_log": True}),
    ("sig-p384-log", "p384", {"require_log": True}),
    ("sig-p521-log", "p521", {"require_log": True}),
    ("sig-ed25519-log", "ed25519", {"require_log": True}),
    ("bundle-key", "key", {}),
    ("bundle-key-annotated", "key", {"annotations": {"env": "prod", "tag": "{tag}"}}),
    ("bundle-key-log", "key", {"require_log": True}),
    ("bundle-key-log2", "key", {"require_log": True, "require_timestamp": True}),
    ("bundle-rsa", "rsa", {}),
    ("bundle-p384", "p384", {}),
    ("bundle-p521", "p521", {}),
]
GOOD_IDENTITIES = [
    ("sig-keyless", {}),
    ("sig-keyless-stamp", {"require_timestamp": True}),
    ("bundle-keyless", {}),
    ("bundle-keyless-stamp", {"require_timestamp": True}),
    ("bundle-keyless-log2", {"require_timestamp": True}),
    ("bundle-keyless-stamp-only", {"require_log": False}),
]


@pytest.mark.parametrize(("name", "signer", "more"), GOOD_KEYS)
def test_a_key_signature_of_cosign_is_accepted(name: str, signer: str, more: dict[str, Any]) -> None:
    found = verdict(name, by_key(signer, **more))
    assert found.signer == KeySigner(key(signer).fingerprint)
    assert found.id == name
    assert (found.log is not None) == ("log" in name)
    assert (found.signed_at is not None) == ("log" in name or "stamp" in name)
    assert found.annotations == ({"env": "prod", "tag": "1.0"} if "annotated" in name else {})
    assert found.repository == (recorded(name).repository if name.startswith("sig") else None)


@pytest.mark.parametrize(("name", "more"), GOOD_IDENTITIES)
def test_a_keyless_signature_of_cosign_is_accepted(name: str, more: dict[str, Any]) -> None:
    found = verdict(name, by_identity(**more))
    assert found.signer == IdentitySigner(SUBJECT, ISSUER)
    assert found.signed_at is not None and datetime(2026, 11, 1, tzinfo=UTC) < found.signed_at
    assert (found.log is None) == (name == "bundle-keyless-stamp-only")


def test_a_workflow_is_an_identity() -> None:
    pattern = re.compile(r"https://github\.com/acme/app/\.github/workflows/release\.yml@refs/tags/v.*")
    found = verdict("bundle-workflow", by_identity(Identity(issuer=ACTIONS, subject_pattern=pattern)))
    assert found.signer == IdentitySigner(WORKFLOW, ACTIONS)


def test_a_key_needs_no_trusted_root() -> None:
    found = verdict("bundle-key-log", Wanted(keys=(key(),)))
    assert found.log is None and found.signed_at is None


def test_keys_and_identities_are_alternatives() -> None:
    wanted = Wanted(keys=(key("other"), key()), identities=(DEVELOPER,), root=root())
    assert isinstance(verdict("sig-key", wanted).signer, KeySigner)
    assert isinstance(verdict("bundle-keyless", wanted).signer, IdentitySigner)


# -- the table of what must be refused; numbers are those of the list of attacks ----------------------


@pytest.mark.parametrize("name", ["sig-key-log", "bundle-key-log", "sig-ed25519-log", "bundle-rsa"])
def test_2_another_key(name: str) -> None:
    assert reason(name, by_key("other")) == "wrongKey"


@pytest.mark.parametrize("name", ["sig-key-log", "bundle-key-log"])
def test_3_4_a_signature_of_another_image(name: str) -> None:
    assert reason(name, by_key(), digest=OTHER_DIGEST) == "otherImage"


@pytest.mark.parametrize("name", ["sig-keyless", "bundle-keyless"])
def test_3_4_a_keyless_signature_of_another_image(name: str) -> None:
    assert reason(name, by_identity(), digest=OTHER_DIGEST) == "otherImage"


def test_5_a_payload_that_was_edited() -> None:
    case = recorded("sig-key-log")
    payload = case.payload.replace(case.digest.encode(), OTHER_DIGEST.encode())
    evidence = simple_signing(payload, case.annotations, id="x", repository="x")
    assert reason(case, by_key(), evidence, OTHER_DIGEST) == "wrongKey"


def test_6_a_statement_with_one_subject_more() -> None:
    def add(value: dict[str, Any]) -> None:
        statement = json.loads(base64.b64decode(value["dsseEnvelope"]["payload"]))
        statement["subject"].append({"digest": {"sha256": "0" * 64}})
        value["dsseEnvelope"]["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()

    evidence = edited("bundle-key-log", add)
    assert reason("bundle-key-log", by_key(), evidence, OTHER_DIGEST) == "wrongKey"
    evidence = edited("bundle-keyless", add)
    assert reason("bundle-keyless", by_identity(), evidence, OTHER_DIGEST) == "tlog"


def test_7_a_copy_in_another_repository() -> None:
    case = recorded("sig-key-log")
    elsewhere = parse_reference("mirror.test/acme/web:1.0")
    assert check(case.evidence(), case.digest, by_key(), elsewhere).repository == case.repository
    with pytest.raises(Refused) as caught:
        check(case.evidence(), case.digest, by_key(signed_as="repository"), elsewhere)
    assert caught.value.reason == "otherRepository"
    assert check(case.evidence(), case.digest, by_key(signed_as="repository"), case.asked)
    assert check(case.evidence(), case.digest, by_key(signed_as=lambda text: text == case.repository), elsewhere)
    assert reason("sig-key-log", by_key(signed_as=lambda text: False)) == "otherRepository"


def test_7_a_bundle_names_no_repository() -> None:
    with pytest.raises(Refused, match="names no repository") as caught:
        verdict("bundle-key-log", by_key(signed_as="repository"))
    assert caught.value.reason == "otherRepository"


def test_8_an_attestation_of_the_trusted_key() -> None:
    case = recorded("bundle-attestation")
    with pytest.raises(Refused, match="no signature of it") as caught:
        case.evidence()
    assert caught.value.reason == "attestation"


def test_20_another_identity_or_issuer() -> None:
    assert reason("bundle-keyless", by_identity(replace(DEVELOPER, subject="eve@acme.test"))) == "identity"
    assert reason("sig-keyless", by_identity(replace(DEVELOPER, issuer="https://evil.test"))) == "issuer"
    assert reason("bundle-keyless", by_identity(Identity(issuer=ISSUER.upper(), subject=SUBJECT))) == "issuer"


@pytest.mark.parametrize("pattern", ["@acme", "dev@acme.test.evil", "dev@acme.tes", "v@acme.test"])
def test_21_a_pattern_has_to_match_the_whole_subject(pattern: str) -> None:
    wanted = by_identity(Identity(issuer=ISSUER, subject_pattern=re.compile(pattern)))
    with pytest.raises(Refused) as caught:
        verdict("bundle-keyless", wanted)
    assert caught.value.reason == "identity"
    assert ("whole text" in caught.value.message) == ("evil" not in pattern)


def test_21_a_pattern_of_issuers_too() -> None:
    wanted = by_identity(Identity(issuer_pattern=re.compile("accounts"), subject=SUBJECT))
    assert reason("bundle-keyless", wanted) == "issuer"
    assert verdict("bundle-keyless", by_identity(Identity(issuer_pattern=re.compile(r"https://accounts\..*"), subject=SUBJECT)))


@pytest.mark.parametrize("name", ["sig-expired", "bundle-expired"])
def test_22_a_certificate_that_had_expired_when_the_signature_was_logged(name: str) -> None:
    assert reason(name, by_identity()) == "expired"


def test_23_nothing_proves_the_time() -> None:
    def strip(value: dict[str, Any]) -> None:
        value["verificationMaterial"].pop("timestampVerificationData")

    assert edit_reason("bundle-keyless-stamp-only", by_identity(require_log=False), strip) == "time"
    assert edit_reason("bundle-keyless-stamp-only", by_identity(), strip) == "tlog"
    assert reason("bundle-keyless-stamp-only", by_identity()) == "tlog"
    case = recorded("sig-keyless")
    bare = {name: text for name, text in case.annotations.items() if not name.endswith("/bundle")}
    evidence = simple_signing(case.payload, bare, id="x", repository="x")
    assert reason(case, by_identity(), evidence) == "tlog"
    assert reason(case, by_identity(require_log=False), evidence) == "time"


@pytest.mark.parametrize("name", ["sig-no-sct", "bundle-no-sct", "sig-other-sct", "bundle-other-sct"])
def test_24_no_promise_of_the_certificates_log(name: str) -> None:
    assert reason(name, by_identity()) == "sct"
    assert verdict(name, by_identity(require_sct=False))


@pytest.mark.parametrize("name", ["sig-key", "bundle-key", "sig-key-stamp"])
def test_25_a_log_is_wanted_and_there_is_no_entry(name: str) -> None:
    assert reason(name, by_key(require_log=True)) == "tlog"


def _entry(value: dict[str, Any]) -> dict[str, Any]:
    entry: dict[str, Any] = value["verificationMaterial"]["tlogEntries"][0]
    return entry


def _flip(text: str) -> str:
    """Base64 of other bytes, of the same length."""
    data = bytearray(base64.b64decode(text))
    data[len(data) // 2] ^= 1
    return base64.b64encode(data).decode()


def move_time(value: dict[str, Any]) -> None:
    _entry(value)["integratedTime"] = str(int(_entry(value)["integratedTime"]) + 1)


def flip_promise(value: dict[str, Any]) -> None:
    promise = _entry(value)["inclusionPromise"]
    promise["signedEntryTimestamp"] = _flip(promise["signedEntryTimestamp"])


def other_root(value: dict[str, Any]) -> None:
    _entry(value)["inclusionProof"]["rootHash"] = _flip(_entry(value)["inclusionProof"]["rootHash"])


def other_size(value: dict[str, Any]) -> None:
    proof = _entry(value)["inclusionProof"]
    proof["treeSize"] = str(int(proof["treeSize"]) + 1)


def other_place(value: dict[str, Any]) -> None:
    proof = _entry(value)["inclusionProof"]
    proof["logIndex"] = str(int(proof["logIndex"]) - 1)


def shorter_path(value: dict[str, Any]) -> None:
    _entry(value)["inclusionProof"]["hashes"].pop()


def no_path(value: dict[str, Any]) -> None:
    _entry(value)["inclusionProof"]["hashes"] = []


def checkpoint_text(value: dict[str, Any]) -> None:
    checkpoint = _entry(value)["inclusionProof"]["checkpoint"]
    lines = checkpoint["envelope"].split("\n")
    lines[1] = str(int(lines[1]) + 1)
    checkpoint["envelope"] = "\n".join(lines)


def checkpoint_signature(value: dict[str, Any]) -> None:
    checkpoint = _entry(value)["inclusionProof"]["checkpoint"]
    head, _, last = checkpoint["envelope"].rstrip("\n").rpartition(" ")
    checkpoint["envelope"] = f"{head} {_flip(last)}\n"


def checkpoint_hint(value: dict[str, Any]) -> None:
    checkpoint = _entry(value)["inclusionProof"]["checkpoint"]
    head, _, last = checkpoint["envelope"].rstrip("\n").rpartition(" ")
    data = bytearray(base64.b64decode(last))
    data[0] ^= 1
    checkpoint["envelope"] = f"{head} {base64.b64encode(data).decode()}\n"


def checkpoint_unsigned(value: dict[str, Any]) -> None:
    checkpoint = _entry(value)["inclusionProof"]["checkpoint"]
    checkpoint["envelope"] = checkpoint["envelope"].partition("\n\n")[0] + "\n\n"


def no_proof(value: dict[str, Any]) -> None:
    del _entry(value)["inclusionProof"]


def other_body(value: dict[str, Any]) -> None:
    _entry(value)["canonicalizedBody"] = _flip(_entry(value)["canonicalizedBody"])


def other_log(value: dict[str, Any]) -> None:
    _entry(value)["logId"]["keyId"] = _flip(_entry(value)["logId"]["keyId"])


LOG_EDITS = [
    move_time, flip_promise, other_root, other_size, other_place, shorter_path, no_path, checkpoint_text, checkpoint_signature,
    checkpoint_hint, checkpoint_unsigned, no_proof, other_body, other_log,
]  # fmt: skip


@pytest.mark.parametrize("change", LOG_EDITS)
@pytest.mark.parametrize(("name", "wanted"), [("bundle-key-log", by_key), ("bundle-keyless", by_identity)])
def test_26_27_an_entry_that_was_altered(name: str, wanted: Any, change: Callable[[dict[str, Any]], None]) -> None:
    assert edit_reason(name, wanted(require_log=True), change) == "tlog"


def test_27_a_good_checkpoint_of_another_time() -> None:
    """The log has signed it, but it is not the root that the proof leads to."""
    later = recorded("bundle-workflow").value()

    def swap(value: dict[str, Any]) -> None:
        _entry(value)["inclusionProof"]["checkpoint"] = _entry(later)["inclusionProof"]["checkpoint"]

    assert edit_reason("bundle-keyless", by_identity(), swap) == "tlog"


@pytest.mark.parametrize("other", ["bundle-workflow", "bundle-key-log", "bundle-keyless-stamp"])
def test_28_an_entry_of_another_signature(other: str) -> None:
    """Each entry is good, and in the log: CVE-2022-36056, CVE-2026-22703."""
    foreign = recorded(other).value()["verificationMaterial"]["tlogEntries"]

    def swap(value: dict[str, Any]) -> None:
        value["verificationMaterial"]["tlogEntries"] = foreign

    assert edit_reason("bundle-keyless", by_identity(), swap) == "tlog"


def test_28_an_entry_of_another_signature_beside_cosign_2s() -> None:
    case = recorded("sig-keyless")
    foreign = recorded("sig-keyless-stamp").annotations["dev.sigstore.cosign/bundle"]
    swapped = case.annotations | {"dev.sigstore.cosign/bundle": foreign}
    evidence = simple_signing(case.payload, swapped, id="x", repository="x")
    assert reason(case, by_identity(), evidence) == "tlog"


def test_28_a_foreign_entry_beside_the_good_one_changes_nothing() -> None:
    foreign = recorded("bundle-workflow").value()["verificationMaterial"]["tlogEntries"]

    def add(value: dict[str, Any]) -> None:
        value["verificationMaterial"]["tlogEntries"] = foreign + value["verificationMaterial"]["tlogEntries"]

    assert replace(verdict("bundle-keyless", by_identity(), edited("bundle-keyless", add)), id="bundle-keyless") == verdict(
        "bundle-keyless", by_identity()
    )


def no_promise(value: dict[str, Any]) -> None:
    del _entry(value)["inclusionPromise"]


def no_stamp(value: dict[str, Any]) -> None:
    value["verificationMaterial"].pop("timestampVerificationData", None)


def invented_time(value: dict[str, Any]) -> None:
    no_stamp(value)
    _entry(value)["integratedTime"] = "1795728685"


def test_29_the_time_has_to_be_signed_by_somebody() -> None:
    """A time that no promise signs counts for nothing, whatever the proof of inclusion says."""
    assert edit_reason("bundle-keyless", by_identity(), no_promise) == "time"
    for change in (no_stamp, invented_time):
        assert edit_reason("bundle-keyless-log2", by_identity(), change) == "time"
        assert edit_reason("bundle-key-log2", by_key(require_log=True), change) == "time"


def test_30_a_time_stamp_of_another_signature() -> None:
    foreign = recorded("bundle-keyless-stamp").value()["verificationMaterial"]["timestampVerificationData"]

    def swap(value: dict[str, Any]) -> None:
        value["verificationMaterial"]["timestampVerificationData"] = foreign

    assert edit_reason("bundle-keyless-log2", by_identity(), swap) == "time"
    assert edit_reason("bundle-keyless-stamp-only", by_identity(require_log=False), swap) == "time"
    assert edit_reason("bundle-keyless", by_identity(require_timestamp=True), swap) == "time"


def test_30_a_time_stamp_of_another_signature_beside_cosign_2s() -> None:
    case = recorded("sig-key-stamp")
    foreign = recorded("sig-keyless-stamp").annotations["dev.sigstore.cosign/rfc3161timestamp"]
    evidence = simple_signing(
        case.payload, case.annotations | {"dev.sigstore.cosign/rfc3161timestamp": foreign}, id="x", repository="x"
    )
    assert reason(case, by_key(require_timestamp=True), evidence) == "time"


def two_signatures(value: dict[str, Any]) -> None:
    value["dsseEnvelope"]["signatures"] *= 2


def no_signatures(value: dict[str, Any]) -> None:
    value["dsseEnvelope"]["signatures"] = []


def other_type(value: dict[str, Any]) -> None:
    value["dsseEnvelope"]["payloadType"] = "application/json"


def older(value: dict[str, Any]) -> None:
    value["mediaType"] = "application/vnd.dev.sigstore.bundle+json;version=0.1"


def message_too(value: dict[str, Any]) -> None:
    value["messageSignature"] = {"signature": value["dsseEnvelope"]["signatures"][0]["sig"]}


def both_signers(value: dict[str, Any]) -> None:
    value["verificationMaterial"]["publicKey"] = {"hint": "AAAA"}


def chain_in_place(value: dict[str, Any]) -> None:
    material = value["verificationMaterial"]
    material["x509CertificateChain"] = {"certificates": [material.pop("certificate")]}


@pytest.mark.parametrize(
    "change", [two_signatures, no_signatures, other_type, older, message_too, both_signers, chain_in_place]
)  # fmt: skip
def test_31_a_bundle_of_another_shape(change: Callable[[dict[str, Any]], None]) -> None:
    assert edit_reason("bundle-keyless", by_identity(), change) == "malformed"


def test_31_a_hint_in_place_of_the_certificate() -> None:
    def replaced(value: dict[str, Any]) -> None:
        del value["verificationMaterial"]["certificate"]
        value["verificationMaterial"]["publicKey"] = {"hint": "AAAA"}

    assert edit_reason("bundle-keyless", by_identity(), replaced) == "noCertificate"
    wanted = Wanted(keys=(key(),), identities=(DEVELOPER,), root=root(), require_log=True)
    assert edit_reason("bundle-keyless", wanted, replaced) == "wrongKey"


def test_31_the_certificate_of_somebody_else() -> None:
    other = recorded("bundle-workflow").value()["verificationMaterial"]["certificate"]

    def swap(value: dict[str, Any]) -> None:
        value["verificationMaterial"]["certificate"] = other

    assert edit_reason("bundle-keyless", by_identity(), swap) == "tlog"
    assert edit_reason("bundle-keyless-stamp-only", by_identity(require_log=False), swap) == "wrongKey"


@pytest.mark.parametrize(
    ("name", "expected"), [("sig-keyless", "tlog"), ("bundle-keyless", "tlog"), ("bundle-keyless-log2", "time")]
)
def test_32_another_private_sigstore(name: str, expected: str) -> None:
    """Nothing of it is known; what is missing first is said, and names the log."""
    other = TrustedRoot.parse(Sigstore().root_text())
    with pytest.raises(Refused) as caught:
        verdict(name, by_identity(root=other))
    assert caught.value.reason == "tlog"
    assert re.search("does not name the log [0-9a-f]{16}…", caught.value.message)


def test_32_a_known_log_and_an_unknown_authority() -> None:
    other = Sigstore().trusted_root()["certificateAuthorities"]
    value = json.loads(file("trusted_root.json")) | {"certificateAuthorities": other}
    assert reason("bundle-keyless", by_identity(root=TrustedRoot.parse(json.dumps(value).encode()))) == "certificate"


@pytest.mark.parametrize("name", ["sig-key-annotated", "bundle-key-annotated"])
@pytest.mark.parametrize("annotations", [{"env": "dev"}, {"env": "prod", "team": "web"}, {"env": ""}, {"tag": "{repository}"}])
def test_33_another_annotation(name: str, annotations: dict[str, str]) -> None:
    assert reason(name, by_key(annotations=annotations)) == "annotation"


@pytest.mark.parametrize("name", ["sig-key-annotated", "bundle-key-annotated"])
def test_39_an_older_image_of_the_signer_under_another_tag(name: str) -> None:
    """Accepted, for no signature names a tag; refused where the rule wants the tag in an annotation."""
    case = recorded(name)
    moved = parse_reference(f"{case.repository}:2.0")
    assert check(case.evidence(), case.digest, by_key(), moved)
    with pytest.raises(Refused) as caught:
        check(case.evidence(), case.digest, by_key(annotations={"tag": "{tag}"}), moved)
    assert caught.value.reason == "annotation"
    by_digest = parse_reference(f"{case.repository}@{case.digest}")
    with pytest.raises(Refused, match="has no tag"):
        check(case.evidence(), case.digest, by_key(annotations={"tag": "{tag}"}), by_digest)


def test_ed25519ph_has_words_of_its_own() -> None:
    with pytest.raises(Refused, match="Ed25519ph") as caught:
        verdict("bundle-ed25519", by_key("ed25519"))
    assert caught.value.reason == "wrongKey"


def test_a_key_is_not_an_identity_and_an_identity_is_no_key() -> None:
    assert reason("sig-key-log", by_identity()) == "noCertificate"
    assert reason("sig-keyless", by_key()) == "wrongKey"


def test_what_everybody_would_satisfy_cannot_be_wanted() -> None:
    with pytest.raises(ValueError, match="by a key or by an identity"):
        Wanted()
    for more in ({"require_log": True}, {"require_timestamp": True}, {"identities": (DEVELOPER,)}):
        with pytest.raises(ValueError, match="trusted root"):
            Wanted(keys=(key(),), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("digest", ["", "sha256", "sha256:", "sha256:ABC", "md5:" + "0" * 32, f"sha256:{'0' * 64}\n"])
def test_what_is_no_digest_is_asked_about_by_nobody(digest: str) -> None:
    case = recorded("bundle-key")
    with pytest.raises(ValueError, match="no digest"):
        check(case.evidence(), digest, by_key(), case.asked)


def test_a_trusted_root_is_not_changed_by_a_check() -> None:
    before = copy.copy(root())
    verdict("bundle-keyless-log2", by_identity())
    assert root() == before
