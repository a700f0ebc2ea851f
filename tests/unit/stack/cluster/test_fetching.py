"""Images on a cluster: built here, sent to a registry, found by digest; verified, where that is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.compose import Project, load_document
from perry_ffi.errors import ContainerError, RegistryNotAvailable, Unsupported
from perry_ffi.stack.cluster.observe import resolve
from tests.unit.stack.cluster.rig import Rig, project, shop

pytestmark = pytest.mark.anyio

TEAM = "registry.example/team/web:1"


def built(image: str | None, folder: Path) -> Project:
    (folder / "Dockerfile").write_text("FROM scratch\n")
    service: dict[str, Any] = {"build": {"context": str(folder)}, **({"image": image} if image else {})}
    return load_document({"name": "p", "services": {"web": service}}, env={}, working_directory=str(folder))


async def test_what_is_built_is_sent_where_every_node_finds_it(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.cluster.registry.missing.add(TEAM)
    told = await rig.plan(built(TEAM, tmp_path))
    assert [line.split()[1:3] for line in told.splitlines()[:2]] == [["build", "image"], ["push", "image"]]
    pushed: list[str] = []

    async def push(reference: str, *_: object) -> None:
        pushed.append(reference)
        rig.cluster.registry.missing.discard(TEAM)

    rig.backend.push_image = push  # type: ignore[method-assign]
    await rig.up(built(TEAM, tmp_path))
    assert pushed == [TEAM]
    assert await rig.names() == {"p_web": 1}
    assert await rig.plan(built(TEAM, tmp_path)) == "nothing to do\n"


async def test_what_names_no_registry_is_refused_where_others_have_to_find_it(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    rig.cluster.registry.missing.add("p-web")
    with pytest.raises(Unsupported, match="names no registry, and there are 3 nodes") as caught:
        await rig.plan(built(None, tmp_path))
    assert "registry" in caught.value.details["remedy"]


async def test_one_node_alone_needs_no_registry(tmp_path: Path) -> None:
    rig = Rig(tmp_path, nodes=1)
    rig.cluster.registry.missing.add("p-web")
    told = await rig.plan(built(None, tmp_path))
    assert "push image" not in told
    assert told.splitlines()[0].split()[1:3] == ["build", "image"]
    rig.world.make_image("p-web")
    found = await resolve(rig.backend, rig.services, "p-web")
    assert (found.reference, found.local, found.digest) == ("p-web", True, await rig.backend.image_id("p-web"))
    assert "build image" not in await rig.plan(built(None, tmp_path))


async def test_a_registry_that_does_not_answer_changes_nothing(rig: Rig) -> None:
    await rig.up(shop())
    rig.cluster.faults.fail("resolve_image", error=RegistryNotAvailable("it does not answer"))
    told = await rig.plan(shop())
    assert told.startswith("nothing to do\n")
    assert "stays as it is: it does not answer" in told


async def test_a_registry_that_does_not_answer_keeps_what_is_new_from_being_made(rig: Rig) -> None:
    rig.cluster.faults.fail("resolve_image", error=RegistryNotAvailable("it does not answer"))
    with pytest.raises(ContainerError, match="services.db.image: it does not answer"):
        await rig.up(shop())
    assert rig.cluster.writes == []


async def test_what_never_pulls_asks_no_registry(rig: Rig) -> None:
    await rig.up(project({"web": {"pull_policy": "never"}}))
    assert rig.cluster.counts["resolve_image"] == 0
    assert (await rig.services.service("p_web")).image == "registry.example/app:1"
