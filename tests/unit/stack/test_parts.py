"""The parts that stacks are made of: identity, order, hub, lock, journal, readiness."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.fake import Behaviour, FakeBackend, World
from perry_ffi.backends.fake.streams import Queue
from perry_ffi.errors import BackendError, ServiceStartupFailed, Timeout, ValidationError
from perry_ffi.model.container import ContainerInfo
from perry_ffi.model.container_facts import HealthCheckInfo, RestartPolicy
from perry_ffi.model.event import EngineEvent
from perry_ffi.runtime import watch as watch_module
from perry_ffi.runtime.event_bus import BOUND, EventBus
from perry_ffi.runtime.lock import lock_folder
from perry_ffi.runtime.readiness import LONG_AGO_SECONDS, SETTLED_SECONDS, Settling, Verdict, judge
from perry_ffi.runtime.rollback import UndoLog
from perry_ffi.runtime.watch import Watch, watching
from perry_ffi.stack import identity, images
from perry_ffi.stack.order import waves
from perry_ffi.stack.project_lock import project_lock
from tests.unit.stack.rig import Rig, project

ROOT = Path(__file__).resolve().parents[3]
anyio_test = pytest.mark.anyio


# -- identity -----------------------------------------------------------------------------------------


def test_names() -> None:
    assert identity.container_name("p", "s", 2) == "p-s-2"
    assert identity.container_name("p", "s", 1, "own") == "own"
    assert identity.one_off_name("p", "s", "abc") == "p-s-run-abc"
    assert identity.image_name("p", "s") == "p-s"


def test_the_labels_of_docker_compose_stand_beside_ours() -> None:
    needs = {"db": {"condition": "service_healthy", "restart": True}, "a": {}}
    found = identity.container_labels("p", "s", 2, digest="d", peer_digest="e", image_id="i", depends_on=needs, transaction="t")
    for ours, theirs in (("project", "project"), ("service", "service"), ("number", "container-number")):
        assert found["perry.compose." + ours] == found["com.docker.compose." + theirs]
    assert (found["perry.compose.config-hash"], found["com.docker.compose.config-hash"]) == ("d", "e")
    assert found["com.docker.compose.depends_on"] == "a:service_started:false,db:service_healthy:true"
    assert (found["com.docker.compose.oneoff"], found["perry.compose.transaction"]) == ("False", "t")
    assert identity.read_depends_on(found[identity.DEPENDS_ON])["db"] == {
        "condition": "service_healthy", "restart": True, "required": True,
    }  # fmt: skip
    assert identity.label({"com.docker.compose.service": "s"}, identity.SERVICE) == "s"
    assert identity.read_depends_on("garbage,,a:b:c:d,:x")["a"]["condition"] == "b"


SERVICE: dict[str, Any] = {"image": "i", "environment": {"A": "1", "B": "2"}, "ports": [{"target": 80}]}


@pytest.mark.parametrize("change", [
    {"scale": 3}, {"pull_policy": "always"}, {"build": {"context": "/x"}}, {"depends_on": {"x": {}}}, {"profiles": ["x"]},
    {"develop": {"watch": []}}, {"deploy": {"replicas": 3}}, {"deploy": {"update_config": {"parallelism": 1}}},
    {"environment": {"B": "2", "A": "1"}}, {"attach": False}, {"#extensions": {"x-own": 1}}, {"deploy": {"resources": {}}},
    {"ports": [{"target": 80, "#extensions": {"x-own": 1}}]}, {"deploy": {"labels": {"a": "b"}}},
])  # fmt: skip
def test_what_does_not_change_the_hash(change: dict[str, Any]) -> None:
    assert identity.config_hash({**SERVICE, **change}) == identity.config_hash(SERVICE)


@pytest.mark.parametrize("change", [
    {"image": "j"}, {"environment": {"A": "1"}}, {"ports": [{"target": 81}]}, {"command": ["x"]}, {"labels": {"a": "b"}},
    {"deploy": {"resources": {"limits": {"memory": "1g"}}}}, {"restart": "always"}, {"stop_grace_period": "1s"},
    {"networks": {"n": {"aliases": ["a"]}}}, {"volumes": [{"type": "volume", "source": "v", "target": "/v"}]},
])  # fmt: skip
def test_what_changes_the_hash(change: dict[str, Any]) -> None:
    assert identity.config_hash({**SERVICE, **change}) != identity.config_hash(SERVICE)


UNORDERED: dict[str, list[Any]] = {
    "cap_add": ["A", "B"], "expose": ["1", "2"], "tmpfs": ["/a", "/b"], "ports": [{"target": 80}, {"target": 81}],
    "volumes": [{"type": "volume", "source": "v", "target": "/v"}, {"type": "volume", "target": "/w"}],
    "configs": [{"source": "a"}, {"source": "b"}],
}  # fmt: skip
ORDERED: dict[str, list[Any]] = {"command": ["a", "b"], "dns": ["1.1.1.1", "2.2.2.2"], "volumes_from": ["a", "b"]}


@pytest.mark.parametrize("member", [*UNORDERED, *ORDERED])
def test_only_an_order_that_means_something_is_in_the_hash(member: str) -> None:
    rows = {**UNORDERED, **ORDERED}[member]
    same = identity.config_hash({member: rows}) == identity.config_hash({member: rows[::-1]})
    assert same is (member in UNORDERED)


def test_networks_and_volumes_count_by_their_names_in_the_engine() -> None:
    service = {"networks": {"n": {"aliases": ["a", "b"]}}, "volumes": [{"type": "volume", "source": "v", "target": "/v"}]}
    first = identity.config_hash(service, networks={"n": "p_n"}, volumes={"v": "p_v"})
    assert first != identity.config_hash(service, networks={"n": "p_n"}, volumes={"v": "other"})
    assert first != identity.config_hash(service, networks={"n": "other"}, volumes={"v": "p_v"})
    renamed = {"networks": {"m": {"aliases": ["b", "a"]}}, "volumes": service["volumes"]}
    assert first == identity.config_hash(renamed, networks={"m": "p_n"}, volumes={"v": "p_v"})


def test_contents_change_the_hash_and_their_order_does_not() -> None:
    one, two = ("/a", "1"), ("/b", "2")
    assert identity.config_hash(SERVICE, [one, two]) == identity.config_hash(SERVICE, [two, one])
    assert identity.config_hash(SERVICE, [one]) != identity.config_hash(SERVICE, [("/a", "2")])


def test_a_networks_hash_is_not_about_its_name() -> None:
    assert identity.resource_hash({"name": "a", "internal": True}) == identity.resource_hash({"name": "b", "internal": True})
    assert identity.resource_hash({"internal": True}) != identity.resource_hash({"internal": False})
    assert identity.resource_hash({"#extensions": {"x-own": 1}}) == identity.resource_hash({})


def test_order_and_a_cycle_that_only_foreign_labels_can_make() -> None:
    assert waves({"a": {"b"}, "b": {"c"}, "d": set()}, ["a", "b", "d"]) == [["b", "d"], ["a"]]
    assert waves({"a": {"b"}, "b": {"a"}}, ["a", "b"]) == [["a", "b"]]


# -- hub ----------------------------------------------------------------------------------------------


@anyio_test
async def test_records_are_numbered_versioned_and_told_to_the_parent_too() -> None:
    parent = EventBus()
    hub, above = EventBus(parent), parent.subscribe()
    parent.tell("other")
    mine = hub.subscribe()
    hub.tell("step", state="done", service=None)
    [record] = await mine.next() or []
    assert (record["version"], record["seq"], record["kind"], record["state"]) == (1, 1, "step", "done")
    assert "service" not in record
    assert [(row["seq"], row["kind"]) for row in await above.next() or []] == [(1, "other"), (2, "step")]


@anyio_test
async def test_a_listener_that_does_not_keep_up_is_told_what_it_missed() -> None:
    hub = EventBus()
    listener = hub.subscribe()
    for _ in range(BOUND + 7):
        hub.tell("x")
    found = await listener.next() or []
    assert found[0] == {"version": 1, "seq": 7, "kind": "gap", "missed": 7}
    assert [row["seq"] for row in found[1:]] == list(range(8, BOUND + 8))
    hub.tell("x")
    assert [row["seq"] for row in await listener.next() or []] == [BOUND + 8]


@anyio_test
async def test_the_end_of_a_subscription() -> None:
    hub = EventBus()
    listener, closed = hub.subscribe(), hub.subscribe()
    hub.tell("last")
    await closed.aclose()
    hub.end()
    assert len(await listener.next() or []) == 1 and await listener.next() is None and await closed.next() is None


# -- lock ---------------------------------------------------------------------------------------------


@anyio_test
async def test_tasks_take_turns_however_many_wait(tmp_path: Path) -> None:
    """More than a pool of threads has, and whoever holds the lock may need the pool."""
    inside = most = 0

    async def one() -> None:
        nonlocal inside, most
        async with project_lock(tmp_path / "l", "e", "p", 30):
            inside += 1
            most = max(most, inside)
            await anyio.to_thread.run_sync(lambda: None)
            inside -= 1

    async with anyio.create_task_group() as group:
        for _ in range(60):
            group.start_soon(one)
    assert most == 1


@anyio_test
async def test_other_projects_and_engines_do_not_wait(tmp_path: Path) -> None:
    async with project_lock(tmp_path / "l", "e", "p", 1), project_lock(tmp_path / "l", "e", "q", 1):
        async with project_lock(tmp_path / "l", "f", "p", 1):
            pass


@anyio_test
async def test_a_wait_that_is_left_gives_the_lock_back(tmp_path: Path) -> None:
    async with project_lock(tmp_path / "l", "e", "p", 1):
        with pytest.raises(Timeout, match="project p: another process has been changing it for 0.05 s"):
            async with project_lock(tmp_path / "l", "e", "p", 0.05):
                raise AssertionError("two hold it")
        with anyio.move_on_after(0.05):
            async with project_lock(tmp_path / "l", "e", "p", None):
                raise AssertionError("two hold it")
    async with project_lock(tmp_path / "l", "e", "p", 5):
        pass


@anyio_test
async def test_the_lock_of_a_process_that_is_killed_is_free(tmp_path: Path) -> None:
    program = (
        "import asyncio, pathlib, sys\nfrom perry_ffi.stack.project_lock import project_lock\n"
        "async def main():\n async with project_lock(pathlib.Path(sys.argv[1]), 'e', 'p', 5):\n"
        "  print('held', flush=True)\n  await asyncio.sleep(600)\nasyncio.run(main())"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "l")],
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
    )
    assert other.stdout is not None and other.stdout.readline() == b"held\n"
    with pytest.raises(Timeout):
        async with project_lock(tmp_path / "l", "e", "p", 0.05):
            raise AssertionError("two hold it")
    other.kill()
    async with project_lock(tmp_path / "l", "e", "p", 10):
        pass
    other.wait()
    other.stdout.close()


@anyio_test
async def test_a_folder_of_somebody_else_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o777)
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to(tmp_path)
    for name in ("open", "link"):
        with pytest.raises(BackendError, match="belongs to somebody else"):
            async with project_lock(tmp_path / name, "e", "p", 1):
                raise AssertionError


@anyio_test
async def test_a_projects_name_is_no_path(tmp_path: Path) -> None:
    async with project_lock(tmp_path / "l", "e", "../../x/y", 1):
        assert len(list((tmp_path / "l").iterdir())) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["l"]


def test_the_folder_of_the_locks_is_one_with_and_without_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perry_ffi.runtime.lock.RUNTIME_DIRS", tmp_path)
    assert lock_folder(None) == Path(f"/tmp/perry-container-{os.getuid()}")
    own = tmp_path / str(os.getuid())
    own.mkdir()
    assert lock_folder(own) == lock_folder(None) == own / "perry-container"
    assert lock_folder(tmp_path) == tmp_path / "perry-container"


# -- journal ------------------------------------------------------------------------------------------


@anyio_test
async def test_what_is_new_goes_then_names_come_back_then_what_ran_runs(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    await rig.up(project({"a": {}, "b": {}}))
    a, b = rig.box("p-a-1").id, rig.box("p-b-1").id
    journal = UndoLog(rig.backend, "t", identity.TRANSACTION)
    for ident, name in ((a, "p-a-1"), (b, "p-b-1")):
        with journal.stopped(ident, name).asked():
            await rig.backend.stop_container(ident)
    journal.renamed(a, "p-a-1")
    await rig.backend.rename_container(a, "away")
    since = len(rig.backend.writes)
    assert len(journal) == 3
    assert await journal.roll_back() == []
    did = [(call.method, call.subject) for call in rig.backend.writes[since:]]
    assert did == [("rename_container", a), ("start_container", a), ("start_container", b)]


@anyio_test
async def test_a_stop_without_an_answer_is_joined_before_the_start(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    await rig.up(project({"a": {}}))
    ident = rig.box("p-a-1").id
    journal = UndoLog(rig.backend, "t", identity.TRANSACTION)
    journal.stopped(ident, "p-a-1")
    since = len(rig.backend.writes)
    await journal.roll_back()
    assert [call.method for call in rig.backend.writes[since:]] == ["stop_container", "start_container"]
    assert rig.names() == {"p-a-1": "running"}


# -- readiness ----------------------------------------------------------------------------------------


def info(
    status: str, *, code: int | None = None, health: str | None = None, test: bool = False, restart: str = "no", count: int = 0
) -> ContainerInfo:
    name, _, tries = restart.partition(":")
    return ContainerInfo(
        id="i", name="n", image="i", status=status, created="", exit_code=code, health=health, restart_count=count,
        restart=RestartPolicy(name, int(tries or 0)), health_check=HealthCheckInfo(test=["CMD", "x"]) if test else None,
    )  # fmt: skip


@pytest.mark.parametrize(("condition", "container", "crashes", "verdict"), [
    ("started", info("created"), 0, "wait"),
    ("started", info("running"), 0, "reached"),
    ("started", info("exited", code=1), 1, "reached"),
    ("healthy", info("running", health="starting", test=True), 0, "wait"),
    ("healthy", info("running", health="healthy", test=True), 0, "reached"),
    ("healthy", info("running", health="unhealthy", test=True), 0, "it is unhealthy"),
    ("healthy", info("running"), 0, "no health check"),
    ("healthy", info("exited", code=0), 0, "before it was healthy"),
    ("healthy", info("exited", code=3), 1, "exit code 3"),
    ("completed", info("running"), 0, "wait"),
    ("completed", info("exited", code=0), 0, "reached"),
    ("completed", info("exited", code=2), 1, "exit code 2"),
    ("completed", info("restarting", code=2, restart="on-failure"), 1, "wait"),
    ("ready", info("running"), 0, "reached"),
    ("ready", info("running", health="starting", test=True), 0, "wait"),
    ("ready", info("exited", code=0), 0, "reached"),
    ("ready", info("exited", code=1), 1, "exit code 1"),
    ("ready", info("exited", code=1, restart="always"), 2, "wait"),
    ("ready", info("restarting", code=1, restart="always"), 3, "keeps crashing (3 times"),
    ("ready", info("running", restart="always"), 3, "keeps crashing"),
    ("completed", info("exited", code=2, restart="on-failure"), 0, "wait"),
    ("completed", info("exited", code=2, restart="on-failure:5", count=4), 4, "wait"),
    ("completed", info("running", restart="on-failure:5", count=5), 5, "wait"),
    ("completed", info("exited", code=2, restart="on-failure:1", count=1), 1, "exit code 2"),
    ("completed", info("exited", code=2, restart="on-failure:1", count=1), 2, "keeps crashing (2 times"),
    ("ready", info("restarting", code=0, restart="always"), 0, "wait"),
    ("ready", info("dead", code=0), 0, "exit code 0"),
])  # fmt: skip
def test_the_verdict(condition: str, container: ContainerInfo, crashes: int, verdict: str) -> None:
    found = judge(condition, container, crashes)
    if verdict == "wait":
        assert not found.reached and found.failure is None
    elif verdict == "reached":
        assert found.reached
    else:
        assert not found.reached and verdict in (found.failure or "")


def test_what_ends_well_over_and_over_does_what_it_was_told_to() -> None:
    again = info("restarting", code=0, restart="always")
    assert judge("ready", again, 0, ended_well=True).reached and judge("completed", again, 0, ended_well=True).reached
    assert judge("healthy", again, 0, ended_well=True) == judge("ready", again, 1, ended_well=True) == Verdict()


def test_what_somebody_stopped_is_not_waited_for() -> None:
    assert "exit code 137" in (judge("healthy", info("exited", code=137, restart="always"), 1, stopped=True).failure or "")


def test_what_has_no_health_check_has_to_run_for_a_while() -> None:
    def run(second: int, status: str = "running", **more: Any) -> ContainerInfo:
        return info(status, **more).model_copy(update={"started_at": f"2026-01-01T00:00:{second:02d}Z"})

    start = 1767225600.0
    settling = Settling()
    assert settling.seconds_left("ready", run(0), 0, 100.0, start) == SETTLED_SECONDS
    assert settling.seconds_left("ready", run(0), 0, 100.2, start) == pytest.approx(SETTLED_SECONDS - 0.2)
    assert settling.seconds_left("ready", run(0), 0, 101.0, start) == 0
    assert settling.seconds_left("ready", run(1), 1, 101.0, start) == SETTLED_SECONDS, "it crashed and runs again"
    assert settling.seconds_left("ready", run(2), 0, 101.0, start) == 0, "it ended well and runs again"
    for other in (("started", run(0)), ("ready", run(0, "exited")), ("ready", run(0, health="healthy", test=True))):
        assert Settling().seconds_left(*other, 0, 100.0, start) == 0
    assert Settling().seconds_left("ready", run(0), 0, 100.0, start + LONG_AGO_SECONDS + 1) == 0
    assert Settling().seconds_left("ready", run(9), 0, 100.0, start) == SETTLED_SECONDS, "clocks differ"


@anyio_test
@pytest.mark.parametrize("condition", ["service_healthy", "service_completed_successfully"])
async def test_a_failure_has_its_evidence(tmp_path: Path, condition: str) -> None:
    rig = Rig(tmp_path, a=Behaviour(exit_code=4, stdout="one\ntwo\n"))
    with pytest.raises(ServiceStartupFailed) as caught:
        await rig.up(project({"a": {}, "b": {"depends_on": {"a": {"condition": condition}}}}))
    assert caught.value.details["exitCode"] == 4 and caught.value.details["logs"] == ["one", "two"]
    assert not rig.world.boxes


@anyio_test
async def test_probes_are_run_where_the_engine_does_not(tmp_path: Path) -> None:
    rig = Rig(tmp_path, a=Behaviour(health=(False, True)))
    check = {"healthcheck": {"test": ["CMD", "x"], "interval": "10ms", "retries": 3}}
    await rig.up(project({"a": check, "b": {"depends_on": {"a": {"condition": "service_healthy"}}}}))
    assert [probe.exit_code for probe in rig.box("p-a-1").probes] == [1, 0]
    rig.behave["a"] = Behaviour(health=(False,))
    with pytest.raises(ServiceStartupFailed) as caught:
        await rig.up(project({"a": check}), force_recreate=True, wait=True)
    assert caught.value.details["probe"]["output"] == "no"


# -- watch --------------------------------------------------------------------------------------------


def event(action: str, time: int = 5 * 10**9, ident: str = "i") -> EngineEvent:
    return EngineEvent(kind="container", action=action, id=ident, time=time)


@anyio_test
async def test_a_subscription_that_breaks_goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """What happened meanwhile is told, and nothing twice."""
    monkeypatch.setattr(watch_module, "RESUBSCRIBE_SECONDS", 0.0)
    asked: list[float | None] = []
    streams = [[event("create")], [event("create"), event("start"), event("die", 6 * 10**9)], None]

    class Broken(Queue[EngineEvent]):
        async def next(self) -> Any:
            if self._records:
                return await super().next()
            raise BackendError("the engine ended the stream")

    class Engine:
        async def events(self, labels: Any, since: float | None = None) -> Any:
            asked.append(since)
            rows = streams.pop(0) if streams else None
            return Queue() if rows is None else Broken(rows)

    told: list[str] = []
    done = anyio.Event()

    async def tell(found: EngineEvent) -> None:
        told.append(found.action)
        if found.action == "die":
            done.set()

    async with watching(Engine(), {"com.docker.compose.project": "p"}, tell):  # type: ignore[arg-type]
        with anyio.fail_after(5):
            await done.wait()
            while len(asked) < 3:
                await anyio.sleep(0)
    assert told == ["create", "start", "die"] and asked == [None, 5.0, 6.0]


def test_only_what_concerns_a_container_wakes_who_waits_for_it() -> None:
    watch = Watch()
    mine, all_of_them = watch.mark("i"), watch.mark()
    watch.note(event("exec_die"))
    assert not mine.is_set() and not all_of_them.is_set()
    watch.note(event("die", ident="other"))
    assert not mine.is_set() and all_of_them.is_set()
    watch.note(event("die"))
    assert mine.is_set() and not watch.mark("i").is_set()


@anyio_test
async def test_nothing_of_a_thousand_cycles_stays(tmp_path: Path) -> None:
    import gc
    import threading
    import tracemalloc

    rig = Rig(tmp_path, job=Behaviour(exit_code=0))
    wanted = project(
        {
            "db": {"volumes": ["data:/d"]},
            "job": {},
            "web": {"depends_on": {"job": {"condition": "service_completed_successfully"}}},
        },
        volumes={"data": {}},
    )

    def open_files() -> int:
        return len(os.listdir("/proc/self/fd"))

    async def cycles(count: int) -> None:
        for _ in range(count):
            await rig.up(wanted)
            await rig.down(volumes=True)
            rig.backend.calls.clear()

    await cycles(50)
    before = (open_files(), threading.active_count(), len(asyncio.all_tasks()))
    tracemalloc.start()
    await cycles(10)
    gc.collect()
    began = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    await cycles(930)
    tracemalloc.start()
    await cycles(10)
    gc.collect()
    ended = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert (open_files(), threading.active_count(), len(asyncio.all_tasks())) == before
    assert rig.backend.open_streams == 0 and not rig.world.listeners
    assert not rig.world.boxes and not rig.world.volumes
    assert ended < began + 200_000


def test_the_engine_in_memory_keeps_the_whole_contract() -> None:
    assert FakeBackend.__abstractmethods__ == frozenset()
    assert FakeBackend(World()).parallel_calls > 0


@pytest.mark.anyio
async def test_more_containers_than_a_machine_runs_are_refused(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    with pytest.raises(ValidationError, match=r"services\.a: 100000000 containers"):
        await rig.up(project({"a": {"scale": 100_000_000}}))
    with pytest.raises(ValidationError, match="services.a.scale|containers"):
        await rig.up(project({"a": {}}), scale={"a": 2**40})
    assert not rig.backend.writes


@pytest.mark.anyio
async def test_a_pull_keeps_to_the_pull_policies(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    policies = ("never", "build", "missing", "if_not_present", "always")
    services = {f"s{index}": {"pull_policy": policy} for index, policy in enumerate(policies)}
    gone = {"gone": {"image": "gone", "pull_policy": "missing"}, "none": {}}
    rig.world.remote |= {"app", "gone"}
    report = await images.pull(rig.context, project(services), ["s0", "s1", "s2", "s3"], ignore=False)
    assert report.images == []
    report = await images.pull(rig.context, project({**services, **gone}), None, ignore=False)
    assert sorted(report.images) == ["app", "gone"]
