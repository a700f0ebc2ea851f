"""What a hardened run runs is what was verified: signed, or pinned, and never without a policy."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.errors import NotFound, RegistryNotAvailable, VerificationFailed
from perry_ffi.model.base import validate
from perry_ffi.model.capability import CapabilitySpec
from perry_ffi.model.capability_result import CapabilityResult
from perry_ffi.model.image import BuildSpec, PullOptions
from perry_ffi.sandbox.labels import RUN
from perry_ffi.service import capability
from perry_ffi.service.client import Client
from perry_ffi.trust.admit import Admitted
from tests.live.conftest import IMAGE
from tests.live.test_trust import GOOD, Place, place  # noqa: F401
from tests.support.sigstore.signing import Signer

pytestmark = pytest.mark.anyio
KEYS = {"keys": [GOOD.pem.decode()]}
OTHER = "sha256:" + "0" * 64


async def run(place: Place, image: str, admission: Any = capability.admit, **members: Any) -> CapabilityResult:
    document = {"image": image, "cmd": ["sh", "-c", "echo $MOVED; id -u"], **members}
    return await capability.run(place.client, validate(CapabilitySpec, document), admission=admission)


async def refused(place: Place, image: str, **members: Any) -> str:
    """The reason; nothing was made, and what was not there before is not there now."""
    before = {found.id for found in await place.bench.backend.list_images()}
    with pytest.raises(VerificationFailed) as failed:
        await run(place, image, **members)
    assert {found.id for found in await place.bench.backend.list_images()} == before
    assert await place.bench.backend.list_containers(all=True, labels={RUN: None}) == []
    assert failed.value.code == 403
    return str(failed.value.details["reason"])


async def test_without_a_policy_nothing_runs(place: Place) -> None:
    place.sign(place.signed)
    for image in (place.tag, f"{place.repository}@{place.signed}", IMAGE):
        assert await refused(place, image) == "noPolicy"


@pytest.mark.parametrize("old", [True, False], ids=["sig", "bundle"])
async def test_what_is_signed_runs_by_its_digest(place: Place, old: bool) -> None:
    place.sign(place.signed, old=old)
    for _ in range(2):
        result = await run(place, place.tag, verify=KEYS)
        assert (result.stdout, result.digest) == ("\n65534\n", place.signed) and place.signed in result.image
    place.floor(**KEYS)
    assert (await run(place, place.tag)).digest == place.signed, "by the policy of the machine"


async def test_what_is_not_signed_so_does_not_run(place: Place) -> None:
    assert await refused(place, place.tag, verify=KEYS) == "unsigned"
    place.sign(place.signed, Signer())
    assert await refused(place, place.tag, verify=KEYS) == "wrongKey"
    assert await refused(place, place.tag, verify={**KEYS, "mode": "warn"}) == "wrongKey", "a warning is not enough here"
    with pytest.raises(NotFound):
        await run(place, f"{place.repository}:none", verify=KEYS)
    place.floor(rules=[{"images": ["elsewhere.example.com/**"], **KEYS}], unmatched="accept")
    assert await refused(place, place.tag) == "unmatched"


@pytest.mark.parametrize("there", [False, True], ids=["pulled", "there"])
async def test_a_tag_that_moves_after_the_verification(place: Place, there: bool) -> None:
    """In the registry and in the engine, whether that had it by its digest or by the tag alone."""
    place.sign(place.signed)
    if there:
        await place.bench.backend.pull_image(place.tag, PullOptions())
    backend, name = place.bench.backend, f"localhost/{place.bench.prefix}/moved:1"
    (place.home / "Dockerfile").write_text(f"FROM {IMAGE}\nENV MOVED=yes\n")
    await backend.build_image(validate(BuildSpec, {"context": str(place.home)}), name)
    other = await place.push("moved", name)

    async def admission(client: Client, spec: CapabilitySpec) -> Admitted:
        found = await capability.admit(client, spec)
        place.move("v1", other)
        await backend.tag_image(name, place.tag)
        return found

    result = await run(place, place.tag, admission, verify=KEYS)
    assert (result.stdout, result.digest) == ("\n65534\n", place.signed)
    place.move("v1", other)
    assert await refused(place, place.tag, verify=KEYS), "from now on it names what nobody signed"


async def test_pins(place: Place) -> None:
    """Of a manifest, and of an image that was built here."""
    result = await run(place, place.tag, verify={"digest": place.signed})
    assert result.digest == place.signed and place.signed in result.image
    await refused(place, place.tag, verify={"digest": OTHER})
    await refused(place, f"{place.repository}:evil", verify={"digest": place.signed})
    ident = (await place.bench.backend.inspect_image(IMAGE)).id
    for image in (IMAGE, ident):
        result = await run(place, image, verify={"id": ident})
        assert (result.stdout, result.digest, result.image) == ("\n65534\n", ident, ident)
    with pytest.raises((VerificationFailed, RegistryNotAvailable)):
        await run(place, IMAGE, verify={"id": OTHER})
    assert await place.bench.backend.list_containers(all=True, labels={RUN: None}) == []


async def test_a_pin_does_not_loosen_what_the_machine_asks_for(place: Place) -> None:
    place.floor(**KEYS)
    await refused(place, place.tag, verify={"digest": place.signed})
    place.sign(place.signed)
    assert (await run(place, place.tag, verify={"digest": place.signed})).digest == place.signed
