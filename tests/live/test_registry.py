"""Pull and push against local registries, one of them locked."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.detect import connect
from perry_ffi.errors import BackendError, ContainerError, NotFound
from perry_ffi.model.base import validate
from perry_ffi.model.image import BuildSpec, PullOptions, PushOptions
from perry_ffi.settings import Settings
from tests.engines.private import PASSWORD, USER, Engine, Engines
from tests.live.conftest import IMAGE, Bench, missing

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def registries(engines: Engines) -> Engines:
    if engines.registry is None:
        missing(engines.missing["registry"])
    return engines


@pytest.fixture
async def logged_in(engine: Engine, engines: Engines, tmp_path: Path) -> AsyncIterator[Bench]:
    """The engine, for a user with credentials for the locked registry."""
    home = tmp_path / "home"
    (home / ".docker").mkdir(parents=True)
    auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    (home / ".docker" / "config.json").write_text(json.dumps({"auths": {engines.locked_registry: {"auth": auth}}}))
    variable = "DOCKER_HOST" if engine.name == "docker" else "CONTAINER_HOST"
    backend = await connect(
        Settings.from_environ({"HOME": str(home), variable: engine.host, "PERRY_CONTAINER_PROBE_TIMEOUT": "60"}),
        [engine.name],
    )
    yield Bench(backend, engine, "unused")
    await backend.aclose()


async def test_there_and_back(bench: Bench, registries: Engines) -> None:
    backend, name = bench.backend, f"{registries.registry}/{bench.prefix}/app:v1"
    await backend.tag_image(IMAGE, name)
    await backend.push_image(name, PushOptions())
    await backend.remove_image(name)
    with pytest.raises(NotFound):
        await backend.inspect_image(name)
    await backend.pull_image(name, PullOptions())
    details = await backend.inspect_image(name)
    assert details.digests
    await backend.remove_image(name)
    pulled = await first_that_the_registry_has(backend, details.digests)
    handle = await backend.run_container(bench.spec("true").model_copy(update={"image": pulled}))
    assert await backend.wait_container(handle.id) == 0


async def first_that_the_registry_has(backend: Backend, digests: list[str]) -> str:
    """Podman also tells the digest of the build, which no registry has."""
    for digest in digests:
        with contextlib.suppress(NotFound):
            await backend.pull_image(digest, PullOptions())
            return digest
    raise AssertionError(digests)


@pytest.mark.parametrize("policy", ["missing", "always", "never"])
async def test_a_container_pulls_its_image(bench: Bench, registries: Engines, policy: str) -> None:
    backend, name = bench.backend, f"{registries.registry}/{bench.prefix}/{policy}:v1"
    await backend.tag_image(IMAGE, name)
    await backend.push_image(name, PushOptions())
    await backend.remove_image(name)
    spec = bench.spec("true", pull_policy=policy).model_copy(update={"image": name})
    if policy == "never":
        with pytest.raises(NotFound):
            await backend.create_container(spec)
    else:
        handle = await backend.run_container(spec)
        assert await backend.wait_container(handle.id) == 0


async def test_what_a_registry_has_not(bench: Bench, registries: Engines) -> None:
    for name in (f"{registries.registry}/nothing/here:1", f"{registries.registry}/nothing/here@sha256:{'0' * 64}"):
        with pytest.raises(NotFound):
            await bench.backend.pull_image(name, PullOptions())
        with pytest.raises(NotFound):
            await bench.backend.create_container(bench.spec("true").model_copy(update={"image": name}))
    with pytest.raises(BackendError):
        await bench.backend.pull_image("127.0.0.1:1/nobody/listens:1", PullOptions())
    with pytest.raises(ContainerError):
        await bench.backend.push_image(f"{registries.registry}/{bench.prefix}/not-there:1", PushOptions())


async def test_a_locked_registry(bench: Bench, logged_in: Bench, registries: Engines) -> None:
    name = f"{registries.locked_registry}/{bench.prefix}/app:v1"
    await bench.backend.tag_image(IMAGE, name)
    wrong = validate(PushOptions, {"username": USER, "password": "wr0ng-and-secret"})
    for options in (PushOptions(), wrong):
        with pytest.raises(ContainerError) as caught:
            await bench.backend.push_image(name, options)
        assert "wr0ng" not in json.dumps(caught.value.to_dict())
    await logged_in.backend.push_image(name, PushOptions())
    await bench.backend.remove_image(name)
    with pytest.raises(ContainerError):
        await bench.backend.pull_image(name, PullOptions())
    await logged_in.backend.pull_image(name, PullOptions())
    await bench.backend.remove_image(name)
    given = validate(PullOptions, {"username": USER, "password": PASSWORD})
    await bench.backend.pull_image(name, given)
    assert (await bench.backend.inspect_image(name)).id


@pytest.mark.parametrize("step", ["RUN true", "RUN --mount=type=tmpfs,target=/t true"], ids=["classic", "buildkit"])
async def test_a_build_on_an_image_behind_a_lock(
    logged_in: Bench, bench: Bench, registries: Engines, tmp_path: Path, step: str
) -> None:
    """Whichever builder pulls it has the user's credentials; without them it is refused."""
    name = f"{registries.locked_registry}/{bench.prefix}/base:v1"
    await logged_in.backend.tag_image(IMAGE, name)
    await logged_in.backend.push_image(name, PushOptions())
    await logged_in.backend.remove_image(name)
    (tmp_path / "Dockerfile").write_text(f"FROM {name}\n{step}\n")
    spec = validate(BuildSpec, {"context": str(tmp_path), "no_cache": True, "pull": True})
    with pytest.raises(ContainerError):
        await bench.backend.build_image(spec, f"localhost/{bench.prefix}/built:1")
    await logged_in.backend.build_image(spec, f"localhost/{bench.prefix}/built:1")
    with contextlib.suppress(NotFound):
        await bench.backend.remove_image(name)
