"""What runs is what was signed, on real engines: verification before run, create, up and pull, and tags that move meanwhile."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import ContainerError, RegistryNotAvailable, VerificationFailed
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.image import BuildSpec, PullOptions, PushOptions
from perry_ffi.model.stack import UpOptions
from perry_ffi.model.verify import VerifyPolicy
from perry_ffi.service import containers, images, stacks, trust
from perry_ffi.service.client import Client
from perry_ffi.stack.options import Down
from tests.engines.private import PASSWORD, USER, Engines
from tests.live.conftest import IMAGE, Bench, missing
from tests.support import registry_http as registry
from tests.support.sigstore import signing
from tests.support.sigstore.signing import Signer

pytestmark = pytest.mark.anyio
GOOD, SECRET = Signer(), "the-secret-of-this-test"


@dataclass
class Place:
    """A repository, an engine, and a client of both. signed, evil: the digests that the registry has, each under a tag of its own."""

    bench: Bench
    client: Client
    host: str
    path: str
    home: Path
    signed: str = ""
    evil: str = ""

    @property
    def repository(self) -> str:
        return f"{self.host}/{self.path}"

    @property
    def tag(self) -> str:
        return f"{self.repository}:v1"

    @property
    def policy(self) -> VerifyPolicy:
        return validate(VerifyPolicy, {"keys": [GOOD.pem.decode()]})

    async def push(self, tag: str, image: str = IMAGE) -> str:
        """Has the registry have ``image`` under the tag, and the engine no longer; its digest."""
        backend, name = self.bench.backend, f"{self.repository}:{tag}"
        await backend.tag_image(image, name)
        await backend.push_image(name, PushOptions())
        await backend.remove_image(name)
        return registry.digest_of(registry.get_manifest(self.host, self.path, tag) or b"")

    def sign(self, digest: str, signer: Signer = GOOD, *, old: bool = False) -> None:
        if old:
            text = signing.payload(digest, None, self.repository)
            registry.put_signatures(self.host, self.path, digest, [(text, signing.simple(signer, text))])
        else:
            text = json.dumps(signing.bundle(signer, signing.statement(digest))).encode()
            registry.put_referrers(self.host, self.path, digest, [text], fallback=True)

    def move(self, tag: str, digest: str) -> None:
        """Has the tag name another manifest of the registry."""
        registry.put_manifest(self.host, self.path, tag, registry.get_manifest(self.host, self.path, digest) or b"")

    def floor(self, **members: Any) -> None:
        path = self.home / ".config/perry-container/trust.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(members))

    def spec(self, **members: Any) -> ContainerSpec:
        return self.bench.spec("sleep", "600", **{"image": self.tag, **members})

    async def image_of(self, ident: str) -> str:
        """The digest that a container was made from, by the engine's own images."""
        info = await self.bench.backend.inspect_container(ident)
        details = await self.bench.backend.inspect_image(info.image_id or info.image)
        return " ".join(details.digests)


@pytest.fixture
async def place(bench: Bench, engines: Engines, tmp_path: Path) -> AsyncIterator[Place]:
    if engines.registry is None:
        missing(engines.missing["registry"])
    variable = "DOCKER_HOST" if bench.engine.name == "docker" else "CONTAINER_HOST"
    environ = {"HOME": str(tmp_path), variable: bench.engine.host, "PERRY_CONTAINER_PROBE_TIMEOUT": "60", "SOME_PASSWORD": SECRET}
    client = Client(environ)
    found = Place(bench, client, engines.registry, f"{bench.prefix}/app", tmp_path)
    found.signed = await found.push("v1")
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nLABEL evil=yes\n")
    await bench.backend.build_image(validate(BuildSpec, {"context": str(tmp_path)}), f"localhost/{bench.prefix}/evil:1")
    found.evil = await found.push("evil", f"localhost/{bench.prefix}/evil:1")
    assert found.evil != found.signed
    yield found
    await client.aclose()


@pytest.mark.parametrize("old", [True, False], ids=["sig", "bundle"])
async def test_an_image_is_run_by_the_digest_that_was_verified(place: Place, old: bool) -> None:
    place.sign(place.signed, old=old)
    found = await trust.verify_image(place.client, place.tag, place.policy)
    assert found.verified and found.digest == place.signed and found.source == "registry"
    handle = await containers.run(place.client, place.spec(verify={"keys": [GOOD.pem.decode()]}))
    info = await place.bench.backend.inspect_container(handle.id)
    assert place.signed in info.image and place.signed in await place.image_of(handle.id)
    again = await trust.verify_image(place.client, place.tag, place.policy)
    assert again.verified and again.source == "store" and again.digest == place.signed


async def test_what_is_not_signed_is_neither_pulled_nor_created(place: Place) -> None:
    place.sign(place.signed, Signer())
    place.floor(keys=[GOOD.pem.decode()])
    for work in (
        containers.run(place.client, place.spec()), containers.create(place.client, place.spec()),
        images.pull(place.client, place.tag, PullOptions()), trust.verify_image(place.client, place.tag, None),
    ):  # fmt: skip
        with pytest.raises(VerificationFailed) as caught:
            await work
        assert caught.value.details["reason"] == "wrongKey" and caught.value.details["digest"] == place.signed
    assert await place.bench.backend.image_id(place.tag) is None
    assert not [row for row in await place.bench.backend.list_containers(all=True) if row.name.startswith(place.bench.prefix)]


async def test_a_tag_that_moves_between_verification_and_creation(place: Place) -> None:
    """In the registry and in the engine: what runs is what was verified."""
    place.sign(place.signed)
    place.floor(keys=[GOOD.pem.decode()])
    backend = await place.client.backend()
    run_container = backend.run_container

    async def moved(spec: ContainerSpec) -> Any:
        place.move("v1", place.evil)
        await backend.tag_image(f"localhost/{place.bench.prefix}/evil:1", place.tag)
        return await run_container(spec)

    backend.run_container = moved  # type: ignore[method-assign]
    handle = await containers.run(place.client, place.spec())
    assert place.signed in await place.image_of(handle.id)
    labels = (await backend.inspect_image(place.tag)).labels
    assert labels.get("evil") == "yes", "the tag is the other image's by now"
    with pytest.raises(VerificationFailed):
        await containers.run(place.client, place.spec(pull_policy="always"))


async def test_a_tag_that_moves_while_a_project_comes_up(place: Place) -> None:
    place.sign(place.signed)
    backend = await place.client.backend()
    create = backend.create_container

    async def moved(spec: ContainerSpec) -> Any:
        place.move("v1", place.evil)
        await backend.tag_image(f"localhost/{place.bench.prefix}/evil:1", place.tag)
        return await create(spec)

    backend.create_container = moved  # type: ignore[method-assign]
    document = {
        "name": place.bench.name("p"),
        "services": {"web": {"image": place.tag, "command": ["sleep", "600"], "network_mode": "none"}},
    }
    options = validate(UpOptions, {"verify": {"keys": [GOOD.pem.decode()]}})
    stack = await stacks.up(place.client, document, options)
    try:
        (row,) = await stacks.ps(stack)
        assert place.signed in await place.image_of(row["id"])
        # By now the engine's tag is the other image: the next up says so, and touches nothing.
        with pytest.raises(VerificationFailed, match=r"services\.web\.image"):
            await stacks.up(place.client, document, options)
        assert [one["id"] for one in await stacks.ps(stack)] == [row["id"]]
    finally:
        backend.create_container = create  # type: ignore[method-assign]
        await stacks.down(place.client, stack, Down())


async def test_a_second_up_verifies_and_changes_nothing(place: Place) -> None:
    place.sign(place.signed)
    document = {
        "name": place.bench.name("p"), "x-perry-verify": {"keys": [GOOD.pem.decode()]},
        "services": {"web": {"image": place.tag, "command": ["sleep", "600"], "network_mode": "none"}},
    }  # fmt: skip
    stack = await stacks.up(place.client, document, UpOptions())
    try:
        (row,) = await stacks.ps(stack)
        plan = await stacks.plan(place.client, document, UpOptions())
        assert plan.idle and "rule **" in plan.text() and place.signed in plan.text()
        await stacks.up(place.client, document, UpOptions())
        assert [one["id"] for one in await stacks.ps(stack)] == [row["id"]]
        # The file's spelling decides on recreation, not what was verified: without the policy it is the same container.
        plain = {key: value for key, value in document.items() if key != "x-perry-verify"}
        assert (await stacks.plan(place.client, plain, UpOptions())).empty
    finally:
        await stacks.down(place.client, stack, Down())


async def test_a_pull_gives_the_verified_image_its_name(place: Place) -> None:
    place.sign(place.signed)
    place.floor(keys=[GOOD.pem.decode()])
    await images.pull(place.client, place.tag, PullOptions())
    details = await place.bench.backend.inspect_image(place.tag)
    assert place.signed in " ".join(details.digests)
    handle = await containers.create(place.client, place.spec(pull_policy="never"))
    assert place.signed in await place.image_of(handle.id)


async def test_an_image_that_was_made_here(place: Place) -> None:
    name = f"localhost/{place.bench.prefix}/evil:1"
    details = await place.bench.backend.inspect_image(name)
    with pytest.raises(VerificationFailed) as caught:
        await containers.run(place.client, place.spec(image=name, verify={"keys": [GOOD.pem.decode()]}))
    assert caught.value.details["reason"] == "noDigest"
    handle = await containers.run(place.client, place.spec(image=name, verify={"digests": [details.id]}))
    assert (await place.bench.backend.inspect_container(handle.id)).status == "running"
    by_id = await containers.create(place.client, place.spec(image=details.id, verify={"digests": [details.id]}))
    with pytest.raises(VerificationFailed, match="named by its id"):
        await containers.create(place.client, place.spec(image=details.id, verify={"keys": [GOOD.pem.decode()]}))
    assert by_id.id


async def test_no_key_credential_or_variable_gets_out(place: Place) -> None:
    """Of errors, events, labels and the files of the store."""
    place.floor(keys=[GOOD.pem.decode()])
    events = place.client.event_bus.subscribe()
    with pytest.raises(ContainerError) as caught:
        await containers.run(place.client, place.spec(env={"PASSWORD": SECRET}))
    place.sign(place.signed)
    handle = await containers.run(place.client, place.spec(env={"PASSWORD": SECRET}))
    info = await place.bench.backend.inspect_container(handle.id)
    told = json.dumps([caught.value.to_dict(), list(events._records), info.labels])
    kept = b"".join(path.read_bytes() for path in (place.home / ".cache").rglob("*") if path.is_file())
    assert kept
    for text in (told, kept.decode()):
        assert SECRET not in text and "PRIVATE KEY" not in text and "BEGIN PUBLIC" not in text


async def test_a_registry_that_is_away_is_no_verdict(place: Place) -> None:
    policy = validate(VerifyPolicy, {"keys": [GOOD.pem.decode()]})
    with pytest.raises(RegistryNotAvailable):
        await trust.verify_image(place.client, "127.0.0.1:9/nobody/listens:1", policy)


async def test_a_pull_with_credentials_of_its_own(place: Place, engines: Engines) -> None:
    """They serve the verification, too; without them nobody can tell."""
    assert engines.locked_registry is not None
    name, backend = f"{engines.locked_registry}/{place.bench.prefix}/app:v1", place.bench.backend
    given = {"username": USER, "password": PASSWORD}
    await backend.tag_image(IMAGE, name)
    await backend.push_image(name, validate(PushOptions, given))
    await backend.remove_image(name)
    place.floor(keys=[GOOD.pem.decode()])
    with pytest.raises(RegistryNotAvailable) as unknown:
        await images.pull(place.client, name, PullOptions())
    with pytest.raises(VerificationFailed) as refused:
        await images.pull(place.client, name, validate(PullOptions, given))
    assert refused.value.details["reason"] == "unsigned"
    assert PASSWORD not in json.dumps([unknown.value.to_dict(), refused.value.to_dict()])
