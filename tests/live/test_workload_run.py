"""Graphs on real engines: edges, references, outputs, tries, rollback, reuse."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import BackendNotAvailable, ServiceStartupFailed, Timeout
from perry_ffi.service.client import Client
from tests.engines.gvisor import podman_with_gvisor, runsc
from tests.engines.private import Engines
from tests.live.conftest import engine_called, missing
from tests.live.stack_support import Stacks, environ, nothing_of
from tests.live.workload_support import SERVER, Graphs, graphs, shell, stacks  # noqa: F401

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

SERVES = "mkdir /www; echo hello > /www/index.html; httpd -p 8080 -h /www; echo up; " + SERVER[2]
WEB = {**shell(SERVES), "expose": ["8080"], "ready": {"log": "up"}}


def ref(node: str, projection: str, **more: Any) -> dict[str, Any]:
    return {"nodeId": node, "projection": projection, **more}


async def test_a_pipeline(graphs: Graphs) -> None:
    run = await graphs.run({
        "web": WEB,
        "build": {**shell("echo v1.2.3; mkdir /out; echo '{\"n\": [1, 2]}' > /out/r.json"),
                  "outputs": {"tag": {"from": "stdout"}, "report": {"from": "file", "path": "/out/r.json", "json": True}}},
        "test": {
            "kind": "job", "cmd": ["sh", "-c", "wget -q -O - $URL; wget -q -O - http://$IP:8080; echo $TAG $N $CODE"],
            "env": {
                "URL": ref("web", "internalUrl", port=8080), "IP": ref("web", "ip"), "TAG": ref("build", "output", name="tag"),
                "N": ref("build", "output", name="report.n.1"), "CODE": ref("build", "exitCode"),
            },
        },
    })  # fmt: skip
    assert run.status()["healthy"], run.status()
    assert await graphs.said("test") == "hello\nhello\nv1.2.3 2 0\n"
    assert graphs.states() == {"web-1": "running", "build-1": "stopped", "test-1": "stopped"}


async def test_resume_and_replacement(graphs: Graphs) -> None:
    nodes = {
        "web": WEB,
        "build": {**shell("echo 1"), "outputs": {"n": {"from": "stdout"}}},
        "test": {**shell("echo $N"), "kind": "job", "env": {"N": ref("build", "output", name="n")}, "depends_on": ["web"]},
    }
    await graphs.run(nodes)
    before = graphs.stacks.held()["containers"]
    run = await graphs.run(nodes, resume=True)
    assert all(row["reused"] for row in run.status()["details"].values())
    assert graphs.stacks.held()["containers"] == before
    changed = {**nodes, "web": {**WEB, "env": {"A": "1"}}}
    run = await graphs.run(changed, resume=True)
    assert {name for name, row in run.status()["details"].items() if row["reused"]} == {"build"}
    assert graphs.states() == {"web-1": "running", "build-1": "stopped", "test-1": "stopped"}


async def test_what_fails_is_put_back(graphs: Graphs) -> None:
    nodes = {
        "web": {**WEB, "volumes": ["data:/data"]},
        "test": {**shell("echo no; exit 3"), "kind": "job", "depends_on": ["web"]},
    }
    with pytest.raises(ServiceStartupFailed) as caught:
        await graphs.run(nodes, {"volumes": {"data": {}}})
    details = caught.value.details
    assert details["exitCode"] == 3 and details["logs"] == ["no"] and details["rolledBack"] is True
    assert nothing_of(graphs.engine, graphs.prefix)


async def test_a_changed_service_that_fails_gives_the_old_one_back(graphs: Graphs) -> None:
    await graphs.run({"web": {**WEB, "ports": ["127.0.0.1::8080"]}})
    before = graphs.stacks.held()
    with pytest.raises(ServiceStartupFailed):
        await graphs.run({"web": {**shell("exit 1"), "ports": ["127.0.0.1::8080"]}})
    after = graphs.stacks.held()
    assert after["containers"] == before["containers"] and after["networks"] == before["networks"]


async def test_tries_and_a_bound_of_time(graphs: Graphs) -> None:
    """The first fails and leaves a mark in the volume, the second finds it."""
    flaky = {**shell("test -e /d/x || { touch /d/x; echo first; exit 1; }"), "kind": "job", "volumes": ["data:/d"],
             "retry": {"limit": 1, "delay": "10ms"}}  # fmt: skip
    slow = {**shell("yes"), "kind": "job", "timeout": "1s"}
    run = await graphs.run({"flaky": flaky, "slow": slow}, {"volumes": {"data": {}}}, onFailure="partialContinue")
    status = run.status()
    assert status["phases"] == {"flaky": "succeeded", "slow": "failed"} and status["details"]["flaky"]["attempt"] == 2
    assert graphs.states() == {"flaky-2": "stopped", "slow-1": "stopped"}
    assert run.failure is None and "did not end within 1 s" in status["errors"]["slow"]


async def test_a_graph_that_halts(graphs: Graphs) -> None:
    run = await graphs.run(
        {"slow": {**shell("sleep 600"), "kind": "job", "timeout": "500ms"}, "web": WEB, "late": {**WEB, "depends_on": ["slow"]}},
        onFailure="haltGraph",
    )
    assert isinstance(run.failure, Timeout) and run.failure.details["node"] == "slow"
    assert graphs.states() == {"slow-1": "stopped", "web-1": "running"}


async def test_policies(graphs: Graphs) -> None:
    hardened = (
        "touch /x 2>/dev/null || echo root is read-only; touch /tmp/x && echo tmp; "
        "grep -E '^(NoNewPrivs|Seccomp):' /proc/self/status"
    )
    nodes = {
        "hard": {**shell(hardened), "kind": "job", "policy": {"tier": "hardened"}},
        "alone": {**shell("ls /sys/class/net"), "kind": "job", "policy": {"tier": "isolated"}},
        "inner": {**shell("wget -q -O - $URL"), "kind": "job", "policy": {"egress": False},
                  "env": {"URL": ref("web", "internalUrl")}},
        "web": WEB,
    }  # fmt: skip
    run = await graphs.run(nodes)
    assert run.status()["healthy"]
    told = (await graphs.said("hard")).splitlines()
    assert told[:2] == ["root is read-only", "tmp"] and told[2:] == ["NoNewPrivs:\t1", "Seccomp:\t2"]
    assert await graphs.said("alone") == "lo\n"
    assert await graphs.said("inner") == "hello\n"
    inner = f"{graphs.prefix}_inner"
    on = {row[0].removeprefix(graphs.prefix + "-"): row[3] for row in graphs.stacks.held()["containers"].values()}
    assert on["inner-1"] == (inner,) and inner in on["web-1"] and graphs.stacks.ask(f"/networks/{inner}")["Internal"]


@pytest.mark.timeout(240)
async def test_names_work_after_their_target_got_another_address(graphs: Graphs) -> None:
    again = (
        "until wget -q -O - $URL; do sleep 0.2; done; echo; until test -e /d/x; do sleep 0.1; done; wget -q -O - $URL; "
        + SERVER[2]
    )
    nodes = {
        "web": WEB,
        "client": {**shell(again), "env": {"URL": ref("web", "internalUrl")}, "volumes": ["data:/d"], "ready": {"log": "hello"}},
    }
    await graphs.run(nodes, {"volumes": {"data": {}}})
    backend = await graphs.stacks.client.backend()
    await backend.stop_container(f"{graphs.prefix}-web-1", 1)
    await graphs.run({"other": {**WEB}, **nodes}, {"volumes": {"data": {}}})
    # Podman's names are told anew beside the start, and not before it ends. What is asked too early goes to the machine's own
    # resolver, and aardvark 1.4 answers nobody until that has answered or been given up.
    asks = "sleep 2; for i in $(seq 40); do timeout 3 wget -q -O - $URL && exit; sleep 0.5; done"
    result = await backend.exec_container(f"{graphs.prefix}-client-1", ["sh", "-c", asks], _options())
    assert result.stdout == "hello\n"


def _options() -> Any:
    from perry_ffi.model.container import ExecOptions

    return ExecOptions()


async def test_untrusted_without_a_kernel_of_its_own_is_refused_and_makes_nothing(graphs: Graphs) -> None:
    """Docker has gVisor where the machine has it; a machine of its own nobody here has."""
    wanted = {"web": WEB, "alone": {**shell("true"), "kind": "job", "policy": {"tier": "untrusted", "isolation": "microvm"}}}
    with pytest.raises(BackendNotAvailable) as caught:
        await graphs.run(wanted)
    details = caught.value.details
    assert (details["node"], details["tier"], details["wanted"]) == ("alone", "untrusted", "microvm") and details["rows"]
    assert nothing_of(graphs.engine, graphs.prefix)


@pytest.mark.parametrize("name", ["docker", "podman"])
async def test_untrusted_under_gvisor(name: str, engines: Engines, tmp_path: Path) -> None:
    engine_called(name, engines)
    if runsc() is None:
        missing("runsc is not there (scripts/gvisor.sh gets it)")
    with ExitStack() as stack:
        found = engines.engines["docker"] if name == "docker" else stack.enter_context(podman_with_gvisor(engines))
        client = Client(environ(found, tmp_path))
        graphs = Graphs(Stacks(client, found, f"pg{secrets.token_hex(4)}", tmp_path))
        try:
            node = {**shell("cat /proc/version; touch /x 2>/dev/null || echo read-only"), "kind": "job"}
            run = await graphs.run({"a": {**node, "policy": {"tier": "untrusted"}}})
            assert run.status()["details"]["a"]["isolation"] == "gvisor"
            said = await graphs.said("a")
            assert "gcc" not in said and said.endswith("read-only\n")
        finally:
            await graphs.stacks.clean()
            await client.aclose()
