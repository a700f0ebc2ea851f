"""Images that are built here and run on every node: sent to a registry of the wire by ``up``, also to one that asks for a login."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.compose import Project, load_document
from perry_ffi.errors import ContainerError
from perry_ffi.stack.down import down
from perry_ffi.stack.images import build, pull
from perry_ffi.stack.options import Down, Up
from perry_ffi.stack.status import ps
from perry_ffi.stack.up import plan, up
from tests.engines.daemon import Daemon, need
from tests.engines.private import HTPASSWD, PASSWORD, USER
from tests.engines.swarm.lab import Lab, until
from tests.engines.swarm.wire import GATEWAY, environ
from tests.swarm.shop import on

pytestmark = pytest.mark.anyio

NAME = "built"
LOCKED = f"{GATEWAY}:5001"


@pytest.fixture(scope="module")
def locked(swarm: Lab) -> Iterator[str]:
    """A registry beside the lab's own that asks who one is."""
    folder = swarm.folder / "locked"
    folder.mkdir()
    (folder / "htpasswd").write_text(HTPASSWD)
    document = {
        "version": 0.1, "storage": {"filesystem": {"rootdirectory": str(folder / "data")}}, "http": {"addr": LOCKED},
        "auth": {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}},
    }  # fmt: skip
    (folder / "registry.yml").write_text(json.dumps(document))
    program = need("docker-registry", "docker-registry")
    daemon = Daemon("locked", swarm.wire.words(program, "serve", str(folder / "registry.yml")), folder, environ())
    daemon.start(lambda: "401" in swarm.wire.run("busybox", "wget", "-O", "-", f"http://{LOCKED}/v2/").stderr)
    try:
        yield LOCKED
    finally:
        daemon.stop()


def built(lab: Lab, folder: Path, registry: str, text: str = "one") -> Project:
    """A service on each node, whose image is built here."""
    (folder / "Dockerfile").write_text(f"FROM {lab.image}\nRUN echo {text} >/told\n")
    service: dict[str, Any] = {
        "build": str(folder), "image": f"{registry}/app:1", "command": ["sh", "-c", "cat /told; exec sleep 600"],
        "stop_grace_period": "0s", "deploy": {"mode": "global", "endpoint_mode": "dnsrr", "update_config": {"monitor": "500ms", "parallelism": 0}},
    }  # fmt: skip
    return load_document({"name": NAME, "services": {"app": service}}, env={}, working_directory=str(folder))


def login(folder: Path) -> dict[str, str]:
    """The environment of a user who is logged in to the locked registry."""
    config = folder / "login"
    config.mkdir(exist_ok=True)
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    (config / "config.json").write_text(json.dumps({"auths": {LOCKED: {"auth": token}}}))
    return {"DOCKER_CONFIG": str(config), "HOME": str(folder)}


async def images(context: Any) -> dict[str, str]:
    """By node, the image of its task."""
    return {row["node"]: row["image"] for row in await ps(context, NAME) if row["status"] == "running"}


async def _comes_up_everywhere(lab: Lab, folder: Path, registry: str, user: dict[str, str]) -> None:
    async with on(lab.leader().socket, folder, user) as context:
        await up(context, built(lab, folder, registry), Up())
        first = await images(context)
        assert first.keys() == {node.name for node in lab.nodes}
        assert len(set(first.values())) == 1 and next(iter(first.values())).startswith(f"{registry}/app:1@sha256:")
        assert (await plan(context, built(lab, folder, registry), Up())).empty
        (there,) = (await pull(context, built(lab, folder, registry), None, False, buildable=True)).images
        assert there == first["n1"]
        await up(context, built(lab, folder, registry, "two"), Up(build=True))
        second = await images(context)
        assert second.keys() == first.keys() and len(set(second.values())) == 1 and second != first
        report = await down(context, NAME, None, Down())
        assert report.errors == []
    until(lambda: not lab.leftovers(NAME), "nothing is left")


async def test_what_is_built_runs_on_every_node(lab: Lab, tmp_path: Path) -> None:
    await _comes_up_everywhere(lab, tmp_path, lab.registry, {})


async def test_a_login_goes_with_the_service_to_every_node(lab: Lab, locked: str, tmp_path: Path) -> None:
    await _comes_up_everywhere(lab, tmp_path, locked, login(tmp_path))


async def test_without_a_login_nothing_is_made(lab: Lab, locked: str, tmp_path: Path) -> None:
    async with on(lab.leader().socket, tmp_path, {"HOME": str(tmp_path), "DOCKER_CONFIG": str(tmp_path)}) as context:
        with pytest.raises(ContainerError) as caught:
            await up(context, built(lab, tmp_path, locked), Up())
        said = f"{caught.value.message} {caught.value.details}"
        assert LOCKED in said
        assert PASSWORD not in said
    assert not lab.leftovers(NAME)


async def test_build_and_push_by_themselves(lab: Lab, tmp_path: Path) -> None:
    async with on(lab.leader().socket, tmp_path) as context:
        project = built(lab, tmp_path, lab.registry, "three")
        await build(context, project, None, False)
        (there,) = (await pull(context, project, None, False, buildable=True)).images
        assert there.startswith(f"{lab.registry}/app:1@sha256:")
