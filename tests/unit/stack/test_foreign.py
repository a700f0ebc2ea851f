"""Containers, networks and volumes with labels that somebody else wrote: none is claimed, none makes a verb fail."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.engine_api.resources.events import parse_event
from perry_ffi.errors import NotFound
from perry_ffi.model.base import validate
from perry_ffi.model.network import NetworkSpec
from perry_ffi.model.service import ServiceSpec
from perry_ffi.stack import identity
from perry_ffi.stack.observe import read_replicas
from perry_ffi.stack.options import Down
from perry_ffi.stack.project_lock import project_lock
from perry_ffi.stack.projects import down_all
from perry_ffi.stack.stack import attach
from perry_ffi.stack.status import ps, status
from tests.unit.stack.rig import IMAGE, Rig, project

pytestmark = pytest.mark.anyio
THEIRS: dict[str, str] = {
    "com.docker.compose.project": "p", "com.docker.compose.service": "a", "com.docker.compose.container-number": "1",
    "com.docker.compose.config-hash": "x", "com.docker.compose.oneoff": "False",
}  # fmt: skip
ODD_NUMBERS = ["²", "٣", "9" * 5000, "9" * 20, "-3", "+1", "1_0", " 1", "x", "", "0"]


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


async def foreign(rig: Rig, labels: dict[str, str], name: str = "foreign", **members: Any) -> None:
    spec = validate(ServiceSpec, {"image": IMAGE, "name": name, "labels": labels, **members})
    await rig.backend.create_container(spec)
    await rig.backend.start_container(name)


@pytest.mark.parametrize("number", ODD_NUMBERS)
async def test_a_number_that_is_none_is_no_reason_to_fail(rig: Rig, number: str) -> None:
    await foreign(rig, {**THEIRS, "com.docker.compose.container-number": number})
    assert [row.number for row in await read_replicas(rig.backend, "p")] == [0]
    assert [row["number"] for row in await ps(rig.context, "p")] == [0]
    await rig.up(project({"a": {}}))
    assert (await status(rig.context, "p", None, {}))["services"]["a"]["running"] == 1
    assert (await rig.down()).errors == []
    assert not rig.world.boxes


@pytest.mark.parametrize(
    "labels",
    [
        {"com.docker.compose.project": "p"},
        {"com.docker.compose.project": "p", "com.docker.compose.service": "a", "com.docker.compose.version": "2"},
        {**identity.project_labels("p")},
        {**THEIRS, "perry.compose.project": "other", "perry.compose.number": "1"},
        {**THEIRS, "com.docker.compose.service": ""},
    ],
    ids=["the project alone", "what docker compose labels images with", "what this library labels images with",
         "of two projects", "of no service"],
)  # fmt: skip
async def test_what_only_looks_like_a_container_of_the_project_is_left_alone(rig: Rig, labels: dict[str, str]) -> None:
    """A container that is run from an image of the project has the image's labels, and is nobody's."""
    await foreign(rig, labels)
    with pytest.raises(NotFound):
        await attach(rig.context, "p", {})
    await rig.up(project({"a": {}}), remove_orphans=True)
    assert [row["name"] for row in await ps(rig.context, "p")] == ["p-a-1"]
    report = await rig.down(volumes=True)
    assert (report.containers_removed, report.errors) == (1, [])
    assert rig.names() == {"foreign": "running"}


async def test_what_docker_compose_made_from_an_image_of_another_project_is_its_own(rig: Rig) -> None:
    """An image that this library built for a project says so, and whatever is made from it has its labels."""
    await foreign(rig, {**identity.project_labels("other"), **THEIRS}, "p-a-1")
    assert [row.name for row in await read_replicas(rig.backend, "p")] == ["p-a-1"]
    assert not await read_replicas(rig.backend, "other")


async def test_labels_of_a_file_name_nothing_that_is_removed(rig: Rig) -> None:
    """Neither a volume of somebody else's, nor another project."""
    hostile = {
        "perry.compose.inherited-volumes": "theirs,p_data", "perry.compose.file-volumes": "/data",
        "perry.compose.project": "other", "com.docker.compose.project": "other", "perry.compose.transaction": "t",
        "perry.compose.one-off": "true", "perry.compose.depends-on": "a:b:c,,:",
    }  # fmt: skip
    await rig.up(project({"a": {}}, name="other", networks={"default": {}}))
    mounts = ["data:/data", "theirs:/theirs"]
    volumes = {"data": {}, "theirs": {"name": "theirs", "external": True}}
    await rig.backend.create_volume("theirs", _volume())
    wanted = project({"a": {"labels": hostile, "volumes": mounts}, "b": {"labels": hostile}}, volumes=volumes)
    await rig.up(wanted)
    await rig.up(wanted, scale={"b": 0})
    await rig.up(wanted, force_recreate=True)
    labels = rig.box("p-a-1").spec.labels
    assert (labels["perry.compose.project"], labels["com.docker.compose.project"]) == ("p", "p")
    await rig.down("p", wanted)
    assert {"theirs", "p_data"} <= set(rig.world.volumes)
    await rig.up(wanted)
    await rig.down("p", wanted, volumes=True)
    assert "theirs" in rig.world.volumes and "p_data" not in rig.world.volumes
    assert rig.names() == {"other-a-1": "running"}


async def test_a_label_names_only_anonymous_volumes(rig: Rig) -> None:
    """Whatever wrote it: an image may carry labels too."""
    await rig.backend.create_volume("theirs", _volume())
    await foreign(rig, {**THEIRS, "perry.compose.inherited-volumes": f"theirs,,../x,{'a' * 64}"})
    (row,) = await read_replicas(rig.backend, "p")
    assert row.inherited == ("a" * 64,)
    await rig.down(volumes=True)
    assert "theirs" in rig.world.volumes


async def test_a_network_of_two_projects_is_nobodys(rig: Rig) -> None:
    labels = {"com.docker.compose.project": "p", "perry.compose.project": "other"}
    await rig.backend.create_network("odd", validate(NetworkSpec, {"labels": labels}))
    await rig.up(project({"a": {}}))
    assert (await rig.down()).errors == []
    assert "odd" in rig.world.networks


async def test_down_all_takes_what_every_label_says_is_ours(rig: Rig) -> None:
    """Not a project of docker compose's that a foreign container claims to be of; and one odd name stops nothing."""
    await foreign(rig, THEIRS | {"com.docker.compose.project": "victim"}, "victim")
    claims = {**THEIRS, "perry.compose.config-hash": "x", "com.docker.compose.project": "mine"}
    await foreign(rig, {**claims, "perry.compose.project": "victim"}, "claims")
    odd = "../" + "n" * 5000
    ours = {"perry.compose.config-hash": "x", "perry.compose.project": odd, "com.docker.compose.project": odd}
    await foreign(rig, {**THEIRS, **ours}, "odd")
    await rig.up(project({"a": {}}, name="zz"))
    report = await down_all(rig.context, Down())
    assert report.errors == []
    assert rig.names() == {"victim": "running", "claims": "running"}


async def test_a_project_that_cannot_be_taken_down_keeps_no_other(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    from perry_ffi.stack import projects

    for name in ("one", "two"):
        await rig.up(project({"a": {}}, name=name))
    real = projects.down

    async def fails(context: Any, name: str, *rest: Any) -> Any:
        if name == "one":
            raise NotFound("gone")
        return await real(context, name, *rest)

    monkeypatch.setattr(projects, "down", fails)
    report = await down_all(rig.context, Down())
    assert report.containers_removed == 1 and report.errors == ["project one: gone"]


async def test_projects_with_odd_names_have_locks_of_their_own(tmp_path: Path) -> None:
    """And a name that no file could have is none of a file."""
    names = ["a.b", "a_b", "a/b", "n" * 5000, "n" * 4999, "ü", "é"]
    async with project_lock(tmp_path, "e", names[0], 1):
        for name in names[1:]:
            async with project_lock(tmp_path, "e", name, 1):
                continue
    assert len(list(tmp_path.iterdir())) == len(names)


@pytest.mark.parametrize("code", ["abc", "²", "9" * 5000, "", "1.5"])
def test_a_label_that_is_called_like_an_exit_code_hides_no_event(code: str) -> None:
    """Docker tells labels and its own attributes in one map, and labels come last."""
    actor = {"ID": "i", "Attributes": {"exitCode": code, "name": "n"}}
    event = parse_event({"Type": "container", "Action": "die", "Actor": actor, "time": 1, "timeNano": 10**9})
    assert event is not None and event.action == "die" and event.exit_code is None


def _volume() -> Any:
    from perry_ffi.model.volume import VolumeSpec

    return validate(VolumeSpec, {})
