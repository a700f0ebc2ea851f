"""Containers that are replaced some at a time, and beside what they replace: the plan, what it refuses, and that something always
serves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.fake import Behaviour, Box, Call
from perry_ffi.errors import BackendError, Conflict, ContainerError, ServiceStartupFailed, ValidationError
from perry_ffi.runtime import readiness
from perry_ffi.runtime.actions.containers import Wait
from perry_ffi.stack.options import Up
from perry_ffi.stack.up import plan
from tests.unit.stack.containers.test_reconcile import NOTHING, plain
from tests.unit.stack.rig import Rig, lesser, project

pytestmark = pytest.mark.anyio


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "SETTLED_SECONDS", 0.001)


def web(version: int, replicas: int = 1, services: dict[str, Any] | None = None, **update: Any) -> Any:
    """A project with a server; update: of its update_config, ``order: start-first`` unless it says otherwise."""
    config = {"order": "start-first", **update}
    members = {"environment": {"V": str(version)}, "deploy": {"replicas": replicas, "update_config": config}}
    more = dict(services or {})
    return project({"web": {**members, **more.pop("web", {})}, **more})


def servers(rig: Rig) -> set[str]:
    return {name for name, status in rig.names().items() if name.startswith("p-web-") and status == "running"}


# -- plans ------------------------------------------------------------------------------------------


async def test_the_plan(rig: Rig) -> None:
    await rig.up(web(1, 3))
    wanted = web(
        2, 3, {"side": {"depends_on": {"web": {"condition": "service_started", "restart": True}}}}, parallelism=2, delay="5s"
    )
    assert plain(await rig.plan(wanted)) == plain("""
        1 create container p-web-4 configuration changed
        2 start container p-web-4 configuration changed after 1
        3 wait p-web-4 serving before p-web-1 stops after 2
        4 stop container p-web-1 configuration changed after 3
        5 create container p-web-5 configuration changed
        6 start container p-web-5 configuration changed after 5
        7 wait p-web-5 serving before p-web-2 stops after 6
        8 stop container p-web-2 configuration changed after 7
        9 delay 5 s update_config.delay after 4 8
        10 create container p-web-6 configuration changed after 9
        11 start container p-web-6 configuration changed after 10
        12 wait p-web-6 serving before p-web-3 stops after 11
        13 stop container p-web-3 configuration changed after 12
        14 create container p-side-1 missing
        15 start container p-side-1 missing after 3 7 12 14
        16 remove container p-web-3 succeeded: configuration changed
        17 remove container p-web-2 succeeded: configuration changed
        18 remove container p-web-1 succeeded: configuration changed
        """)


async def test_stop_first_takes_turns_too(rig: Rig) -> None:
    await rig.up(web(1, 2))
    assert plain(await rig.plan(web(2, 2, order="stop-first", delay="2s"))) == plain("""
        1 create container p-web-1_next configuration changed
        2 stop container p-web-1 configuration changed after 1
        3 rename container p-web-1 configuration changed after 2
        4 rename container p-web-1_next configuration changed after 3
        5 start container p-web-1 configuration changed after 4
        6 wait p-web-1 serving before the next ones after 5
        7 delay 2 s update_config.delay after 6
        8 create container p-web-2_next configuration changed
        9 stop container p-web-2 configuration changed after 7 8
        10 rename container p-web-2 configuration changed after 9
        11 rename container p-web-2_next configuration changed after 10
        12 start container p-web-2 configuration changed after 11
        13 remove container p-web-2 replaced: configuration changed
        14 remove container p-web-1 replaced: configuration changed
        """)


async def test_a_parallelism_of_none_is_all_at_once(rig: Rig) -> None:
    await rig.up(web(1, 3))
    text = await rig.plan(web(2, 3, parallelism=0))
    assert all(" after " not in line for line in text.splitlines() if "create container" in line)


@pytest.mark.parametrize("engine", [lesser(), lesser("op.rename")], ids=["whole", "renames none"])
async def test_numbers_go_round(tmp_path: Path, engine: Any) -> None:
    """A successor takes the lowest that is free, and is left alone then."""
    rig = Rig(tmp_path, engine)
    for version, name in ((1, "p-web-1"), (2, "p-web-2"), (3, "p-web-1")):
        await rig.up(web(version))
        assert rig.names() == {name: "running"}
        assert await rig.plan(web(version)) == NOTHING
    await rig.up(web(4))
    await rig.up(web(4, 3))
    assert servers(rig) == {"p-web-1", "p-web-2", "p-web-3"}
    await rig.up(web(4, 1))
    assert rig.names() == {"p-web-1": "running"}


async def test_what_stopped_is_replaced_as_ever(rig: Rig) -> None:
    await rig.up(web(1))
    await rig.backend.stop_container(rig.box("p-web-1").id)
    await rig.up(web(2))
    assert rig.names() == {"p-web-1": "running"}


async def test_the_option_is_for_services_that_do_not_say_otherwise(rig: Rig) -> None:
    def both(version: str) -> Any:
        config = {"update_config": {"order": "stop-first"}}
        return project({"a": {"environment": {"V": version}}, "b": {"environment": {"V": version}, "deploy": config}})

    await rig.up(both("1"))
    await rig.up(both("2"), rolling=True)
    assert rig.names() == {"p-a-2": "running", "p-b-1": "running"}


async def test_down_takes_away_what_has_numbers_with_holes(rig: Rig) -> None:
    await rig.up(web(1, 2))
    await rig.up(web(2, 2))
    assert (await rig.down(volumes=True)).errors == [] and not rig.world.boxes


# -- what cannot be two at once ---------------------------------------------------------------------

OBSTACLES: dict[str, tuple[dict[str, Any], str]] = {
    "a port": ({"web": {"ports": ["81:81", "8080:80"]}}, "services.web.ports[0].published"),
    "a range": ({"web": {"ports": ["8080-8080:80"]}}, "services.web.ports[0].published"),
    "a name": ({"web": {"container_name": "mine"}}, "services.web.container_name"),
    "an address": (
        {"web": {"networks": {"default": {"ipv4_address": "10.9.0.5"}}}},
        "services.web.networks.default.ipv4_address",
    ),
    "a mac address": ({"web": {"mac_address": "02:42:ac:11:00:02"}}, "services.web.mac_address"),
    "the host's network": ({"web": {"network_mode": "host"}}, "services.web.network_mode"),
    "another's network": ({"other": {}, "web": {"network_mode": "service:other"}}, "services.web.network_mode"),
    "its namespaces": ({"side": {"pid": "service:web"}}, "services.side.pid"),
    "its volumes": ({"side": {"volumes_from": ["web:ro"]}}, "services.side.volumes_from[0]"),
    "a link": ({"side": {"links": ["web:w"]}}, "services.side.links[0]"),
    "an unnamed volume": ({"web": {"volumes": ["/scratch"]}}, "services.web.volumes"),
}


@pytest.mark.parametrize(("services", "path"), OBSTACLES.values(), ids=OBSTACLES.keys())
async def test_an_obstacle_is_named_before_anything_is_touched(rig: Rig, services: dict[str, Any], path: str) -> None:
    def wanted(version: int) -> Any:
        return web(version, services={name: dict(row) for name, row in services.items()})

    await rig.up(wanted(1))
    was, calls = rig.state(), len(rig.backend.writes)
    for verb in (rig.up, rig.plan):
        with pytest.raises(ValidationError) as caught:
            await verb(wanted(2))
        details = caught.value.details
        assert details["path"] == path and details["service"] == "web" and caught.value.message.startswith(path)
        assert details["remedy"] == "set services.web.deploy.update_config.order: stop-first"
    assert (rig.state(), len(rig.backend.writes)) == (was, calls)


async def test_all_obstacles_are_told(rig: Rig) -> None:
    def wanted(version: int) -> Any:
        return web(version, services={"web": {"ports": ["8080:80"], "container_name": "mine"}})

    await rig.up(wanted(1))
    with pytest.raises(ValidationError) as caught:
        await rig.up(wanted(2))
    assert [row["path"] for row in caught.value.details["obstacles"]] == [
        "services.web.container_name", "services.web.ports[0].published",
    ]  # fmt: skip


async def test_a_volume_that_both_would_write_is_the_files_to_allow(rig: Rig) -> None:
    def wanted(version: str, deploy: dict[str, Any], mount: str = "data:/data") -> Any:
        return project({"db": {"environment": {"V": version}, "volumes": [mount], "deploy": deploy}}, volumes={"data": {}})

    await rig.up(wanted("1", {}))
    with pytest.raises(ValidationError, match=r"services\.db\.volumes\[0\]: both would write the volume data") as caught:
        await rig.up(wanted("2", {}), rolling=True)
    assert "rolling: true" in caught.value.details["remedy"]
    await rig.up(wanted("2", {"update_config": {"order": "start-first"}}), rolling=True)
    await rig.up(wanted("3", {}, "data:/data:ro"), rolling=True)
    assert rig.names() == {"p-db-1": "running"}


async def test_a_range_of_ports_has_to_have_one_for_each(rig: Rig) -> None:
    def wanted(version: int, ports: str) -> Any:
        return web(version, services={"web": {"ports": [ports]}})

    await rig.up(wanted(1, "8080-8081:80"))
    await rig.up(wanted(2, "8080-8081:80"))
    assert rig.names() == {"p-web-2": "running"}


async def test_unnamed_volumes_may_be_new(rig: Rig) -> None:
    def wanted(version: int) -> Any:
        return web(version, services={"web": {"volumes": ["/scratch"]}})

    await rig.up(wanted(1))
    was = set(rig.world.volumes)
    await rig.up(wanted(2), renew_volumes=True)
    assert rig.names() == {"p-web-2": "running"} and len(rig.world.volumes) == 1 and was != set(rig.world.volumes)


async def test_a_network_that_has_to_go_is_an_obstacle(rig: Rig) -> None:
    def wanted(version: str, label: str) -> Any:
        config = {"update_config": {"order": "start-first"}}
        return project({"web": {"environment": {"V": version}, "deploy": config}}, networks={"default": {"labels": {"l": label}}})

    await rig.up(wanted("1", "1"))
    with pytest.raises(ValidationError) as caught:
        await rig.up(wanted("2", "2"))
    assert caught.value.details["path"] == "networks.default"


async def test_a_port_that_another_takes_over(rig: Rig) -> None:
    """It would have to stop before its successor serves."""
    await rig.up(web(1, services={"web": {"ports": ["8080:80"]}, "a": {}}))
    with pytest.raises(Conflict, match="serves until its successor does"):
        await rig.up(web(2, services={"a": {"ports": ["8080:80"]}, "web": {"depends_on": ["a"]}}))


BAD: list[tuple[dict[str, Any], str]] = [
    ({"failure_action": "explode"}, "failure_action"),
    ({"max_failure_ratio": 1.5}, "max_failure_ratio"),
]


@pytest.mark.parametrize(("update", "member"), BAD)
async def test_what_the_file_cannot_say(rig: Rig, update: dict[str, Any], member: str) -> None:
    with pytest.raises(ValidationError) as caught:
        await rig.up(web(1, **update))
    assert caught.value.details["path"] == f"services.web.deploy.update_config.{member}"


# -- failures ---------------------------------------------------------------------------------------


def failing(rig: Rig, *names: str) -> None:
    """Has containers of these names end at once."""

    def behave(box: Box) -> Behaviour:
        return Behaviour(exit_code=3, stderr="bad luck\n") if box.name in names else Behaviour()

    rig.world.behave = behave


async def test_a_failure_is_rolled_back(rig: Rig) -> None:
    await rig.up(web(1, 3))
    was = rig.state()
    failing(rig, "p-web-5")
    with pytest.raises(ServiceStartupFailed) as caught:
        await rig.up(web(2, 3))
    assert caught.value.details["rolledBack"] is True and caught.value.details["exitCode"] == 3
    assert rig.state() == was


async def test_a_failure_pauses(rig: Rig) -> None:
    """What was replaced stays so, what failed and what comes after it goes on; the other services are brought up."""
    await rig.up(web(1, 3))
    failing(rig, "p-web-5")
    other = {"other": {"depends_on": {"web": {"condition": "service_healthy"}}}, "web": {"healthcheck": {"test": ["CMD", "x"]}}}
    await rig.up(web(1, 3, {"web": {"healthcheck": {"test": ["CMD", "x"]}}}, order="stop-first", parallelism=0))
    with pytest.raises(ServiceStartupFailed) as caught:
        await rig.up(web(2, 3, other, failure_action="pause"))
    assert servers(rig) == {"p-web-2", "p-web-3", "p-web-4"} and rig.names()["p-other-1"] == "running"
    assert "p-web-5" not in rig.names() and "p-web-1" not in rig.names()
    assert caught.value.details["rolledBack"] is False
    assert caught.value.details["rollouts"] == [
        {"service": "web", "failureAction": "pause", "replaced": ["p-web-4"], "goOn": ["p-web-2", "p-web-3"]}
    ]
    failing(rig)
    await rig.up(web(2, 3, other))
    assert len(servers(rig)) == 3 and await rig.plan(web(2, 3, other)) == NOTHING


async def test_a_failure_leaves_the_others_to_go_on(rig: Rig) -> None:
    await rig.up(web(1, 3))
    failing(rig, "p-web-5")
    with pytest.raises(ServiceStartupFailed) as caught:
        await rig.up(web(2, 3, failure_action="continue"))
    assert servers(rig) == {"p-web-2", "p-web-4", "p-web-6"} == set(rig.names())
    assert caught.value.details["rollouts"][0]["goOn"] == ["p-web-2"]


@pytest.mark.parametrize("action", ["rollback", "pause", "continue"])
async def test_a_failure_that_is_tolerated(rig: Rig, action: str) -> None:
    await rig.up(web(1, 3))
    failing(rig, "p-web-5")
    told = rig.bus.subscribe()
    await rig.up(web(2, 3, failure_action=action, max_failure_ratio=0.34))
    assert servers(rig) == {"p-web-2", "p-web-4", "p-web-6"}
    rows = await told.next()
    warnings = [row["message"] for row in rows or () if row["kind"] == "warning"]
    assert any(text.startswith("p-web-2 goes on in the place of p-web-5: ") for text in warnings), rows
    skipped = {row["target"] for row in rows or () if row.get("state") == "skipped"}
    assert skipped == {"p-web-5 serving", "p-web-2"}


async def test_a_predecessor_that_goes_on_runs_no_hooks(rig: Rig) -> None:
    drains = {"web": {"pre_stop": [{"command": ["drain"]}]}}
    await rig.up(web(1, 2, drains))
    failing(rig, "p-web-3")
    with pytest.raises(ServiceStartupFailed):
        await rig.up(web(2, 2, drains, failure_action="continue"))
    assert servers(rig) == {"p-web-1", "p-web-4"}
    assert [call.method for call in rig.backend.writes].count("exec_container") == 1


async def test_a_successor_that_ends_well_serves_nobody(rig: Rig) -> None:
    await rig.up(web(1))
    rig.behave["web"] = Behaviour(exit_code=0)
    with pytest.raises(ServiceStartupFailed, match="was to go on"):
        await rig.up(web(2))
    assert rig.names() == {"p-web-1": "running"}


@pytest.mark.parametrize("order", ["start-first", "stop-first"])
async def test_monitor_is_how_long_it_has_to_serve(rig: Rig, order: str) -> None:
    await rig.up(web(1))
    steps = (await plan(rig.context, web(2, monitor="30s", order=order), Up())).steps
    assert [step.action.run_for for step in steps if isinstance(step.action, Wait)] == [30.0]


# -- something always serves ------------------------------------------------------------------------

WAYS: list[tuple[str, int | None]] = [("before", None), ("before", 500), ("after", None)]
CHECKED = {"web": {"healthcheck": {"test": ["CMD", "x"], "interval": "1ms", "timeout": "1s"}}}


class Watched:
    """Fails one write call, and notes whether enough served at each call. kill: also every call after it, as if nobody asked."""

    def __init__(self, rig: Rig, number: int | None, way: tuple[str, int | None], least: int) -> None:
        self.rig, self.number, self.way, self.least = rig, number, way, least
        self.seen = 0
        self.hit = False
        self.fewest = least
        rig.backend.interrupt = self.watch

    async def watch(self, call: Call, moment: str) -> None:
        boxes = [box for box in self.rig.world.boxes.values() if box.name.startswith("p-web-")]
        serving = [box for box in boxes if box.status == "running" and (not box.test or box.health == "healthy")]
        self.fewest = min(self.fewest, len(serving))
        if not call.write or moment != self.way[0]:
            return
        self.seen += 1
        if self.number is not None and self.seen == self.number + 1:
            self.hit = True
            raise BackendError("cut", backend="fake", status=self.way[1])


Kind = tuple[dict[str, Any], dict[str, Any], int]
KINDS: dict[str, Kind] = {
    "one": ({}, {}, 1),
    "three": ({}, {}, 3),
    "three, two at a time": ({}, {"parallelism": 2}, 3),
    "checked": (CHECKED, {}, 2),
}


def made(kind: Kind, version: int) -> Any:
    services, update, replicas = kind
    return web(version, replicas, {name: dict(row) for name, row in services.items()}, **update)


async def ready(rig: Rig, kind: Kind) -> None:
    await rig.up(made(kind, 1), wait=True)


def rigs(tmp_path: Path) -> Iterator[Callable[[], Rig]]:
    for number in range(200):
        yield lambda number=number: Rig(tmp_path / str(number))  # type: ignore[misc]


@pytest.mark.parametrize("way", WAYS, ids=str)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
async def test_whatever_fails_enough_serve_and_all_comes_back(tmp_path: Path, kind: Kind, way: tuple[str, int | None]) -> None:
    for number, new in enumerate(rigs(tmp_path)):
        rig = new()
        await ready(rig, kind)
        was, watched = rig.state(), Watched(rig, number, way, kind[2])
        try:
            await rig.up(made(kind, 2))
        except ContainerError as error:
            assert error.message == "cut" and error.details["rolledBack"] is True, error.to_dict()
            assert rig.state() == was, number
        assert watched.fewest >= kind[2], number
        if not watched.hit:
            break
        rig.calm()
        await rig.up(made(kind, 2))
        assert len(servers(rig)) == kind[2] == len(rig.names()) and await rig.plan(made(kind, 2)) == NOTHING
    assert number > 3


@pytest.mark.parametrize("way", [("before", None), ("after", None)], ids=str)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
@pytest.mark.parametrize("after", ["up", "back", "down"])
async def test_whoever_is_killed_leaves_what_the_next_one_settles(
    tmp_path: Path, kind: Kind, way: tuple[str, int | None], after: str
) -> None:
    """The next ``up`` of the new file, or of the old one, has enough serve all the time; ``down`` leaves nothing."""
    for number, new in enumerate(rigs(tmp_path)):
        rig = new()
        await ready(rig, kind)
        watched = Watched(rig, number, way, kind[2])
        try:
            await rig.up(made(kind, 2), rollback=False)
        except ContainerError as error:
            assert error.message == "cut"
        if not watched.hit:
            break
        again = Watched(rig, None, way, kind[2])
        if after == "down":
            rig.calm()
            assert (await rig.down(volumes=True)).errors == [] and not rig.world.boxes
            continue
        wanted = made(kind, 2 if after == "up" else 1)
        await rig.up(wanted)
        assert min(watched.fewest, again.fewest) >= kind[2], number
        assert len(servers(rig)) == kind[2] == len(rig.names()), (number, rig.names())
        assert (await plan(rig.context, wanted, Up())).steps == ()
    assert number > 3
