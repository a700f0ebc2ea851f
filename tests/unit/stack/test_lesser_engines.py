"""Projects on engines that can do less: plans that need no more than there is, and what comes back all the same."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.fake import Behaviour, FakeBackend
from perry_ffi.errors import BackendError, Conflict, Unsupported
from perry_ffi.model.container import ContainerHandle, ContainerSpec
from tests.unit.stack.containers.test_reconcile import NOTHING, plain
from tests.unit.stack.rig import Rig, lesser, project

pytestmark = pytest.mark.anyio


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path, lesser("op.rename"))


def web(**members: Any) -> Any:
    """A web server with an anonymous volume, and a database that it depends on."""
    return project({"db": {}, "web": {"depends_on": ["db"], "volumes": ["/scratch"], **members}})


def told(rig: Rig) -> dict[str, Any]:
    """What a user sees of the containers, without their ids."""
    return {box.name: (box.status, box.spec.env, box.volumes, set(box.networks)) for box in rig.world.boxes.values()}


async def test_what_is_replaced_goes_before_its_successor_comes(rig: Rig) -> None:
    await rig.up(web())
    was = rig.box("p-web-1").volumes
    wanted = web(environment={"A": "1"})
    assert plain(await rig.plan(wanted)) == plain("""
        1 stop container p-web-1 configuration changed
        2 remove container p-web-1 configuration changed, and this engine cannot rename it after 1
        3 create container p-web-1 configuration changed after 2
        4 start container p-web-1 configuration changed after 3
        5 remove volumes p-web-1 it was removed after 2
        """)
    await rig.up(wanted)
    assert rig.names() == {"p-db-1": "running", "p-web-1": "running"}
    assert rig.box("p-web-1").volumes == was and rig.box("p-web-1").spec.env == {"A": "1"}
    assert await rig.plan(wanted) == NOTHING


async def test_its_volumes_go_that_nobody_takes_over(rig: Rig) -> None:
    await rig.up(web())
    (old,) = rig.box("p-web-1").volumes.values()
    await rig.up(web(), renew_volumes=True)
    assert old not in rig.world.volumes and len(rig.world.volumes) == 1
    await rig.up(web(volumes=[]))
    assert not rig.world.volumes


async def fails_at_each_call(folder: Path, kind: type[FakeBackend], document: Callable[..., Any], way: str) -> None:
    """An ``up`` of an edit puts all back, wherever the engine fails, also where it did what it does not answer for."""
    number, hit = 0, True
    while hit:
        rig = Rig(folder, kind)
        await rig.up(document())
        was, volumes = told(rig), set(rig.world.volumes)
        done = rig.interrupt(number, lambda: BackendError("cut", backend="fake"), way)
        try:
            await rig.up(document(environment={"A": "1"}))
        except BackendError as error:
            if "rolledBack" in error.details:
                assert error.details["rolledBack"], error.details
                assert told(rig) == was and set(rig.world.volumes) == volumes
                assert await rig.plan(document()) == NOTHING
        hit, number = done(), number + 1
    assert number > 4


@pytest.mark.parametrize("way", ["before", "after"])
async def test_a_failed_up_creates_it_again(tmp_path: Path, way: str) -> None:
    await fails_at_each_call(tmp_path, lesser("op.rename"), web, way)


async def test_what_was_created_again_keeps_its_volumes_for_the_next_one(rig: Rig) -> None:
    await rig.up(web())
    was = rig.box("p-web-1").volumes
    rig.world.behave = lambda box: Behaviour(start_error="no" if box.spec.env else "")
    with pytest.raises(BackendError):
        await rig.up(web(environment={"A": "1"}))
    rig.world.behave = lambda box: Behaviour()
    await rig.up(web(environment={"A": "2"}))
    assert rig.box("p-web-1").volumes == was
    await rig.down(volumes=True)
    assert not rig.world.volumes


async def test_containers_swap_their_names(rig: Rig) -> None:
    await rig.up(project({"a": {"container_name": "one"}, "b": {"container_name": "two"}}))
    wanted = project({"a": {"container_name": "two"}, "b": {"container_name": "one"}})
    await rig.up(wanted)
    owners = {name: rig.box(name).spec.labels["com.docker.compose.service"] for name in ("one", "two")}
    assert owners == {"one": "b", "two": "a"} and len(rig.world.boxes) == 2
    assert await rig.plan(wanted) == NOTHING


async def test_who_is_in_its_namespaces_goes_first_and_comes_back_after_it(rig: Rig) -> None:
    def both(**members: Any) -> Any:
        return project({"a": dict(members), "b": {"network_mode": "service:a"}})

    await rig.up(both())
    was = told(rig)
    assert plain(await rig.plan(both(environment={"A": "1"}))) == plain("""
        1 stop container p-b-1 a, whose namespaces it joins, is made anew
        2 remove container p-b-1 a, whose namespaces it joins, is made anew, and it is in the namespaces of p-a-1 after 1
        3 stop container p-a-1 configuration changed after 1
        4 remove container p-a-1 configuration changed, and this engine cannot rename it after 2 3
        5 create container p-a-1 configuration changed after 4
        6 start container p-a-1 configuration changed after 5
        7 create container p-b-1 a, whose namespaces it joins, is made anew after 2 6
        8 start container p-b-1 a, whose namespaces it joins, is made anew after 6 7
        9 remove volumes p-a-1 it was removed after 4
        10 remove volumes p-b-1 it was removed after 2
        """)
    rig.world.behave = lambda box: Behaviour(start_error="no" if box.spec.env else "")
    with pytest.raises(BackendError) as caught:
        await rig.up(both(environment={"A": "1"}))
    assert caught.value.details["rolledBack"] and told(rig) == was
    assert set(rig.box("p-b-1").modes.values()) == {rig.box("p-a-1").id}


async def test_what_was_copied_into_it_comes_back(rig: Rig) -> None:
    def configured(text: str) -> Any:
        return project({"a": {"configs": ["c"]}}, configs={"c": {"content": text}})

    await rig.up(configured("old"))
    was = rig.box("p-a-1").files
    rig.interrupt(4, lambda: BackendError("cut", backend="fake", status=500))
    with pytest.raises(BackendError) as caught:
        await rig.up(configured("new"))
    assert caught.value.details["rolledBack"] and rig.box("p-a-1").files == was and was


async def test_one_that_somebody_renamed_is_made_anew(rig: Rig) -> None:
    await rig.up(project({"a": {}}))
    rig.world.rename(rig.box("p-a-1"), "other")
    await rig.up(project({"a": {}}))
    assert rig.names() == {"p-a-1": "running"}


async def test_an_engine_that_does_not_tell_what_a_container_was_made_from(tmp_path: Path) -> None:
    """Nothing is removed that could not come back."""
    from perry_ffi.backends.contract.containers import Containers

    engine = lesser("op.rename")
    engine.container_spec = Containers.container_spec  # type: ignore[method-assign]
    rig = Rig(tmp_path, engine)
    await rig.up(web())
    was = rig.state()
    with pytest.raises(Unsupported, match="container_spec"):
        await rig.up(web(environment={"A": "1"}))
    assert rig.state() == was


@pytest.mark.parametrize("group", ["op.network_attach", "op.network_remake", "op.rename"])
async def test_a_network_is_kept_that_could_not_be_made_anew(tmp_path: Path, group: str) -> None:
    rig = Rig(tmp_path, lesser(group))
    await rig.up(project({"a": {"networks": ["n"]}}, networks={"n": {}}))
    wanted = project({"a": {"networks": ["n"]}}, networks={"n": {"internal": True}})
    assert await rig.plan(wanted) == (
        "nothing to do\nnote: networks.n: its definition changed; the network p_n is kept as it is: "
        "this engine makes none anew beneath its containers; down, then up, does\n"
    )


async def test_files_are_refused_by_name_before_anything_is_touched(tmp_path: Path) -> None:
    rig = Rig(tmp_path, lesser("op.archive"))
    with pytest.raises(Unsupported, match="^configs.c: fake takes no files into its containers"):
        await rig.up(project({"a": {"configs": ["c"]}}, configs={"c": {"content": "x"}}))
    assert rig.backend.writes == []


async def test_files_that_can_only_be_mounted_are_refused_where_the_engine_is_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "c").write_text("x")
    service = {"read_only": True, "configs": [{"source": "c", "target": "/etc/c"}, {"source": "d", "target": "/sure"}]}
    document = project({"a": service}, configs={"c": {"file": str(tmp_path / "c")}, "d": {"file": str(tmp_path / "c")}})
    rig = Rig(tmp_path)
    rig.backend.shares_files = False
    with pytest.raises(Unsupported, match=f"^configs.c?d?: {tmp_path}/c is of this machine"):
        await rig.up(document)
    assert rig.backend.writes == []
    document.services["a"]["read_only"] = False
    await rig.up(document)


async def test_what_is_frozen_on_an_engine_that_freezes_none_is_left_alone(tmp_path: Path) -> None:
    rig = Rig(tmp_path, lesser("op.pause"))
    await rig.up(project({"a": {}}))
    rig.box("p-a-1").status = "paused"
    assert await rig.plan(project({"a": {}})) == NOTHING


async def test_health_is_not_waited_for_where_nobody_tells_it(tmp_path: Path) -> None:
    rig = Rig(tmp_path, lesser("op.health_probes"))
    wanted = project({
        "db": {"healthcheck": {"test": ["CMD", "true"]}},
        "web": {"depends_on": {"db": {"condition": "service_healthy"}}},
    })  # fmt: skip
    with pytest.raises(Unsupported, match=r"^services.db: fake cannot tell whether it is healthy \(web depends on it\)"):
        await rig.up(wanted)
    assert rig.backend.writes == []


# -- one that looks at ports as it creates, and keeps the name that a container was created with -----


class Alone(FakeBackend):
    """Refuses a container with ports of one that runs, or by the name that another was created with and ran by."""

    stand_beside = False

    async def create_container(self, spec: ContainerSpec) -> ContainerHandle:
        ports = {port.published for port in spec.ports}
        for box in self.world.boxes.values():
            if box.live and ports & {port.published for port in box.spec.ports}:
                raise Conflict(f"port is already allocated: {box.name} has it", backend=self.name)
            if box.starts and box.spec.name == spec.name:
                raise Conflict(f"{spec.name} is already used by {box.id}", backend=self.name)
        return await super().create_container(spec)


@pytest.fixture
def alone(tmp_path: Path) -> Rig:
    return Rig(tmp_path, Alone)


def listening(**members: Any) -> Any:
    return web(ports=["80:80"], **members)


def given_names(text: str, rig: Rig) -> str:
    """``text`` with ``{name}`` as the beginning of that container's id."""
    return plain(text.format(**{box.name.replace("-", "_"): box.id[:12] for box in rig.world.boxes.values()}))


async def test_ports_are_free_before_the_next_one_is_created(alone: Rig) -> None:
    await alone.up(listening())
    wanted = listening(environment={"A": "1"})
    assert plain(await alone.plan(wanted)) == given_names(
        """
        1 stop container p-web-1 configuration changed
        2 create container p-web-1_next_{p_web_1} configuration changed after 1
        3 rename container p-web-1 configuration changed after 1 2
        4 rename container p-web-1_next_{p_web_1} configuration changed after 3
        5 start container p-web-1 configuration changed after 4
        6 remove container p-web-1 replaced: configuration changed
        """,
        alone,
    )
    was = alone.box("p-web-1").volumes
    await alone.up(wanted)
    assert alone.names() == {"p-db-1": "running", "p-web-1": "running"} and alone.box("p-web-1").volumes == was
    assert await alone.plan(wanted) == NOTHING


async def test_without_ports_the_next_one_is_created_beside_it(alone: Rig) -> None:
    """By a name that none before it was created with, so that it can be made anew more than once."""
    await alone.up(web())
    wanted = web(environment={"A": "1"})
    assert plain(await alone.plan(wanted)).startswith(
        given_names("1 create container p-web-1_next_{p_web_1} configuration changed\n2 stop container p-web-1", alone).rstrip(
            "\n"
        )
    )
    for round in range(3):
        await alone.up(web(environment={"A": str(round)}))
        await alone.up(listening(environment={"A": str(round)}))
    assert alone.names() == {"p-db-1": "running", "p-web-1": "running"}


async def test_a_port_that_goes_from_one_service_to_another(alone: Rig) -> None:
    await alone.up(project({"a": {"ports": ["80:80"]}, "b": {}}))
    wanted = project({"a": {}, "b": {"ports": ["80:80"]}})
    assert plain(await alone.plan(wanted)) == given_names(
        """
        1 create container p-a-1_next_{p_a_1} configuration changed
        2 stop container p-a-1 configuration changed after 1
        3 rename container p-a-1 configuration changed after 2
        4 rename container p-a-1_next_{p_a_1} configuration changed after 3
        5 start container p-a-1 configuration changed after 4
        6 stop container p-b-1 configuration changed
        7 create container p-b-1_next_{p_b_1} configuration changed after 2 6
        8 rename container p-b-1 configuration changed after 6 7
        9 rename container p-b-1_next_{p_b_1} configuration changed after 8
        10 start container p-b-1 configuration changed after 2 9
        11 remove container p-b-1 replaced: configuration changed
        12 remove container p-a-1 replaced: configuration changed
        """,
        alone,
    )
    await alone.up(wanted)
    assert alone.names() == {"p-a-1": "running", "p-b-1": "running"} and await alone.plan(wanted) == NOTHING


async def test_two_services_swap_their_ports(alone: Rig) -> None:
    await alone.up(project({"a": {"ports": ["80:80"]}, "b": {"ports": ["81:81"]}}))
    wanted = project({"a": {"ports": ["81:81"]}, "b": {"ports": ["80:80"]}})
    await alone.up(wanted)
    assert alone.names() == {"p-a-1": "running", "p-b-1": "running"} and await alone.plan(wanted) == NOTHING


async def test_an_orphan_with_the_port_stops_before_the_new_one_is_created(alone: Rig) -> None:
    await alone.up(project({"a": {"ports": ["80:80"]}}))
    wanted = project({"c": {"ports": ["80:80"]}})
    assert plain(await alone.plan(wanted, remove_orphans=True)) == plain("""
        1 stop container p-a-1 orphan
        2 create container p-c-1 missing after 1
        3 start container p-c-1 missing after 1 2
        4 remove container p-a-1 orphan
        """)
    await alone.up(wanted, remove_orphans=True)
    assert alone.names() == {"p-c-1": "running"}


@pytest.mark.parametrize("way", ["before", "after"])
async def test_a_failed_up_starts_the_one_with_the_ports_again(tmp_path: Path, way: str) -> None:
    await fails_at_each_call(tmp_path, Alone, listening, way)
