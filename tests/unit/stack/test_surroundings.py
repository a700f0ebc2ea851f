"""What one container's change means for the others: those in its namespaces, and those that want what it holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.errors import Conflict, ContainerError
from perry_ffi.model.container_facts import PublishedPort
from perry_ffi.stack.containers.departures import Going
from perry_ffi.stack.observed import Replica
from tests.unit.stack.containers.test_reconcile import NOTHING, plain
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def chain(value: str = "1", **more: Any) -> Any:
    """Each in the network of the one before."""
    services = {"x": {"environment": {"E": value}}, "y": {"network_mode": "service:x"}, "z": {"network_mode": "service:y"}}
    return project({**services, **more})


def runs(rig: Rig) -> dict[str, int]:
    return {box.name: box.starts for box in rig.world.boxes.values()}


# -- namespaces -------------------------------------------------------------------------------------


async def test_whoever_is_in_the_namespaces_of_one_that_starts_again_starts_again(rig: Rig) -> None:
    await rig.up(chain())
    await rig.backend.stop_container("p-x-1")
    assert plain(await rig.plan(chain())) == plain("""
        1 start container p-x-1 exited (143)
        2 restart container p-y-1 x, whose namespaces it is in, started again after 1
        3 restart container p-z-1 y, whose namespaces it is in, started again after 2
    """)
    await rig.up(chain())
    assert runs(rig) == {"p-x-1": 2, "p-y-1": 2, "p-z-1": 2}
    assert await rig.plan(chain()) == NOTHING


async def test_one_that_somebody_restarted_has_others_restart(rig: Rig) -> None:
    """The engine says nothing of it but when each was started."""
    await rig.up(chain())
    await rig.backend.restart_container("p-x-1")
    assert plain(await rig.plan(chain())) == plain("""
        1 restart container p-y-1 x, whose namespaces it is in, started again
        2 restart container p-z-1 y, whose namespaces it is in, started again after 1
    """)
    await rig.up(chain())
    assert await rig.plan(chain()) == NOTHING


async def test_a_paused_one_whose_namespaces_ended_starts_again(rig: Rig) -> None:
    await rig.up(chain())
    await rig.backend.pause_container("p-z-1")
    await rig.backend.restart_container("p-y-1")
    assert plain(await rig.plan(chain())) == plain("""
        1 unpause container p-z-1 paused
        2 restart container p-z-1 y, whose namespaces it is in, started again after 1
    """)
    await rig.up(chain())
    assert await rig.plan(chain()) == NOTHING


async def test_the_namespaces_of_one_that_is_gone(rig: Rig) -> None:
    await rig.up(chain())
    await rig.backend.remove_container("p-x-1", force=True)
    text = plain(await rig.plan(chain()))
    assert "create container p-x-1 missing" in text
    assert "create container p-y-1_next x, whose namespaces it joins, is made anew" in text
    await rig.up(chain())
    assert rig.box("p-y-1").modes["network"] == rig.box("p-x-1").id
    assert rig.box("p-z-1").modes["network"] == rig.box("p-y-1").id
    assert await rig.plan(chain()) == NOTHING


async def test_what_nobody_asked_for_follows_only_where_it_has_to(rig: Rig) -> None:
    await rig.up(chain(w={}))
    assert await rig.plan(chain(w={}), services=("x",)) == NOTHING
    await rig.up(chain("2", w={}), services=("x",))
    assert runs(rig) == {"p-x-1": 1, "p-y-1": 1, "p-z-1": 1, "p-w-1": 1}
    assert rig.box("p-z-1").modes["network"] == rig.box("p-y-1").id
    assert await rig.plan(chain("2", w={})) == NOTHING


async def test_what_follows_and_does_not_run_is_not_started(rig: Rig) -> None:
    await rig.up(chain())
    await rig.backend.stop_container("p-z-1")
    await rig.up(chain("2"), services=("x",))
    assert rig.names() == {"p-x-1": "running", "p-y-1": "running", "p-z-1": "created"}


async def test_a_job_that_follows_is_done_anew(rig: Rig) -> None:
    rig.behave["y"] = Behaviour(exit_code=0)

    def pair(value: str) -> Any:
        return project({"x": {"environment": {"E": value}}, "y": {"network_mode": "service:x"}})

    await rig.up(pair("1"))
    await rig.up(pair("2"), services=("x",))
    assert rig.names() == {"p-x-1": "running", "p-y-1": "exited"}
    assert await rig.plan(pair("2")) == NOTHING


async def test_what_follows_and_is_not_there_is_not_made(rig: Rig) -> None:
    await rig.up(chain(), services=("x",))
    await rig.up(chain("2"), services=("x",))
    assert rig.names() == {"p-x-1": "running"}


async def test_what_follows_finds_the_networks_and_volumes_that_it_has_now(rig: Rig) -> None:
    """They are made with it, and only with it: nobody else wants them."""

    def edited(value: str) -> Any:
        a = {"environment": {"E": value}}
        b = {"pid": "service:a", "networks": ["new"], "volumes": ["data:/d"]}
        return project({"a": a, "b": b}, networks={"new": {}}, volumes={"data": {}})

    await rig.up(project({"a": {"environment": {"E": "1"}}, "b": {"pid": "service:a"}}))
    assert await rig.plan(edited("1"), services=("a",)) == NOTHING
    steps = await rig.plan(edited("2"), services=("a",))
    assert "create network p_new missing" in plain(steps) and "create volume p_data missing" in plain(steps)
    await rig.up(edited("2"), services=("a",))
    assert await rig.plan(edited("2")) == NOTHING


async def test_what_follows_needs_the_one_that_it_joins_now(rig: Rig) -> None:
    def edited(value: str) -> Any:
        c = {"pid": "service:a", "ipc": "service:b"}
        return project({"a": {"environment": {"E": value}}, "b": {}, "c": c})

    await rig.up(project({"a": {"environment": {"E": "1"}}, "c": {"pid": "service:a"}}))
    was = rig.state()
    with pytest.raises(Conflict, match="services.c: it is created with a container of b, which nobody asked for") as caught:
        await rig.up(edited("2"), services=("a",))
    assert caught.value.details["remedy"] == "name b too" and rig.state() == was
    await rig.up(edited("2"), services=("a", "b"))
    assert await rig.plan(edited("2"), services=("a", "b")) == NOTHING


@pytest.mark.parametrize("last", ["x", "y", "z"])
async def test_an_undoing_starts_them_in_their_order(rig: Rig, last: str) -> None:
    await rig.up(chain())
    was = rig.state()
    rig.behave["w"] = Behaviour(start_error="no")
    with pytest.raises(ContainerError) as caught:
        await rig.up(chain("2", w={"depends_on": [last]}))
    assert caught.value.details["rolledBack"] is True
    assert rig.state() == was
    assert await rig.plan(chain()) == NOTHING


async def test_one_that_cannot_start_has_those_in_its_namespaces_started_again(rig: Rig) -> None:
    await rig.up(chain())
    was = rig.state()
    rig.interrupt(5, lambda: ContainerError("no"))
    with pytest.raises(ContainerError):
        await rig.up(chain("2"))
    assert rig.state() == was
    rig.calm()
    assert await rig.plan(chain()) == NOTHING


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("when", ["before", "after"])
async def test_one_that_ran_on_in_namespaces_that_had_ended_does_so_again(rig: Rig, number: int, when: str) -> None:
    await rig.up(chain())
    await rig.backend.stop_container("p-x-1")
    was = rig.state()
    rig.interrupt(number, lambda: ContainerError("no"), when)
    with pytest.raises(ContainerError) as caught:
        await rig.up(chain())
    assert caught.value.details["rolledBack"] is True, caught.value.details
    assert rig.state() == was


@pytest.mark.parametrize("number", range(8))
@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_undoing_that_starts_one_again_starts_those_inside_again(rig: Rig, number: int, when: str) -> None:
    """The restart may have been carried out or not: nobody can tell, and those in its namespaces may be cut off."""

    def wanted(value: str) -> Any:
        needs = {"d": {"condition": "service_started", "restart": True}}
        return chain("1", x={"depends_on": needs}, d={"environment": {"E": value}})

    await rig.up(wanted("1"))
    await rig.backend.pause_container("p-z-1")
    was, plan = rig.state(), await rig.plan(wanted("1"))
    rig.interrupt(number, lambda: ContainerError("no"), when)
    with pytest.raises(ContainerError) as caught:
        await rig.up(wanted("2"))
    assert caught.value.details["rolledBack"] is True, caught.value.details
    assert (rig.state(), await rig.plan(wanted("1"))) == (was, plan)
    started = [rig.box(f"p-{name}-1").started for name in "xyz"]
    assert started == sorted(started)


def parted(value: str = "1", **more: Any) -> Any:
    """The first of a chain, without those in its namespaces."""
    return project({"x": {"environment": {"E": value}}, **more})


async def refused(rig: Rig, wanted: Any, words: str, **options: Any) -> None:
    """The up is a Conflict that says it with ``words``, as is the plan, and the engine was asked for nothing."""
    was, calls = rig.state(), len(rig.backend.writes)
    for verb in (rig.plan, rig.up):
        with pytest.raises(Conflict) as caught:
            await verb(wanted, **options)
        assert words in f"{caught.value.message}; {caught.value.details['remedy']}"
    assert (rig.state(), len(rig.backend.writes)) == (was, calls)


async def test_an_orphan_that_stays_is_not_cut_off(rig: Rig) -> None:
    """It is in the namespaces of what would be replaced: podman cannot do it, and docker would leave it without a network."""
    await rig.up(chain())
    why = "p-x-1 would be replaced, and p-y-1 would stay and is in its namespaces; removeOrphans: true takes it away"
    await refused(rig, parted("2"), why)
    await refused(rig, parted(), "p-x-1 would be replaced", force_recreate=True)
    await rig.up(parted())
    assert runs(rig) == {"p-x-1": 1, "p-y-1": 1, "p-z-1": 1}
    await rig.backend.stop_container("p-y-1")
    await refused(rig, parted("2"), why)
    await rig.up(parted("2"), remove_orphans=True)
    assert rig.names() == {"p-x-1": "running"}


async def test_one_that_a_restart_would_cut_off(rig: Rig) -> None:
    def with_restart(value: str, **more: Any) -> Any:
        needs = {"d": {"condition": "service_started", "restart": True}}
        return project({"d": {"environment": {"E": value}}, "x": {"depends_on": needs}, **more})

    await rig.up(with_restart("1", y={"network_mode": "service:x"}))
    await refused(rig, with_restart("2"), "p-x-1 would be started again, and p-y-1 would stay")
    await rig.up(with_restart("2"), remove_orphans=True)


async def test_whose_profile_is_off_is_not_cut_off(rig: Rig) -> None:
    await rig.up(chain())
    wanted = parted("2", y={"network_mode": "service:x", "profiles": ["more"]})
    await refused(rig, wanted, "p-y-1 would stay and is in its namespaces; bring y up too", remove_orphans=True)


async def test_one_in_the_namespaces_of_a_service_that_is_scaled_to_nothing(rig: Rig) -> None:
    await rig.up(chain())
    await refused(
        rig, chain(), "p-x-1 would be removed, and p-y-1 would stay and is in its namespaces; scale y to 0", scale={"x": 0}
    )
    await rig.up(chain(), scale={"x": 0, "y": 0, "z": 0})
    assert rig.names() == {}


# -- ports, addresses, networks ---------------------------------------------------------------------


def test_what_stands_in_the_way() -> None:
    held = Replica("1", "n", "s", 1, "running", addresses=frozenset({("net", "10.0.0.5")}),
                   published=(PublishedPort("127.0.0.1", 80, "tcp"), PublishedPort("::", 53, "udp")))  # fmt: skip

    def stands(**members: Any) -> bool:
        from perry_ffi.stack.desired import desired
        from perry_ffi.stack.options import Up

        wanted = desired(project({"one": members}, networks={"net": {"name": "net", "ipam": {}}}), Up(), {})
        return Going([(held, "replaced")]).in_the_way(wanted.services["one"]) != []

    assert stands(ports=["80:1"]) and stands(ports=["127.0.0.1:80:1"]) and stands(ports=["79-81:79-81"])
    assert stands(ports=["10.1.1.1:53:53/udp"])
    assert stands(networks={"net": {"ipv4_address": "10.0.0.5"}})
    assert not stands(ports=["81:80"]) and not stands(ports=["80"]) and not stands(ports=["80:80/udp"])
    assert not stands(ports=["10.1.1.1:80:80"]) and not stands(ports=["9:9"])
    assert not stands(networks={"net": {"ipv4_address": "10.0.0.6"}}) and not stands()
    assert not stands(ports=[{"target": 80, "published": "²"}])


async def test_a_port_that_moves_is_free_before_it_is_taken(rig: Rig) -> None:
    def pair(one: str, two: str) -> Any:
        return project({"a": {"ports": [one]}, "z": {"ports": [two], "depends_on": ["a"]}})

    await rig.up(pair("1", "8080:80"))
    wanted = pair("8080:80", "1")
    assert (
        plain(await rig.plan(wanted)).splitlines()[:6]
        == plain("""
        1 create container p-a-1_next configuration changed
        2 stop container p-a-1 configuration changed after 1
        3 rename container p-a-1 configuration changed after 2
        4 rename container p-a-1_next configuration changed after 3
        5 stop container p-z-1 configuration changed after 4
        6 start container p-a-1 configuration changed after 4 5
    """).splitlines()
    )
    await rig.up(wanted)
    assert await rig.plan(wanted) == NOTHING
    await rig.up(pair("8080:80", "8081:80"))
    await rig.up(pair("8081:80", "8080:80"))
    assert await rig.plan(pair("8081:80", "8080:80")) == NOTHING


async def test_orphans_stop_before_anything_starts(rig: Rig) -> None:
    await rig.up(project({"db": {"ports": ["8080:80"]}, "web": {"depends_on": ["db"]}, "in": {"network_mode": "service:web"}}))
    wanted = project({"site": {"ports": ["8080:80"]}})
    assert plain(await rig.plan(wanted, remove_orphans=True)) == plain("""
        1 stop container p-in-1 orphan
        2 stop container p-web-1 orphan after 1
        3 stop container p-db-1 orphan after 2
        4 create container p-site-1 missing
        5 start container p-site-1 missing after 1 2 3 4
        6 remove container p-in-1 orphan
        7 remove container p-web-1 orphan after 6
        8 remove container p-db-1 orphan after 7
    """)
    await rig.up(wanted, remove_orphans=True)
    assert rig.names() == {"p-site-1": "running"}


async def test_a_network_that_somebody_took_away_from_a_container(rig: Rig) -> None:
    wanted = project({"one": {"networks": ["a", "b"]}}, networks={"a": {}, "b": {}})
    await rig.up(wanted)
    await rig.backend.disconnect_network("p_b", "p-one-1")
    assert "create container p-one-1_next it is not on network p_b" in plain(await rig.plan(wanted))
    await rig.up(wanted)
    assert set(rig.box("p-one-1").networks) == {"p_a", "p_b"}
    assert await rig.plan(wanted) == NOTHING


async def test_a_network_that_has_only_the_name_of_the_one_it_was_made_for(rig: Rig) -> None:
    """Somebody brought one service up after the unused networks had been pruned: the others cannot start any more."""
    wanted = project({"one": {}, "two": {}})
    await rig.up(wanted)
    for name in ("one", "two"):
        await rig.backend.stop_container(f"p-{name}-1")
    del rig.world.networks["p_default"]
    await rig.up(wanted, services=("one",))
    assert "create container p-two-1_next network p_default is another one now" in plain(await rig.plan(wanted))
    await rig.up(wanted)
    assert await rig.plan(wanted) == NOTHING


# -- jobs and conditions ----------------------------------------------------------------------------


@pytest.mark.parametrize("members", [{"restart": "on-failure"}, {"deploy": {"restart_policy": {"condition": "on-failure"}}}])
async def test_a_job_that_may_be_tried_again_and_ended_well_is_done(rig: Rig, members: dict[str, Any]) -> None:
    rig.behave["job"] = Behaviour(exit_code=0)
    await rig.up(project({"job": members}))
    assert await rig.plan(project({"job": members})) == NOTHING


@pytest.mark.parametrize("members", [{"restart": "always"}, {"deploy": {"restart_policy": {"condition": "any"}}}])
async def test_what_runs_always_is_started(rig: Rig, members: dict[str, Any]) -> None:
    await rig.up(project({"one": members}))
    box = rig.box("p-one-1")
    box.status, box.exit_code = "exited", 0
    assert "start container p-one-1 exited (0)" in plain(await rig.plan(project({"one": members})))


async def test_where_nobody_remembers_why_it_ended_only_a_job_that_is_waited_for_is_done(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.behave["job"] = rig.behave["other"] = Behaviour(exit_code=0)
    needs = {"job": {"condition": "service_completed_successfully"}, "other": {"condition": "service_started"}}
    wanted = project({"job": {}, "other": {}, "user": {"depends_on": needs}})
    await rig.up(wanted)
    assert await rig.plan(wanted) == NOTHING

    async def forgotten(ident: str) -> None:
        return None

    monkeypatch.setattr(rig.backend, "was_stopped", forgotten)
    assert plain(await rig.plan(wanted)) == plain("1 start container p-other-1 exited (0)")


async def test_one_that_is_required_by_one_and_not_by_another(rig: Rig) -> None:
    rig.behave["d"] = Behaviour(health=(False,))
    condition = {"condition": "service_healthy"}
    optional = {"d": {**condition, "required": False}}
    wanted = project(
        {
            "d": {"healthcheck": {"test": "false", "retries": 1, "interval": "10ms"}},
            "a": {"depends_on": optional},
            "b": {"depends_on": {"d": condition}},
        }
    )
    text = plain(await rig.plan(wanted))
    assert "wait d healthy a depends on it" in text and "wait d healthy b depends on it" in text
    with pytest.raises(ContainerError, match="unhealthy|ended"):
        await rig.up(wanted)
