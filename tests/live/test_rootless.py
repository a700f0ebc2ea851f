"""Engines of a user without rights: the stack of the demo comes up and goes, and what they cannot do is said by name."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
import yaml

from perry_ffi.backends.detect import connect, detect
from perry_ffi.errors import ContainerError, Unsupported
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec
from perry_ffi.service.client import Client
from perry_ffi.settings import Settings
from tests.engines.daemon import EngineMissing
from tests.engines.private import Engine, Engines
from tests.engines.rootless import ROOTLESS, Rootless
from tests.live.conftest import IMAGE, missing
from tests.live.stack_support import Stacks, encode, nothing_of

pytestmark = pytest.mark.anyio
VARIABLE = {"docker": "DOCKER_HOST", "podman": "CONTAINER_HOST"}
EXAMPLE = Path(__file__).resolve().parents[2] / "examples/stack/compose.yaml"


@pytest.fixture(scope="module", params=["docker", "podman"])
def rootless(request: pytest.FixtureRequest, engines: Engines) -> Iterator[Rootless]:
    if os.geteuid() != 0:
        missing("a user of the tests' own needs root")
    try:
        with ROOTLESS[request.param]() as found:
            yield found
    except EngineMissing as error:
        missing(str(error))


def environ(rootless: Rootless, home: Path) -> dict[str, str]:
    return {
        "HOME": str(home), "PATH": os.environ["PATH"], VARIABLE[rootless.name]: f"unix://{rootless.socket}",
        "PERRY_CONTAINER_PROBE_TIMEOUT": "60",
    }  # fmt: skip


async def test_it_is_told_that_it_is_one(rootless: Rootless, tmp_path: Path) -> None:
    settings = Settings.from_environ(environ(rootless, tmp_path))
    (row,) = await detect(settings, [rootless.name])
    assert row.available and row.rootless is True and row.cgroup_version in ("1", "2") and row.runtime
    backend = await connect(settings, [rootless.name])
    assert (await backend.info()).rootless is True
    await backend.aclose()


@pytest.fixture
async def stacks(rootless: Rootless, tmp_path: Path) -> AsyncIterator[Stacks]:
    client = Client(environ(rootless, tmp_path))
    found = Stacks(client, Engine(rootless.name, rootless.socket), f"rl{secrets.token_hex(4)}", tmp_path)
    yield found
    await client.aclose()
    await found.clean()


def demo(name: str) -> dict[str, Any]:
    """The document of the demo, with the image that is there."""
    document = yaml.safe_load(EXAMPLE.read_text())
    for service in document["services"].values():
        service["image"] = IMAGE
        service.pop("build", None)
    return {**document, "name": name}


async def test_the_stack_of_the_demo(stacks: Stacks) -> None:
    handle = await stacks.up(demo(stacks.prefix))
    assert set((await stacks.states(handle)).values()) == {"running"}
    with anyio.fail_after(60):
        while "visit 1: page" not in str(await stacks.call("logs", handle, encode({"services": ["visitor"]}))):
            await anyio.sleep(0.2)
    await stacks.down(handle)
    assert nothing_of(stacks.engine, stacks.prefix)


async def test_what_it_cannot_do_is_said_by_name(stacks: Stacks) -> None:
    """It drops without a word: limits of control groups of version 1; podman those of processes before 5.8; docker more."""
    backend = await stacks.client.backend()
    version = backend.version  # type: ignore[attr-defined]
    docker = stacks.engine.name == "docker"
    lacking = {"oom_score_adj": -500} if docker else {"ulimits": {"nofile": 99}} if version.abilities < (5, 8) else {}
    if (await backend.info()).cgroup_version == "1":
        lacking |= {"mem_limit": "64m", "cpus": 0.5, "pids_limit": 50, "cpu_shares": 5}
        lacking |= {"device_cgroup_rules": ["c 1:3 r"], "cgroup_parent": "/tests"} if docker else {}
    if lacking:
        with pytest.raises(Unsupported, match="services.web"):
            await stacks.up(stacks.spec({"web": lacking}), strict=True)
    heard = stacks.client.event_bus.subscribe()
    handle = await stacks.up(stacks.spec({"web": lacking}))
    heard.end()
    warned = {record["member"] for record in await heard.next() or () if record.get("code") == "unsupported"}
    assert warned == {f"services.web.{member}" for member in lacking}
    for member, value in {"ulimits": ["nofile=99"], "memory": "64m", "cpus": 0.5, "pids_limit": 5}.items():
        if {"memory": "mem_limit"}.get(member, member) in lacking:
            spec = validate(ContainerSpec, {"image": IMAGE, "network": "none", member: value})
            with pytest.raises(Unsupported) as caught:
                await backend.create_container(spec)
            assert caught.value.details["member"] == f"ContainerSpec.{member}"
    with pytest.raises(ContainerError, match="privileged port 80"):
        await stacks.up(stacks.spec({"web": {"ports": ["127.0.0.1:80:80"]}}))
    await stacks.down(handle)
