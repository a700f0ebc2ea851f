"""A project that docker compose made, and one that it will look at: its own hash decides there and here."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.compose.hashing import container_hash, later_hashes, network_hash, volume_hash
from perry_ffi.stack import identity
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio
NOTHING = "nothing to do\n"
SERVICES: dict[str, Any] = {
    "db": {"volumes": ["data:/d", "/anonymous"], "networks": {"back": {}}, "ports": ["80"], "configs": ["c"]},
    "web": {"scale": 2, "networks": ["back", "front"], "depends_on": ["db"]},
    "side": {"network_mode": "service:db", "pid": "service:db", "volumes_from": ["db:ro"]},
}
SECTIONS: dict[str, Any] = {
    "networks": {"back": {"internal": True}, "front": {}}, "volumes": {"data": {"labels": {"l": "1"}}}, "configs": {"c": {"content": "x"}},
}  # fmt: skip


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def wanted(**changes: dict[str, Any]) -> Any:
    services = {name: {**row, **changes.get(name, {})} for name, row in SERVICES.items()}
    return project(services, **{**SECTIONS, **{name: row for name, row in changes.items() if name in SECTIONS}})


def without_ours(rig: Rig) -> None:
    """As if docker compose had made everything that is there."""

    def theirs(labels: dict[str, str]) -> dict[str, str]:
        return {name: value for name, value in labels.items() if not name.startswith("perry.")}

    for box in rig.world.boxes.values():
        box.spec = box.spec.model_copy(update={"labels": theirs(box.spec.labels)})
    for info in [*rig.world.networks.values(), *rig.world.volumes.values()]:
        info.labels = theirs(info.labels)


async def test_everything_carries_the_hash_of_docker_compose(rig: Rig) -> None:
    model = wanted()
    await rig.up(model)
    db = rig.box("p-db-1").id
    for name, labels in {box.name: box.spec.labels for box in rig.world.boxes.values()}.items():
        row = model.services[labels["com.docker.compose.service"]]
        assert labels[identity.PEER_HASH] == container_hash(row, {"db": db}) != labels[identity.CONFIG_HASH], name
    for key in ("back", "front"):
        assert rig.world.networks[f"p_{key}"].labels[identity.PEER_HASH] == network_hash(model.networks[key])
    assert rig.world.volumes["p_data"].labels[identity.PEER_HASH] == volume_hash(model.volumes["data"])


async def test_what_docker_compose_made_is_left_alone(rig: Rig) -> None:
    await rig.up(wanted())
    without_ours(rig)
    before = rig.state()
    assert await rig.plan(wanted()) == NOTHING
    await rig.up(wanted())
    assert rig.state() == before
    # What is too many, or stopped, is no reason to touch the others.
    await rig.backend.stop_container("p-db-1")
    await rig.up(wanted(web={"scale": 1}))
    assert {box.id for box in rig.world.boxes.values()} < set(before["containers"])


async def test_what_docker_compose_5_made_is_left_alone(rig: Rig, tmp_path: Path) -> None:
    """It has another hash of a service with a folder of the machine; a change is one all the same."""
    folder = {"type": "bind", "source": str(tmp_path), "target": "/w", "bind": {"create_host_path": True}}
    spec = wanted(web={"volumes": [folder]})
    await rig.up(spec)
    without_ours(rig)
    (later,) = set(later_hashes(spec.services["web"], {})) - {container_hash(spec.services["web"], {})}
    for name in ("p-web-1", "p-web-2"):
        box = rig.box(name)
        box.spec = box.spec.model_copy(update={"labels": {**box.spec.labels, identity.PEER_HASH: later}})
    assert await rig.plan(spec) == NOTHING
    text = await rig.plan(wanted(web={"volumes": [{**folder, "target": "/other"}]}))
    assert "p-web-1" in text and "p-web-2" in text and "p-db" not in text


@pytest.mark.parametrize(
    ("changes", "replaced"),
    [
        ({"db": {"environment": {"A": "1"}}}, {"db", "side"}), ({"web": {"labels": {"a": "b"}}}, {"web"}),
        ({"side": {"pid": ""}}, {"side"}), ({"web": {"attach": False}}, {"web"}), ({"web": {"scale": 3}}, set()),
        ({"web": {"pull_policy": "missing"}}, set()), ({"configs": {"c": {"content": "y"}}}, set()),
    ],
)  # fmt: skip
async def test_what_changed_since_is_made_anew(rig: Rig, changes: dict[str, Any], replaced: set[str]) -> None:
    """As docker compose would: the contents of configs are in no hash of its."""
    await rig.up(wanted())
    without_ours(rig)
    before = {box.id: box.spec.labels["com.docker.compose.service"] for box in rig.world.boxes.values()}
    await rig.up(wanted(**changes))
    assert {service for ident, service in before.items() if ident not in rig.world.boxes} == replaced
    assert await rig.plan(wanted(**changes)) == NOTHING


async def test_another_image_or_container_counts_as_ever(rig: Rig) -> None:
    await rig.up(wanted())
    without_ours(rig)
    rig.world.make_image("app")
    assert (await rig.plan(wanted())).count("image changed") >= 3


async def test_one_that_joins_a_container_which_is_gone_is_made_anew(rig: Rig) -> None:
    """Docker compose has the id of the other in the hash."""
    await rig.up(wanted())
    without_ours(rig)
    box = rig.box("p-side-1")
    hashed = container_hash(wanted().services["side"], {"db": "0" * 64})
    box.spec = box.spec.model_copy(update={"labels": {**box.spec.labels, identity.PEER_HASH: hashed}})
    text = await rig.plan(wanted())
    assert "p-side-1_next" in text and "p-web" not in text and "p-db" not in text


async def test_a_network_of_docker_compose_that_changed_is_made_anew_and_a_volume_is_told(rig: Rig) -> None:
    await rig.up(wanted())
    without_ours(rig)
    text = await rig.plan(wanted(networks={"back": {}, "front": {}}, volumes={"data": {}}))
    assert "remove old network    p_back" in text and "volumes.data: its definition changed" in text
    assert "p_front" not in text


async def test_what_an_earlier_version_made_is_left_alone(rig: Rig) -> None:
    """It put its own hash under both names."""
    await rig.up(wanted())
    for box in rig.world.boxes.values():
        labels = {**box.spec.labels, identity.PEER_HASH: box.spec.labels[identity.CONFIG_HASH]}
        box.spec = box.spec.model_copy(update={"labels": labels})
    assert await rig.plan(wanted()) == NOTHING


async def test_created_and_never_started_by_docker_compose(rig: Rig, tmp_path: Path) -> None:
    """What comes from a file is mounted there: it is not written over."""
    folder = tmp_path
    (folder / "f").write_text("of a file")
    services = {"a": {"configs": ["c", "f"], "secrets": ["f"]}}
    model = project(
        services,
        configs={"c": {"content": "inline"}, "f": {"file": str(folder / "f")}},
        secrets={"f": {"file": str(folder / "f")}},
    )
    await rig.up(model, start=False)
    without_ours(rig)
    box = rig.box("p-a-1")
    box.files.clear()
    await rig.up(model)
    assert box.status == "running" and rig.box("p-a-1") is box
    (packed,) = box.files
    assert b"inline" in packed and b"of a file" not in packed


async def renumber(rig: Rig, old: int, new: int) -> None:
    box = rig.box(f"p-web-{old}")
    labels = {**box.spec.labels, "com.docker.compose.container-number": str(new)}
    box.spec = box.spec.model_copy(update={"labels": labels})
    await rig.backend.rename_container(box.id, f"p-web-{new}")


async def test_a_number_past_a_hole_stays(rig: Rig) -> None:
    """Docker compose gives a container that is missing the next number; numbers may have holes here too."""
    checked = {"scale": 3, "healthcheck": {"test": ["CMD", "x"]}}
    model = wanted(web=checked, side={"depends_on": {"web": {"condition": "service_healthy"}}})
    await rig.up(model)
    without_ours(rig)
    await renumber(rig, 2, 5)
    assert await rig.plan(model) == NOTHING
    text = await rig.plan(model, force_recreate=True, services=("side",))
    assert "p-web-2" not in text
    # One that is missing beside it gets the lowest that is free, and one that is wrong is replaced where it is.
    await rig.up(wanted(web={**checked, "scale": 4}))
    assert {name for name in rig.names() if "web" in name} == {"p-web-1", "p-web-2", "p-web-3", "p-web-5"}
    await rig.up(wanted(web={**checked, "scale": 4, "environment": {"A": "1"}}))
    assert {name for name in rig.names() if "web" in name} == {"p-web-1", "p-web-2", "p-web-3", "p-web-5"}
    await rig.up(wanted(web={**checked, "scale": 3, "environment": {"A": "1"}}))
    assert {name for name in rig.names() if "web" in name} == {"p-web-1", "p-web-2", "p-web-3"}


@pytest.mark.parametrize("member", [{"pid": "service:web"}, {"volumes_from": ["web"]}, {"links": ["web"]}], ids=str)
async def test_the_first_is_number_one_where_others_are_tied_to_it(rig: Rig, member: dict[str, Any]) -> None:
    """They find it by its name."""
    await rig.up(wanted())
    without_ours(rig)
    await renumber(rig, 1, 3)
    assert await rig.plan(wanted()) == NOTHING
    await rig.up(wanted(side=member))
    assert {name for name in rig.names() if "web" in name} == {"p-web-1", "p-web-2"}
