"""Images on a cluster: built here, sent to a registry, found by digest; verified, where that is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.compose import Project, load_document
from perry_ffi.errors import ContainerError, RegistryNotAvailable, Unsupported, VerificationFailed
from perry_ffi.stack.cluster import work as module
from perry_ffi.stack.cluster.observe import resolve
from perry_ffi.stack.verify import Demand, Demands
from perry_ffi.trust.admit import Admitted
from tests.unit.stack.cluster.rig import IMAGE, Rig, project, shop

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


class InForce:
    """Signatures as they are asked for: what is verified, and whether it is signed."""

    policies = ()

    def __init__(self, signed: bool) -> None:
        self.signed = signed
        self.asked: list[str] = []

    async def admit(self, reference: str, details: object) -> Admitted:
        self.asked.append(reference)
        if not self.signed:
            raise VerificationFailed(f"{reference}: not signed")
        return Admitted(reference, reference, reference.rpartition("@")[2])


def asking(monkeypatch: pytest.MonkeyPatch, in_force: InForce) -> None:
    async def found(*_: object) -> Demands:
        return Demands({IMAGE: Demand(IMAGE, "side", in_force, ())})  # type: ignore[arg-type]

    monkeypatch.setattr(module, "demands", found)


async def test_what_is_verified_is_the_digest_that_tasks_are_made_from(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    in_force = InForce(signed=True)
    asking(monkeypatch, in_force)
    assert "verify image" in (await rig.plan(shop()))
    assert in_force.asked == []
    await rig.up(shop())
    digest = (await rig.services.resolve_image(IMAGE)).digest
    assert in_force.asked == [f"{IMAGE}@{digest}"]
    assert {state.image for state in await rig.services.services()} == set(in_force.asked)
    steps = await rig.up(shop())
    assert steps.idle and len(in_force.asked) == 2


async def test_what_is_not_signed_is_never_made(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    asking(monkeypatch, InForce(signed=False))
    with pytest.raises(VerificationFailed, match="services.side.image"):
        await rig.up(shop())
    assert rig.cluster.writes == []


async def test_what_came_to_be_signed_by_nobody_changes_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    """A tag that was moved to something else is refused, and what runs goes on."""
    asking(monkeypatch, InForce(signed=True))
    await rig.up(shop())
    before = await rig.state()
    asking(monkeypatch, InForce(signed=False))
    rig.cluster.registry.digests[IMAGE] = "sha256:" + "ab" * 32
    with pytest.raises(VerificationFailed):
        await rig.up(shop())
    assert await rig.state() == before
