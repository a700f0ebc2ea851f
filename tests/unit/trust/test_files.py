from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import ValidationError
from perry_ffi.model.reference import parse_reference
from perry_ffi.trust.files import PolicyFiles
from perry_ffi.trust.policy import Policy
from tests.support.sigstore import Sigstore
from tests.support.sigstore.signing import Signer
from tests.support.trusting import policy, settings, write_policy

KEY = Signer().pem.decode()
PIN = {"digests": ["sha256:" + "0" * 64]}


def floor(tmp_path: Path) -> Policy | None:
    return PolicyFiles(settings(tmp_path)).floor()


def test_without_a_file_there_is_no_policy(tmp_path: Path) -> None:
    assert floor(tmp_path) is None


def test_keys_and_roots_are_found_beside_the_policy(tmp_path: Path) -> None:
    sigstore = Sigstore()
    path = write_policy(
        tmp_path,
        {
            "trustedRoot": "root.json", "unmatched": "accept",
            "rules": [
                {"images": ["localhost/**"], "keys": ["cosign.pub", KEY], "threshold": 2},
                {"images": ["docker.io/acme/*"], "identities": [{"issuer": "https://i", "subjectRegExp": "a@b"}], "mode": "warn"},
            ],
        },
    )  # fmt: skip
    (path.parent / "cosign.pub").write_bytes(Signer().pem)
    (path.parent / "root.json").write_bytes(sigstore.root_text())
    found = floor(tmp_path)
    assert found is not None and found.floor and found.source == str(path) and found.root == str(path.parent / "root.json")
    keyed, keyless = found.rules
    assert [len(keyed.keys), keyed.threshold, keyed.root, keyed.mode] == [2, 2, None, "enforce"]
    assert keyless.root is not None and keyless.mode == "warn"


def test_the_place_that_the_environment_names_is_the_only_one(tmp_path: Path) -> None:
    write_policy(tmp_path, {**PIN})
    with pytest.raises(ValidationError, match=r"gone\.json: No such file") as caught:
        PolicyFiles(settings(tmp_path, PERRY_CONTAINER_TRUST_POLICY=str(tmp_path / "gone.json"))).floor()
    assert caught.value.details["file"] == str(tmp_path / "gone.json")


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("{", "JSON"),
        ({"ruless": []}, "a member of VerifyPolicy"),
        ({}, "keys, identities or digests, or rules"),
        ({"rules": [{"images": ["a/b"]}]}, "a rule without any trusts nobody"),
        ({"rules": [{"images": [], "keys": [KEY]}]}, "at least one pattern"),
        ({"rules": [{"images": ["a/b"], "keys": [KEY], "key": "x"}]}, r"rules\[0\].key"),
        (
            {"rules": [{"images": ["a/b"], "keys": [KEY]}, {"images": ["a/b"], "keys": [KEY]}]},
            "each pattern in one rule|is a pattern of",
        ),
        ({"rules": [], "keys": [KEY]}, "not both"),
        ({"identities": [{"subject": "a@b"}]}, "issuer or issuerRegExp"),
        ({"identities": [{"issuer": "https://i"}]}, "subject or subjectRegExp"),
        ({"identities": [{"issuer": "i", "issuerRegExp": "i", "subject": "s"}]}, "issuer or issuerRegExp"),
        ({"identities": [{"issuer": "i", "subjectRegExp": ".*"}], "trustedRoot": "r"}, "does not match every text"),
        ({"identities": [{"issuer": "i", "subjectRegExp": "("}], "trustedRoot": "r"}, "a regular expression"),
        ({"identities": [{"issuer": "i", "subjectRegExp": "x" * 513}], "trustedRoot": "r"}, "at most 512"),
        ({"identities": [{"issuer": "i", "subject": "s"}]}, "trusted root"),
        ({"keys": [KEY], "requireTransparencyLog": True}, "trusted root"),
        ({"keys": ["gone.pub"]}, "gone.pub: No such file"),
        ({"keys": ["-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"]}, r"keys\[0\]"),
        ({"keys": ["awskms://alias/x"]}, "a key that a service keeps"),
        ({"digests": ["sha256:1"]}, "64 hex digits"),
        ({"keys": [KEY], "threshold": 0}, "at least 1"),
        ({"keys": [KEY], "mode": "off"}, "enforce"),
        ({"keys": [KEY], "version": 2}, "version"),
        ({"rules": [{"images": ["docker.io/library/alpine:3"], "keys": [KEY]}], "unmatched": "maybe"}, "unmatched"),
        ({"rules": [{"images": ["Docker.io/A"], "keys": [KEY]}]}, "with \\* and \\*\\*"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused_with_its_file(tmp_path: Path, document: Any, says: str) -> None:
    path = write_policy(tmp_path, document)
    with pytest.raises(ValidationError, match=says) as caught:
        floor(tmp_path)
    assert caught.value.details["file"] in (str(path), str(path.parent / "gone.pub"))
    assert str(tmp_path) in caught.value.message


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_policy_that_may_not_be_read_is_no_absent_one(tmp_path: Path) -> None:
    path = write_policy(tmp_path, PIN)
    path.chmod(0)
    with pytest.raises(ValidationError, match="Permission denied"):
        floor(tmp_path)


def test_a_folder_or_a_loop_in_its_place_is_refused(tmp_path: Path) -> None:
    path = tmp_path / ".config/perry-container/trust.json"
    path.mkdir(parents=True)
    with pytest.raises(ValidationError, match="trust.json"):
        floor(tmp_path)
    path.rmdir()
    path.symlink_to(path)
    with pytest.raises(ValidationError, match="trust.json"):
        floor(tmp_path)


def test_a_change_of_the_file_or_of_a_key_acts_at_once(tmp_path: Path) -> None:
    path = write_policy(tmp_path, {"keys": ["k"]})
    first, second = Signer(), Signer()
    (path.parent / "k").write_bytes(first.pem)
    files = PolicyFiles(settings(tmp_path))
    before = files.floor()
    (path.parent / "k").write_bytes(second.pem)
    after = files.floor()
    assert before is not None and after is not None and before.rules[0].keys != after.rules[0].keys
    again = files.floor()
    assert again is not None and again.rules[0].keys[0] is after.rules[0].keys[0]


def test_the_public_instance_is_known_by_its_name(tmp_path: Path) -> None:
    write_policy(tmp_path, {"identities": [{"issuer": "https://i", "subject": "s"}], "trustedRoot": "public-good"})
    found = floor(tmp_path)
    assert found is not None
    root = found.rules[0].root
    assert root is not None
    assert {log.url for log in root.logs} >= {"https://rekor.sigstore.dev"}
    assert {one.url for one in root.authorities} == {"https://fulcio.sigstore.dev"}
    assert root.certificate_logs and root.stampers
    for log in (*root.logs, *root.certificate_logs):
        # Rekor 2 has an id of another kind: of its name and its key.
        assert log.id == log.key.id or log.key.kind == "Ed25519"
    for one in (*root.authorities, *root.stampers):
        assert one.anchor.subject == one.anchor.issuer


def test_a_policy_beside_the_machines_has_its_public_instance(tmp_path: Path) -> None:
    write_policy(tmp_path, {"keys": [Signer().pem.decode()], "trustedRoot": "public-good"})
    files = PolicyFiles(settings(tmp_path))
    machine = files.floor()
    assert machine is not None
    document = policy(identities=[{"issuer": "https://i", "subject": "s"}])
    found = files.policy(document, "verify", tmp_path, default_root=machine.root)
    assert found.rules[0].root is not None


def test_no_key_text_gets_into_an_error(tmp_path: Path) -> None:
    private = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0LWJ5dGVz\n-----END PRIVATE KEY-----\n"
    write_policy(tmp_path, {"keys": [private]})
    with pytest.raises(ValidationError) as caught:
        floor(tmp_path)
    assert "c2VjcmV0" not in json.dumps(caught.value.to_dict())


def test_what_others_ask_for_has_the_root_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "root.json").write_bytes(Sigstore().root_text())
    document = policy(identities=[{"issuer": "https://i", "subject": "s"}])
    files = PolicyFiles(settings(tmp_path))
    found = files.policy(document, "verify", tmp_path, default_root=str(tmp_path / "root.json"))
    assert found.rules[0].root is not None
    with pytest.raises(ValidationError, match="verify: verify: .*trusted root"):
        files.policy(document, "verify", tmp_path)


def test_the_rule_of_an_image(tmp_path: Path) -> None:
    rules = [
        {"images": [pattern], **PIN} for pattern in ("**", "docker.io/library/*", "docker.io/**", "docker.io/library/alpine")
    ]
    found = PolicyFiles(settings(tmp_path)).policy(policy(rules=rules), "p", tmp_path)

    def name(reference: str) -> str | None:
        rule = found.rule_for(parse_reference(reference))
        return rule and rule.name

    assert [name(text) for text in ("alpine", "busybox:1", "acme/web", "localhost/x")] == [
        "docker.io/library/alpine", "docker.io/library/*", "docker.io/**", "**",
    ]  # fmt: skip
    tied = PolicyFiles(settings(tmp_path)).policy(
        policy(rules=[{"images": ["localhost/*"], **PIN}, {"images": ["localhost/**"], **PIN}]), "p", tmp_path
    )
    with pytest.raises(ValidationError, match="say as much of localhost/x") as caught:
        tied.rule_for(parse_reference("localhost/x"))
    assert caught.value.details["path"] == "rules[1]"
