"""Graphs on an engine in memory: what is made, in which order, and what a run leaves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.contract.engine import Elsewhere
from perry_ffi.backends.fake import Behaviour
from perry_ffi.backends.fake.descriptions import describe
from perry_ffi.errors import Conflict, NotFound, ServiceStartupFailed, Timeout
from perry_ffi.model.network import NetworkSpec
from perry_ffi.stack import identity
from tests.unit.workload.rig import FAILS, JOB, GraphRig, graph

pytestmark = pytest.mark.anyio
OUT = {"tag": {"from": "stdout"}}


def ref(node: str, projection: str, **more: Any) -> dict[str, Any]:
    return {"nodeId": node, "projection": projection, **more}


async def test_services_and_jobs_run_in_the_order_of_their_edges(rig: GraphRig) -> None:
    rig.tries = {"migrate": JOB, "smoke": JOB}
    run = await rig.run(
        graph({
            "db": {},
            "migrate": {"kind": "job", "depends_on": ["db"]},
            "api": {"depends_on": ["migrate"]},
            "smoke": {"kind": "job", "depends_on": ["api"]},
        })
    )  # fmt: skip
    status = run.status()
    assert status["phases"] == {"db": "ready", "migrate": "succeeded", "api": "ready", "smoke": "succeeded"}
    assert status["healthy"]
    assert rig.names() == {"g-db-1": "running", "g-migrate-1": "exited", "g-api-1": "running", "g-smoke-1": "exited"}
    started = [call.subject for call in rig.backend.calls if call.method == "start_container"]
    assert [rig.box(ident).name for ident in started] == ["g-db-1", "g-migrate-1", "g-api-1", "g-smoke-1"]
    assert rig.backend.open_streams == 0


async def test_a_graph_is_a_project_by_its_labels(rig: GraphRig) -> None:
    await rig.run(graph({"db": {}}))
    box = rig.box("g-db-1")
    assert identity.is_of(box.spec.labels, "g") and box.spec.labels[identity.SERVICE] == "db"
    assert box.networks["g_default"].aliases == ["db"]
    report = await rig.down("g")
    assert report.errors == [] and not rig.world.boxes and len(rig.world.networks) == 3


async def test_an_output_goes_into_the_environment_of_another(rig: GraphRig) -> None:
    rig.tries = {"build": Behaviour(exit_code=0, stdout="v1.2.3\n"), "test": JOB}
    wanted = graph({
        "build": {"outputs": OUT},
        "test": {"kind": "job", "env": {"TAG": ref("build", "output", name="tag"), "CODE": ref("build", "exitCode")}},
    })  # fmt: skip
    await rig.run(wanted)
    assert rig.box("g-test-1").spec.env == {"TAG": "v1.2.3", "CODE": "0"}
    assert [row["name"] for row in await rig.told("output")] == ["tag"]


async def test_an_output_of_a_file_and_a_member_of_its_json(rig: GraphRig) -> None:
    rig.tries = {"build": Behaviour(exit_code=0, files={"/out/report.json": '{"total": {"failed": 2}}'}), "tell": JOB}
    wanted = graph({
        "build": {"outputs": {"report": {"from": "file", "path": "/out/report.json", "json": True}}},
        "tell": {"kind": "job", "cmd": ["say", {"concat": ["n=", ref("build", "output", name="report.total.failed")]}]},
    })  # fmt: skip
    await rig.run(wanted)
    assert rig.box("g-tell-1").spec.cmd == ["say", "n=2"]


async def test_addresses_that_are_known_late(rig: GraphRig) -> None:
    wanted = graph({
        "db": {"ports": ["127.0.0.1::5432"]},
        "api": {"env": {"IP": ref("db", "ip"), "OUT": ref("db", "hostEndpoint", port=5432), "ID": ref("db", "containerId")}},
    })  # fmt: skip
    await rig.run(wanted)
    db, env = rig.box("g-db-1"), rig.box("g-api-1").spec.env
    info = describe(db, inspected=True)
    assert env["ID"] == db.id and env["IP"] == info.networks["g_default"].ip_address
    assert env["OUT"] == info.ports[0].partition("->")[0]


async def test_a_job_that_fails_is_put_back_with_everything(rig: GraphRig) -> None:
    was = rig.state()
    rig.tries = {"test": FAILS}
    with pytest.raises(ServiceStartupFailed) as caught:
        await rig.run(graph({"db": {}, "test": {"kind": "job", "depends_on": ["db"]}}))
    details = caught.value.details
    assert details["node"] == "test" and details["exitCode"] == 3 and details["logs"] == ["no such luck"]
    assert details["rolledBack"] is True and "leftOver" not in details
    assert rig.state() == was and rig.backend.open_streams == 0


async def test_a_graph_that_halts_keeps_what_ran_and_tells_why(rig: GraphRig) -> None:
    rig.tries = {"test": FAILS}
    run = await rig.run(
        graph({"db": {}, "test": {"kind": "job", "depends_on": ["db"]}, "ship": {"kind": "job", "depends_on": ["test"]}}),
        onFailure="haltGraph",
    )
    assert isinstance(run.failure, ServiceStartupFailed) and run.failure.details["node"] == "test"
    assert run.status()["phases"] == {"db": "ready", "test": "failed", "ship": "skipped"}
    assert rig.names() == {"g-db-1": "running", "g-test-1": "exited"}, "what was created ahead and never ran is gone"


async def test_a_graph_that_goes_on_skips_only_what_needs_the_failed_one(rig: GraphRig) -> None:
    rig.tries = {"test": FAILS, "lint": JOB, "undo": JOB}
    run = await rig.run(
        graph({
            "test": {"kind": "job"},
            "lint": {"kind": "job"},
            "ship": {"kind": "job", "depends_on": ["test"]},
            "undo": {"kind": "job", "depends_on": {"test": {"condition": "failed"}}},
        }),
        onFailure="partialContinue",
    )  # fmt: skip
    assert run.failure is None
    assert run.status()["phases"] == {"test": "failed", "lint": "succeeded", "ship": "skipped", "undo": "succeeded"}
    assert set(rig.names()) == {"g-test-1", "g-lint-1", "g-undo-1"}


async def test_a_node_is_tried_again_in_a_new_container(rig: GraphRig) -> None:
    rig.tries = {"flaky": [FAILS, FAILS, Behaviour(exit_code=0)]}
    run = await rig.run(graph({"flaky": {"kind": "job", "retry": {"limit": 2, "delay": "1ms"}}}))
    details = run.status()["details"]["flaky"]
    assert details["attempt"] == 3 and details["phase"] == "succeeded" and details["container"] == "g-flaky-3"
    assert rig.names() == {"g-flaky-3": "exited"}, "the tries before it were kept until it ended well"


async def test_a_node_that_fails_for_good_keeps_its_containers(rig: GraphRig) -> None:
    rig.tries = {"flaky": FAILS}
    run = await rig.run(graph({"flaky": {"kind": "job", "retry": {"limit": 1, "delay": "1ms"}}}), onFailure="partialContinue")
    assert run.status()["errors"] == {"flaky": "nodes.flaky: g-flaky-2: it ended with exit code 3"}
    assert rig.names() == {"g-flaky-1": "exited", "g-flaky-2": "exited"}


async def test_a_job_that_takes_too_long_is_killed(rig: GraphRig) -> None:
    run = await rig.run(graph({"slow": {"kind": "job", "timeout": "20ms"}}), onFailure="haltGraph")
    assert isinstance(run.failure, Timeout) and run.failure.details["node"] == "slow"
    assert rig.names() == {"g-slow-1": "exited"}


async def test_a_service_is_ready_when_it_says_so(rig: GraphRig) -> None:
    rig.tries = {"db": Behaviour(stdout="starting\nready to accept connections\n")}
    run = await rig.run(graph({"db": {"ready": {"log": "ready to accept"}}}))
    assert run.status()["phases"] == {"db": "ready"}


async def test_a_service_that_never_says_so_fails_in_its_time(rig: GraphRig) -> None:
    rig.tries = {"db": Behaviour(stdout="starting\n")}
    with pytest.raises(Timeout) as caught:
        await rig.run(graph({"db": {"ready": {"log": "ready", "timeout": "30ms"}}}))
    assert caught.value.details["logs"] == ["starting"] and not rig.world.boxes


async def test_a_service_that_ends_before_it_says_so_fails(rig: GraphRig) -> None:
    rig.tries = {"db": Behaviour(stdout="starting\n", exit_code=0, seconds=0.02)}
    with pytest.raises(ServiceStartupFailed, match="before it said 'ready'"):
        await rig.run(graph({"db": {"ready": {"log": "ready"}}}))


async def test_a_sensitive_output_is_told_nowhere(rig: GraphRig) -> None:
    rig.tries = {"key": Behaviour(exit_code=0, stdout="hunter2\n"), "use": FAILS}
    wanted = graph({
        "key": {"outputs": {"key": {"from": "stdout", "sensitive": True}}},
        "use": {"kind": "job", "env": {"KEY": ref("key", "output", name="key")}},
    })  # fmt: skip
    run = await rig.run(wanted, onFailure="haltGraph")
    assert rig.box("g-use-1").spec.env == {"KEY": "hunter2"}
    assert run.failure is not None
    told = [run.failure.to_dict(), run.status(), [row async for row in _events(rig)]]
    told += [box.spec.labels for box in rig.world.boxes.values()]
    assert "hunter2" not in repr(told)


async def _events(rig: GraphRig) -> Any:
    rig.bus.tell("end")
    for row in await rig.events.next() or ():
        yield row


async def test_what_is_no_json_fails_the_job(rig: GraphRig) -> None:
    rig.tries = {"build": Behaviour(exit_code=0, stdout="{")}
    with pytest.raises(ServiceStartupFailed, match=r"nodes.build.outputs.r: it is no JSON"):
        await rig.run(graph({"build": {"kind": "job", "outputs": {"r": {"from": "stdout", "json": True}}}}))


async def test_an_image_is_pulled_once_for_all(rig: GraphRig) -> None:
    rig.world.remote.add("far:1")
    await rig.run(graph({name: {"image": "far:1"} for name in "abc"}))
    assert [call.method for call in rig.backend.calls].count("pull_image") == 1


async def test_an_image_that_is_not_there_fails_its_node(rig: GraphRig) -> None:
    with pytest.raises(NotFound, match=r"nodes.a.image"):
        await rig.run(graph({"a": {"image": "gone:1"}}))
    assert not rig.world.boxes and len(rig.world.networks) == 3


async def test_a_project_of_that_name_that_is_no_graph_is_left_alone(rig: GraphRig) -> None:
    from tests.unit.stack.rig import project

    await rig.up(project({"web": {}}, name="g"))
    with pytest.raises(Conflict, match="no workload graph"):
        await rig.run(graph({"db": {}}))
    assert rig.names() == {"g-web-1": "running"}


async def test_nodes_without_a_way_out_are_on_the_inner_network_alone(rig: GraphRig) -> None:
    await rig.run(
        graph({"db": {"expose": ["5432"]}, "job": {"policy": {"egress": False}, "env": {"DB": ref("db", "endpoint")}}, "web": {}})
    )
    assert rig.box("g-job-1").networks.keys() == {"g_inner"}
    assert rig.box("g-db-1").networks.keys() == {"g_default", "g_inner"}
    assert rig.box("g-web-1").networks.keys() == {"g_default"}
    assert rig.world.networks["g_inner"].internal


async def test_started_gives_the_run_at_once_and_the_rest_goes_on(tmp_path: Path) -> None:
    rig = GraphRig(tmp_path, work=Behaviour(exit_code=0, seconds=0.05))
    run = await rig.run(graph({"work": {"kind": "job"}}), until="started")
    assert run.status()["phases"]["work"] != "succeeded"
    with anyio.fail_after(5):
        await run.wait()
    assert run.status()["phases"] == {"work": "succeeded"}


async def test_what_goes_on_can_be_cancelled(tmp_path: Path) -> None:
    rig = GraphRig(tmp_path)
    run = await rig.run(graph({"work": {"kind": "job"}}), until="started")
    with anyio.fail_after(5):
        await run.cancel()
    assert run.settled.is_set() and not rig.world.boxes


async def test_a_run_that_is_cancelled_puts_back(rig: GraphRig) -> None:
    was = rig.state()
    with anyio.move_on_after(0.05):
        await rig.run(graph({"work": {"kind": "job"}}))
    assert rig.state() == was and rig.backend.open_streams == 0


async def test_a_graph_that_takes_too_long_is_put_back(rig: GraphRig) -> None:
    with pytest.raises(Timeout) as caught:
        await rig.run(graph({"db": {}, "slow": {"kind": "job"}}), timeout="50ms")
    assert caught.value.details["rolledBack"] is True and caught.value.details["waitedFor"] == "slow"
    assert not rig.world.boxes and rig.backend.open_streams == 0


async def test_a_graph_that_takes_too_long_and_halts_ends_its_jobs(rig: GraphRig) -> None:
    run = await rig.run(graph({"db": {}, "slow": {"kind": "job"}}), timeout="50ms", onFailure="haltGraph")
    assert isinstance(run.failure, Timeout)
    assert rig.names() == {"g-db-1": "running", "g-slow-1": "exited"}


async def test_a_graph_of_another_engine_is_not_made_a_second_time(rig: GraphRig) -> None:
    labels = identity.container_labels("g", "db", 1, digest="1", image_id="", depends_on={})

    async def elsewhere(wanted: Any) -> list[Elsewhere]:
        return [Elsewhere("podman", "unix:///run/podman.sock", (labels,))]

    rig.context = replace(rig.context, elsewhere=elsewhere)
    with pytest.raises(Conflict, match="podman"):
        await rig.run(graph({"db": {}}))
    assert not rig.backend.writes


async def test_a_network_that_is_somebody_elses_is_left_alone(rig: GraphRig) -> None:
    await rig.backend.create_network("g_default", NetworkSpec())
    with pytest.raises(Conflict, match=r"networks.default: g_default is there and is not this graph's"):
        await rig.run(graph({"db": {}}))


async def test_what_two_runs_do_at_once_is_done_in_turn(rig: GraphRig) -> None:
    wanted = graph({"db": {}, "work": {"kind": "job"}})
    rig.tries = {"work": Behaviour(exit_code=0, seconds=0.02)}
    async with anyio.create_task_group() as group:
        group.start_soon(rig.run, wanted)
        group.start_soon(rig.run, wanted)
    assert rig.names() == {"g-db-1": "running", "g-work-1": "exited"}
    assert [call.method for call in rig.backend.calls].count("create_network") == 1


async def test_a_service_that_only_jobs_need_stops_when_they_have_ended(rig: GraphRig) -> None:
    rig.tries = {"test": JOB}
    run = await rig.run(graph({"db": {"keep": False}, "test": {"kind": "job", "depends_on": ["db"]}}))
    assert run.status()["phases"] == {"db": "stopped", "test": "succeeded"} and run.status()["healthy"]
    assert rig.names() == {"g-db-1": "exited", "g-test-1": "exited"}
