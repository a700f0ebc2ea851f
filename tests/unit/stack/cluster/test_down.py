"""``down`` on a cluster in memory: dependents first, until nothing is left on any node."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from perry_ffi.backends.fake.cluster import TaskScript
from perry_ffi.backends.fake.world import Call
from perry_ffi.stack.cluster import down as module
from perry_ffi.stack.down import plan_down
from perry_ffi.stack.options import Down
from tests.unit.stack.cluster.rig import Rig, project, shop

pytestmark = pytest.mark.anyio

EMPTY = {"services": {}, "objects": set()}


async def test_dependents_go_first(rig: Rig) -> None:
    await rig.up(shop())
    for wanted in (None, shop()):
        told = (await plan_down(rig.context, "p", wanted, Down())).text().splitlines(keepends=True)
        removed = [line.split()[3] for line in told if "remove service" in line]
        assert [name for name in removed if name != "p_side"] == ["p_web", "p_api", "p_migrate", "p_db"]
        assert [line.split()[1:3] for line in told[10:]] == [["remove", "network"], ["remove", "config"], ["remove", "secret"]]


async def test_a_service_goes_when_nothing_of_its_dependents_is_left(tmp_path: Path) -> None:
    rig = Rig(tmp_path, web=TaskScript(stops_after=9.0))
    await rig.up(shop())
    await rig.down()
    times = {call.subject: index for index, call in enumerate(rig.cluster.calls) if call.method == "remove_service"}
    assert len(times) == 5
    assert await rig.state() == EMPTY
    assert not any(node.tasks for node in rig.cluster.world.nodes.values())


async def test_some_of_the_services_go_with_what_they_alone_use(rig: Rig) -> None:
    await rig.up(shop())
    report = await rig.down(wanted=shop(), services=("migrate",))
    assert report.errors == []
    assert set(await rig.names()) == {"p_api", "p_db", "p_side", "p_web"}
    kinds = {kind: len(await rig.services.objects(kind)) for kind in ("network", "config", "secret")}
    assert kinds == {"network": 1, "config": 0, "secret": 1}


async def test_an_orphan_stays_where_it_is_to(rig: Rig) -> None:
    await rig.up(shop())
    await rig.down(wanted=project({"db": {}, "migrate": {}, "api": {}, "web": {}}), remove_orphans=False)
    assert set(await rig.names()) == {"p_side"}
    assert len(await rig.services.objects("network")) == 1


@pytest.mark.parametrize("number", range(1, 9))
async def test_a_call_that_fails_is_no_end(rig: Rig, number: int) -> None:
    """What is left then is told, and goes with the next one."""
    await rig.up(shop())
    rig.cluster.faults.fail(nth=number)
    report = await rig.down()
    assert all("told to fail" in line or "in use by" in line for line in report.errors), report.errors
    assert (await rig.down()).errors == []
    assert await rig.state() == EMPTY


@pytest.mark.parametrize("outcome", ["lost", "later", "never"])
@pytest.mark.parametrize("number", range(1, 9))
async def test_an_answer_that_is_lost_is_looked_for(rig: Rig, number: int, outcome: str) -> None:
    await rig.up(shop())
    rig.cluster.faults.fail(nth=number, outcome=outcome)  # type: ignore[arg-type]
    assert (await rig.down()).errors == []
    assert await rig.state() == EMPTY


async def test_a_node_that_does_not_answer_is_told(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0.05)
    await rig.up(project({"web": {"deploy": {"mode": "global"}}}))
    rig.cluster.cut("n3", noticed=0.0)
    report = await rig.down()
    assert report.errors in ([], ["wait p_web gone: n3 does not answer: what runs there ends when it comes back"])
    assert await rig.names() == {}


async def test_nothing_that_is_there_is_nothing_to_do(rig: Rig) -> None:
    assert (await rig.down()).errors == []
    assert rig.cluster.writes == []


async def test_what_is_not_this_project_stays(rig: Rig) -> None:
    await rig.up(shop())
    before = await rig.state()
    assert (await rig.down("q")).errors == []
    assert await rig.state() == before


async def test_services_that_nobody_needs_go_side_by_side(rig: Rig) -> None:
    """One by one they take an engine of many managers a seventh of a second each."""
    names = [f"s{number}" for number in range(6)]
    await rig.up(project({name: {} for name in names}))
    going, most = 0, 0

    async def watch(call: Call, moment: str) -> None:
        nonlocal going, most
        if call.method == "remove_service":
            going += 1 if moment == "before" else -1
            most = max(most, going)
            await anyio.sleep(0.01)

    rig.backend.interrupt = watch
    assert (await rig.down()).errors == []
    assert most > 1
