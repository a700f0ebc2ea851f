"""Evidence in registries that behave, and that do not: recorded signatures, put there as cosign does."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import anyio
import pytest

from perry_ffi.errors import ContainerError, RegistryNotAvailable, Timeout, VerificationFailed
from perry_ffi.registry.client import RegistryClient
from perry_ffi.registry.limits import Limits
from perry_ffi.registry.manifest import Descriptor
from perry_ffi.trust import candidate
from perry_ffi.trust.candidate import BUNDLE_LAYERS, RefusedCandidate
from perry_ffi.trust.check import Refused, Wanted, check
from perry_ffi.trust.discover import Discovered, discover
from perry_ffi.trust.keys import Key
from tests.support.registry import Registry, digest_of, evil
from tests.support.registry.content import EMPTY, OCI_MANIFEST, encode
from tests.support.sigstore.recorded import key, recorded
from tests.support.sigstore.signing import Signer, payload, simple
from tests.unit.registry.serving import NAME, client, repository, settings

pytestmark = pytest.mark.anyio

NEW = recorded("bundle-key")
DIGEST = NEW.digest
ME = Signer(None, keyless=False)
PAYLOAD = payload(DIGEST)
BUNDLE = BUNDLE_LAYERS[0]
SIGNED = {
    "dev.sigstore.bundle.content": "dsse-envelope",
    "dev.sigstore.bundle.predicateType": "https://sigstore.dev/cosign/sign/v1",
}
ATTESTED = {"dev.sigstore.bundle.predicateType": "https://cosign.sigstore.dev/attestation/vuln/v1"}


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as serving:
        yield serving


@pytest.fixture
async def reading(tmp_path: Path, anyio_backend: str):  # type: ignore[no-untyped-def]
    async with client(tmp_path, silence=2, seconds=8) as found:
        yield found


def sign_new(registry: Registry, digest: str = DIGEST, text: bytes = NEW.text, **more: object) -> str:
    """As cosign 3 does where the registry has the API."""
    told = {"media_type": BUNDLE, "artifact_type": BUNDLE, "annotations": SIGNED} | more
    return registry.content.referrer(NAME, digest, text, **told)  # type: ignore[arg-type]


def sign_old(registry: Registry, digest: str = DIGEST) -> str:
    return registry.content.simple_signing(NAME, digest, [(PAYLOAD, simple(ME, PAYLOAD))])


async def found_in(reading: RegistryClient, registry: Registry, digest: str = DIGEST) -> Discovered:
    return await discover(reading, repository(registry), digest)


def formats(found: Discovered) -> list[str]:
    return [one.format for one in found.evidence]


def verdicts(found: Discovered, digest: str = DIGEST) -> list[str]:
    """What each evidence proves of ``digest``, by the key of the recorded ones or by this one."""
    words = []
    for one in found.evidence:
        try:
            check(one, digest, Wanted(keys=(key(), Key.parse(ME.pem))), NEW.asked)
            words.append("good")
        except Refused as error:
            words.append(error.reason)
    return words


# -- where it is ------------------------------------------------------------------------------------


async def test_both_formats_are_found_beside_each_other(registry: Registry, reading: RegistryClient) -> None:
    sign_old(registry)
    own = sign_new(registry)
    found = await found_in(reading, registry)
    assert formats(found) == ["bundle", "simple-signing"] and verdicts(found) == ["good", "good"]
    assert [one.id for one in found.evidence] == [own, digest_of(PAYLOAD)]
    assert {one.repository for one in found.evidence} == {f"{registry.host}/{NAME}"}
    assert found.refused == [] and found.failure is None


async def test_an_unsigned_image(registry: Registry, reading: RegistryClient) -> None:
    assert await found_in(reading, registry, registry.content.image(NAME, "1")) == Discovered([], [], None)


@pytest.mark.parametrize("status", [404, 400, 405])
async def test_the_index_under_the_tag_where_there_is_no_list(registry: Registry, reading: RegistryClient, status: int) -> None:
    registry.evil["/referrers/"] = evil.status(status)
    sign_new(registry, fallback=True)
    assert verdicts(await found_in(reading, registry)) == ["good"]


@pytest.mark.parametrize("beside", ["nothing", "something else", "an attestation", "a foreign bundle"])
async def test_the_index_under_the_tag_also_where_there_is_a_list(
    registry: Registry, reading: RegistryClient, beside: str
) -> None:
    """Signed before the registry learned to list: what came later hides nothing."""
    sign_new(registry, fallback=True)
    rows = {
        "nothing": [],
        "something else": evil.rows_of(1, "application/spdx+json"),
        "an attestation": evil.rows_of(1, BUNDLE, annotations=ATTESTED),
        "a foreign bundle": evil.rows_of(1, BUNDLE),
    }
    registry.evil["/referrers/"] = evil.listing(rows[beside])
    assert verdicts(await found_in(reading, registry)) == ["good"]


async def test_what_both_lists_have_is_one(registry: Registry, reading: RegistryClient) -> None:
    sign_new(registry, fallback=True)
    assert formats(await found_in(reading, registry)) == ["bundle"]


async def test_a_tag_that_is_somebody_elses(registry: Registry, reading: RegistryClient) -> None:
    """The tag of the index may be an image of anybody's: no signature, and no failure."""
    registry.content.image(NAME, DIGEST.replace(":", "-"))
    assert await found_in(reading, registry) == Discovered([], [], None)


async def test_several_signatures_add_up(registry: Registry, reading: RegistryClient) -> None:
    registry.content.simple_signing(NAME, DIGEST, [(PAYLOAD, simple(ME, PAYLOAD)), (PAYLOAD, simple(ME, PAYLOAD))])
    sign_new(registry)
    sign_new(registry, annotations={**SIGNED, "again": "1"})
    assert formats(await found_in(reading, registry)) == ["bundle", "bundle", "simple-signing", "simple-signing"]


async def test_rows_without_an_artifact_type_are_looked_into(registry: Registry, reading: RegistryClient) -> None:
    sign_new(registry, artifact_type=None, annotations=None)
    assert registry.content.referrers(NAME, DIGEST)[0]["artifactType"] == EMPTY
    registry.content.referrer(NAME, DIGEST, b"{}", media_type="application/spdx+json")
    found = await found_in(reading, registry)
    assert verdicts(found) == ["good"] and found.refused == []


async def test_what_has_nothing_to_do_with_signatures_is_not_read(registry: Registry, reading: RegistryClient) -> None:
    registry.evil["/referrers/"] = evil.listing(evil.rows_of(300, "application/spdx+json"))
    assert await found_in(reading, registry) == Discovered([], [], None)
    assert len(registry.asked) == 4


async def test_a_digest_of_another_algorithm(registry: Registry, reading: RegistryClient) -> None:
    digest = "sha512:" + "a" * 128
    assert await found_in(reading, registry, digest) == Discovered([], [], None)
    assert {one.path.rpartition("/")[2] for one in registry.asked} == {digest, "sha512-" + "a" * 64}
    assert not registry.asked_for("sig$")
    with pytest.raises(ValueError):
        await found_in(reading, registry, "latest")


# -- what is none -----------------------------------------------------------------------------------


async def refused(reading: RegistryClient, registry: Registry) -> list[tuple[str, str]]:
    found = await found_in(reading, registry)
    assert found.evidence == [] and found.failure is None and all(one.message for one in found.refused)
    return [(one.format, one.reason) for one in found.refused]


async def test_an_attestation_is_passed_over_unread(registry: Registry, reading: RegistryClient) -> None:
    own = sign_new(registry, text=recorded("bundle-attestation").text, annotations=ATTESTED)
    assert await refused(reading, registry) == [("bundle", "attestation")]
    assert not registry.asked_for(own)


@pytest.mark.parametrize("annotations", [None, SIGNED], ids=["not annotated", "annotated as a signature"])
async def test_an_attestation_that_does_not_say_so_is_none_either(
    registry: Registry, reading: RegistryClient, annotations: dict[str, str] | None
) -> None:
    sign_new(registry, text=recorded("bundle-attestation").text, annotations=annotations)
    assert await refused(reading, registry) == [("bundle", "attestation")]


async def test_an_attestation_that_only_its_manifest_tells(registry: Registry, reading: RegistryClient) -> None:
    own = sign_new(registry, annotations=ATTESTED)
    row = {"mediaType": OCI_MANIFEST, "digest": own, "size": 700, "artifactType": EMPTY}
    registry.evil["/referrers/"] = evil.listing([row])
    assert await refused(reading, registry) == [("bundle", "attestation")]


async def test_a_notary_signature_is_named(registry: Registry, reading: RegistryClient) -> None:
    registry.evil["/referrers/"] = evil.listing(evil.rows_of(1, "application/vnd.cncf.notary.signature"))
    assert await refused(reading, registry) == [("notary", "unsigned")]


async def test_a_foreign_attestation_hides_no_signature(registry: Registry, reading: RegistryClient) -> None:
    sign_old(registry)
    sign_new(registry, text=recorded("bundle-attestation").text)
    found = await found_in(reading, registry)
    assert verdicts(found) == ["good"] and [one.reason for one in found.refused] == ["attestation"]


async def test_a_referrer_of_another_image(registry: Registry, reading: RegistryClient) -> None:
    """An index by hand that names a bundle of another image."""
    other = registry.content.image(NAME, "other")
    own = sign_new(registry, digest=other)
    registry.content.fallback(NAME, DIGEST, [{"mediaType": OCI_MANIFEST, "digest": own, "size": 700, "artifactType": EMPTY}])
    assert await refused(reading, registry) == [("bundle", "otherImage")]


async def test_a_bundle_of_another_image_whose_subject_was_changed(registry: Registry, reading: RegistryClient) -> None:
    other = registry.content.image(NAME, "other")
    sign_new(registry, digest=other)
    assert verdicts(await found_in(reading, registry, other), other) == ["otherImage"]


async def test_cosign_2s_signatures_of_another_image(registry: Registry, reading: RegistryClient) -> None:
    other = registry.content.image(NAME, "other")
    sign_old(registry, digest=other)
    assert verdicts(await found_in(reading, registry, other), other) == ["otherImage"]


async def test_a_referrer_without_a_subject(registry: Registry, reading: RegistryClient) -> None:
    own = sign_new(registry)
    document = json.loads((registry.content.manifest(NAME, own) or ("", "", b""))[2])
    own = registry.content.put_manifest(NAME, encode(document | {"subject": None}), OCI_MANIFEST)
    registry.evil["/referrers/"] = evil.listing([])
    registry.content.fallback(NAME, DIGEST, [{"mediaType": OCI_MANIFEST, "digest": own, "size": 700}])
    assert await refused(reading, registry) == [("bundle", "otherImage")]


@pytest.mark.parametrize(
    "layer",
    [
        {"media_type": "application/vnd.dev.sigstore.bundle.v0.1+json"},
        {"text": b"{}"},
        {"text": b"no JSON"},
        {"text": b"[" * 10_000},
        {"layers": [{"mediaType": BUNDLE}]},
        {"layers": [1]},
        {"layers": {}},
        {"subject": "no object"},
        {"annotations": {"a": 1}},
    ],
)
async def test_bundles_that_cannot_be_read(registry: Registry, reading: RegistryClient, layer: dict[str, object]) -> None:
    own = sign_new(registry, **{name: value for name, value in layer.items() if name in ("text", "media_type")})  # type: ignore[arg-type]
    _, kind, body = registry.content.manifest(NAME, own) or ("", "", b"")
    document = json.loads(body) | {name: value for name, value in layer.items() if name not in ("text", "media_type")}
    own = registry.content.put_manifest(NAME, encode(document), kind)
    registry.evil["/referrers/"] = evil.listing([{"mediaType": OCI_MANIFEST, "digest": own, "size": 700, "artifactType": BUNDLE}])
    assert await refused(reading, registry) == [("bundle", "malformed")]


@pytest.mark.parametrize("body", [b"no JSON", b"[]", b"{}", b'{"layers": [1]}', b'{"layers": 1}'])
async def test_a_tag_of_signatures_that_cannot_be_read(registry: Registry, reading: RegistryClient, body: bytes) -> None:
    registry.content.put_manifest(NAME, body, OCI_MANIFEST, DIGEST.replace(":", "-") + ".sig")
    registry.evil["/referrers/"] = evil.listing([])
    assert await refused(reading, registry) == [("simple-signing", "malformed")]


async def test_a_layer_without_a_signature(registry: Registry, reading: RegistryClient) -> None:
    registry.content.simple_signing(NAME, DIGEST, [(PAYLOAD, {})])
    assert await refused(reading, registry) == [("simple-signing", "malformed")]


async def test_blobs_that_differ_from_their_digests(registry: Registry, reading: RegistryClient) -> None:
    sign_old(registry)
    sign_new(registry)
    registry.evil["/blobs/"] = evil.changed()
    assert await refused(reading, registry) == [("bundle", "registryLied"), ("simple-signing", "registryLied")]


async def test_an_image_whose_digest_answers_other_bytes(registry: Registry, reading: RegistryClient) -> None:
    """However well its digest is signed."""
    digest = registry.content.image(NAME, "1")
    text = payload(digest)
    registry.content.simple_signing(NAME, digest, [(text, simple(ME, text))])
    assert verdicts(await found_in(reading, registry, digest), digest) == ["good"]
    registry.evil[f"/manifests/{digest}"] = evil.changed()
    with pytest.raises(VerificationFailed) as caught:
        await found_in(reading, registry, digest)
    assert caught.value.details["reason"] == "registryLied"


async def test_a_manifest_that_differs_from_its_digest(registry: Registry, reading: RegistryClient) -> None:
    own = sign_new(registry)
    registry.evil[f"/manifests/{own}"] = evil.changed()
    assert await refused(reading, registry) == [("bundle", "registryLied")]


async def test_what_is_listed_and_not_there(registry: Registry, reading: RegistryClient) -> None:
    registry.evil["/referrers/"] = evil.listing(evil.rows_of(1, BUNDLE))
    assert await refused(reading, registry) == [("bundle", "malformed")]


@pytest.mark.parametrize("row", [{"size": 65 * 1024}, {"digest": "md5:abc"}, {"digest": "../../x"}])
async def test_rows_that_are_not_read(registry: Registry, reading: RegistryClient, row: dict[str, object]) -> None:
    registry.evil["/referrers/"] = evil.listing([evil.rows_of(1, BUNDLE)[0] | row])
    assert (await refused(reading, registry))[0][1] in ("tooLarge", "malformed")
    assert len(registry.asked) == 4


async def test_more_than_is_read_of_one(registry: Registry, reading: RegistryClient) -> None:
    own = sign_new(registry, text=b"x" * (1024 * 1024 + 1))
    large = sign_new(registry, annotations={**SIGNED, "large": "x" * 70_000})
    rows = [{"mediaType": OCI_MANIFEST, "digest": one, "size": 700, "artifactType": BUNDLE} for one in (own, large)]
    registry.evil["/referrers/"] = evil.listing(rows)
    assert await refused(reading, registry) == [("bundle", "tooLarge"), ("bundle", "tooLarge")]


# -- too many -----------------------------------------------------------------------------------------


async def test_a_flood_of_false_referrers(registry: Registry, reading: RegistryClient) -> None:
    rows = evil.rows_of(20_000, BUNDLE, annotations=SIGNED)
    registry.evil["/referrers/"] = evil.listing(rows)
    begin = time.monotonic()
    with pytest.raises(VerificationFailed) as caught:
        await found_in(reading, registry)
    assert caught.value.details["reason"] == "tooLarge" and time.monotonic() - begin < 3 and len(registry.asked) == 4


async def test_many_false_referrers(registry: Registry, reading: RegistryClient) -> None:
    registry.evil["/referrers/"] = evil.listing(evil.rows_of(300, BUNDLE))
    with pytest.raises(VerificationFailed) as caught:
        await found_in(reading, registry)
    assert caught.value.details["reason"] == "tooMany" and len(registry.asked) == 4 + 32


async def test_a_flood_hides_no_signature_of_the_other_format(registry: Registry, reading: RegistryClient) -> None:
    """What is proven counts; that not all was looked at is told beside it."""
    sign_old(registry)
    registry.evil["/referrers/"] = evil.listing(evil.rows_of(300, BUNDLE))
    found = await found_in(reading, registry)
    assert verdicts(found) == ["good"] and found.failure is not None and found.failure.details["reason"] == "tooMany"


async def test_many_rows_under_the_tag(registry: Registry, reading: RegistryClient) -> None:
    registry.content.fallback(NAME, DIGEST, evil.rows_of(33, EMPTY))
    with pytest.raises(VerificationFailed) as caught:
        await found_in(reading, registry)
    assert caught.value.details["reason"] == "tooMany"


async def test_what_says_that_it_is_a_bundle_is_read_first(registry: Registry, reading: RegistryClient) -> None:
    own = sign_new(registry)
    rows = [*evil.rows_of(100, EMPTY), {"mediaType": OCI_MANIFEST, "digest": own, "size": 700, "artifactType": BUNDLE}]
    registry.evil["/referrers/"] = evil.listing(rows)
    found = await found_in(reading, registry)
    assert verdicts(found) == ["good"] and found.failure is not None


async def test_many_layers(registry: Registry, reading: RegistryClient) -> None:
    registry.content.simple_signing(NAME, DIGEST, [(PAYLOAD, simple(ME, PAYLOAD))] * 33)
    found = await found_in(reading, registry)
    assert len(found.evidence) == 32 and found.failure is not None and found.failure.details["reason"] == "tooMany"


async def test_attestations_are_not_counted(registry: Registry, reading: RegistryClient) -> None:
    """A build may leave many of them."""
    own = sign_new(registry)
    row = {"mediaType": OCI_MANIFEST, "digest": own, "size": 700, "artifactType": BUNDLE}
    registry.evil["/referrers/"] = evil.listing([*evil.rows_of(300, BUNDLE, annotations=ATTESTED), row])
    found = await found_in(reading, registry)
    assert verdicts(found) == ["good"] and found.failure is None and len(found.refused) == 32


async def test_pages_without_an_end(registry: Registry, reading: RegistryClient) -> None:
    registry.evil["/referrers/"] = evil.listing([], Link=f'</v2/{NAME}/referrers/{DIGEST}>; rel="next"')
    with pytest.raises(VerificationFailed) as caught:
        await found_in(reading, registry)
    assert caught.value.details["reason"] == "tooMany"


async def test_the_signature_on_a_later_page(registry: Registry, reading: RegistryClient) -> None:
    own = sign_new(registry)
    row = {"mediaType": OCI_MANIFEST, "digest": own, "size": 700, "artifactType": BUNDLE}
    registry.evil["last=3"] = evil.listing([row])
    registry.evil["/referrers/"] = evil.listing([], Link=f'</v2/{NAME}/referrers/{DIGEST}?last=3>; rel="next"')
    assert verdicts(await found_in(reading, registry)) == ["good"]


# -- could not tell -----------------------------------------------------------------------------------

_PLACES = {"list": "/referrers/", "index": "/manifests/sha256-[0-9a-f]+$", "signatures": r"\.sig$", "blob": "/blobs/"}


@pytest.mark.parametrize("place", [*_PLACES, "manifest"])
@pytest.mark.parametrize("act", [evil.status(500), evil.status(403), evil.cut, evil.reply(b"<html>", Content_Encoding="br")])
async def test_a_place_that_cannot_be_looked_at(registry: Registry, reading: RegistryClient, place: str, act: evil.Evil) -> None:
    """It is never "unsigned", whatever the other places say."""
    own = sign_new(registry)
    registry.evil[_PLACES.get(place, f"/manifests/{own}")] = act
    try:
        found = await found_in(reading, registry)
        assert found.evidence and found.failure is not None
        failure: ContainerError = found.failure
    except RegistryNotAvailable as error:
        failure = error
    assert isinstance(failure, RegistryNotAvailable)


async def test_what_is_proven_counts_although_a_place_fails(registry: Registry, reading: RegistryClient) -> None:
    sign_old(registry)
    registry.evil["/referrers/"] = evil.status(500)
    found = await found_in(reading, registry)
    assert verdicts(found) == ["good"] and isinstance(found.failure, RegistryNotAvailable)


async def test_a_registry_that_is_down(registry: Registry, reading: RegistryClient) -> None:
    registry.__exit__()
    with pytest.raises(RegistryNotAvailable) as caught:
        await found_in(reading, registry)
    assert caught.value.details["reason"] == "unreachable"


async def test_an_empty_list_is_unsigned(registry: Registry, reading: RegistryClient) -> None:
    """Who is the registry may hide what it has: that is unsigned, and nothing runs."""
    sign_new(registry)
    registry.evil["/referrers/"] = evil.listing([])
    assert await found_in(reading, registry) == Discovered([], [], None)


async def test_candidates_that_stall(registry: Registry, tmp_path: Path) -> None:
    """One silence, and no further candidate is asked for; in all never longer than the bound."""
    registry.evil["/referrers/"] = evil.listing(evil.rows_of(32, BUNDLE))
    released = threading.Event()
    registry.evil["/manifests/sha256:"] = evil.stall(released)
    begin = time.monotonic()
    async with RegistryClient(settings(tmp_path), limits=Limits(silence=0.5, seconds=1)) as reading:
        with pytest.raises((RegistryNotAvailable, Timeout)):
            await found_in(reading, registry)
        assert time.monotonic() - begin < 3 and reading.open_connections <= 2
    released.set()


async def test_cancelled_it_leaves_nothing_open(registry: Registry, tmp_path: Path) -> None:
    sign_old(registry)
    for number in range(5):
        sign_new(registry, annotations={**SIGNED, "n": str(number)})
    for step in range(25):
        async with client(tmp_path) as reading:
            with anyio.move_on_after(0.001 * step):
                await found_in(reading, registry)
        assert reading.open_connections == 0
    with anyio.fail_after(5):
        while registry.sockets:
            await anyio.sleep(0.02)


async def test_a_list_of_ten_thousand_is_a_threads_work(
    registry: Registry, reading: RegistryClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is the registry may list what it likes; the loop goes on meanwhile, and what is told of it is bounded."""
    sorting: list[threading.Thread] = []

    def sorted_out(rows: Sequence[Descriptor]) -> tuple[list[Descriptor], list[RefusedCandidate]]:
        sorting.append(threading.current_thread())
        return sort(rows)

    sort = candidate.sorted_out
    monkeypatch.setattr(candidate, "sorted_out", sorted_out)
    listed = evil.rows_of(10_000, BUNDLE, annotations=ATTESTED)
    registry.evil["/referrers/"] = evil.listing(listed)
    own = sign_new(registry, fallback=True)
    found = await found_in(reading, registry)
    assert [one.id for one in found.evidence] == [own] and len(found.refused) == 32
    assert [one.id for one in found.refused] == [row["digest"] for row in listed[:32]]
    assert sorting and threading.current_thread() not in sorting
