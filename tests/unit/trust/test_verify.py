from __future__ import annotations

from pathlib import Path
from typing import Any

from perry_ffi.model.reference import parse_reference
from perry_ffi.trust.files import PolicyFiles
from perry_ffi.trust.policy import Rule
from perry_ffi.trust.verify import Note, judge, wanted_of
from tests.support.sigstore import Sigstore
from tests.support.sigstore.signing import ISSUER, SUBJECT, Signer
from tests.support.trusting import REPOSITORY, digest_of, policy, settings, signed

DIGEST, OTHER = digest_of("a"), digest_of("b")
ASKED = parse_reference(f"{REPOSITORY}:1.4")
SIGSTORE = Sigstore()


def rule(tmp_path: Path, **members: Any) -> Rule:
    (tmp_path / "root.json").write_bytes(SIGSTORE.root_text())
    return PolicyFiles(settings(tmp_path)).policy(policy(trustedRoot="root.json", **members), "p", tmp_path).rules[0]


def test_one_good_signature_is_enough_whatever_is_beside_it(tmp_path: Path) -> None:
    good, bad = Signer(), Signer()
    wanted = rule(tmp_path, keys=[good.pem.decode()])
    rows = [signed(bad, DIGEST), signed(good, OTHER), signed(good, DIGEST, old=True)]
    found = judge(wanted, DIGEST, ASKED, rows)
    assert found.satisfied and [one.id for one in found.used] == [rows[2].id]
    assert [note.reason for note in found.refused] == ["wrongKey", "otherImage"] and found.reason == "otherImage"
    assert not judge(wanted, DIGEST, ASKED, rows[:2]).satisfied


def test_without_any_it_is_unsigned_and_with_an_attestation_that_is_said(tmp_path: Path) -> None:
    wanted = rule(tmp_path, keys=[Signer().pem.decode()])
    assert judge(wanted, DIGEST, ASKED, []).reason == "unsigned"
    notes = [Note("sha256:1", "bundle", "registryLied", "other bytes"), Note("sha256:2", "bundle", "attestation", "a report")]
    assert judge(wanted, DIGEST, ASKED, [], notes).reason == "attestation"
    lied = judge(wanted, DIGEST, ASKED, [], notes[:1])
    assert lied.reason == "registryLied" and lied.refused[0].message == "other bytes"


def test_a_digest_needs_no_signature(tmp_path: Path) -> None:
    wanted = rule(tmp_path, digests=[DIGEST])
    assert judge(wanted, DIGEST, ASKED, []).pinned
    assert not judge(wanted, OTHER, ASKED, [signed(Signer(), OTHER)]).satisfied and wanted_of(wanted) == []


def test_a_threshold_counts_signers_and_not_signatures(tmp_path: Path) -> None:
    one, two = Signer(), Signer()
    wanted = rule(tmp_path, keys=[one.pem.decode(), two.pem.decode()], threshold=2)
    twice = [signed(one, DIGEST), signed(one, DIGEST, old=True), signed(one, DIGEST)]
    assert not judge(wanted, DIGEST, ASKED, twice).satisfied
    assert judge(wanted, DIGEST, ASKED, [*twice, signed(two, DIGEST)]).satisfied


def test_keys_and_identities_are_alternatives_each_with_its_own_defaults(tmp_path: Path) -> None:
    key, person = Signer(), Signer(SIGSTORE)
    wanted = rule(tmp_path, keys=[key.pem.decode()], identities=[{"issuer": ISSUER, "subject": SUBJECT}])
    assert [one.require_log for one in wanted_of(wanted)] == [False, True]
    for old in (True, False):
        assert judge(wanted, DIGEST, ASKED, [signed(key, DIGEST, old=old)]).satisfied
        assert judge(wanted, DIGEST, ASKED, [signed(person, DIGEST, old=old)]).satisfied
    unlisted = Signer(SIGSTORE, log=None, stamps=True)
    assert judge(wanted, DIGEST, ASKED, [signed(unlisted, DIGEST)]).reason == "tlog"
    relaxed = rule(tmp_path, identities=[{"issuer": ISSUER, "subject": SUBJECT}], requireTransparencyLog=False)
    assert judge(relaxed, DIGEST, ASKED, [signed(unlisted, DIGEST)]).satisfied


def test_annotations_bind_a_signature_to_the_tag_that_was_asked_for(tmp_path: Path) -> None:
    """A signature names no tag: an older image of the same signer under the tag is refused only where the rule asks for the tag."""
    signer = Signer()
    loose, bound = rule(tmp_path, keys=[signer.pem.decode()]), rule(
        tmp_path, keys=[signer.pem.decode()], annotations={"tag": "{tag}", "repository": "{repository}"}
    )  # fmt: skip
    old = signed(signer, DIGEST, tag="1.3", repository_="x")
    now = signed(signer, DIGEST, tag="1.4")
    assert judge(loose, DIGEST, ASKED, [old]).satisfied
    assert judge(bound, DIGEST, ASKED, [old]).reason == "annotation" and judge(bound, DIGEST, ASKED, [now]).reason == "annotation"
    tagged = rule(tmp_path, keys=[signer.pem.decode()], annotations={"tag": "{tag}"})
    assert judge(tagged, DIGEST, ASKED, [now]).satisfied and not judge(tagged, DIGEST, ASKED, [old]).satisfied


def test_the_signed_name(tmp_path: Path) -> None:
    signer = Signer()
    elsewhere = parse_reference("mirror.local/acme/web:1.4")
    old, new = signed(signer, DIGEST, old=True), signed(signer, DIGEST)
    strict = rule(tmp_path, keys=[signer.pem.decode()], signedAs="repository")
    assert judge(strict, DIGEST, ASKED, [old]).satisfied
    assert judge(strict, DIGEST, elsewhere, [old]).reason == "otherRepository"
    assert judge(strict, DIGEST, ASKED, [new]).reason == "otherRepository"
    mirrored = rule(tmp_path, keys=[signer.pem.decode()], signedAs=["registry.example.com/**"])
    assert judge(mirrored, DIGEST, elsewhere, [old]).satisfied
    assert judge(rule(tmp_path, keys=[signer.pem.decode()]), DIGEST, elsewhere, [old]).satisfied


def test_looking_at_all_goes_on_after_the_first(tmp_path: Path) -> None:
    signer = Signer()
    wanted = rule(tmp_path, keys=[signer.pem.decode()])
    rows = [signed(signer, DIGEST), signed(signer, DIGEST), signed(Signer(), DIGEST)]
    assert len(judge(wanted, DIGEST, ASKED, rows).signatures) == 1
    every = judge(wanted, DIGEST, ASKED, rows, all=True)
    assert len(every.signatures) == 2 and len(every.refused) == 1
