"""start and restart: whom they take along, in which order, and when; stop, kill and pause touch what is named alone."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.compose import Project
from perry_ffi.errors import NotFound, ServiceStartupFailed
from perry_ffi.stack.lifecycle import Lifecycle
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio

CHECK = {"healthcheck": {"test": ["CMD", "true"], "interval": "20ms"}}
HEALTHY: dict[str, Any] = {"condition": "service_healthy"}
ASKS: dict[str, Any] = {"condition": "service_healthy", "restart": True}
CHAIN = {
    "db": CHECK,
    "api": {**CHECK, "depends_on": {"db": ASKS}},
    "web": {"depends_on": {"api": {"condition": "service_started", "restart": True}}},
    "other": {"depends_on": ["db"]},
}


def verbs(rig: Rig, wanted: Project | None) -> Lifecycle:
    return Lifecycle(rig.context, "p", wanted)


def starts(rig: Rig) -> dict[str, int]:
    """How often each has started, in the order of the last ones."""
    rows = sorted(rig.world.boxes.values(), key=lambda box: box.started)
    return {box.name.removeprefix("p-").removesuffix("-1"): box.starts for box in rows}


async def did(rig: Rig, verb: Any) -> list[str]:
    """The services that a verb starts, in order."""
    before = starts(rig)
    await verb
    return [name for name, count in starts(rig).items() if count != before[name]]


@pytest.fixture(params=[True, False], ids=["with its model", "by its labels"])
def known(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


# -- restart ----------------------------------------------------------------------------------------


async def test_a_restart_goes_down_the_chain_of_those_that_ask_for_it(rig: Rig, known: bool) -> None:
    wanted = project(CHAIN)
    await rig.up(wanted)
    verb = verbs(rig, wanted if known else None)
    assert await did(rig, verb.restart(["db"])) == ["db", "api", "web"]
    assert await did(rig, verb.restart(["web"])) == ["web"]
    assert await did(rig, verb.restart(["db"], dependents=False)) == ["db"]
    assert await did(rig, verb.restart([])) == []
    assert set(await did(rig, verb.restart(None))) == {"db", "api", "web", "other"}


async def test_who_restarts_along_waits_for_the_conditions(rig: Rig) -> None:
    wanted = project(CHAIN)
    await rig.up(wanted)
    rig.behave["db"] = Behaviour(health=(False,))
    rig.box("p-db-1").probes.clear()
    with pytest.raises(ServiceStartupFailed, match="services.db: p-db-1: it is unhealthy"):
        await verbs(rig, wanted).restart(["db"])
    assert starts(rig) == {"db": 2, "api": 1, "web": 1, "other": 1}


@pytest.mark.parametrize("member", ["network_mode", "ipc", "pid"])
@pytest.mark.parametrize("depends", [{}, {"depends_on": {"gate": HEALTHY}}], ids=["implied", "said"])
@pytest.mark.parametrize("value", ["service:gate", "container:p-gate-1"])
async def test_who_is_in_a_restarted_ones_namespaces_restarts_after_it(
    rig: Rig, member: str, depends: dict[str, Any], value: str, known: bool
) -> None:
    def document(last: str) -> Project:
        inner = {"a": {member: value, **depends}, "z": {"ipc": "service:a"}}
        return project({"gate": CHECK, "free": {"depends_on": ["gate"]}, **(inner if last else {})})

    await rig.up(document(""))
    wanted = document("all")
    await rig.up(wanted)
    verb = verbs(rig, wanted if known else None)
    assert await did(rig, verb.restart(["gate"])) == ["gate", "a", "z"]
    assert await did(rig, verb.restart(["gate"], dependents=False)) == ["gate", "a", "z"]
    assert await did(rig, verb.restart(["a"])) == ["a", "z"]
    assert [name for name in await did(rig, verb.restart(None)) if name != "free"] == ["gate", "a", "z"]


async def test_volumes_of_another_are_no_reason_to_restart(rig: Rig) -> None:
    wanted = project({"data": {"volumes": ["/v"]}, "user": {"volumes_from": ["data"]}})
    await rig.up(wanted)
    assert await did(rig, verbs(rig, wanted).restart(["data"])) == ["data"]


async def test_a_job_that_is_done_and_what_was_never_started_do_not_restart_along(rig: Rig) -> None:
    rig.behave["job"] = Behaviour(exit_code=0)
    asks = {"condition": "service_started", "restart": True}
    wanted = project({"db": {}, "job": {"depends_on": {"db": asks}}, "new": {"depends_on": {"db": asks}}})
    await rig.up(wanted, services=("job",))
    await rig.up(wanted, start=False)
    assert await did(rig, verbs(rig, wanted).restart(["db"])) == ["db"]
    assert await did(rig, verbs(rig, wanted).restart(["job"])) == ["job"]


async def test_what_comes_between_two_orders_them(rig: Rig) -> None:
    wanted = project({"db": {}, "api": {"depends_on": ["db"]}, "a": {"depends_on": ["api"]}})
    await rig.up(wanted)
    assert await did(rig, verbs(rig, wanted).restart(["a", "db"])) == ["db", "a"]
    before = len(rig.backend.writes)
    await verbs(rig, wanted).stop(["a", "db"])
    stopped = [rig.box(call.subject).name for call in rig.backend.writes[before:]]
    assert stopped == ["p-a-1", "p-db-1"] and rig.names()["p-api-1"] == "running"


async def test_hooks_before_a_stop_run_while_the_namespaces_are_there(rig: Rig) -> None:
    wanted = project({"gate": {}, "a": {"network_mode": "service:gate", "pre_stop": [{"command": ["x"]}]}})
    await rig.up(wanted)
    before = len(rig.backend.calls)
    await verbs(rig, wanted).restart(["gate"])
    calls = [(call.method, rig.box(call.subject).name) for call in rig.backend.calls[before:] if call.write]
    assert calls == [("exec_container", "p-a-1"), ("restart_container", "p-gate-1"), ("restart_container", "p-a-1")]


async def test_a_one_off_that_is_cut_off_is_told(rig: Rig) -> None:
    wanted = project({"gate": {}, "a": {"network_mode": "service:gate"}})
    await rig.up(wanted)
    box = rig.box("p-a-1")
    labels = {**box.spec.labels, "perry.compose.one-off": "true", "com.docker.compose.oneoff": "True"}
    created = await rig.backend.create_container(box.spec.model_copy(update={"name": "p-a-run-1", "labels": labels}))
    await rig.backend.start_container(created.id)
    listener = rig.bus.subscribe()
    await verbs(rig, wanted).restart(["gate"])
    told = [row["message"] for row in await listener.next() or () if row["kind"] == "warning"]
    assert len(told) == 1 and told[0].startswith("p-a-run-1: ")
    assert rig.box("p-a-run-1").starts == 1


# -- start ------------------------------------------------------------------------------------------


async def test_a_start_brings_along_what_is_depended_on(rig: Rig, known: bool) -> None:
    wanted = project(CHAIN)
    await rig.up(wanted)
    verb = verbs(rig, wanted if known else None)
    await verb.stop(None)
    assert await did(rig, verb.start(["web"])) == ["db", "api", "web"]
    assert rig.box("p-db-1").health == "healthy"
    assert await did(rig, verb.start(None)) == ["other"]


@pytest.mark.parametrize("value", ["service:gate", "container:p-gate-1"])
async def test_a_start_begins_with_the_one_whose_namespaces_are_shared(rig: Rig, value: str, known: bool) -> None:
    await rig.up(project({"gate": {}}))
    wanted = project({"gate": {}, "a": {"network_mode": value}, "z": {"pid": "service:a"}})
    await rig.up(wanted)
    verb = verbs(rig, wanted if known else None)
    await verb.stop(None)
    assert await did(rig, verb.start(["z"])) == ["gate", "a", "z"]
    await verb.stop(["gate"])
    assert await did(rig, verb.start(["gate"])) == ["gate", "a", "z"], "those two ran on in what was gone"
    await verb.stop(["gate"])
    await verb.stop(["z"])
    assert await did(rig, verb.start(["gate"])) == ["gate", "a"]


async def test_a_job_that_is_done_runs_again_only_where_it_is_named(rig: Rig, known: bool) -> None:
    rig.behave["job"] = Behaviour(exit_code=0)
    wanted = project({"job": {}, "web": {"depends_on": {"job": {"condition": "service_completed_successfully"}}}})
    await rig.up(wanted)
    verb = verbs(rig, wanted if known else None)
    await verb.stop(None)
    assert await did(rig, verb.start(["web"])) == ["web"]
    await verb.stop(None)
    assert await did(rig, verb.start(None)) == ["web"]
    await verb.stop(None)
    assert await did(rig, verb.start(["web", "job"])) == ["job", "web"]
    rig.box("p-job-1").exit_code = 1
    await verb.stop(None)
    assert await did(rig, verb.start(["web"])) == ["job", "web"], "a job that failed is not done"


async def test_what_somebody_needs_healthy_is_no_job_that_is_done(rig: Rig, known: bool) -> None:
    wanted = project({"db": CHECK, "web": {"depends_on": {"db": HEALTHY}}})
    await rig.up(wanted)
    rig.world.end(rig.box("p-db-1"), 0)
    verb = verbs(rig, wanted if known else None)
    await verb.stop(["web"])
    assert await did(rig, verb.start(["web"])) == ["db", "web"]


async def test_every_container_of_a_service_is_waited_for(rig: Rig) -> None:
    wanted = project({"db": {**CHECK, "scale": 3}, "web": {"depends_on": {"db": HEALTHY}}})
    await rig.up(wanted)
    verb = verbs(rig, wanted)
    await verb.stop(None)
    rig.behave["db"] = Behaviour(health=(False, True))
    for box in rig.world.boxes.values():
        box.probes.clear()
    await verb.start(["web"])
    assert {box.health for box in rig.world.boxes.values() if box.test} == {"healthy"}


async def test_a_dependency_without_a_container_is_refused_before_anything_starts(rig: Rig, known: bool) -> None:
    wanted = project(CHAIN)
    await rig.up(wanted)
    verb = verbs(rig, wanted if known else None)
    await verb.stop(None)
    await rig.backend.remove_container("p-db-1")
    with pytest.raises(NotFound, match="services.api: it waits for db, which has no container") as caught:
        await verb.start(["web"])
    assert caught.value.details["missing"] == "db" and "makes its containers" in caught.value.details["remedy"]
    assert set(rig.names().values()) == {"exited"}
    assert await did(rig, verb.start(["other"])) == ["other"], "nothing of db is waited for"


async def test_what_has_to_be_there_to_be_started(rig: Rig) -> None:
    """What is named; else anything: who was never brought up keeps nobody from starting the others."""
    wanted = project({"db": {}, "web": {"depends_on": ["db"]}, "other": {}, "none": {"scale": 0}})
    with pytest.raises(NotFound, match="services.db: it has no container") as caught:
        await verbs(rig, wanted).require(None)
    assert caught.value.details["missing"] == ["db", "other", "web"]
    await rig.up(wanted, services=("web",))
    for services in (None, ["web"]):
        await verbs(rig, wanted).require(services)
    with pytest.raises(NotFound, match="services.other: it has no container"):
        await verbs(rig, wanted).require(["web", "other"])
    await verbs(rig, wanted).stop(None)
    assert await did(rig, verbs(rig, wanted).start(None)) == ["db", "web"]
    await rig.down()
    with pytest.raises(NotFound, match="project p: it has no containers"):
        await verbs(rig, None).require(None)


async def test_a_dependency_that_need_not_be_there(rig: Rig) -> None:
    web = {"depends_on": {"db": HEALTHY, "opt": {**HEALTHY, "required": False}}}
    wanted = project({"db": {**CHECK, "scale": 0}, "opt": CHECK, "web": web})
    await rig.up(wanted)
    await rig.backend.remove_container("p-opt-1", force=True)
    await verbs(rig, wanted).stop(None)
    listener = rig.bus.subscribe()
    assert await did(rig, verbs(rig, wanted).start(None)) == ["web"]
    told = [row["message"] for row in await listener.next() or () if row["kind"] == "warning"]
    assert told == ["services.web: it waits for opt, which has no container; not required, so it goes on"]


async def test_a_slow_condition_holds_up_only_those_that_it_is_of(rig: Rig) -> None:
    waits = {"depends_on": {"slow": HEALTHY}}
    wanted = project({"slow": CHECK, "waits": waits, "quick": {}, "next": {"depends_on": ["quick"]}})
    await rig.up(wanted)
    verb = verbs(rig, wanted)
    await verb.stop(None)
    rig.behave["slow"] = Behaviour(health=(False, False, True))
    rig.box("p-slow-1").probes.clear()
    with anyio.fail_after(20):
        assert (await did(rig, verb.start(None)))[-1] == "waits"


async def test_a_service_of_a_profile_that_is_not_enabled(rig: Rig) -> None:
    tool = {"depends_on": ["db"]}
    await rig.up(project({"db": {}, "tool": tool}))
    verb = verbs(rig, project({"db": {}, "tool": {**tool, "profiles": ["tools"]}}))
    await verb.stop(None)
    assert await did(rig, verb.start(["tool"])) == ["db", "tool"]


# -- the others -------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb", ["stop", "kill", "pause"])
async def test_the_others_touch_what_is_named_alone(rig: Rig, verb: str) -> None:
    wanted = project({**CHAIN, "inner": {"network_mode": "service:db"}})
    await rig.up(wanted)
    more = ["SIGKILL"] if verb == "kill" else []
    await getattr(verbs(rig, wanted), verb)(["db"], *more)
    states = rig.names()
    assert states.pop("p-db-1") in ("exited", "paused") and set(states.values()) == {"running"}


# -- remove, rehearsals, steps ----------------------------------------------------------------------


async def test_a_removal_is_of_what_does_not_run(rig: Rig, known: bool) -> None:
    wanted = project(CHAIN)
    await rig.up(wanted)
    verb = verbs(rig, wanted if known else None)
    await verb.stop(["web", "other"])
    assert set(await verb.stopped(None)) == {"p-web-1", "p-other-1"}
    assert await verb.stopped(["db"]) == [] and await verb.stopped(["db"], running=True) == ["p-db-1"]
    assert await verb.remove(["web"]) == ["p-web-1"]
    assert await verb.remove(["db"]) == []
    assert set(rig.names()) == {"p-other-1", "p-api-1", "p-db-1"}
    assert set(await verb.remove(None, running=True)) == {"p-other-1", "p-api-1", "p-db-1"}
    assert rig.names() == {}
    with pytest.raises(NotFound):
        await verb.remove(["nosuch"])


@pytest.mark.parametrize("volumes", [True, False])
async def test_anonymous_volumes_go_where_that_is_asked_for(rig: Rig, volumes: bool) -> None:
    await rig.up(project({"a": {"volumes": ["/data"]}}))
    await verbs(rig, None).remove(None, running=True, volumes=volumes)
    assert bool(rig.world.volumes) is not volumes


async def test_a_rehearsal_does_nothing_and_tells_the_order(rig: Rig) -> None:
    wanted = project(CHAIN)
    await rig.up(wanted)

    async def rehearsed(act: Any) -> list[tuple[str, str, str, tuple[int, ...]]]:
        before = len(rig.backend.writes)
        verb = Lifecycle(rig.context, "p", wanted, rehearse=True)
        await act(verb)
        assert len(rig.backend.writes) == before
        return [(row.action.name, row.target, row.cause, row.needs) for row in verb.plan().steps]

    stops = await rehearsed(lambda verb: verb.stop(None))
    assert {name for name, *_ in stops} == {"stop container"} and stops[-1][1] == "p-db-1"
    assert stops[-1][3] == tuple(row + 1 for row, (_, target, *_) in enumerate(stops) if target in ("p-api-1", "p-other-1"))
    assert await rehearsed(lambda verb: verb.restart(["db"])) == [
        ("restart container", "p-db-1", "asked for", ()),
        ("restart container", "p-api-1", "restarts with what it depends on", (1,)),
        ("restart container", "p-web-1", "restarts with what it depends on", (2,)),
    ]
    assert await rehearsed(lambda verb: verb.kill(["web"], "SIGHUP")) == [("kill container", "p-web-1", "SIGHUP", ())]
    removal = await rehearsed(lambda verb: verb.remove(["web"], running=True))
    assert [name for name, *_ in removal] == ["stop container", "remove container"] and removal[1][3] == (1,)
    assert await rehearsed(lambda verb: verb.remove(["web"])) == []
    assert await rehearsed(lambda verb: verb.start(None)) == []


async def test_what_is_done_is_told_as_steps(rig: Rig) -> None:
    wanted = project(CHAIN)
    await rig.up(wanted)
    heard = rig.bus.subscribe()
    verb = verbs(rig, wanted)
    await verb.stop(["web"])
    await verb.start(["web"], wait=True)
    told = [
        (row["step"], row["action"], row["target"], row["service"], row["state"])
        for row in await heard.next() or ()
        if row["kind"] == "step"
    ]
    assert told[:4] == [
        (number, action, "p-web-1", "web", state)
        for number, action in ((1, "stop container"), (2, "start container"))
        for state in ("started", "done")
    ]
    assert {row[2] for row in told if row[1] == "wait"} == {"p-web-1", "p-api-1", "p-db-1"}


async def test_a_wait_ends_with_what_never_gets_ready(rig: Rig) -> None:
    rig.behave["a"] = Behaviour(health=(False,))
    wanted = project({"a": {"healthcheck": {"test": ["CMD", "true"], "interval": "20ms", "retries": 1}}})
    await rig.up(wanted, start=False)
    with pytest.raises(ServiceStartupFailed):
        await verbs(rig, wanted).start(None, wait=True)


async def test_orphans_are_of_services_that_the_file_has_not(rig: Rig) -> None:
    """Only who names them means them; what the project has under its name alone has none."""
    await rig.up(project({"a": {}, "b": {}}))
    verb = verbs(rig, project({"a": {}}))
    assert await verb.orphans() == ["b"] and await verbs(rig, None).orphans() == []
    for act in (verb.stop(None), verb.kill(None, "SIGKILL"), verb.restart(None), verb.pause(None)):
        await act
        assert rig.names()["p-b-1"] == "running" and rig.box("p-b-1").starts == 1
    assert await verb.stopped(None, running=True) == await verb.remove(None, running=True) == ["p-a-1"]
    await verb.stop(["b"])
    await verb.start(None)
    assert rig.names() == {"p-b-1": "exited"}
    assert await did(rig, verbs(rig, None).start(None)) == ["b"]
