"""Engines at the places of products with a virtual machine: a private engine behind a socket where the product has its own."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from perry_ffi.api import backends
from perry_ffi.backends.detect import connect
from perry_ffi.backends.machines import places, products
from perry_ffi.service.client import Client
from perry_ffi.settings import Settings
from tests.engines.private import Engine, Engines
from tests.live.conftest import Bench, engine_called
from tests.live.stack_support import Stacks, nothing_of

pytestmark = pytest.mark.anyio
PLACES = {
    "orbstack": ("docker", ".orbstack/run/docker.sock"),
    "colima": ("docker", ".colima/work/docker.sock"),
    "rancher-desktop": ("docker", ".rd/docker.sock"),
    "lima": ("podman", ".lima/p/sock/podman.sock"),
    "podman": ("podman", "t/podman/podman-machine-default-api.sock"),
    "docker": ("docker", ".docker/run/docker.sock"),
}
"""The engine behind it, and where a Mac has its socket."""


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder whose path fits into a socket's address."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def placed(home: Path, place: str, engine: Engine) -> str:
    """The path of the engine's socket where a product has it."""
    path = home / place
    path.parent.mkdir(parents=True)
    path.symlink_to(engine.socket)
    return str(path)


def environ(home: Path, **others: str) -> dict[str, str]:
    own = {"HOME": str(home), "TMPDIR": f"{home}/t", "XDG_RUNTIME_DIR": str(home), "PATH": os.environ["PATH"]}
    return {**own, "PERRY_CONTAINER_PROBE_TIMEOUT": "60", "PERRY_CONTAINER_ENGINE_TIMEOUT": "60", **others}


@pytest.mark.parametrize("name", PLACES)
async def test_a_container_in_a_product_s_engine(home: Path, engines: Engines, name: str) -> None:
    flavour, place = PLACES[name]
    engine = engine_called(flavour, engines)
    address = placed(home, place, engine)
    backend = await connect(Settings.from_environ(environ(home), platform="darwin"), [name])
    bench = Bench(backend, engine, f"pt{secrets.token_hex(4)}")
    try:
        info = await backend.info()
        assert (info.name, info.mode, info.where, info.state) == (name, "vm", f"unix://{address}", "ready")
        handle = await bench.run("sh", "-c", "echo here; exit 3")
        assert await backend.wait_container(handle.id) == 3
        assert [row.name for row in await backend.list_containers(all=True) if row.id == handle.id]
    finally:
        await bench.clean()
        await backend.aclose()


@pytest.fixture
async def stacks(home: Path, engines: Engines) -> AsyncIterator[Stacks]:
    """A client that finds Colima's engine by docker's context, on this operating system; what the test made is removed."""
    engine = engine_called("docker", engines)
    address = f"unix://{placed(home, '.colima/work/docker.sock', engine)}"
    folder = home / ".docker/contexts/meta" / hashlib.sha256(b"colima-work").hexdigest()
    folder.mkdir(parents=True)
    (folder / "meta.json").write_text(json.dumps({"Name": "colima-work", "Endpoints": {"docker": {"Host": address}}}))
    (home / ".docker/config.json").write_text(json.dumps({"currentContext": "colima-work"}))
    client = Client(environ(home, PERRY_CONTAINER_BACKEND="colima,docker"))
    found = Stacks(client, engine, f"ps{secrets.token_hex(4)}", home)
    yield found
    await client.aclose()
    await found.clean()


async def test_a_project_in_a_product_s_engine(stacks: Stacks, home: Path) -> None:
    """The engine is known by the product's name, and once; what its machine may not have is told, and the rest is as everywhere."""
    rows = await backends.detect(stacks.client)
    assert [(row.name, row.state, row.same_as, bool(row.chosen)) for row in rows] == [
        ("colima", "ready", None, True), ("docker", "ready", "colima", True),
    ]  # fmt: skip
    machine = products.of("colima")
    assert machine is not None and [share.path for share in places.shares(stacks.client.settings, machine)] == [str(home)]
    (home / "mine").mkdir()
    (home / "mine/file").write_text("shared")
    told = stacks.client.event_bus.subscribe()
    with tempfile.TemporaryDirectory() as other:
        volumes = [f"{home}/mine:/mine:ro", f"{other}:/other:ro", "data:/data"]
        healthy = {"test": ["CMD", "test", "-e", "/mine/file"], "interval": "500ms"}
        web = {"network_mode": "none", "volumes": volumes, "healthcheck": healthy}
        more = {"network_mode": "none", "depends_on": {"web": {"condition": "service_healthy"}}}
        document = stacks.spec({"web": web, "more": more}, volumes={"data": {}})
        handle = await stacks.up(document)
        warned = [row["message"] for row in await told.next() or () if row.get("code") == "not-shared"]
        assert len(warned) == 1 and other in warned[0] and "Colima" in warned[0]
    assert await stacks.out(handle, "web", "cat", "/mine/file") == "shared"
    assert set((await stacks.states(handle)).values()) == {"running"}
    assert (await stacks.plan(document))["steps"] == []
    await stacks.down(handle)
    assert nothing_of(stacks.engine, stacks.prefix)
