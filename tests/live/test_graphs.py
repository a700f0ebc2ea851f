"""Graphs on real engines: order, references, failures, retries, outputs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.errors import (
    BackendNotAvailable,
    ContainerError,
    DependencyCycle,
    ServiceStartupFailed,
    Timeout,
    ValidationError,
    VerificationFailed,
)
from tests.live.conftest import IMAGE
from tests.live.graph_support import Graphs, changes, graphs  # noqa: F401
from tests.live.peer import Peer

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

HTTP = ["sh", "-c", "mkdir -p /w && echo $BODY >/w/index.html && exec httpd -f -p 8080 -h /w"]


def ref(node: str, projection: str, **more: Any) -> dict[str, Any]:
    return {"nodeId": node, "projection": projection, **more}


async def failing(graphs: Graphs, graph: dict[str, Any], **options: Any) -> ContainerError:
    with pytest.raises(ContainerError) as caught:
        await graphs.run(graph, **options)
    return caught.value


async def test_the_documented_call_without_options(graphs: Graphs) -> None:
    """With the image alone, and a graph that says no more than it has to."""
    handle = await graphs.run(
        {"name": graphs.prefix, "nodes": {"one": {"image": IMAGE, "cmd": ["sleep", "600"], "stop_timeout": 0}}}
    )
    status = await graphs.status(handle)
    assert status["nodes"] == {"one": "running"} and status["healthy"] and status["errors"] == {}
    row = (await graphs.ask_graph("ps", handle))[0]
    assert (row["nodeId"], row["state"], row["image"]) == ("one", "running", IMAGE)
    await graphs.taken_down(handle)


async def test_a_job_comes_after_what_it_needs_and_passes_its_output_on(graphs: Graphs) -> None:
    graph = graphs.graph(
        {
            "web": {"cmd": HTTP, "env": {"BODY": "of the web"}, "expose": ["8080"]},
            "fetch": graphs.job("wget -qO- $URL", env={"URL": ref("web", "internalUrl")}, outputs={"page": {"from": "stdout"}}),
            "told": graphs.job("echo got $PAGE of $HOST", env={
                "PAGE": ref("fetch", "output", name="page"),
                "HOST": {"concat": ["<", ref("web", "endpoint", port=8080), ">"]},
            }),
        }
    )  # fmt: skip
    handle = await graphs.run(graph)
    assert await graphs.phases(handle) == {"web": "ready", "fetch": "succeeded", "told": "succeeded"}
    assert await graphs.lines(handle, "told") == ["got of the web of <web:8080>"]
    await graphs.taken_down(handle)


async def test_every_projection(graphs: Graphs) -> None:
    names = {
        "HOST": ref("web", "host"), "END": ref("web", "endpoint"), "URL": ref("web", "internalUrl", scheme="tcp"), "IP": ref("web", "ip"),
        "OUT": ref("web", "hostEndpoint"), "OUT_URL": ref("web", "hostUrl"), "ID": ref("web", "containerId"),
        "NAME": ref("web", "containerName"), "SAID": ref("first", "output"), "CODE": ref("second", "exitCode"),
        "DEEP": ref("third", "output", name="report.rows.1"), "FILE": ref("fourth", "output", name="file"),
    }  # fmt: skip
    graph = graphs.graph(
        {
            "web": {"cmd": HTTP, "ports": ["127.0.0.1::8080"]},
            "first": graphs.job("echo line"),
            "second": graphs.job("exit 7"),
            "third": graphs.job("""echo '{"rows": [1, "two"]}'""", outputs={"report": {"from": "stdout", "json": True}}),
            "fourth": graphs.job("echo kept >/out", outputs={"file": {"from": "file", "path": "/out"}}),
            "seen": graphs.job("env", env=names, depends_on=["web"]),
        }
    )
    handle = await graphs.run(graph, onFailure="partialContinue")
    seen = dict(line.partition("=")[::2] for line in await graphs.lines(handle, "seen"))
    rows = {row["nodeId"]: row for row in await graphs.ask_graph("ps", handle)}
    assert seen["HOST"] == "web" and seen["END"] == "web:8080" and seen["URL"] == "tcp://web:8080"
    assert seen["IP"].count(".") == 3 and seen["OUT"].startswith("127.0.0.1:") and seen["OUT_URL"] == f"http://{seen['OUT']}"
    assert rows["web"]["containerId"].startswith(seen["ID"][:12]) and seen["NAME"] == rows["web"]["name"]
    assert (seen["SAID"], seen["CODE"], seen["DEEP"], seen["FILE"]) == ("line", "7", "two", "kept")
    await graphs.taken_down(handle)


async def test_names_go_on_after_their_target_was_restarted(graphs: Graphs) -> None:
    """It has another address then."""
    graph = graphs.graph(
        {
            "web": {"cmd": HTTP, "env": {"BODY": "here"}, "expose": ["8080"]},
            "client": graphs.service(env={"URL": ref("web", "internalUrl")}),
        }
    )
    handle = await graphs.run(graph)
    before = {row["nodeId"]: row for row in await graphs.ask_graph("ps", handle)}["web"]["ipAddress"]
    backend = await graphs.client.backend()
    name = f"{graphs.prefix}-web-1"
    await backend.stop_container(name, 0)
    # Somebody else takes the address that is free now.
    network = f"{graphs.prefix}_default"
    taken = graphs.graph({})["name"] + "-taker"
    from perry_ffi.model.base import validate
    from perry_ffi.model.container import ContainerSpec

    spec = validate(
        ContainerSpec, {"image": IMAGE, "name": taken, "cmd": ["sleep", "600"], "networks": [network], "stop_timeout": 0}
    )
    made = await backend.create_container(spec)
    await backend.start_container(made.id)
    await backend.start_container(name)
    after = {row["nodeId"]: row for row in await graphs.ask_graph("ps", handle)}["web"]["ipAddress"]
    assert before != after
    said = ""
    with anyio.fail_after(20):
        while said != "here\n":
            result = await graphs.ask_graph("exec_", handle, "client", json.dumps(["sh", "-c", "wget -qO- $URL"]).encode(), None)
            said = result["stdout"]
            await anyio.sleep(0.1)
    await backend.remove_container(made.id, force=True)
    await graphs.taken_down(handle)


@pytest.mark.parametrize(
    ("condition", "script", "phase"),
    [
        ("succeeded", "exit 0", "succeeded"),
        ("succeeded", "exit 3", "skipped"),
        ("completed", "exit 0", "succeeded"),
        ("completed", "exit 3", "succeeded"),
        ("failed", "exit 0", "skipped"),
        ("failed", "exit 3", "succeeded"),
        ("started", "exit 3", "succeeded"),
        ("service_completed_successfully", "exit 0", "succeeded"),
    ],
)
async def test_conditions_of_a_job(graphs: Graphs, condition: str, script: str, phase: str) -> None:
    graph = graphs.graph({"a": graphs.job(script), "b": graphs.job("true", depends_on={"a": {"condition": condition}})})
    handle = await graphs.run(graph, onFailure="partialContinue")
    status = await graphs.status(handle)
    assert status["phases"]["b"] == phase, status
    assert status["phases"]["a"] == ("succeeded" if script == "exit 0" else "failed")
    assert status["details"]["a"]["exitCode"] == int(script[-1])
    await graphs.taken_down(handle)


async def test_a_failure_rolls_all_back(graphs: Graphs) -> None:
    graph = graphs.graph(
        {"db": graphs.service(volumes=["data:/data"]), "migrate": graphs.job("echo why >&2; exit 4", depends_on=["db"])},
        volumes={"data": {}},
    )
    before = graphs.held()
    error = await failing(graphs, graph)
    assert isinstance(error, ServiceStartupFailed) and error.details["node"] == "migrate" and error.details["exitCode"] == 4
    assert error.details["rolledBack"] is True and "leftOver" not in error.details
    assert "why" in "\n".join(error.details["logs"]) and error.details["nodes"]["migrate"] in ("failed", "rolledBack")
    assert graphs.held() == before


async def test_a_rollback_brings_back_what_was_replaced(graphs: Graphs) -> None:
    nodes = {"db": graphs.service(env={"V": "1"}), "job": graphs.job("true", depends_on=["db"])}
    handle = await graphs.run(graphs.graph(nodes))
    before = graphs.held()["containers"]
    db = {ident: row for ident, row in before.items() if row[0].endswith("-db-1")}
    changed = {"db": graphs.service(env={"V": "2"}), "job": graphs.job("exit 1", depends_on=["db"])}
    error = await failing(graphs, graphs.graph(changed))
    assert error.details["rolledBack"] is True, error.details
    now = graphs.held()["containers"]
    assert {ident: row for ident, row in now.items() if row[0].endswith("-db-1")} == db
    assert (await graphs.inside(handle, "db", "sh", "-c", "echo $V")) == "1\n"
    await graphs.taken_down(handle)


async def test_a_halt_leaves_what_runs_and_gives_a_handle(graphs: Graphs) -> None:
    graph = graphs.graph(
        {
            "db": graphs.service(),
            "bad": graphs.job("sleep 0.5; exit 9", depends_on=["db"]),
            "other": graphs.job("sleep 2; echo went on", depends_on=["db"]),
            "later": graphs.job("true", depends_on=["other"]),
        }
    )
    error = await failing(graphs, graph, onFailure="haltGraph")
    handle = error.details["graph"]
    assert error.details["node"] == "bad" and error.details["exitCode"] == 9
    phases = await graphs.phases(handle)
    assert phases == {"db": "ready", "bad": "failed", "other": "succeeded", "later": "cancelled"}
    assert await graphs.lines(handle, "other") == ["went on"]
    await graphs.taken_down(handle)


async def test_a_halt_may_stop_what_runs(graphs: Graphs) -> None:
    graph = graphs.graph({"bad": graphs.job("sleep 1; exit 9"), "long": graphs.job("sleep 600", stop_timeout=0)})
    with anyio.fail_after(60):
        error = await failing(graphs, graph, onFailure="haltGraph", stopRunning=True)
    assert (await graphs.phases(error.details["graph"]))["long"] in ("cancelled", "stopped")
    await graphs.taken_down(error.details["graph"])


async def test_what_can_go_on_goes_on(graphs: Graphs) -> None:
    graph = graphs.graph(
        {
            "bad": graphs.job("exit 1"),
            "needs": graphs.job(depends_on=["bad"]),
            "soft": graphs.job(depends_on={"bad": {"required": False}}),
            "free": graphs.job(),
            "undo": graphs.job("echo undone", depends_on={"bad": {"condition": "failed"}}),
        }
    )
    handle = await graphs.run(graph, onFailure="partialContinue")
    status = await graphs.status(handle)
    assert status["phases"] == {
        "bad": "failed", "needs": "skipped", "soft": "succeeded", "free": "succeeded", "undo": "succeeded",
    }  # fmt: skip
    assert status["nodes"] == {"bad": "failed", "needs": "stopped", "soft": "stopped", "free": "stopped", "undo": "stopped"}
    assert not status["healthy"] and "bad" in status["errors"] and "bad" in status["details"]["needs"]["reason"]
    await graphs.taken_down(handle)


async def test_a_job_is_tried_again_in_a_container_of_its_own(graphs: Graphs) -> None:
    script = "n=$(cat /v/n 2>/dev/null || echo 0); echo try $n; echo $((n+1)) >/v/n; test $n = 2"
    graph = graphs.graph({"job": graphs.job(script, volumes=["v:/v"], retry={"limit": 4, "delay": "100ms"})}, volumes={"v": {}})
    handle = await graphs.run(graph)
    status = await graphs.status(handle)
    assert status["phases"] == {"job": "succeeded"}
    assert (status["details"]["job"]["attempt"], status["details"]["job"]["attempts"]) == (3, 5)
    assert await graphs.lines(handle, "job") == ["try 2"]
    await graphs.taken_down(handle)


async def test_only_some_codes_are_tried_again(graphs: Graphs) -> None:
    graph = graphs.graph({"job": graphs.job("exit 2", retry={"limit": 3, "delay": 0, "exitCodes": [1]})})
    error = await failing(graphs, graph, onFailure="haltGraph")
    details = (await graphs.status(error.details["graph"]))["details"]["job"]
    assert (details["attempt"], details["exitCode"]) == (1, 2)
    await graphs.taken_down(error.details["graph"])


async def test_logs_of_the_first_try_are_kept_where_all_fail(graphs: Graphs) -> None:
    graph = graphs.graph({"job": graphs.job("echo $$ failed; exit 2", retry={"limit": 1, "delay": 0})})
    error = await failing(graphs, graph, onFailure="haltGraph")
    names = sorted(row["name"] for row in await graphs.ask_graph("ps", error.details["graph"]))
    assert names == [f"{graphs.prefix}-job-1", f"{graphs.prefix}-job-2"]
    await graphs.taken_down(error.details["graph"])


async def test_a_try_has_its_bound(graphs: Graphs) -> None:
    with anyio.fail_after(60):
        error = await failing(graphs, graphs.graph({"job": graphs.job("echo said; sleep 600", timeout="1s", stop_timeout=0)}))
    assert (
        isinstance(error, Timeout | ServiceStartupFailed)
        and error.details["node"] == "job"
        and error.details["rolledBack"] is True
    )


async def test_a_graph_has_its_bound(graphs: Graphs) -> None:
    with anyio.fail_after(60):
        error = await failing(graphs, graphs.graph({"job": graphs.job("sleep 600", stop_timeout=0)}), timeout="2s")
    assert isinstance(error, Timeout) and error.details["rolledBack"] is True


async def test_a_service_that_only_jobs_need_stops(graphs: Graphs) -> None:
    graph = graphs.graph({"db": graphs.service(keep=False), "job": graphs.job(depends_on=["db"]), "web": graphs.service()})
    handle = await graphs.run(graph)
    status = await graphs.status(handle)
    assert status["phases"] == {"db": "stopped", "job": "succeeded", "web": "ready"} and status["healthy"]
    await graphs.taken_down(handle)


async def test_a_service_is_ready_when_its_output_says_so(graphs: Graphs) -> None:
    late = "sleep 1; echo now listening; sleep 600"
    graph = graphs.graph(
        {
            "db": {
                "kind": "service",
                "cmd": ["sh", "-c", late],
                "ready": {"log": "listening", "timeout": "30s"},
                "stop_timeout": 0,
            },
            "job": graphs.job("date +%s", depends_on=["db"]),
        }
    )
    handle = await graphs.run(graph)
    assert (await graphs.phases(handle))["job"] == "succeeded"
    details = (await graphs.status(handle))["details"]
    assert details["job"]["startedAt"] > details["db"]["startedAt"] + 0.9
    await graphs.taken_down(handle)


async def test_one_that_never_says_so_fails(graphs: Graphs) -> None:
    graph = graphs.graph({"db": graphs.service(ready={"log": "listening", "timeout": "2s"})})
    with anyio.fail_after(60):
        error = await failing(graphs, graph)
    assert error.details["node"] == "db" and error.details["rolledBack"] is True


async def test_a_health_check_is_waited_for(graphs: Graphs) -> None:
    check = {"test": ["CMD", "test", "-e", "/up"], "interval": "200ms", "retries": 100}
    script = "sleep 1; touch /up; exec sleep 600"
    graph = graphs.graph(
        {
            "db": {"kind": "service", "cmd": ["sh", "-c", script], "healthcheck": check, "stop_timeout": 0},
            "job": graphs.job(depends_on={"db": {"condition": "healthy"}}),
        }
    )
    handle = await graphs.run(graph)
    assert await graphs.phases(handle) == {"db": "ready", "job": "succeeded"}
    await graphs.taken_down(handle)


@pytest.mark.parametrize("strategy", ["sequential", "max-parallel", "dependencyAware", "parallel_safe"])
async def test_strategies(graphs: Graphs, strategy: str) -> None:
    """How many run at once, told by the jobs themselves."""
    jobs = {f"j{number}": graphs.job("sleep 1") for number in range(3)}
    handle = await graphs.run(graphs.graph({"db": graphs.service(), **jobs}), strategy=strategy)
    details = (await graphs.status(handle))["details"]
    spans = [(details[name]["startedAt"], details[name]["finishedAt"]) for name in jobs]
    overlap = max(sum(begin <= moment < end for begin, end in spans) for moment, _ in spans)
    assert overlap == (1 if strategy == "sequential" else overlap) and (strategy == "sequential" or overlap > 1)
    await graphs.taken_down(handle)


async def test_never_more_than_asked_for_at_once(graphs: Graphs) -> None:
    jobs = {f"j{number}": graphs.job("sleep 0.7") for number in range(5)}
    handle = await graphs.run(graphs.graph(jobs), parallel=2)
    details = (await graphs.status(handle))["details"]
    spans = [(details[name]["startedAt"], details[name]["finishedAt"]) for name in jobs]
    assert max(sum(begin <= moment < end for begin, end in spans) for moment, _ in spans) <= 2
    await graphs.taken_down(handle)


async def test_refused_before_anything_is_touched(graphs: Graphs) -> None:
    before = graphs.held()
    good = {"image": IMAGE, "cmd": ["true"]}
    cases: list[tuple[dict[str, Any], type[ContainerError], str]] = [
        ({"a": {**good, "depends_on": ["b"]}, "b": {**good, "depends_on": ["a"]}}, DependencyCycle, "a"),
        ({"a": {**good, "depends_on": ["nope"]}}, ValidationError, "nodes.a.depends_on"),
        ({"a": {**good, "env": {"X": ref("a", "host")}}}, ValidationError, "nodes.a.env.X"),
        ({"a": {**good, "env": {"X": ref("b", "endpoint")}}, "b": good}, ValidationError, "nodes.a.env.X"),
        ({"a": {**good, "imge": "x"}}, ValidationError, "nodes.a.imge"),
        ({"A b": good}, ValidationError, "A b"),
        ({"a": {**good, "cmd": [ref("b", "output")]}, "b": {**good, "kind": "service"}}, ValidationError, "nodes.a.cmd[0]"),
        ({"a": {"cmd": ["true"]}}, ValidationError, "nodes.a.image"),
        ({"a": {**good, "policy": {"tier": "isolated"}}, "b": {**good, "env": {"X": ref("a", "host")}}}, ValidationError, "b"),
        ({"a": {**good, "runtime": {"type": "wasm", "module": "x.wasm"}}}, ContainerError, "a"),
    ]
    for nodes, kind, words in cases:
        error = await failing(graphs, {"name": graphs.prefix, "nodes": nodes})
        assert isinstance(error, kind) and words in error.message, (nodes, error.message)
    assert graphs.held() == before


async def test_untrusted_has_a_kernel_of_its_own_or_does_not_run(graphs: Graphs) -> None:
    before = graphs.held()
    backend = await graphs.client.backend()
    host = await backend.sandbox_host()
    graph = graphs.graph({"ok": graphs.service(), "odd": graphs.job("cat /proc/version", policy={"tier": "untrusted"})})
    if any(row.level != "container" and not row.missing and (host.chooses or row.name == host.default) for row in host.runtimes):
        handle = await graphs.run(graph)
        assert (await graphs.status(handle))["details"]["odd"]["isolation"] in ("gvisor", "microvm")
        assert await graphs.lines(handle, "odd") != Path("/proc/version").read_text().splitlines()
        await graphs.taken_down(handle)
        return
    error = await failing(graphs, graph)
    assert isinstance(error, BackendNotAvailable) and error.details["node"] == "odd" and error.details["tier"] == "untrusted"
    assert error.details["rows"] and graphs.held() == before


async def test_hardened_from_inside(graphs: Graphs) -> None:
    script = (
        "touch /tmp/x && echo tmp; touch /x 2>/dev/null || echo ro; grep -E '^(NoNewPrivs|Seccomp|CapEff):' /proc/self/status; "
        "cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null; true"
    )
    handle = await graphs.run(graphs.graph({"job": graphs.job(script, policy={"tier": "hardened"})}))
    lines = await graphs.lines(handle, "job")
    assert "tmp" in lines and "ro" in lines, lines
    told = dict(line.split(":\t") for line in lines if ":\t" in line)
    assert told["NoNewPrivs"] == "1" and told["Seccomp"] == "2", told
    # CHOWN DAC_OVERRIDE FOWNER KILL SETGID SETUID NET_BIND_SERVICE, and no other.
    assert int(told["CapEff"], 16) == sum(1 << bit for bit in (0, 1, 3, 5, 6, 7, 10)), told
    assert (await graphs.status(handle))["details"]["job"]["isolation"] == "container"
    await graphs.taken_down(handle)


async def test_isolated_and_without_a_way_out(graphs: Graphs) -> None:
    graph = graphs.graph(
        {
            "alone": graphs.job("ls /sys/class/net", policy={"tier": "isolated"}),
            "web": {"cmd": HTTP, "env": {"BODY": "b"}, "expose": ["8080"]},
            "inner": graphs.job(
                "ip route | grep -q default && echo out; wget -qO- $URL",
                env={"URL": ref("web", "internalUrl")}, policy={"egress": False},
            ),
        }
    )  # fmt: skip
    handle = await graphs.run(graph)
    assert await graphs.lines(handle, "alone") == ["lo"]
    assert (await graphs.lines(handle, "inner"))[-1] == "b"
    await graphs.taken_down(handle)


async def test_resume_repeats_nothing_that_is_done(graphs: Graphs) -> None:
    def nodes(fixed: bool, seed: str = "s") -> dict[str, Any]:
        return {
            "db": graphs.service(),
            "seed": graphs.job(f"echo {seed}; echo seed >>/v/runs", volumes=["v:/v"], depends_on=["db"]),
            "use": graphs.job(
                "echo use >>/v/runs; " + ("true" if fixed else "exit 1"), volumes=["v:/v"], env={"S": ref("seed", "output")}
            ),
        }

    error = await failing(graphs, graphs.graph(nodes(False), volumes={"v": {}}), onFailure="haltGraph")
    assert error.details["node"] == "use"
    plan = await graphs.planned(graphs.graph(nodes(True), volumes={"v": {}}), resume=True)
    assert {row["node"] for row in changes(plan)} == {"use"}, plan["plan"]
    handle = await graphs.run(graphs.graph(nodes(True), volumes={"v": {}}), resume=True)
    status = await graphs.status(handle)
    assert status["healthy"] and status["details"]["seed"]["reused"]
    again = await graphs.run(graphs.graph(nodes(True, "t"), volumes={"v": {}}), resume=True)
    assert not (await graphs.status(again))["details"]["use"]["reused"], "its input changed"
    inside = await graphs.run(
        graphs.graph(
            {**nodes(True, "t"), "count": graphs.job("cat /v/runs", volumes=["v:/v"], depends_on=["use"])}, volumes={"v": {}}
        ),
        resume=True,
    )
    assert await graphs.lines(inside, "count") == ["seed", "use", "use", "seed", "use"]
    await graphs.taken_down(inside)


async def test_only_some_nodes(graphs: Graphs) -> None:
    graph = graphs.graph({"db": graphs.service(), "a": graphs.job(depends_on=["db"]), "b": graphs.job(depends_on=["db"])})
    handle = await graphs.run(graph, only=["a"])
    phases = await graphs.phases(handle)
    assert phases["a"] == "succeeded" and phases["db"] == "ready" and phases.get("b") in (None, "pending", "skipped")
    assert {row["nodeId"] for row in await graphs.ask_graph("ps", handle)} == {"db", "a"}
    await graphs.taken_down(handle)


async def test_a_graph_is_found_by_everybody(graphs: Graphs) -> None:
    """By another client's handle, as a project, and by ``downByProject``."""
    await graphs.run(graphs.graph({"db": graphs.service(), "job": graphs.job("echo said; exit 0", depends_on=["db"])}))
    from perry_ffi.service.client import Client
    from tests.live.stack_support import environ

    client = Client(environ(graphs.engine, graphs.folder))
    other = Graphs(client, graphs.engine, graphs.prefix, graphs.folder)
    handle = await other.ask_graph("attach", graphs.prefix)
    status = await other.status(handle)
    assert status["phases"] == {"db": "ready", "job": "succeeded"} and status["healthy"]
    assert await other.lines(handle, "job") == ["said"]
    document = await other.ask_graph("graph", handle)
    assert document["nodes"] == ["db", "job"] and [(e["from"], e["to"]) for e in document["edges"]] == [("job", "db")]
    stack = await other.call("attach", graphs.prefix)
    assert {row["service"] for row in await other.call("ps", stack)} == {"db", "job"}
    await other.taken_down(handle)
    await client.aclose()


async def test_events_and_waits(graphs: Graphs) -> None:
    graph = graphs.graph({"job": graphs.job("sleep 1; echo out"), "next": graphs.job("exit 0", depends_on=["job"])})
    handle = await graphs.run(graph, until="started")
    stream = await graphs.ask_graph("events", handle)
    status = await graphs.ask_graph("wait", handle, b'{"timeout": 60}')
    assert status["healthy"] and status["phases"] == {"job": "succeeded", "next": "succeeded"}
    records: list[dict[str, Any]] = []
    with anyio.fail_after(20):
        while not any(r["kind"] == "node" and r["node"] == "next" and r["phase"] == "succeeded" for r in records):
            records += await graphs.records_of(stream) or []
    await graphs.close(stream)
    phases = [record["phase"] for record in records if record["kind"] == "node" and record["node"] == "next"]
    assert phases[-1] == "succeeded" and "running" in phases
    await graphs.taken_down(handle)


async def test_a_run_in_the_background_can_be_taken_down(graphs: Graphs) -> None:
    handle = await graphs.run(graphs.graph({"long": graphs.job("sleep 600", stop_timeout=0)}), until="started")
    with anyio.fail_after(60):
        while (await graphs.phases(handle))["long"] != "running":
            await anyio.sleep(0.05)
        await graphs.taken_down(handle)


async def test_a_cancelled_run_is_rolled_back(graphs: Graphs) -> None:
    before = graphs.held()
    graph = graphs.graph({"db": graphs.service(), "long": graphs.job("sleep 600", stop_timeout=0, depends_on=["db"])})
    with anyio.move_on_after(3):
        await graphs.run(graph)
        pytest.fail("it cannot have settled")
    assert graphs.held() == before


async def test_secrets_are_told_nowhere(graphs: Graphs) -> None:
    graph = graphs.graph(
        {
            "make": graphs.job("echo t0p-s3cret", outputs={"token": {"from": "stdout", "sensitive": True}}),
            "use": graphs.job("test $T = t0p-s3cret; exit 5", env={"T": ref("make", "output", name="token")}),
        }
    )
    watched = graphs.client.event_bus.subscribe()
    error = await failing(graphs, graph, onFailure="haltGraph")
    told = json.dumps([error.to_dict(), await graphs.status(error.details["graph"]), list(await watched.next() or ())])
    told += json.dumps(await graphs.planned(graph, resume=True))
    labels = json.dumps([row["Labels"] for row in graphs.ask("/containers/json?all=1")])
    assert "t0p-s3cret" not in told + labels
    await graphs.taken_down(error.details["graph"])


async def test_an_image_of_a_node_has_to_be_signed_as_the_node_asks(graphs: Graphs) -> None:
    """By its own policy, here a pin; nothing of the graph is made where one of them is not."""
    before = graphs.held()
    wrong = {"digests": ["sha256:" + "0" * 64]}
    graph = graphs.graph({"ok": graphs.service(), "bad": graphs.job(verify=wrong, depends_on=["ok"])})
    error = await failing(graphs, graph)
    assert isinstance(error, VerificationFailed) and error.details["node"] == "bad", error.to_dict()
    assert graphs.held() == before
    backend = await graphs.client.backend()
    pinned = {"digests": [(await backend.inspect_image(IMAGE)).id]}
    handle = await graphs.run(graphs.graph({"good": graphs.job(verify=pinned)}))
    assert (await graphs.status(handle))["healthy"]
    await graphs.taken_down(handle)


async def test_docker_compose_lists_a_graph(graphs: Graphs, docker_compose: None) -> None:
    handle = await graphs.run(graphs.graph({"db": graphs.service(), "job": graphs.job(depends_on=["db"])}))
    peer = Peer(graphs.engine, graphs.folder)
    listed, _ = peer.run("ls", "--all", "--format", "json")
    assert graphs.prefix in {row["Name"] for row in json.loads(listed)}
    shown, _ = peer.run("--project-name", graphs.prefix, "ps", "--all", "--format", "json")
    assert {json.loads(line)["Service"] for line in shown.splitlines()} == {"db", "job"}
    peer.run("--project-name", graphs.prefix, "down", "--timeout", "1")
    assert not graphs.held()["containers"]
    await graphs.ask_graph("down", handle, None)
