from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.errors import NotFound, RegistryNotAvailable, ValidationError, VerificationFailed
from perry_ffi.model.image import ImageDetails
from perry_ffi.trust.admit import Admitted
from perry_ffi.trust.discover import RefusedCandidate
from perry_ffi.trust.in_force import Asked
from tests.support.sigstore.signing import Signer
from tests.support.trusting import REPOSITORY, Registry, digest_of, gate, policy, signed, write_policy

DIGEST, CHILD, OTHER, IDENT = digest_of("a"), digest_of("child"), digest_of("b"), digest_of("id")
IMAGE = f"{REPOSITORY}:1.4"
GOOD, BAD = Signer(), Signer()
DOWN = RegistryNotAvailable("registry.example.com does not answer", host="registry.example.com")
PEM = GOOD.pem.decode()


class Case:
    """One machine. details: what the engine has by the name that is asked for."""

    def __init__(self, tmp_path: Path, **environ: str) -> None:
        self.folder, self.environ = tmp_path, environ
        self.registry = Registry({IMAGE: DIGEST})

    def admit(self, reference: str = IMAGE, details: ImageDetails | None = None, **document: Any) -> Admitted:
        asked = [Asked(policy(**document), "verify", self.folder)] if document else []

        async def work() -> Admitted:
            found = gate(self.folder, self.registry, **self.environ)  # Nothing but files lasts from one to the next.
            return await found.admit(reference, await found.policies(asked), details)

        return anyio.run(work)

    def refused(self, reference: str = IMAGE, details: ImageDetails | None = None, **document: Any) -> VerificationFailed:
        with pytest.raises(VerificationFailed) as caught:
            self.admit(reference, details, **document)
        assert "remedy" in caught.value.details
        return caught.value


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def engine(*digests: str, ident: str = IDENT, tags: tuple[str, ...] = (IMAGE,)) -> ImageDetails:
    return ImageDetails(id=ident, tags=list(tags), digests=[f"{REPOSITORY}@{one}" for one in digests], size=0, created="")


def test_what_is_created_is_the_verified_digest(case: Case) -> None:
    case.registry.found[DIGEST] = [signed(GOOD, DIGEST)]
    found = case.admit(keys=[PEM])
    assert (found.image, found.digest) == (f"{IMAGE}@{DIGEST}", DIGEST)
    told = found.verification
    assert told is not None and told.verified and told.source == "registry" and told.pinned == found.image
    assert [row["signer"] for row in told.signatures] == [{"key": _fingerprint()}]
    assert json.loads(json.dumps(told.model_dump(by_alias=True, exclude_none=True)))["rule"] == "**"


def _fingerprint() -> str:
    from perry_ffi.trust.keys import Key

    return Key.parse(GOOD.pem).fingerprint


def test_a_digest_in_the_reference_is_what_is_asked_about(case: Case) -> None:
    case.registry.found[OTHER] = [signed(GOOD, OTHER)]
    for reference in (f"{REPOSITORY}@{OTHER}", f"{IMAGE}@{OTHER}"):
        found = case.admit(reference, engine(DIGEST), keys=[PEM])
        assert (found.image, found.digest) == (reference, OTHER)
    assert IMAGE not in case.registry.asked


def test_what_the_engine_has_is_what_is_verified(case: Case) -> None:
    case.registry.found = {OTHER: [signed(GOOD, OTHER)]}
    assert case.admit(details=engine(OTHER), keys=[PEM]).digest == OTHER
    error = case.refused(details=engine(DIGEST), keys=[PEM])
    assert error.details["reason"] == "unsigned" and error.details["digest"] == DIGEST


def test_an_engine_that_knows_the_child_and_the_list_needs_one_of_them_signed(case: Case) -> None:
    case.registry.found[DIGEST] = [signed(GOOD, DIGEST)]
    for digests in ((CHILD, DIGEST), (DIGEST, CHILD)):
        assert case.admit(details=engine(*digests), keys=[PEM]).digest == DIGEST
    case.registry.down = DOWN  # Of the child nothing is kept, of the list there is.
    assert case.admit(details=engine(CHILD, DIGEST), keys=[PEM]).digest == DIGEST
    with pytest.raises(RegistryNotAvailable):
        case.admit(details=engine(CHILD, OTHER), keys=[PEM])


def test_digests_in_other_repositories_say_nothing(case: Case) -> None:
    details = ImageDetails(id=IDENT, tags=[IMAGE], digests=[f"registry.example.com/evil@{DIGEST}"], size=0, created="")
    assert case.refused(details=details, keys=[PEM]).details["reason"] == "noDigest"


def test_every_refusal_says_who_was_wanted_and_what_was_found(case: Case) -> None:
    case.registry.found[DIGEST] = [signed(BAD, DIGEST)]
    case.registry.refused[DIGEST] = [RefusedCandidate("sha256:n", "notary", "unsigned", "a Notary signature")]
    error = case.refused(keys=[PEM])
    assert error.details["reason"] == "wrongKey" and error.details["wanted"] == {"keys": [_fingerprint()]}
    assert [row["reason"] for row in error.details["refused"]] == ["wrongKey", "unsigned"]
    assert "BEGIN" not in json.dumps(error.to_dict())
    case.registry.found[DIGEST] = [signed(BAD, DIGEST) for _ in range(20)]
    assert len(case.refused(keys=[PEM]).details["refused"]) == 8


def test_could_not_tell_is_no_verdict(case: Case) -> None:
    case.registry.down = DOWN
    with pytest.raises(RegistryNotAvailable):
        case.admit(keys=[PEM])
    with pytest.raises(RegistryNotAvailable):
        case.admit(details=engine(DIGEST), keys=[PEM])
    with pytest.raises(NotFound):
        case.registry.down = None
        case.admit(f"{REPOSITORY}:none", keys=[PEM])


def test_where_not_everything_could_be_looked_at_nobody_says_unsigned(case: Case) -> None:
    from perry_ffi.trust.discover import Discovered

    many = VerificationFailed("too many", reason="tooMany", remedy="")

    async def evidence(where: Any, digest: str, insecure: Any) -> Discovered:
        return Discovered([signed(BAD, digest)], [], many)

    case.registry.evidence = evidence  # type: ignore[method-assign]
    assert case.refused(keys=[PEM]).details["reason"] == "tooMany"
    assert case.admit(keys=[BAD.pem.decode()]).digest == DIGEST


@pytest.mark.parametrize("first", [BAD, GOOD], ids=["stranger first", "stranger last"])
def test_two_signers_of_one_payload_do_not_hide_each_other(case: Case, first: Signer) -> None:
    """cosign 2's payload is the same for both, and so is the layer that they are known by."""
    other = GOOD if first is BAD else BAD
    rows = case.registry.found[DIGEST] = [signed(first, DIGEST, old=True), signed(other, DIGEST, old=True)]
    assert rows[0].id == rows[1].id
    assert case.admit(keys=[PEM]).digest == DIGEST
    assert case.admit(keys=[BAD.pem.decode()]).digest == DIGEST


def test_what_a_registry_puts_in_its_place_does_not_hide_what_is_kept(case: Case) -> None:
    """Kept evidence counts beside what has the same layer and another signature."""
    case.registry.found[DIGEST] = [signed(GOOD, DIGEST, old=True)]
    case.admit(keys=[PEM])
    case.registry.found[DIGEST] = [signed(BAD, DIGEST, old=True)]
    case.registry.asked.clear()
    time.sleep(1.1)
    assert case.admit(keys=[PEM], maxAge="1s", annotations={}).digest == DIGEST and case.registry.asked
    assert case.admit(keys=[BAD.pem.decode()]).digest == DIGEST
    assert case.admit(keys=[PEM]).digest == DIGEST


# -- the store ----------------------------------------------------------------------------------------


def test_evidence_is_kept_and_checked_again_at_each_use(case: Case) -> None:
    case.registry.found[DIGEST] = [signed(GOOD, DIGEST)]
    case.admit(details=engine(DIGEST), keys=[PEM])
    case.registry.asked.clear()
    again = case.admit(details=engine(DIGEST), keys=[PEM])
    assert again.verification is not None and again.verification.source == "store" and case.registry.asked == []
    # The key goes out of the policy: what is kept says nothing for another.
    case.registry.found.clear()
    assert case.refused(details=engine(DIGEST), keys=[BAD.pem.decode()]).details["reason"] == "wrongKey"


def test_what_satisfied_nothing_is_not_kept(case: Case) -> None:
    case.registry.found[DIGEST] = [signed(BAD, DIGEST)]
    case.refused(keys=[PEM])
    assert not (case.folder / ".cache").exists()


def test_evidence_of_one_image_under_the_name_of_another(case: Case) -> None:
    case.registry.found[DIGEST] = [signed(GOOD, DIGEST)]
    case.admit(keys=[PEM])
    kept = case.folder / ".cache/perry-container/signatures/sha256"
    shutil.copytree(kept / DIGEST[7:], kept / OTHER[7:])
    error = case.refused(details=engine(OTHER), keys=[PEM])
    assert error.details["reason"] == "otherImage" and error.details["digest"] == OTHER


def test_a_forged_or_torn_file_is_dropped_and_fetched_anew(case: Case) -> None:
    case.registry.found[DIGEST] = [signed(GOOD, DIGEST)]
    case.admit(keys=[PEM])
    (path,) = case.folder.rglob("*.json")
    path.write_bytes(path.read_bytes()[:-2])
    case.registry.asked.clear()
    found = case.admit(details=engine(DIGEST), keys=[PEM])
    assert found.verification is not None and found.verification.source == "registry" and case.registry.asked
    assert len(list(case.folder.rglob("*.json"))) == 1


def test_old_evidence_is_asked_about_again_and_counts_where_nobody_answers(case: Case) -> None:
    case.registry.found[DIGEST] = [signed(GOOD, DIGEST)]
    case.admit(keys=[PEM])
    (asked,) = case.folder.rglob("asked-*")
    asked.write_text("1000")
    case.registry.down = DOWN
    stale = case.admit(details=engine(DIGEST), keys=[PEM]).verification
    assert stale is not None and stale.verified and stale.stale and stale.source == "store"
    with pytest.raises(RegistryNotAvailable):
        case.admit(details=engine(DIGEST), keys=[PEM], maxAge="30d")
    case.registry.down = None
    fresh = case.admit(details=engine(DIGEST), keys=[PEM], maxAge="30d").verification
    assert fresh is not None and not fresh.stale and int(asked.read_text()) > 1000


def test_a_folder_of_signatures_serves_a_machine_without_a_registry(tmp_path: Path) -> None:
    (tmp_path / "sigs").mkdir()
    evidence = signed(GOOD, DIGEST)
    (tmp_path / "sigs/a.json").write_bytes(evidence.source)
    (tmp_path / "sigs/notes.txt").write_text("nothing\n{}\n")
    case = Case(tmp_path, PERRY_CONTAINER_SIGNATURES=str(tmp_path / "sigs"), PERRY_CONTAINER_TRUST_CACHE="off")
    case.registry.down = DOWN
    found = case.admit(details=engine(DIGEST), keys=[PEM]).verification
    assert found is not None and found.source == "folder" and not found.stale and case.registry.asked == []
    with pytest.raises(RegistryNotAvailable):
        case.admit(details=engine(OTHER), keys=[PEM])
    shutil.rmtree(tmp_path / "sigs")
    with pytest.raises(ValidationError, match="PERRY_CONTAINER_SIGNATURES"):
        case.admit(details=engine(DIGEST), keys=[PEM])


def test_keys_and_credentials_are_in_no_file_of_the_store(tmp_path: Path) -> None:
    case = Case(tmp_path, DOCKER_AUTH="hunter2", MY_SECRET="hunter2")
    case.registry.found[DIGEST] = [signed(GOOD, DIGEST), signed(GOOD, DIGEST, old=True)]
    case.admit(keys=[PEM])
    text = b"".join(path.read_bytes() for path in (tmp_path / ".cache").rglob("*") if path.is_file())
    assert text and b"hunter2" not in text and b"PRIVATE" not in text


# -- what no registry has -----------------------------------------------------------------------------


def test_an_image_that_was_built_or_loaded_here(case: Case) -> None:
    error = case.refused(details=engine(), keys=[PEM])
    assert error.details["reason"] == "noDigest" and error.details["id"] == IDENT
    found = case.admit(details=engine(), digests=[IDENT])
    assert (found.image, found.verification.source) == (IDENT, "pin") if found.verification else None
    warned = case.admit(details=engine(), keys=[PEM], mode="warn")
    assert warned.verification is not None and not warned.verification.verified and warned.image == IDENT


def test_what_podman_made_here_has_a_digest_that_no_registry_knows(case: Case) -> None:
    details = ImageDetails(id=IDENT, tags=[], digests=[f"localhost/x@{CHILD}"], size=0, created="")
    assert case.refused("localhost/x:1", details, keys=[PEM]).details["reason"] == "noDigest" and case.registry.asked == []
    for pin in (IDENT, CHILD):
        assert case.admit("localhost/x:1", details, digests=[pin]).image == IDENT


def test_a_manifest_digest_that_is_pinned(case: Case) -> None:
    found = case.admit(digests=[DIGEST])
    assert found.digest == DIGEST and found.verification is not None and found.verification.source == "pin"
    assert case.refused(details=engine(OTHER), digests=[DIGEST]).details["reason"] == "unsigned"
    assert "its digest is not one of those" in case.refused(details=engine(OTHER), digests=[DIGEST]).message


def test_a_rule_of_digests_alone_asks_no_registry(case: Case) -> None:
    case.registry.down = DOWN
    error = case.refused(details=engine(DIGEST), digests=[OTHER])
    assert "not one of those" in error.message
    assert error.details["digest"] == DIGEST and error.details["wanted"] == {"digests": [OTHER]}
    assert case.registry.asked == []


def test_an_image_by_its_id_only_where_a_rule_names_it(case: Case) -> None:
    rule = {"images": [f"{REPOSITORY}"], "keys": [PEM]}
    assert case.refused(IDENT, engine(DIGEST), keys=[PEM]).details["reason"] == "noDigest"
    assert case.admit(IDENT, engine(), digests=[IDENT]).image == IDENT
    assert case.admit(IDENT[7:], engine(), digests=[IDENT]).image == IDENT[7:]
    assert case.refused(IDENT, engine(tags=()), rules=[rule]).details["reason"] == "noDigest"
    # Accepted where nothing is asked of it: but not what has a name that something is asked of.
    assert case.admit(IDENT, engine(tags=("localhost/x:1",)), rules=[rule], unmatched="accept").verification is None
    assert case.refused(IDENT, engine(), rules=[rule], unmatched="accept").details["rule"] == REPOSITORY
    assert case.refused(IDENT, engine(DIGEST, tags=()), rules=[rule], unmatched="accept").details["rule"] == REPOSITORY


# -- which rule ---------------------------------------------------------------------------------------


def test_what_no_rule_is_for_is_refused_unless_that_is_accepted(case: Case) -> None:
    rule = {"images": ["localhost/**"], "keys": [PEM]}
    error = case.refused(rules=[rule])
    assert error.details["reason"] == "unmatched" and error.details["patterns"] == ["localhost/**"]
    found = case.admit(rules=[rule], unmatched="accept")
    assert (found.image, found.verification) == (IMAGE, None) and case.registry.asked == []


def test_a_warning_resolves_and_says_why(case: Case) -> None:
    found = case.admit(keys=[PEM], mode="warn")
    assert found.verification is not None and not found.verification.verified and "no signature" in str(found.verification.why)
    assert found.image == f"{IMAGE}@{DIGEST}"
    case.registry.down = DOWN
    told = case.admit(details=engine(DIGEST), keys=[PEM], mode="warn").verification
    assert told is not None and not told.verified and "does not answer" in str(told.why)


def test_the_machines_policy_is_a_floor(case: Case) -> None:
    path = write_policy(case.folder, {"keys": [PEM]})
    case.registry.found[DIGEST] = [signed(BAD, DIGEST)]
    # What a call asks for is satisfied, the machine's is not: nothing in a call loosens it.
    for document in (
        {"keys": [BAD.pem.decode()]}, {"digests": [DIGEST]}, {"rules": [], "unmatched": "accept"}, {"keys": [PEM], "mode": "warn"},
    ):  # fmt: skip
        error = case.refused(**document)  # type: ignore[arg-type]
        assert error.details["policy"] == str(path)
    case.registry.found[DIGEST] = [signed(GOOD, DIGEST)]
    assert case.admit().digest == DIGEST
    assert case.refused(keys=[Signer().pem.decode()]).details["policy"] == "verify"
    case.registry.found[DIGEST] = [signed(GOOD, DIGEST), signed(BAD, DIGEST)]
    both = case.admit(keys=[BAD.pem.decode()]).verification
    assert both is not None and both.verified and len(both.signatures) == 2


def test_a_policy_that_cannot_be_read_stops_everything(case: Case) -> None:
    write_policy(case.folder, "{")
    with pytest.raises(ValidationError):
        case.admit(keys=[PEM])


def test_signatures_that_are_kept_in_another_repository(case: Case) -> None:
    case.registry.found[DIGEST] = [signed(GOOD, DIGEST)]
    case.admit(keys=[PEM], signaturesFrom={"registry.example.com/**": "mirror.local/sigs"})
    assert case.registry.asked[-1] == f"mirror.local/sigs@{DIGEST}"


def test_several_at_once_ask_the_registry_once(case: Case) -> None:
    from perry_ffi.trust.registries import Registries
    from tests.support.trusting import settings

    asked: list[str] = []

    async def work() -> list[str]:
        registries = Registries(settings(case.folder))

        async def slow() -> str:
            asked.append("one")
            await anyio.sleep(0.01)
            return "x"

        results: list[str] = []

        async def one() -> None:
            results.append(await registries._digests.get("name", slow))

        async with anyio.create_task_group() as group:
            for _ in range(50):
                group.start_soon(one)
        results.append(await registries._digests.get("name", slow))
        return results

    assert anyio.run(work) == ["x"] * 51 and asked == ["one", "one"]
