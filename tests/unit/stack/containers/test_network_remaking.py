"""A network whose definition changed is made anew with what is on it, put back where that fails, or refused before anything stops."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.compose import Project
from perry_ffi.errors import BackendError, Conflict, ContainerError, ValidationError
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.endpoint import EndpointSpec
from perry_ffi.model.network import NetworkSpec
from perry_ffi.stack.stack import Stack
from tests.unit.stack.rig import IMAGE, Rig, project
from tests.unit.stack.test_edits import plain

pytestmark = pytest.mark.anyio
NOTHING = "nothing to do\n"


def pool(subnet: str, **members: Any) -> dict[str, Any]:
    return {"ipam": {"config": [{"subnet": subnet}]}, **members}


def document(number: int = 1, **services: Any) -> Project:
    """``a`` with an address of its own on the network that is edited, ``b`` on two, ``c`` on another."""
    rows = {
        "a": {"networks": {"n": {"ipv4_address": f"10.{number}.0.5", "aliases": ["x"]}}},
        "b": {"networks": ["n", "m"], "depends_on": ["a"]},
        "c": {"networks": ["m"]},
        **services,
    }
    return project(rows, networks={"n": pool(f"10.{number}.0.0/24"), "m": {}})


def state(rig: Rig) -> dict[str, Any]:
    """All that a user can tell, but for what no engine gives back: the id of a network that was made again."""
    found = rig.state()
    networks = {name: info.model_copy(update={"id": "", "created": ""}).model_dump() for name, info in rig.world.networks.items()}
    boxes = {
        ident: (
            name,
            status,
            {network: place.model_copy(update={"network_id": ""}) for network, place in places.items()},
            volumes,
        )
        for ident, (name, status, places, volumes) in found["containers"].items()
    }
    return {**found, "containers": boxes, "networks": networks}


async def refused(
    rig: Rig, wanted: Project, match: str, error: type[ContainerError] = Conflict, **options: Any
) -> ContainerError:
    """The plan and the up are refused alike, and nothing is touched."""
    was, writes = state(rig), len(rig.backend.writes)
    with pytest.raises(error, match=match) as planned:
        await rig.plan(wanted, **options)
    with pytest.raises(error, match=match):
        await rig.up(wanted, **options)
    assert state(rig) == was and len(rig.backend.writes) == writes
    return planned.value


# -- made anew --------------------------------------------------------------------------------------


async def test_the_plan(rig: Rig) -> None:
    await rig.up(document(1))
    assert plain(await rig.plan(document(2))) == plain("""
        1 stop container p-b-1 network p_n is made anew
        2 stop container p-a-1 configuration changed after 1
        3 disconnect container p-b-1 network p_n is made anew after 1
        4 disconnect container p-a-1 network p_n is made anew after 2
        5 remove old network p_n its definition changed after 3 4
        6 create network p_n its definition changed after 5
        7 create container p-a-1_next configuration changed after 6
        8 rename container p-a-1 configuration changed after 2 7
        9 rename container p-a-1_next configuration changed after 8
        10 start container p-a-1 configuration changed after 9
        11 create container p-b-1_next network p_n is made anew after 6
        12 rename container p-b-1 network p_n is made anew after 1 10 11
        13 rename container p-b-1_next network p_n is made anew after 12
        14 start container p-b-1 network p_n is made anew after 10 13
        15 remove container p-b-1 replaced: network p_n is made anew
        16 remove container p-a-1 replaced: configuration changed
    """)


@pytest.mark.parametrize("late_networks", [0, 1, 9])
async def test_what_is_on_it_is_made_anew_with_it_and_nothing_else(rig: Rig, late_networks: int) -> None:
    rig.world.late_networks = late_networks
    await rig.up(document(1))
    before = {name: rig.box(f"p-{name}-1").id for name in "abc"}
    await rig.up(document(2))
    assert rig.world.network("p_n").subnets == ["10.2.0.0/24"]
    assert {name for name in "abc" if rig.box(f"p-{name}-1").id == before[name]} == {"c"}
    place = rig.box("p-a-1").networks["p_n"]
    assert (place.ip_address, place.network_id in ("", rig.world.network("p_n").id)) == ("10.2.0.5", True)
    assert set(rig.names().values()) == {"running"} and len(rig.names()) == 3
    assert await rig.plan(document(2)) == NOTHING


@pytest.mark.parametrize(
    "members",
    [{"labels": {"a": "b"}}, {"internal": True}, {"driver": "macvlan"}, {"driver_opts": {"mtu": "1400"}}, {"enable_ipv6": True},
     {"attachable": True}],
    ids=lambda members: next(iter(members)),
)  # fmt: skip
async def test_every_member_of_a_definition_counts(rig: Rig, members: dict[str, Any]) -> None:
    rows = {"one": {}, "two": {"network_mode": "none"}}
    await rig.up(project(rows, networks={"default": {}}))
    wanted = project(rows, networks={"default": members})
    was = rig.world.network("p_default").id
    await rig.up(wanted)
    now = rig.world.network("p_default")
    assert now.id != was and members.get("driver", "bridge") == now.driver
    assert await rig.plan(wanted) == NOTHING


async def test_containers_that_do_not_run_come_along(rig: Rig) -> None:
    rig.behave["c"] = Behaviour(exit_code=0)
    await rig.up(document(1, d={"networks": ["n"]}), start=False)
    await rig.up(document(1), services=("a",), remove_orphans=True)
    await rig.up(document(2))
    assert {name: status for name, status in rig.names().items() if status != "running"} == {"p-c-1": "exited"}
    assert await rig.plan(document(2)) == NOTHING


async def test_networks_that_swap_their_subnets(rig: Rig) -> None:
    rows = {"one": {"networks": ["n"]}, "two": {"networks": ["m"]}, "both": {"networks": ["n", "m"]}}
    await rig.up(project(rows, networks={"n": pool("10.1.0.0/24"), "m": pool("10.2.0.0/24")}))
    wanted = project(rows, networks={"n": pool("10.2.0.0/24"), "m": pool("10.1.0.0/24")})
    await rig.up(wanted)
    assert {name: rig.world.network(f"p_{name}").subnets for name in "nm"} == {"n": ["10.2.0.0/24"], "m": ["10.1.0.0/24"]}
    assert await rig.plan(wanted) == NOTHING


@pytest.mark.parametrize(
    "renamed", [{"other": pool("10.1.0.0/25")}, {"n": pool("10.1.0.0/24", name="own")}], ids=["its key", "its name"]
)
async def test_a_network_that_the_file_no_longer_has_makes_room(rig: Rig, renamed: dict[str, Any]) -> None:
    """Where another one takes its addresses; else it stays until a down."""
    await rig.up(project({"one": {"networks": ["n"]}}, networks={"n": pool("10.1.0.0/24")}))
    wanted = project({"one": {"networks": list(renamed)}}, networks=renamed)
    assert "remove old network    p_n" in await rig.plan(wanted)
    await rig.up(wanted)
    assert "p_n" not in rig.world.networks and await rig.plan(wanted) == NOTHING
    elsewhere = project({"one": {"networks": ["z"]}}, networks={"z": pool("10.9.0.0/24")})
    await rig.up(elsewhere)
    assert len(rig.world.networks) == 5
    assert (await rig.down()).networks_removed == 2


async def test_services_that_nobody_asked_for_come_along(rig: Rig) -> None:
    more = {"d": {"networks": ["n"], "scale": 1}, "inner": {"network_mode": "service:d"}, "off": {"networks": ["n"]}}
    await rig.up(document(1, **more), scale={"d": 3, "off": 0})
    before = {box.name: box.id for box in rig.world.boxes.values()}
    # What changed about them besides is left to an up of theirs.
    wanted = document(2, **{**more, "c": {"networks": ["m"], "environment": {"A": "1"}}})
    await rig.up(wanted, services=("a",))
    after = {box.name: box.id for box in rig.world.boxes.values()}
    assert after.keys() == before.keys() and {name for name in after if after[name] == before[name]} == {"p-c-1"}
    assert set(rig.names().values()) == {"running"}
    assert await rig.plan(wanted, services=("a", "b")) == NOTHING


async def test_a_chain_of_networks_that_changed(rig: Rig) -> None:
    """One who comes along may be on another network that changed, and so on."""
    rows = {"a": {"networks": ["n"]}, "b": {"networks": ["n", "m"]}, "c": {"networks": ["m"]}, "d": {"networks": ["l"]}}
    await rig.up(project(rows, networks={name: {} for name in "nml"}))
    wanted = project(rows, networks={"n": {"internal": True}, "m": {"internal": True}, "l": {"internal": True}})
    was = {name: rig.world.network(f"p_{name}").id for name in "nml"}
    await rig.up(wanted, services=("a",))
    assert {name for name in "nml" if rig.world.network(f"p_{name}").id == was[name]} == {"l"}
    assert await rig.plan(wanted, services=("a", "b", "c")) == NOTHING


async def test_orphans_that_go_make_room(rig: Rig) -> None:
    await rig.up(document(1, gone={"networks": ["n"]}))
    await rig.up(document(2), remove_orphans=True)
    assert "p-gone-1" not in rig.names() and await rig.plan(document(2)) == NOTHING


async def test_one_that_somebody_connected_by_hand(rig: Rig) -> None:
    await rig.up(document(1))
    await rig.backend.connect_network("p_n", "p-c-1", EndpointSpec())
    await rig.up(document(2))
    assert set(rig.box("p-c-1").networks) == {"p_m"} and await rig.plan(document(2)) == NOTHING


async def test_two_keys_of_one_network(rig: Rig) -> None:
    rows = {"one": {"networks": ["n"]}, "two": {"networks": ["m"]}}
    wanted = project(rows, networks={"n": {"name": "xx"}, "m": {"name": "xx", "internal": True}})
    await rig.up(wanted)
    assert await rig.plan(wanted) == NOTHING
    edited = project(rows, networks={"n": {"name": "xx", "labels": {"a": "b"}}, "m": {"name": "xx", "labels": {"a": "c"}}})
    await rig.up(edited)
    assert await rig.plan(edited) == NOTHING


async def test_what_makes_no_containers_leaves_it(rig: Rig) -> None:
    """run and scale bring about no more than they are asked for."""
    await rig.up(document(1))
    was = rig.world.network("p_n").id
    note = "note: networks.n: its definition changed; the network p_n is kept as it is: up makes it anew\n"
    assert await rig.plan(document(2), containers=False) == NOTHING + note
    await Stack(rig.context, "p", document(2)).scale({"b": 2})
    assert rig.world.network("p_n").id == was and rig.names()["p-b-2"] == "running"


# -- refused ----------------------------------------------------------------------------------------


async def test_an_orphan_that_is_to_stay(rig: Rig) -> None:
    await rig.up(document(1, gone={"networks": ["n"]}))
    error = await refused(rig, document(2), "networks.n: its definition changed, so p_n would be made anew, and p-gone-1")
    assert error.details["containers"] == ["p-gone-1"] and "removeOrphans" in error.details["remedy"]


async def test_a_one_off_that_runs(rig: Rig) -> None:
    await rig.up(document(1))
    box = rig.box("p-b-1")
    labels = {
        **box.spec.labels,
        "perry.compose.one-off": "true",
        "com.docker.compose.oneoff": "True",
        "perry.compose.transaction": "",
    }
    await rig.backend.create_container(box.spec.model_copy(update={"name": "p-b-run-1", "labels": labels}))
    error = await refused(rig, document(2), "p-b-run-1, which would stay, is on it")
    assert error.details["remedy"] == "remove p-b-run-1 first"


async def test_containers_of_others(rig: Rig) -> None:
    await rig.up(document(1))
    other = project({"x": {"networks": ["n"]}}, "q", networks={"n": {"external": True, "name": "p_n"}})
    await rig.up(other)
    await rig.backend.create_container(validate(ContainerSpec, {"image": IMAGE, "name": "alone", "network": "p_n"}))
    error = await refused(rig, document(2), "alone, q-x-1, which is not of this project, is on it")
    assert error.details["containers"] == ["alone", "q-x-1"] and "disconnect" in error.details["remedy"]
    await rig.backend.remove_container("alone")
    await rig.down("q")
    await rig.up(document(2))


async def test_a_service_of_a_profile_that_is_not_enabled(rig: Rig) -> None:
    await rig.up(document(1, tool={"networks": ["n"]}))
    wanted = document(2, tool={"networks": ["n"], "profiles": ["tools"]})
    error = await refused(rig, wanted, "p-tool-1, which would stay, is on it")
    assert error.details["remedy"] == "bring tool up too, or remove p-tool-1 first"


async def test_containers_that_are_not_to_be_made_anew(rig: Rig) -> None:
    await rig.up(document(1))
    error = await refused(rig, document(2), "would stay, is on it", no_recreate=True)
    assert "without noRecreate" in error.details["remedy"]


async def test_an_address_that_the_new_network_does_not_have(rig: Rig) -> None:
    await rig.up(document(1))
    wanted = document(2, a={"networks": {"n": {"ipv4_address": "10.1.0.5"}}})
    error = await refused(
        rig, wanted, "services.a.networks.n: the address 10.1.0.5 is on no subnet of networks.n", ValidationError
    )
    assert error.details["expected"] == "an address of 10.2.0.0/24"


async def test_a_subnet_that_another_network_has(rig: Rig) -> None:
    await rig.up(document(1))
    await rig.backend.create_network("theirs", validate(NetworkSpec, {"ipam": {"config": [{"subnet": "10.2.0.0/16"}]}}))
    error = await refused(
        rig, document(2), "networks.n: its addresses \\(10.2.0.0/24\\) overlap with those of the network theirs"
    )
    assert "another subnet" in error.details["remedy"]
    rows = {"one": {"networks": ["n", "m"]}}
    await rig.up(project(rows, "q", networks={"n": {}, "m": {}}))
    both = project(rows, "q", networks={"n": pool("10.7.0.0/24"), "m": pool("10.7.0.0/16")})
    await refused(rig, both, "overlap with those of the network")


async def test_one_in_the_namespaces_of_what_is_on_it(rig: Rig) -> None:
    await rig.up(document(1, gone={"network_mode": "service:a"}))
    await refused(rig, document(2), "p-gone-1 would stay and is in its namespaces")


# -- put back ---------------------------------------------------------------------------------------


def several(number: int, *, orphan: bool = False) -> Project:
    """Two networks that swap, one that goes for another, one that is new; jobs, what is stopped, and an orphan."""
    one, two = (pool("10.1.0.0/24", labels={"l": "1"}), pool("10.2.0.0/24", internal=True))[:: 1 if number == 1 else -1]
    key = "old" if number == 1 else "new"
    rows = {
        "a": {"networks": {"n": {"ipv4_address": "10.1.0.5" if number == 1 else "10.2.0.5", "aliases": ["x"]}}, "scale": 1},
        "b": {"networks": ["n", "m"], "depends_on": ["a"], "scale": 2},
        "inner": {"network_mode": "service:a"},
        "idle": {"networks": ["m"]},
        "c": {"networks": [key]},
        "free": {"networks": ["k"]},
        **({"gone": {"networks": ["m"]}} if orphan else {}),
    }
    return project(
        rows, networks={"n": one, "m": two, key: pool("10.3.0.0/24"), "k": {}, **({} if number == 1 else {"extra": {}})}
    )


async def prepared(tmp_path: Path, number: int = 0) -> Rig:
    rig = Rig(tmp_path)
    rig.world.late_networks = (0, 1, 9)[number % 3]
    await rig.up(several(1, orphan=True))
    await rig.backend.stop_container("p-idle-1")
    await rig.backend.pause_container("p-b-2")
    return rig


async def calls_of_an_up(tmp_path: Path) -> int:
    rig = await prepared(tmp_path)
    first = len(rig.backend.writes)
    await rig.up(several(2), remove_orphans=True)
    return len(rig.backend.writes) - first


@pytest.mark.parametrize(("when", "status", "each"), [("before", None, 1), ("before", 500, 3), ("after", None, 1)])
async def test_every_call_made_to_fail(tmp_path: Path, when: str, status: int | None, each: int) -> None:
    total = await calls_of_an_up(tmp_path)
    back = 0
    for number in range(0, total, each):
        rig = await prepared(tmp_path, number)
        was = state(rig)
        hit = rig.interrupt(number, lambda: BackendError("cut", backend="fake", status=status), when)
        try:
            await rig.up(several(2), remove_orphans=True)
        except ContainerError as error:
            assert error.details["rolledBack"] is True, (number, error.to_dict())
            assert state(rig) == was, f"call {number}"
            back += 1
        assert hit()
        rig.calm()
        await rig.up(several(2), remove_orphans=True)
        assert await rig.plan(several(2)) == NOTHING, f"call {number}"
    assert back * each > 30


@pytest.mark.parametrize("when", ["before", "after"])
async def test_cancelled_at_every_call(tmp_path: Path, when: str) -> None:
    for number in range(0, await calls_of_an_up(tmp_path), 2):
        rig = await prepared(tmp_path, number)
        was = state(rig)
        rig.interrupt(number, asyncio.CancelledError, when)
        task = asyncio.ensure_future(rig.up(several(2), remove_orphans=True))
        await asyncio.wait([task])
        rig.calm()
        removing = any(call.method == "remove_container" for call in rig.backend.writes)
        assert removing or state(rig) == was, f"call {number}"
        await rig.up(several(2), remove_orphans=True)
        assert await rig.plan(several(2)) == NOTHING, f"call {number}"


@pytest.mark.parametrize("when", ["before", "after"])
async def test_left_at_every_call(tmp_path: Path, when: str) -> None:
    """By a process that was killed: nothing is put back, and the next up goes on from there, or back to the old file."""
    for number in range(1, await calls_of_an_up(tmp_path), 3):
        for wanted in (several(2), several(1)):
            rig = await prepared(tmp_path, number)
            rig.interrupt(number, lambda: BackendError("killed", backend="fake"), when)
            with suppress(BackendError):
                await rig.up(several(2), remove_orphans=True, rollback=False)
            rig.calm()
            await rig.up(wanted, remove_orphans=True)
            assert await rig.plan(wanted) == NOTHING, f"call {number}"
            assert len(rig.names()) == 7, f"call {number}"
        with anyio.fail_after(60):
            assert (await rig.down()).errors == []


async def test_a_failing_start_puts_the_old_network_back(rig: Rig) -> None:
    await rig.up(document(1))
    was = state(rig)
    rig.behave["b"] = Behaviour(start_error="boom")
    # It runs on once it is put back.
    with pytest.raises(ContainerError, match="boom") as caught:
        await rig.up(document(2, b={"networks": ["n"], "depends_on": ["a"]}))
    assert caught.value.details["rolledBack"] is False
    rig.behave["b"] = Behaviour()
    await rig.backend.start_container("p-b-1")
    assert state(rig) == was
