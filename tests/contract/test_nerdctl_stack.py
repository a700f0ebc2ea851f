"""A project of five services on nerdctl, or on the little engine that stands in for it: started, edited, rolled back, ended."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import ContainerError, Unsupported
from perry_ffi.service.client import Client
from tests.engines.private import Engine
from tests.live.stack_support import IDLE, Stacks, environ
from tests.support.nerdctl import nerdctl_engine

pytestmark = pytest.mark.anyio
UP = {"db-1": "running", "migrate-1": "exited", "api-1": "running", "web-1": "running", "side-1": "running"}


@pytest.fixture
async def stacks(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Stacks]:
    """Projects on nerdctl; what the test made is removed."""
    engine = nerdctl_engine(request)
    client = Client(environ(engine, tmp_path))
    async for found in projects(client, engine, tmp_path):
        yield found


async def projects(client: Client, engine: Engine, folder: Path) -> AsyncIterator[Stacks]:
    """Projects on an engine that is a program; their containers are removed."""
    found = Stacks(client, engine, f"pt{secrets.token_hex(4)}", folder)
    yield found
    backend = await client.backend()
    for item in await backend.list_containers(all=True):
        if item.name.startswith(found.prefix):
            await backend.remove_container(item.id, force=True)
    await client.aclose()


async def held(stacks: Stacks) -> dict[str, Any]:
    """All that the engine holds of the project."""
    backend = await stacks.client.backend()
    containers = [item for item in await backend.list_containers(all=True) if item.name.startswith(stacks.prefix)]
    return {
        "containers": {item.name: (item.status, {mount.target: mount.name for mount in item.mounts}) for item in containers},
        "networks": {item.name for item in await backend.list_networks() if item.name.startswith(stacks.prefix)},
        "volumes": {item.name for item in await backend.list_volumes() if item.name.startswith(stacks.prefix)},
    }


def five(stacks: Stacks, **api: Any) -> dict[str, Any]:
    """Five services: one that is waited for until it is healthy, and a job that has to end."""
    check = {"test": ["CMD", "test", "-e", "/data/ready file"], "interval": "100ms", "retries": 100}
    services = {
        "db": {"command": ["sh", "-c", "sleep 0.3; touch '/data/ready file'; exec sleep 600"], "volumes": ["data:/data"], "healthcheck": check},
        "migrate": {"command": ["true"], "depends_on": {"db": {"condition": "service_healthy"}}, "restart": "no"},
        "api": {"depends_on": {"migrate": {"condition": "service_completed_successfully"}}, "volumes": ["/scratch"], **api},
        "web": {"depends_on": ["api"], "ports": ["18080:80"]},
        "side": {},
    }  # fmt: skip
    spec = stacks.spec({name: {"command": IDLE, **members} for name, members in services.items()}, volumes={"data": {}})
    for service in spec["services"].values():
        service["stop_grace_period"] = "0s"
    return spec


async def test_five_services(stacks: Stacks) -> None:
    handle = await stacks.up(five(stacks), wait=True)
    assert await stacks.states(handle) == UP
    assert (await stacks.plan(five(stacks)))["steps"] == []
    assert await stacks.out(handle, "db", "ls", "/data") == "ready file\n"
    assert await stacks.out(handle, "api", "hostname") == "api\n"
    await stacks.out(handle, "api", "sh", "-c", "echo kept >/scratch/f")
    before = await held(stacks)
    handle = await stacks.up(five(stacks, environment={"A": "-1=2,3"}), wait=True)
    assert await stacks.states(handle) == UP
    assert await stacks.out(handle, "api", "sh", "-c", 'cat /scratch/f; echo "$A"') == "kept\n-1=2,3\n"
    assert await held(stacks) == before
    await stacks.gone(handle)
    assert await held(stacks) == {"containers": {}, "networks": set(), "volumes": set()}


async def test_an_edit_that_fails_is_rolled_back(stacks: Stacks) -> None:
    handle = await stacks.up(five(stacks, environment={"A": "1"}), wait=True)
    await stacks.out(handle, "api", "sh", "-c", "echo kept >/scratch/f")
    before = await held(stacks)
    wanted = five(stacks, environment={"A": "2"})
    wanted["services"]["web"]["command"] = ["/no/such/program"]
    with pytest.raises(ContainerError, match="no such file") as caught:
        await stacks.up(wanted, wait=True)
    assert caught.value.details["rolledBack"] is True and not caught.value.details.get("leftOver")
    assert await held(stacks) == before
    assert await stacks.out(handle, "api", "sh", "-c", 'cat /scratch/f; echo "$A"') == "kept\n1\n"
    assert (await stacks.plan(five(stacks, environment={"A": "1"})))["steps"] == []
    await stacks.gone(handle)


async def test_a_first_up_that_fails_leaves_nothing(stacks: Stacks) -> None:
    wanted = five(stacks)
    wanted["services"]["web"]["command"] = ["/no/such/program"]
    with pytest.raises(ContainerError) as caught:
        await stacks.up(wanted, wait=True)
    assert caught.value.details["rolledBack"] is True
    assert await held(stacks) == {"containers": {}, "networks": set(), "volumes": set()}


async def test_what_nerdctl_lacks_is_told_by_its_path(stacks: Stacks) -> None:
    """What changes the data that a service sees is refused, the rest where it is asked for strictly, and else left out."""
    with pytest.raises(Unsupported) as caught:
        await stacks.up(stacks.spec({"side": {"volumes": [{"type": "image", "source": "a", "target": "/b"}]}}))
    assert caught.value.details["member"] == "services.side.volumes[0].type"
    lacking = {"storage_opt": {"size": "1G"}, "stdin_open": True, "networks": {"default": {"aliases": ["other"]}}}
    for member, path in (("storage_opt", "storage_opt"), ("stdin_open", "stdin_open"), ("networks", "networks.default.aliases")):
        with pytest.raises(Unsupported) as caught:
            await stacks.up(stacks.spec({"side": {member: lacking[member]}}), strict=True)
        assert caught.value.details["member"] == f"services.side.{path}"
    handle = await stacks.up(stacks.spec({"side": {"command": IDLE, "stop_grace_period": "0s", **lacking}}), wait=True)
    assert await stacks.states(handle) == {"side-1": "running"}
    await stacks.gone(handle)
