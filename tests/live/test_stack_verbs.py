"""The verbs of a stack on real engines: logs, events, exec, run, start to kill, attach, down."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.errors import Conflict, ContainerError, NotFound, ServiceStartupFailed, Timeout, Unsupported
from perry_ffi.service.client import Client
from tests.live.killing import ROOT
from tests.live.proxy import proxy
from tests.live.stack_support import Stacks, encode, environ, nothing_of, stacks  # noqa: F401

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

COUNT = "trap 'printf end-%s-$$V $$n; exit 0' TERM; n=0; while :; do n=$$((n+1)); echo $$V-$$HOSTNAME-$$n; sleep 0.02; done"
"""Counts its lines, and says the last number without a newline when it is told to end."""


# -- logs ------------------------------------------------------------------------------------------


@pytest.mark.needs("LogOptions.streams", native=True)
async def test_logs_tell_service_replica_stream_and_time(stacks: Stacks) -> None:
    say = {"command": ["sh", "-c", "echo one; echo two >&2; printf three"]}
    handle = await stacks.up(stacks.spec({"a": {**say, "scale": 2}, "b": say}), wait=True)
    found = await stacks.call("logs", handle, None)
    assert len(found) == 9 and [row["time"] for row in found] == sorted(row["time"] for row in found)
    told = {(row["service"], row["replica"], row["stream"], row["text"], row.get("partial", False)) for row in found}
    lines = [("stdout", "one", False), ("stderr", "two", False), ("stdout", "three", True)]
    assert told == {(s, r, *line) for s, r in (("a", 1), ("a", 2), ("b", 1)) for line in lines}
    only = await stacks.call("logs", handle, encode({"services": ["b"], "tail": 1}))
    assert {row["service"] for row in only} == {"b"}
    assert await stacks.call("logs", handle, encode({"services": []})) == []


async def told_unreadable(stacks: Stacks, progress: Any) -> list[str]:
    """The services of the next batch in which there are logs that cannot be read."""
    with anyio.fail_after(30):
        while True:
            rows = [row for row in await stacks.records(progress) if row.get("code") == "unreadable-log"]
            if rows:
                return [row["service"] for row in rows]


@pytest.mark.needs("ServiceSpec.logging")
async def test_a_log_that_cannot_be_read_is_named_and_hides_no_other(stacks: Stacks) -> None:
    say = {"command": ["sh", "-c", "echo said; exec sleep 600"]}
    mute = {**say, "logging": {"driver": "none"}}
    progress = await stacks.call("progress")
    handle = await stacks.up(stacks.spec({"a": say, "mute": mute}))
    follower = Follower(stacks, await stacks.call("follow_logs", handle, None))
    await follower.until(lambda rows: rows)
    assert await told_unreadable(stacks, progress) == ["mute"]
    await follower.close()
    assert [(row["service"], row["text"]) for row in follower.found] == [("a", "said")]
    assert [row["text"] for row in await stacks.call("logs", handle, None)] == ["said"]
    assert await told_unreadable(stacks, progress) == ["mute"]
    with pytest.raises(Unsupported):
        await stacks.call("logs", handle, encode({"services": ["mute"]}))
    bad = {"command": ["sh", "-c", "exit 3"], "logging": {"driver": "none"}, "pre_start": [{"command": ["sh", "-c", "exit 4"]}]}
    with pytest.raises(ServiceStartupFailed, match=r"pre_start\[0\]"):
        await stacks.up(stacks.spec({"a": say, "bad": bad}))


class Follower:
    """Reads a log stream beside the test."""

    def __init__(self, stacks: Stacks, stream: int) -> None:
        self.stacks, self.stream = stacks, stream
        self.found: list[dict[str, Any]] = []
        self.news = asyncio.Event()
        self.task = asyncio.ensure_future(self._read())

    async def _read(self) -> None:
        while (batch := await self.stacks.records(self.stream)) is not None:
            self.found += batch
            self.news.set()

    async def until(self, wanted: Any) -> None:
        with anyio.fail_after(30):
            while not wanted(self.found):
                self.news.clear()
                await self.news.wait()

    async def close(self) -> None:
        await self.stacks.close(self.stream)
        await self.task


@pytest.mark.needs("LogOptions.runs", "LogOptions.order", native=True)
async def test_a_log_is_the_same_read_and_followed(stacks: Stacks) -> None:
    """Long lines, lines in pieces, the ends of runs without a newline, both streams in their order; not what ``run`` says."""
    script = (
        "echo begin; sleep 0.1; echo error >&2; sleep 0.1; printf one; sleep 0.2; echo -two; "
        "head -c 40000 /dev/zero | tr '\\0' x; echo; printf part; exit 3"
    )
    services = {"a": {"command": ["sh", "-c", script], "restart": "on-failure:2"}, "job": {"command": ["echo", "job"]}}
    handle = await stacks.up(stacks.spec(services), services=["a"])
    follower = Follower(stacks, await stacks.call("follow_logs", handle, encode({"services": ["a", "job"]})))
    await stacks.call("run", handle, "job", encode({"rm": False}))
    with anyio.fail_after(60):
        await follower.task
    run = [("stdout", "begin", False), ("stderr", "error", False), ("stdout", "one-two", False), ("stdout", "x" * 40000, False),
           ("stdout", "part", True)]  # fmt: skip
    for found in (follower.found, await stacks.call("logs", handle, None)):
        assert [(row["stream"], row["text"], row.get("partial", False)) for row in found] == 3 * run
    for verb in ("logs", "follow_logs"):
        with pytest.raises(NotFound, match="none"):
            await stacks.call(verb, handle, encode({"services": ["none"]}))
    assert await stacks.records(await stacks.call("follow_logs", handle, encode({"services": []}))) is None


@pytest.mark.needs("LogOptions.characters", native=True)
async def test_characters_that_are_cut_between_two_writes(stacks: Stacks) -> None:
    """As programs do that write through a buffer: a part may end inside a character of several bytes."""
    lines = 'awk \'BEGIN {for (j = 0; j < 300; j++) {printf "%d ", j; for (i = 0; i < 25; i++) printf "中"; print ""}}\''
    slow = "printf 'half\\303'; sleep 1.2; printf '\\251 done\\n'"
    commands = {"lines": lines, "slow": slow, "terminal": slow}
    services = {name: {"command": ["sh", "-c", command], "tty": name == "terminal"} for name, command in commands.items()}
    handle = await stacks.up(stacks.spec(services))
    follower = Follower(stacks, await stacks.call("follow_logs", handle, None))
    with anyio.fail_after(60):
        await follower.task
    for found in (follower.found, await stacks.call("logs", handle, None)):
        texts = {name: [row["text"].rstrip("\r") for row in found if row["service"] == name] for name in services}
        whole = [f"{number} {'中' * 25}" for number in range(300)]
        assert texts == {"lines": whole, "slow": ["halfé done"], "terminal": ["halfé done"]}


@pytest.mark.needs("op.events", native=True)
async def test_no_line_is_lost_over_restart_recreation_and_scale(stacks: Stacks) -> None:
    def spec(value: str) -> dict[str, Any]:
        return stacks.spec({"a": {"command": ["sh", "-c", COUNT], "environment": {"V": value}}})

    handle = await stacks.up(spec("1"))
    follower = Follower(stacks, await stacks.call("follow_logs", handle, None))
    await follower.until(lambda rows: len(rows) > 5)
    for _ in range(3):
        seen = len(follower.found)
        await stacks.call("restart", handle, None, encode({"timeout": 5}))
        await follower.until(lambda rows, seen=seen: len(rows) > seen + 5)
    handle = await stacks.up(spec("2"), timeout=5)
    await follower.until(lambda rows: any(row["text"].startswith("2-") for row in rows))
    await stacks.call("scale", handle, encode({"a": 2}))
    await follower.until(lambda rows: any(row["replica"] == 2 for row in rows))
    await stacks.call("stop", handle, None, encode({"timeout": 5}))
    with anyio.fail_after(30):
        await follower.task  # It ends by itself after all have ended for good.
    found = follower.found
    ends = [row for row in found if row["text"].startswith("end")]
    # Podman tells its readers of the end a quarter of a second late: the last words of a container that was removed by
    # then, as one that is replaced is, may go with it.
    assert len(ends) == 6 or (stacks.podman and len(ends) == 5)
    assert all(row.get("partial") for row in ends[-2:])
    runs: list[list[int]] = []
    numbers: list[int] = []
    for container in {row["container"] + row["text"][0] for row in found if row["text"][0] != "e"}:
        numbers = [int(row["text"].rpartition("-")[2]) for row in found if row["container"] + row["text"][0] == container]
        for number in numbers:
            if number == 1:
                runs.append([])
            runs[-1].append(number)
    assert len(runs) == 6
    for run in runs:
        assert run == list(range(1, len(run) + 1)), "a line was lost, or told twice"
    if len(ends) == 6:
        assert sorted(int(row["text"].split("-")[1]) for row in ends) == sorted(len(run) for run in runs)


# -- events -----------------------------------------------------------------------------------------


@pytest.mark.needs("op.events", native=True)
async def test_events_are_numbered_and_end_with_the_handle(stacks: Stacks) -> None:
    progress = await stacks.call("progress")
    spec = stacks.spec({"a": {}})
    handle = await stacks.up(spec)
    stream = await stacks.call("events", handle)
    await stacks.call("restart", handle, None, encode({"timeout": 5}))
    found: list[dict[str, Any]] = []
    with anyio.fail_after(20):
        while not any(row.get("action") == "start" for row in found):
            found += await stacks.records(stream)
    assert {row["version"] for row in found} == {1}
    assert [row["seq"] for row in found] == list(range(found[0]["seq"], found[0]["seq"] + len(found)))
    died = next(row for row in found if row.get("action") == "die")
    assert (died["kind"], died["service"], died["exitCode"]) == ("container", "a", 0)
    await stacks.down(handle)
    with anyio.fail_after(20):
        while await stacks.records(stream) is not None:
            pass
    told = await stacks.records(progress)
    steps = [(row["action"], row["state"]) for row in told if row["kind"] == "step"]
    assert ("create container", "started") in steps and ("remove network", "done") in steps
    assert [row["seq"] for row in told] == list(range(1, len(told) + 1))


@pytest.mark.needs("op.pause")
async def test_events_replayed_give_the_present_state(stacks: Stacks) -> None:
    check = {"test": ["CMD", "true"], "interval": "300ms"}
    handle = await stacks.up(stacks.spec({"w": {}}))
    stream = await stacks.call("events", handle)
    for value in "12":  # The second time everything is made anew.
        a = {"environment": {"V": value}, "scale": 2, "healthcheck": check}
        await stacks.up(stacks.spec({"a": a, "job": {"command": ["true"]}, "w": {"environment": {"V": value}}}), wait=True)
    await stacks.call("pause", handle, encode(["w"]), None)
    await stacks.call("run", handle, "w", encode({"cmd": ["true"]}))
    rows = {row["id"]: (row["name"], row["status"], row["health"]) for row in await stacks.call("ps", handle)}
    after = {"create": "created", "start": "running", "unpause": "running", "pause": "paused", "die": "exited"}
    found: dict[str, tuple[str, str, str | None]] = {}
    with anyio.fail_after(20):
        while found != rows:
            for row in await stacks.records(stream):
                name, status, health = found.pop(row.get("id"), ("", "", None))
                if row["kind"] == "container" and row["action"] != "destroy":
                    health = None if row["action"] in ("start", "die") else row.get("health", health)
                    found[row["id"]] = (row["name"] or name, after.get(row["action"], status), health)


# -- exec and run -------------------------------------------------------------------------------------


async def test_exec_and_run(stacks: Stacks) -> None:
    delivers = await stacks.has("op.archive")
    spec = stacks.spec({
        "dep": {},
        "a": {
            "depends_on": ["dep"], "environment": {"X": "file"}, "volumes": ["data:/data"], "configs": ["c"] if delivers else [],
        },
        "job": {"command": ["sh", "-c", "echo out; echo err >&2; exit 5"], "labels": {"exitCode": "0", "containerExitCode": "x"}},
    }, volumes={"data": {}}, configs={"c": {"content": "text"}})  # fmt: skip
    handle = await stacks.up(spec, services=[])
    # What it depends on comes up; the one-off gets the service's environment, volumes and configs.
    script = f"echo $X $Y; {'cat /c' if delivers else 'echo text'}; exit 3"
    result = await stacks.call("run", handle, "a", encode({"cmd": ["sh", "-c", script], "env": {"Y": "own"}}))
    text = "text" if delivers else "text\n"
    assert (result["exitCode"], result["stdout"], result["stderr"]) == (3, f"file own\n{text}", "")
    assert await stacks.states(handle) == {"dep-1": "running"}
    result = await stacks.call("run", handle, "job", encode({"rm": False, "name": f"{stacks.prefix}-kept"}))
    told = ("out\n", "err\n") if await stacks.has("LogOptions.streams", native=True) else ("out\nerr\n", "")
    assert (result["exitCode"], result["stdout"], result["stderr"]) == (5, *told)
    kept = (await stacks.rows(handle))["kept"]
    assert (kept["oneOff"], kept["status"], kept["exitCode"]) == (True, "exited", 5)
    with pytest.raises(Timeout):
        await stacks.call("run", handle, "job", encode({"cmd": ["sleep", "60"], "timeout": 0.5, "dependencies": False}))
    assert set(await stacks.states(handle)) == {"dep-1", "kept"}
    handle = await stacks.up(spec, services=["a"])
    assert "kept" not in json.dumps(await stacks.plan(spec, services=["a"]))
    result = await stacks.exec(handle, "a", "sh", "-c", "echo $A; cat; exit 2", env={"A": "b"}, stdin="in")
    assert (result["exitCode"], result["stdout"]) == (2, "b\nin")
    with pytest.raises(NotFound):
        await stacks.exec(handle, "job", "true")
    await stacks.call("stop", handle, encode(["a"]), encode({"timeout": 5}))
    with pytest.raises(Conflict):
        await stacks.exec(handle, "a", "true")
    report = await stacks.down(handle)
    assert report["errors"] == [] and nothing_of(stacks.engine, stacks.prefix)


# -- start, stop, restart, pause, unpause, kill -------------------------------------------------------


@pytest.mark.needs("op.events", native=True)
async def test_start_stop_and_the_rest_in_order(stacks: Stacks) -> None:
    spec = stacks.spec({"db": {}, "web": {"depends_on": ["db"]}, "other": {}})
    handle = await stacks.up(spec)
    events = await stacks.call("events", handle)

    async def did(verb: str, services: Any = None, **options: Any) -> list[str]:
        await stacks.call(verb, handle, encode(services), encode(options))
        return [f"{row['service']} {row['action']}" for row in await told(handle, events)]

    assert await did("stop", []) == []
    order = await did("stop", timeout=5)
    assert order.index("web die") < order.index("db die")
    assert set((await stacks.states(handle)).values()) == {"exited"}
    assert (await stacks.call("status", handle))["status"] != "running"
    order = await did("start")
    assert order.index("db start") < order.index("web start")
    await did("stop", ["db"], timeout=5)
    assert await stacks.states(handle) == {"db-1": "exited", "web-1": "running", "other-1": "running"}
    assert {step["target"].removeprefix(stacks.prefix) for step in (await stacks.plan(spec))["steps"]} == {"-db-1"}
    handle2 = await stacks.up(spec)
    assert set((await stacks.states(handle2)).values()) == {"running"}
    freezes = await stacks.has("op.pause")
    if freezes:
        await did("pause", ["web"])
        assert (await stacks.states(handle))["web-1"] == "paused"
        await did("unpause")
        assert set((await stacks.states(handle)).values()) == {"running"}
    await did("kill", ["other"])
    assert (await stacks.rows(handle))["other-1"]["exitCode"] == 137
    await did("restart", ["other"], timeout=5)
    assert set((await stacks.states(handle)).values()) == {"running"}
    with pytest.raises(NotFound):
        await stacks.call("stop", handle, encode(["none"]), None)
    if freezes:  # A paused one goes down as well.
        await did("pause", ["db"])
    assert (await stacks.down(handle))["errors"] == []
    assert nothing_of(stacks.engine, stacks.prefix)


@pytest.mark.needs("op.pause")
async def test_what_is_frozen_stops_restarts_and_goes(stacks: Stacks) -> None:
    """Though no command can run in it, so no hook either."""
    handle = await stacks.up(stacks.spec({"a": {"pre_stop": [{"command": ["true"]}]}}))
    for verb, state in (("restart", "running"), ("stop", "exited"), ("kill", "exited")):
        await stacks.call("start", handle, None, None)
        await stacks.call("pause", handle, None, None)
        await stacks.call(verb, handle, None, encode({"timeout": 2} if verb != "kill" else None))
        assert await stacks.states(handle) == {"a-1": state}
    await stacks.call("start", handle, None, None)
    await stacks.call("pause", handle, None, None)
    assert (await stacks.down(handle))["errors"] == []


async def test_start_and_run_wait_for_what_a_service_depends_on(stacks: Stacks) -> None:
    """Also where that is started by the same call; and ``run`` leaves it at the number that it was scaled to."""
    slow = "rm -f /tmp/ok; (sleep 1; touch /tmp/ok) & trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"
    check = {"test": ["CMD", "test", "-e", "/tmp/ok"], "interval": "200ms", "retries": 50}
    spec = stacks.spec({
        "db": {"command": ["sh", "-c", slow], "healthcheck": check},
        "web": {"depends_on": {"db": {"condition": "service_healthy"}}},
        "job": {"command": ["sh", "-c", "exit 3"], "depends_on": {"db": {"condition": "service_healthy"}}},
    })  # fmt: skip
    handle = await stacks.up(spec, services=["web"])

    async def healthy() -> bool:
        return (await stacks.rows(handle))["db-1"]["health"] == "healthy"

    await stacks.call("stop", handle, None, None)
    await stacks.call("start", handle, None, None)
    assert await healthy()
    await stacks.call("scale", handle, encode({"db": 2}))
    await stacks.call("kill", handle, None, None)
    assert (await stacks.call("run", handle, "job", None))["exitCode"] == 3
    assert await healthy() and set(await stacks.states(handle)) == {"db-1", "db-2", "web-1"}


@pytest.mark.needs("ServiceSpec.network.shared")
async def test_a_restart_takes_along_who_asks_for_it_and_who_shares_namespaces(stacks: Stacks) -> None:
    """Through a chain, each when its condition holds; those in the namespaces of a restarted one are in its new ones."""
    check = {"test": ["CMD", "true"], "interval": "200ms"}
    holds = {"condition": "service_healthy", "restart": True}
    spec = stacks.spec({
        "db": {"healthcheck": check},
        "api": {"healthcheck": check, "depends_on": {"db": holds}},
        "web": {"depends_on": {"api": {"condition": "service_started", "restart": True}}},
        "other": {"depends_on": ["db"]},
        "gate": {"healthcheck": check},
        "worker": {"network_mode": "service:gate", "depends_on": {"gate": {"condition": "service_healthy"}}},
        "inner": {"network_mode": f"container:{stacks.prefix}-gate-1", "depends_on": {"gate": {"condition": "service_started"}}},
    })  # fmt: skip
    await stacks.up(spec, services=["gate"])
    handle = await stacks.up(spec)

    def starts() -> dict[str, str]:
        return {name: stacks.ask(f"/containers/{stacks.prefix}-{name}-1/json")["State"]["StartedAt"] for name in spec["services"]}

    async def restarted(*names: str, **options: Any) -> set[str]:
        before = starts()
        await stacks.call("restart", handle, encode(list(names)), encode({"timeout": 5, **options}))
        return {name for name, at in starts().items() if at != before[name]}

    async def namespaces() -> set[str]:
        return {await stacks.out(handle, name, "readlink", "/proc/1/ns/net") for name in ("gate", "worker", "inner")}

    assert await restarted("db") == {"db", "api", "web"}
    assert await restarted("db", dependents=False) == {"db"}
    before = await namespaces()
    assert len(before) == 1
    assert await restarted("gate", dependents=False) == {"gate", "worker", "inner"}
    assert len(await namespaces()) == 1
    assert (await stacks.plan(spec))["steps"] == []


@pytest.mark.needs("ServiceSpec.network.shared")
async def test_a_start_brings_along_what_a_service_needs(stacks: Stacks) -> None:
    check = {"test": ["CMD", "true"], "interval": "200ms"}
    spec = stacks.spec({
        "db": {"healthcheck": check},
        "job": {"command": ["sh", "-c", "echo ran >> /data/runs"], "volumes": ["data:/data"]},
        "api": {"depends_on": {"db": {"condition": "service_healthy"}, "job": {"condition": "service_completed_successfully"}}},
        "web": {"depends_on": ["api"], "volumes": ["data:/data"]},
        "other": {},
        "gate": {},
        "worker": {"network_mode": "service:gate"},
    }, volumes={"data": {}})  # fmt: skip
    handle = await stacks.up(spec)
    await stacks.call("stop", handle, None, encode({"timeout": 5}))
    await stacks.call("start", handle, encode(["web"]), None)
    running = {name for name, state in (await stacks.states(handle)).items() if state == "running"}
    assert running == {"db-1", "api-1", "web-1"}
    assert await stacks.out(handle, "web", "cat", "/data/runs") == "ran\n", "a job that is done does not run again"
    await stacks.call("start", handle, encode(["worker"]), None)
    await stacks.call("stop", handle, encode(["gate"]), encode({"timeout": 5}))
    await stacks.call("start", handle, encode(["gate"]), None)
    assert len({await stacks.out(handle, name, "readlink", "/proc/1/ns/net") for name in ("gate", "worker")}) == 1
    await stacks.call("stop", handle, None, encode({"timeout": 5}))
    stacks.remove("db-1")
    with pytest.raises(NotFound, match="services.api: it waits for db, which has no container"):
        await stacks.call("start", handle, encode(["web"]), None)
    assert set((await stacks.states(handle)).values()) == {"exited"}


async def test_a_command_that_cannot_be_run_is_a_service_that_does_not_start(stacks: Stacks) -> None:
    for command, codes in (("/no/such", [127]), ("no-such", [127]), ("/etc", [126, 127])):  # Some find no program in a folder.
        with pytest.raises(ServiceStartupFailed, match=f"services.a: {stacks.prefix}-a-1: it cannot be started") as caught:
            await stacks.up(stacks.spec({"a": {"command": [command]}}))
        assert caught.value.details["service"] == "a" and caught.value.details["exitCode"] in codes
    handle = await stacks.up(stacks.spec({"a": {"command": ["/no/such"]}}), services=[])
    with pytest.raises(ServiceStartupFailed, match="it cannot be started"):
        await stacks.call("run", handle, "a", None)
    assert await stacks.states(handle) == {}


async def told(handle: int, stream: int) -> list[dict[str, Any]]:
    """What has come so far; engines tell a little later than they do."""
    found: list[dict[str, Any]] = []
    while True:
        with anyio.move_on_after(0.4) as scope:
            found += await _SESSION[0].records(stream)
        if scope.cancelled_caught:
            return [row for row in found if row["kind"] == "container" and row["action"] in ("start", "die")]


_SESSION: list[Stacks] = []


@pytest.fixture(autouse=True)
def _remembered(stacks: Stacks) -> Any:
    _SESSION[:] = [stacks]


# -- from elsewhere -----------------------------------------------------------------------------------


async def test_a_project_is_found_again_from_another_process(stacks: Stacks) -> None:
    await stacks.up(stacks.spec({"a": {"depends_on": ["b"]}, "b": {"volumes": ["v1:/v"]}}, volumes={"v1": {}}))
    program = """
import asyncio, json, os, sys
from perry_ffi.api import stacks
from perry_ffi.api.results import encode
from perry_ffi.service.client import Client
async def main(name):
    client = Client(os.environ)
    handle = await stacks.attach(client, name)
    await stacks.stop(client, handle, b'["a"]', b'{"timeout": 5}')
    states = {row["service"]: row["status"] for row in await stacks.ps(client, handle)}
    edges = (await stacks.graph(client, handle))["edges"]
    await stacks.start(client, handle, None, None)
    report = await stacks.down(client, handle, b'{"volumes": true, "timeout": 5}')
    try:
        await stacks.attach(client, name)
    except Exception as error:
        missing = error.kind
    await client.aclose()
    print(json.dumps([states, edges, encode(report), missing]))
asyncio.run(main(sys.argv[1]))
"""
    out = await anyio.run_process(
        [sys.executable, "-c", program, stacks.prefix],
        env={**environ(stacks.engine, stacks.folder), "PYTHONPATH": str(ROOT / "src")}, stderr=None,
    )  # fmt: skip
    states, edges, report, missing = json.loads(out.stdout)
    assert states == {"a": "exited", "b": "running"}
    assert edges == [{"from": "a", "to": "b", "condition": "service_started"}]
    assert json.loads(report) == {"containers_removed": 2, "networks_removed": 1, "volumes_removed": 1, "errors": []}
    assert missing == "NotFound"


async def test_an_attached_handle_restarts_those_that_ask_for_it(stacks: Stacks) -> None:
    """Also without a model: the containers' labels tell who depends on whom."""
    asks = {"db": {"condition": "service_started", "restart": True}}
    started = await stacks.up(stacks.spec({"db": {}, "asks": {"depends_on": asks}, "other": {"depends_on": ["db"]}}))
    attached = await stacks.call("attach", stacks.prefix)
    for handle in (started, attached):
        events = await stacks.call("events", handle)
        await stacks.call("restart", handle, encode(["db"]), encode({"timeout": 5}))
        assert {row["service"] for row in await told(handle, events)} == {"db", "asks"}
        await stacks.close(events)


async def test_an_attached_handle_reads_its_files_where_they_are(stacks: Stacks, tmp_path: Path) -> None:
    """What needs the model reads it again; a project from a document has none, and says so."""
    file = tmp_path / "compose.yaml"
    services = stacks.spec({
        "a": {"environment": {"V": "${V:-none}"}, "pre_stop": [{"command": ["sh", "-c", "echo hook >/proc/1/fd/1"]}]},
        "job": {"command": ["sh", "-c", "echo job $$V; exit 4"], "environment": {"V": "${V:-none}"}, "profiles": ["jobs"]},
    })  # fmt: skip
    file.write_text(json.dumps(services))
    (tmp_path / ".env").write_text("V=file\n")
    program = "import sys; from perry_ffi.cli.main import main; sys.exit(main(sys.argv[1:]))"
    variables = {**environ(stacks.engine, stacks.folder), "PYTHONPATH": str(ROOT / "src")}

    async def compose(*words: str) -> None:
        await anyio.run_process([sys.executable, "-c", program, *words], env=variables, stderr=None)

    await compose("-f", str(file), "up", "-d")
    handle = await stacks.call("attach", stacks.prefix)
    assert "V: file" in await stacks.call("config", handle)
    await stacks.call("scale", handle, encode({"a": 2}))
    assert set(await stacks.states(handle)) == {"a-1", "a-2"}
    with pytest.raises(NotFound, match="no such service: job"):
        await stacks.call("run", handle, "job", None)
    await compose("-f", str(file), "--profile", "jobs", "up", "-d", "job")
    result = await stacks.call("run", handle, "job", None)
    assert (result["stdout"], result["exitCode"]) == ("job file\n", 4)
    assert (await stacks.call("pull", handle, encode({"services": []}))) == {"images": [], "errors": []}
    await stacks.call("stop", handle, encode(["a"]), None)
    assert [row["text"] for row in await stacks.call("logs", handle, encode({"services": ["a"]}))] == ["hook", "hook"]
    events = await stacks.call("events", handle)
    file.rename(tmp_path / "away.yaml")
    for verb, arguments in (("scale", [encode({"a": 1})]), ("run", ["a", None]), ("config", []), ("build", [None])):
        with pytest.raises(Conflict, match="compose.yaml is not here") as caught:
            await stacks.call(verb, handle, *arguments)
        assert caught.value.code == 409 and "remedy" in caught.value.details
    await stacks.call("start", handle, encode(["a"]), None)
    assert any(row["kind"] == "warning" and "hooks are not run" in row["message"] for row in await stacks.records(events))
    (tmp_path / "away.yaml").rename(file)
    await compose("-p", stacks.prefix, "down", "--rmi", "local")
    assert nothing_of(stacks.engine, stacks.prefix)
    await stacks.up(stacks.spec({"a": {}}))
    handle = await stacks.call("attach", stacks.prefix)
    with pytest.raises(Conflict, match="not brought up from files"):
        await stacks.call("config", handle)
    with pytest.raises(Conflict, match="not brought up from files"):
        await stacks.down(handle, images="local")
    assert (await stacks.down(handle))["errors"] == []


async def test_two_processes_take_turns(stacks: Stacks) -> None:
    program = """
import asyncio, os, sys
from perry_ffi.api import stacks
from perry_ffi.service.client import Client
async def main(spec):
    client = Client(os.environ)
    await stacks.up(client, spec.encode(), None)
    await client.aclose()
asyncio.run(main(sys.argv[1]))
"""
    variables = {**environ(stacks.engine, stacks.folder), "PYTHONPATH": str(ROOT / "src")}
    specs = [stacks.spec({"a": {"environment": {"V": value}}, "b": {}}) for value in "123"]
    running = [
        subprocess.Popen([sys.executable, "-c", program, json.dumps(spec)], env=variables, stderr=subprocess.PIPE)
        for spec in specs
    ]
    for process in running:
        _, errors = await anyio.to_thread.run_sync(process.communicate)
        assert (process.returncode, errors) == (0, b"")
    handle = await stacks.call("attach", stacks.prefix)
    assert await stacks.states(handle) == {"a-1": "running", "b-1": "running"}
    plans = [(await stacks.plan(spec))["steps"] for spec in specs]
    assert plans.count([]) == 1, "the last one's turn counts"


@pytest.mark.socket("calls fail between the library and a socket")
async def test_down_by_name_and_what_fails_in_it(stacks: Stacks, tmp_path: Path) -> None:
    spec = stacks.spec({"a": {}, "b": {"volumes": ["v1:/v"]}}, volumes={"v1": {}})
    async with proxy(stacks.engine.socket, tmp_path / "p.sock") as tap:
        behind = Stacks(Client(environ(stacks.engine, tmp_path, str(tap.socket))), stacks.engine, stacks.prefix, tmp_path)
        handle = await behind.up(spec)
        tap.arm(None)
        # The removal of the first container fails, three times the look-ups do not.
        first = asyncio.ensure_future(behind.down(handle))
        while not any(call.method == "DELETE" for call in tap.seen):
            await asyncio.sleep(0)
            if tap.fail_at is None and any("/stop" in call.path for call in tap.seen):
                tap.fail_at = len(tap.seen)
        report = await first
        if report["errors"]:
            assert await behind.states(handle) != {} or report["errors"]
            tap.arm(None)
            assert (await behind.down(handle))["errors"] == []
        with pytest.raises(NotFound):
            await behind.states(handle)
        await behind.client.aclose()
    assert nothing_of(stacks.engine, stacks.prefix)
    assert await stacks.call("down_by_project", stacks.prefix, None) == {
        "containers_removed": 0, "networks_removed": 0, "volumes_removed": 0, "errors": [],
    }  # fmt: skip


async def test_down_all_takes_what_is_ours(stacks: Stacks) -> None:
    for number in ("x", "y"):
        await stacks.up({**stacks.spec({"a": {}}), "name": f"{stacks.prefix}-{number}"})
    report = await stacks.call("down_all", encode({"volumes": True}))
    assert report["containers_removed"] >= 2 and report["errors"] == []
    assert nothing_of(stacks.engine, stacks.prefix)


# -- what a second up does ------------------------------------------------------------------------------


@pytest.mark.socket("calls are counted between the library and a socket")
async def test_a_second_up_writes_nothing_and_an_edit_only_what_it_must(stacks: Stacks, tmp_path: Path) -> None:
    async with proxy(stacks.engine.socket, tmp_path / "p.sock") as tap:
        behind = Stacks(Client(environ(stacks.engine, tmp_path, str(tap.socket))), stacks.engine, stacks.prefix, tmp_path)
        services: dict[str, Any] = {
            "job": {"command": ["true"]},
            "db": {"volumes": ["data:/data", "/scratch"], "healthcheck": {"test": ["CMD", "true"], "interval": "1s"}},
            "web": {"depends_on": {"db": {"condition": "service_healthy"}}, "scale": 2, "configs": ["c"], "ports": ["80"]},
        }
        sections = {"volumes": {"data": {}}, "configs": {"c": {"content": "x"}}}
        await behind.up(behind.spec(services, **sections), wait=True)
        for _ in range(2):
            tap.arm(None)
            handle = await behind.up(behind.spec(services, **sections))
            assert [str(call) for call in tap.writes] == []
        before = await behind.rows(handle)
        services["web"]["labels"] = {"new": "one"}
        tap.arm(None)
        handle = await behind.up(behind.spec(services, **sections))
        written = [str(call).replace("v1.41/", "") for call in tap.writes]
        after = await behind.rows(handle)
        assert {name for name in after if after[name]["id"] == before[name]["id"]} == {"job-1", "db-1"}
        assert not any(before[name]["id"] in call for name in ("job-1", "db-1") for call in written)
        assert sum("/containers/create" in call for call in written) == 2
        assert sum(call.startswith("DELETE") for call in written) == 2
        assert not any("/networks/create" in call or "/volumes/create" in call for call in written)
        await behind.client.aclose()


# -- what nobody may see ---------------------------------------------------------------------------------


@pytest.mark.needs("op.archive")
async def test_nothing_is_printed_and_no_secret_is_told(stacks: Stacks, capfd: pytest.CaptureFixture[str]) -> None:
    secret = "very-hidden-4471"
    stacks.client.settings.environ["TOKEN"] = secret  # type: ignore[index]
    progress = await stacks.call("progress")
    spec = stacks.spec(
        {
            "a": {"secrets": ["s"]},
            "bad": {"command": ["false"]},
            "w": {"depends_on": {"bad": {"condition": "service_completed_successfully"}}},
        },
        secrets={"s": {"environment": "TOKEN"}},
    )
    told = [json.dumps(await stacks.plan(spec))]
    with pytest.raises(ContainerError) as caught:
        await stacks.up(spec)
    told.append(json.dumps(caught.value.to_dict()))
    handle = await stacks.up({**spec, "services": {"a": spec["services"]["a"]}})
    assert await stacks.out(handle, "a", "cat", "/run/secrets/s") == secret
    told.append(Path("/proc/self/cmdline").read_text())
    told += [_words(pid) for pid in os.listdir("/proc") if pid.isdigit()]
    await stacks.down(handle)
    told.append(json.dumps(await stacks.records(progress)))
    assert not any(secret in text for text in told)
    assert capfd.readouterr() == ("", "")


def _words(pid: str) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


async def test_what_a_hostile_file_says_stays_what_it_is(stacks: Stacks, tmp_path: Path) -> None:
    """Words that begin with a dash, quotes, newlines and dollars arrive as they are, and never as options."""
    words = ["--privileged", "-v/:/host", "$(id)", "`id`", "a\nb", "'\"", "; id", "ü\t%s"]
    spec = stacks.spec({"a": {
        "environment": {"E": "--rm\n$(id)'\"", "F": "-x=1"},
        "labels": {"--label": "-v", "quote": "'\";"},
        "working_dir": "/tmp",
    }})  # fmt: skip
    handle = await stacks.up(json.loads(json.dumps(spec).replace("$(id)'", "$$(id)'")))
    script = 'printf "%s|" "$@"; printf %s "$E"; printf %s "$F"'
    result = await stacks.exec(handle, "a", "sh", "-c", script, "sh", *words)
    assert result["stdout"] == "".join(word + "|" for word in words) + "--rm\n$(id)'\"-x=1"
    labels = stacks.ask(f"/containers/{stacks.prefix}-a-1/json")["Config"]["Labels"]
    assert labels["--label"] == "-v" and labels["quote"] == "'\";"
    for bad in ({"container_name": "../x"}, {"container_name": "-x"}, {"image": "--privileged"}, {"image": "../x"},
                {"networks": {"../n": None}}, {"configs": [{"source": "c", "target": "/proc/x"}]}):  # fmt: skip
        with pytest.raises(ContainerError) as caught:
            await stacks.up(stacks.spec({"a": bad}, configs={"c": {"content": "x"}}))
        assert caught.value.code in (400, 404, 501), caught.value.to_dict()
    for name in ("../x", "-x", "A B"):
        with pytest.raises(ContainerError):
            await stacks.up(stacks.spec({"a": {}}), projectName=name)
    report = await stacks.call("down_by_project", "../../x", None)
    assert report["containers_removed"] == 0 and not (stacks.folder.parent.parent / "x").exists()
