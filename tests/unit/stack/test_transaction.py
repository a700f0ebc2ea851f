"""An ``up`` that fails, or is cancelled, at any call puts back exactly what was there."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.fake import Behaviour, Call
from perry_ffi.errors import BackendError, BackendNotAvailable, ContainerError
from perry_ffi.stack.down import down
from perry_ffi.stack.options import Down
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio
NOTHING = "nothing to do\n"


def before() -> Any:
    return project(
        {
            "db": {"volumes": ["data:/data", "/scratch"]},
            "side": {"network_mode": "service:db"},
            "web": {"depends_on": ["db"], "scale": 2},
            "idle": {},
            "gone": {},
        },
        volumes={"data": {}},
    )


def after() -> Any:
    """Everything at once: replaced, joined to what is replaced, scaled, started, new, and an orphan removed."""
    return project(
        {
            "db": {"volumes": ["data:/data", "/scratch"], "environment": {"A": "1"}},
            "side": {"network_mode": "service:db"},
            "web": {"depends_on": {"db": {"condition": "service_started", "restart": True}}, "scale": 3},
            "idle": {},
            "new": {"networks": ["extra"], "volumes": ["more:/more"], "configs": ["c"], "pre_start": [{"command": "x"}]},
        },
        volumes={"data": {}, "more": {}},
        networks={"extra": {}},
        configs={"c": {"content": "x"}},
    )


async def prepared(tmp_path: Path, late_networks: int = 0) -> Rig:
    rig = Rig(tmp_path)
    rig.world.late_networks = late_networks
    rig.behave["new"] = Behaviour(exit_code=0)
    await rig.up(before())
    await rig.backend.stop_container("p-idle-1")
    await rig.backend.pause_container("p-web-2")
    return rig


async def calls_of_an_up(tmp_path: Path) -> int:
    rig = await prepared(tmp_path)
    first = len(rig.backend.writes)
    await rig.up(after(), remove_orphans=True)
    return len(rig.backend.writes) - first


@pytest.mark.parametrize(("when", "status"), [("before", None), ("before", 500), ("after", None)])
async def test_every_call_made_to_fail(tmp_path: Path, when: str, status: int | None) -> None:
    """``after``: the engine did it and its answer was lost. With a status: it refused."""
    total = await calls_of_an_up(tmp_path)
    assert total > 20
    rolled_back = converged = 0
    for number in range(total):
        rig = await prepared(tmp_path, late_networks=number % 2)
        was = rig.state()
        hit = rig.interrupt(number, lambda: BackendError("cut", backend="fake", status=status), when)
        try:
            await rig.up(after(), remove_orphans=True)
        except ContainerError as error:
            assert error.details["rolledBack"] is True, (number, error.to_dict())
            assert rig.state() == was, f"call {number}"
            rolled_back += 1
        else:
            converged += 1
        assert hit()
        rig.calm()
        await rig.up(after(), remove_orphans=True)
        assert await rig.plan(after()) == NOTHING, f"call {number}"
        await rig.down(volumes=True)
        assert not rig.world.boxes and not rig.world.volumes
    assert rolled_back > 15
    assert 0 < converged < 8, "only removals are tried again"


@pytest.mark.parametrize("when", ["before", "after"])
async def test_cancelled_at_every_call(tmp_path: Path, when: str) -> None:
    total = await calls_of_an_up(tmp_path)
    back = 0
    for number in range(total):
        rig = await prepared(tmp_path)
        was = rig.state()
        task: asyncio.Task[Any]

        seen = 0

        async def cancel(call: Call, moment: str, number: int = number) -> None:
            nonlocal seen
            seen += call.write and moment == when
            if seen == number + 1 and call.write and moment == when:
                task.cancel()  # noqa: B023 - called while this round's task runs, and not later
            await anyio.lowlevel.checkpoint()

        rig.backend.interrupt = cancel
        task = asyncio.get_running_loop().create_task(rig.up(after(), remove_orphans=True))
        with pytest.raises(asyncio.CancelledError):
            await task
        rig.calm()
        if rig.state() == was:
            back += 1
        else:
            # The removals had begun: from there on it goes through.
            assert await rig.plan(after()) == NOTHING, f"call {number}"
        await rig.up(after(), remove_orphans=True)
        assert await rig.plan(after()) == NOTHING
    assert back >= total - 6


async def test_a_rollback_that_is_cancelled_again_and_again_goes_on_and_tells_its_end(tmp_path: Path) -> None:
    rig = await prepared(tmp_path)
    was = rig.state()
    task: asyncio.Task[Any]
    begun = False

    async def cancel(call: Call, moment: str) -> None:
        nonlocal begun
        begun = begun or (call.method == "start_container" and moment == "after")
        if begun:
            task.cancel()
        await anyio.lowlevel.checkpoint()

    records = rig.bus.subscribe()
    rig.backend.interrupt = cancel
    task = asyncio.get_running_loop().create_task(rig.up(after(), remove_orphans=True))
    with pytest.raises(asyncio.CancelledError):
        await task
    told = [row["state"] for row in await records.next() or () if row["kind"] == "rollback"]
    assert (rig.state(), told) == (was, ["started", "done"])


@pytest.mark.parametrize("number", range(10))
async def test_a_fresh_up_that_fails_leaves_nothing(tmp_path: Path, number: int) -> None:
    rig = Rig(tmp_path)
    was = rig.state()
    rig.interrupt(number, lambda: BackendError("cut", backend="fake"))
    with pytest.raises(BackendError, match="cut") as caught:
        await rig.up(before())
    assert caught.value.details["rolledBack"] is True
    assert rig.state() == was


async def test_without_rollback_the_wreck_stays(tmp_path: Path) -> None:
    rig = Rig(tmp_path, db=Behaviour(start_error="no"))
    with pytest.raises(BackendError, match="no") as caught:
        await rig.up(before(), rollback=False)
    assert "rolledBack" not in caught.value.details
    assert rig.names()["p-db-1"] == "created" and "p_data" in rig.world.volumes
    rig.behave.clear()
    await rig.up(before())
    assert set(rig.names().values()) == {"running"}


async def test_what_cannot_be_put_back_is_named(tmp_path: Path) -> None:
    rig = Rig(tmp_path)

    async def broken(call: Call, moment: str) -> None:
        if moment == "before" and call.method in ("start_container", "remove_network"):
            raise BackendError("the engine is ill", backend="fake")

    rig.backend.interrupt = broken
    with pytest.raises(BackendError) as caught:
        await rig.up(project({"one": {}}))
    assert caught.value.details["rolledBack"] is False
    assert caught.value.details["leftOver"] == ["remove network p_default: the engine is ill"]


@pytest.mark.parametrize("back", [True, False])
async def test_an_engine_that_goes_away_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, back: bool) -> None:
    monkeypatch.setattr("perry_ffi.runtime.undoing.AGAIN_SECONDS", 0.01)
    monkeypatch.setattr("perry_ffi.runtime.undoing.AWAY_SECONDS", 0.2)
    rig = await prepared(tmp_path)
    was = rig.state()
    calls = 0

    async def away(call: Call, moment: str) -> None:
        nonlocal calls
        calls += moment == "before" and (calls > 0 or call.method == "start_container")
        if 0 < calls < (40 if back else sys.maxsize):
            raise BackendNotAvailable("nobody listens", backend="fake")

    rig.backend.interrupt = away
    with pytest.raises(BackendNotAvailable) as caught:
        await rig.up(after(), remove_orphans=True)
    assert caught.value.details["rolledBack"] is back and (rig.state() == was) is back
    if not back:
        assert "start container p-gone-1: nobody listens" in caught.value.details["leftOver"]


async def test_what_cannot_run_again_because_its_namespaces_are_gone_is_named(tmp_path: Path) -> None:
    """It ran on in the namespaces of a container that was removed by hand; the stop of it was lost, so it was stopped."""
    rig = Rig(tmp_path)
    inside = {"network_mode": "service:a"}
    await rig.up(project({"a": {}, "b": inside}))
    await rig.backend.remove_container(rig.box("p-a-1").id, force=True)
    rig.interrupt(0, lambda: BackendError("cut", backend="fake"), "before")
    with pytest.raises(BackendError) as caught:
        await rig.up(project({"a": {"scale": 0}, "b": {**inside, "scale": 0}}))
    assert caught.value.details["rolledBack"] is False
    assert "start container p-b-1: cannot join the namespaces" in caught.value.details["leftOver"][0]


async def test_nothing_of_others_is_removed(tmp_path: Path) -> None:
    """A container that somebody else gave the name meanwhile is no part of the undoing."""
    from perry_ffi.model.base import validate
    from perry_ffi.model.container import ContainerSpec

    rig = Rig(tmp_path)
    await rig.backend.create_container(validate(ContainerSpec, {"image": "app", "name": "p-one-1"}))
    with pytest.raises(ContainerError, match="in use"):
        await rig.up(project({"one": {}}))
    assert rig.names() == {"p-one-1": "created"}


async def test_removals_that_never_succeed_bring_the_old_state_back(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    await rig.up(project({"one": {}}))
    was = rig.state()
    old = rig.box("p-one-1").id

    async def broken(call: Call, moment: str) -> None:
        if moment == "before" and call.method == "remove_container" and call.subject == old:
            raise BackendError("it stays", backend="fake")

    rig.backend.interrupt = broken
    with pytest.raises(BackendError, match="it stays") as caught:
        await rig.up(project({"one": {"environment": {"A": "1"}}}))
    assert caught.value.details["rolledBack"] is True
    assert rig.state() == was


async def test_running_services_are_not_touched(tmp_path: Path) -> None:
    """A failure elsewhere is no reason to stop, rename or restart what was right."""
    rig = await prepared(tmp_path)
    ident = rig.box("p-db-1").id
    rig.behave["new"] = Behaviour(start_error="no")
    since = len(rig.backend.writes)
    with pytest.raises(BackendError):
        await rig.up(project({"db": {"volumes": ["data:/data", "/scratch"]}, "new": {}}, volumes={"data": {}}))
    touched = {call.subject for call in rig.backend.writes[since:]}
    assert touched & {ident, "p-db-1"} == set()


async def test_a_down_that_fails_in_part_reports_it_and_can_be_repeated(tmp_path: Path) -> None:
    rig = await prepared(tmp_path)
    stuck = rig.box("p-db-1").id

    async def broken(call: Call, moment: str) -> None:
        if moment == "before" and call.method == "remove_container" and call.subject == stuck:
            raise BackendError("it stays", backend="fake")

    rig.backend.interrupt = broken
    report = await rig.down(volumes=True)
    assert report.containers_removed == 5
    assert "remove container p-db-1: it stays" in report.errors
    rig.calm()
    report = await rig.down(volumes=True)
    assert (report.containers_removed, report.errors) == (1, [])
    assert not rig.world.boxes and not rig.world.volumes


@pytest.mark.parametrize("when", ["before", "after"])
async def test_the_report_of_a_down_names_what_is_still_there(tmp_path: Path, when: str) -> None:
    """Of every call: what it was about is named if it stays, counted if it went, whatever became of the answer."""
    whole = await (await prepared(tmp_path)).down(volumes=True)
    for number in range(20):
        rig = await prepared(tmp_path)
        hit = rig.interrupt(number, lambda: BackendError("cut", backend="fake"), when)
        report = await rig.down(volumes=True)
        if not hit():
            assert number > 12
            return
        left = [*rig.names(), *rig.world.volumes, *(name for name in rig.world.networks if name.startswith("p_"))]
        named = {line.split(": ")[0].split(" ")[-1] for line in report.errors}
        assert named == {name for name in left if len(name) < 64}, number
        assert report.containers_removed == whole.containers_removed - len(rig.world.boxes)
        if not left:
            assert report == whole
    raise AssertionError("more calls than a down makes")


@pytest.mark.parametrize("number", range(1, 4))
@pytest.mark.parametrize("when", ["before", "after"])
async def test_volumes_that_carried_secrets_go_or_are_named(tmp_path: Path, number: int, when: str) -> None:
    rig = Rig(tmp_path)
    wanted = project({"db": {"read_only": True, "secrets": ["s"]}}, secrets={"s": {"environment": "S"}}, environment={"S": "x"})
    await rig.up(wanted)
    assert len(rig.world.volumes) == 1
    hit = rig.interrupt(number, lambda: BackendError("cut", backend="fake"), when)
    report = await rig.down()
    assert hit() and (not rig.world.volumes or any("p-db-1" in line for line in report.errors))


async def test_a_down_that_cannot_look_again_reports_what_it_did(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    await rig.up(project({"one": {}}))

    async def broken(call: Call, moment: str) -> None:
        if call.method == "list_containers" and not rig.world.boxes:
            raise BackendError("the engine is ill", backend="fake")

    rig.backend.interrupt = broken
    report = await rig.down()
    assert report.containers_removed == 1
    assert report.errors == ["what is left could not be looked at: the engine is ill"]


async def test_two_that_change_one_project_take_turns(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    inside: list[str] = []

    async def watch(call: Call, moment: str) -> None:
        await anyio.lowlevel.checkpoint()

    rig.backend.interrupt = watch

    async def one(value: str) -> None:
        await rig.up(project({"one": {"environment": {"A": value}}}))
        inside.append(value)

    async with anyio.create_task_group() as group:
        for value in "abcdefgh":
            group.start_soon(one, value)
    assert len(inside) == 8
    assert list(rig.names()) == ["p-one-1"]
    await down(rig.context, "p", None, Down())
    assert not rig.world.boxes


async def test_a_call_of_a_killed_process_that_is_carried_out_late(tmp_path: Path) -> None:
    """Its container comes between our look and our creation: put back, look again, go on."""
    rig = Rig(tmp_path)
    wanted = project({"one": {}})
    await rig.up(wanted)
    labels = dict(rig.box("p-one-1").spec.labels)
    await rig.down()
    late = []

    async def watch(call: Call, moment: str) -> None:
        if call.method == "create_container" and moment == "before" and not late:
            from perry_ffi.model.base import validate
            from perry_ffi.model.container import ContainerSpec

            spec = {"image": "app", "name": "p-one-1", "labels": {**labels, "perry.compose.transaction": "other"}}
            late.append(rig.world.create(validate(ContainerSpec, spec)))

    rig.backend.interrupt = watch
    await rig.up(wanted)
    assert late
    assert rig.names() == {"p-one-1": "running"}
    assert await rig.plan(wanted) == NOTHING


async def test_of_two_networks_with_one_name_one_goes(tmp_path: Path) -> None:
    """Docker lets two be created at once; neither can be used by its name then."""
    rig = Rig(tmp_path)
    wanted = project({"one": {}})
    await rig.up(wanted)
    kept = rig.world.networks["p_default"]
    rig.world.networks["second"] = kept.model_copy(update={"id": "f" * 64})
    assert [" ".join(line.split()) for line in (await rig.plan(wanted)).splitlines()] == [
        "1 remove duplicate p_default another network has its name"
    ]
    await rig.up(wanted)
    assert "second" not in rig.world.networks and rig.world.networks["p_default"] is kept


async def test_down_keeps_anonymous_volumes_unless_volumes_are_asked_for(tmp_path: Path) -> None:
    """But not those that only carry secrets into the container: nobody would ever find these again."""
    rig = Rig(tmp_path)
    wanted = project(
        {"db": {"volumes": ["/scratch"], "read_only": True, "secrets": ["s"]}},
        secrets={"s": {"environment": "S"}},
        environment={"S": "x"},
    )
    await rig.up(wanted)
    volumes = rig.box("p-db-1").volumes
    assert set(volumes) == {"/scratch", "/run/secrets"}
    await rig.down()
    assert set(rig.world.volumes) == {volumes["/scratch"]}
    await rig.up(wanted)
    await rig.down(volumes=True)
    assert set(rig.world.volumes) == {volumes["/scratch"]}
