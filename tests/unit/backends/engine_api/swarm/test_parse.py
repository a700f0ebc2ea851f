"""What a manager tells, as the contract has it."""

from __future__ import annotations

import pytest

from perry_ffi.backends.contract.service_definition import PortUse
from perry_ffi.backends.contract.service_records import ClusterObject, NodeState, ServiceChange, UpdateState
from perry_ffi.backends.engine_api.swarm.parse import (
    parse_change,
    parse_distribution,
    parse_nodes,
    parse_objects,
    parse_services,
    parse_tasks,
)
from perry_ffi.errors import BackendError
from tests.unit.backends.engine_api.swarm.recorded import API, NODE, SAID, by_name


def test_services() -> None:
    api, once = parse_services(SAID["services"])
    assert (api.name, api.id, api.version, api.wanted, api.running, api.everywhere) == ("p_api", API, 20, 2, 2, False)
    assert api.labels == {"perry.compose.project": "p"} and api.task_labels == {"perry.compose.config-hash": "h1"}
    assert api.image == "localhost/perry-test:1" and api.update is None and api.ports == ()
    assert api.kept == by_name("p_api")["Spec"]
    assert (once.name, once.wanted, once.running) == ("p_once", 1, 0)


def test_what_a_service_was_made_from_is_in_no_repr() -> None:
    assert "Node" not in repr(parse_services(SAID["services"]))


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("updating", "updating"), ("paused", "paused"), ("completed", "completed"), ("rollback_started", "rolling_back"),
        ("rollback_paused", "rollback_paused"), ("rollback_completed", "rolled_back"),
    ],
)  # fmt: skip
def test_updates(told: str, state: str) -> None:
    item = {**by_name("p_api"), "UpdateStatus": {"State": told, "Message": "why"}}
    assert parse_services([item])[0].update == UpdateState(state, "why")  # type: ignore[arg-type]


def test_a_service_on_each_node_has_as_many_as_the_engine_counts() -> None:
    item = by_name("p_api")
    item = {**item, "Spec": {**item["Spec"], "Mode": {"Global": {}}}, "ServiceStatus": {"RunningTasks": 2, "DesiredTasks": 3}}
    found = parse_services([item])[0]
    assert found.everywhere and (found.wanted, found.running) == (3, 2)


def test_ports_that_are_published() -> None:
    port = {"Protocol": "tcp", "TargetPort": 80, "PublishedPort": 8080, "PublishMode": "ingress"}
    item = {**by_name("p_api"), "Endpoint": {"Ports": [port, port, {"TargetPort": 81}]}}
    assert parse_services([item])[0].ports == ("8080:80/tcp",)
    asked = {"Protocol": "udp", "TargetPort": 82, "PublishedPort": 8082, "PublishMode": "host"}
    item["Spec"] = {**item["Spec"], "EndpointSpec": {"Ports": [asked, {"TargetPort": 81, "PublishMode": "ingress"}]}}
    assert parse_services([item])[0].published == (PortUse(82, 8082, "udp", "host"), PortUse(80, 8080))


def test_tasks_of_every_end() -> None:
    found = {task.state: task for task in parse_tasks(SAID["tasks"], {NODE: "vm"})}
    assert set(found) == {"running", "complete", "rejected", "failed", "pending", "preparing"}
    running = found["running"]
    assert (running.wanted, running.node, running.node_name, running.has_check) == (True, NODE, "vm", True)
    assert len(running.container) == 64 and running.labels == {"perry.compose.config-hash": "h1"} and running.exit_code is None
    assert running.ports in (("32768:80/tcp",), ("32769:80/tcp",)) and running.changed.endswith("Z")
    assert (found["complete"].wanted, found["complete"].exit_code, found["complete"].slot) == (False, 0, 1)
    assert (found["failed"].exit_code, found["failed"].slot, found["failed"].error) == (7, 0, "task: non-zero exit (7)")
    assert found["rejected"].error.startswith("No such image") and found["rejected"].exit_code is None
    assert found["pending"].error.startswith("no suitable node") and found["pending"].wanted and found["pending"].node == ""
    assert found["preparing"].wanted, "it waits for the delay of its restart"


def test_the_oldest_task_comes_first() -> None:
    created = [task.created for task in parse_tasks(SAID["tasks"], {})]
    assert created == sorted(created)


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("new", "new"), ("allocated", "pending"), ("assigned", "preparing"), ("accepted", "preparing"), ("ready", "preparing"),
        ("starting", "starting"), ("shutdown", "stopped"), ("remove", "stopped"), ("orphaned", "lost"), ("unheard-of", "pending"),
    ],
)  # fmt: skip
def test_states_of_tasks(told: str, state: str) -> None:
    item = {**SAID["tasks"][0], "Status": {"State": told}}
    assert parse_tasks([item], {})[0].state == state


@pytest.mark.parametrize(("desired", "wanted"), [("running", True), ("ready", True), ("shutdown", False), ("remove", False)])
def test_which_tasks_shall_run(desired: str, wanted: bool) -> None:
    """Those of a node that was lost stay ``running`` for ever."""
    item = next(task for task in SAID["tasks"] if task["Status"]["State"] == "running")
    assert parse_tasks([{**item, "DesiredState": desired}], {})[0].wanted is wanted


def test_nodes() -> None:
    assert parse_nodes(SAID["nodes"]) == [NodeState(NODE, "vm", "127.0.0.1", manager=True, leader=True, platform="linux/amd64")]
    worker = {
        "ID": "w", "Spec": {"Role": "worker", "Availability": "drain", "Labels": {"a": "b"}},
        "Description": {"Hostname": "a"}, "Status": {"State": "down", "Addr": "10.0.0.2"},
    }  # fmt: skip
    assert parse_nodes([*SAID["nodes"], worker])[0] == NodeState(
        "w", "a", "10.0.0.2", up=False, active=False, draining=True, labels={"a": "b"}
    )


def test_a_leader_that_meets_itself_nowhere_has_its_managers_address() -> None:
    item = {**SAID["nodes"][0], "Status": {"State": "ready", "Addr": "0.0.0.0"}, "ManagerStatus": {"Addr": "10.0.0.1:2377"}}
    assert parse_nodes([item])[0].address == "10.0.0.1"


def test_networks_that_services_can_be_on() -> None:
    """Not the one of published ports, nor one that was removed and is listed while a container of this node is on it."""
    found = parse_objects("network", SAID["networks"])
    assert [item.name for item in found] == ["p_net", "p_net2"]
    assert found[0] == ClusterObject(
        "network", "lnp0dnmxsdsrpj0ronii9cn3k", "p_net", {"perry.compose.project": "p"}, "overlay", ("10.0.1.0/24",)
    )
    told = next(item for item in SAID["networks"] if item["Name"] == "p_net")
    local, other = {**told, "Scope": "local"}, {**told, "Driver": "macvlan"}
    assert [item.driver for item in parse_objects("network", [local, other])] == ["macvlan"]


@pytest.mark.parametrize("left_out", ["Containers", "Peers"])
def test_one_that_is_going_is_known_by_either_of_what_nodes_tell(left_out: str) -> None:
    going = next(item for item in SAID["networks"] if item["Name"] == "ling")
    assert parse_objects("network", [{name: value for name, value in going.items() if name != left_out}]) == []


def test_configs_and_secrets() -> None:
    assert [item.name for item in parse_objects("secret", SAID["secrets"])] == ["p_sec", "p_sec2"]
    found = parse_objects("config", SAID["configs"])
    assert found[0].kind == "config" and found[0].labels == {"perry.compose.project": "p"} and "aGVsbG8" not in repr(found)


def test_an_image_in_its_registry() -> None:
    document = {
        "Descriptor": {"digest": "sha256:" + "a" * 64},
        "Platforms": [
            {"architecture": "amd64", "os": "linux"}, {"architecture": "arm", "os": "linux", "variant": "v7"},
            {"architecture": "unknown", "os": "unknown"},
        ],
    }  # fmt: skip
    found = parse_distribution("r/bb:1", document)
    assert found.reference == "r/bb:1@sha256:" + "a" * 64 and found.platforms == ("linux/amd64", "linux/arm/v7")


def test_changes() -> None:
    told = {
        "Type": "service", "Action": "update", "scope": "swarm", "time": 1795799440, "timeNano": 1795799440120520571,
        "Actor": {"ID": "s", "Attributes": {"name": "p_web", "updatestate.new": "updating"}},
    }  # fmt: skip
    at = "2026-11-27T17:10:40.120520571Z"
    assert parse_change(told) == ServiceChange("service", "update", "s", "p_web", {"updatestate.new": "updating"}, at)
    assert parse_change({**told, "scope": "local"}) is None and parse_change({**told, "Action": "die"}) is None


@pytest.mark.parametrize("document", [[{}], {"a": 1}, "x", [{"ID": "a", "Spec": 1}]])
def test_an_answer_of_another_shape_is_the_engines_failure(document: object) -> None:
    for parse in (
        parse_services,
        parse_nodes,
        lambda value: parse_tasks(value, {}),
        lambda value: parse_objects("config", value),
    ):
        with pytest.raises(BackendError):
            parse(document)
