from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from perry_ffi.backends.contract.service_definition import Placement, Reservations, RestartRule, UpdatePolicy
from perry_ffi.errors import ValidationError
from perry_ffi.stack.options import Up
from tests.unit.stack.cluster.definitions import definition, definition_of, loaded

JOB = {"depends_on": {"a": {"condition": "service_completed_successfully"}}, "image": "app"}


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({}, RestartRule("on-failure")),
        ({"restart": "no"}, RestartRule("none")),
        ({"restart": "always"}, RestartRule("any")),
        ({"restart": "unless-stopped"}, RestartRule("any")),
        ({"restart": "on-failure"}, RestartRule("on-failure")),
        ({"restart": "on-failure:3"}, RestartRule("on-failure", max_attempts=3)),
        ({"deploy": {"restart_policy": {"condition": "none"}}}, RestartRule("none")),
        ({"deploy": {"restart_policy": {"condition": "any"}}, "restart": "no"}, RestartRule("any")),
        ({"deploy": {"restart_policy": {"delay": "5s"}}}, RestartRule("any", delay=5.0)),
        (
            {"deploy": {"restart_policy": {"condition": "on-failure", "delay": "1s500ms", "max_attempts": 0, "window": "2m"}}},
            RestartRule("on-failure", 1.5, 0, 120.0),
        ),
        ({"deploy": {"mode": "replicated-job"}}, RestartRule("on-failure")),
        ({"deploy": {"mode": "replicated-job", "restart_policy": {"condition": "any", "max_attempts": 2}}},
         RestartRule("on-failure", max_attempts=2)),
        ({"deploy": {"mode": "global-job"}, "restart": "always"}, RestartRule("on-failure")),
    ],
)  # fmt: skip
def test_what_follows_an_end(written: dict[str, Any], expected: RestartRule) -> None:
    assert definition(written).restart == expected


@pytest.mark.parametrize(
    ("written", "condition"),
    [({}, "none"), ({"restart": "on-failure"}, "on-failure"), ({"deploy": {"restart_policy": {"condition": "any"}}}, "any")],
)
def test_the_first_failure_of_one_that_is_waited_for_is_final_unless_the_file_says_otherwise(
    written: dict[str, Any], condition: str
) -> None:
    assert definition(written, services={"b": JOB}).restart.condition == condition


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ({}, UpdatePolicy()),
        (
            {"update_config": {"parallelism": 2, "delay": "5s", "monitor": "3s", "max_failure_ratio": 0.3, "order": "start-first",
                               "failure_action": "pause"}},
            UpdatePolicy(2, 5.0, 3.0, "pause", 0.3, "start-first"),
        ),
        ({"update_config": {"parallelism": 0}}, UpdatePolicy(parallelism=0)),
        ({"update_config": {"failure_action": "continue"}}, UpdatePolicy(failure_action="continue")),
        ({"update_config": {"monitor": "0s"}}, UpdatePolicy()),
        ({"mode": "replicated-job"}, UpdatePolicy(failure_action="continue")),
    ],
)  # fmt: skip
def test_how_tasks_are_replaced(written: dict[str, Any], expected: UpdatePolicy) -> None:
    assert definition({"deploy": written}).update == expected


def test_a_change_of_what_ends_is_no_failure() -> None:
    project = loaded({"deploy": {"update_config": {"failure_action": "pause"}}})
    assert definition_of(project, one_shot=True).update.failure_action == "continue"


def test_an_option_asks_for_the_successor_first_where_the_file_does_not() -> None:
    assert definition_of(loaded({}), options=Up(rolling=True)).update.order == "start-first"
    said = loaded({"deploy": {"update_config": {"order": "stop-first"}}})
    assert definition_of(said, options=Up(rolling=True)).update.order == "stop-first"


def test_who_holds_ports_of_nodes_stops_first() -> None:
    policy = {"order": "start-first"}
    deploy = {"update_config": policy, "rollback_config": policy}
    held = definition({"deploy": deploy, "ports": [{"target": 80, "published": "8080", "mode": "host"}]})
    assert (held.update.order, held.rollback.order) == ("stop-first", "stop-first")
    for port in ({"target": 80, "mode": "host"}, {"target": 80, "published": "8080"}):
        free = definition({"deploy": deploy, "ports": [port]})
        assert (free.update.order, free.rollback.order) == ("start-first", "start-first")


@pytest.mark.parametrize(("nodes", "order"), [(None, "stop-first"), (3, "stop-first"), (4, "start-first")])
def test_who_finds_no_other_node_stops_first(nodes: int | None, order: str) -> None:
    """A successor would wait for ever for a node that takes one more."""
    policy = {"order": "start-first"}
    deploy = {"update_config": policy, "rollback_config": policy, "replicas": 6, "placement": {"max_replicas_per_node": 2}}
    found = definition_of(loaded({"deploy": deploy}), nodes=nodes)
    assert (found.update.order, found.rollback.order) == (order, order)
    everywhere = definition_of(loaded({"deploy": {**deploy, "mode": "global"}}), nodes=3)
    assert everywhere.update.order == "start-first"


def test_how_they_are_put_back() -> None:
    assert definition({}).rollback == UpdatePolicy(failure_action="pause")
    written = {"parallelism": 3, "delay": "1s", "monitor": "2s", "max_failure_ratio": 0.5, "failure_action": "continue"}
    assert definition({"deploy": {"rollback_config": written}}).rollback == UpdatePolicy(3, 1.0, 2.0, "continue", 0.5)
    assert definition({"deploy": {"update_config": {"parallelism": 3}}}).rollback.parallelism == 1


@pytest.mark.parametrize(
    ("deploy", "path"),
    [
        ({"rollback_config": {"failure_action": "rollback"}}, "rollback_config.failure_action"),
        ({"rollback_config": {"max_failure_ratio": 2}}, "rollback_config.max_failure_ratio"),
        ({"restart_policy": {"condition": "sometimes"}}, "restart_policy.condition"),
        ({"mode": "somewhere"}, "mode"),
        ({"placement": {"constraints": ["node.role==manager", "disktype=ssd"]}}, "placement.constraints[1]"),
        ({"placement": {"constraints": ["node.role =="]}}, "placement.constraints[0]"),
        ({"placement": {"constraints": ["node.labels.zone == ä"]}}, "placement.constraints[0]"),
        ({"placement": {"constraints": ["node.labels.disk > 5"]}}, "placement.constraints[0]"),
        ({"endpoint_mode": "dns"}, "endpoint_mode"),
    ],
)  # fmt: skip
def test_a_word_that_is_none_says_where(deploy: dict[str, Any], path: str) -> None:
    with pytest.raises(ValidationError) as caught:
        definition({"deploy": deploy})
    assert caught.value.details["path"] == f"services.a.deploy.{path}"


@pytest.mark.parametrize(
    ("written", "replicas"),
    [({}, 1), ({"scale": 0}, 0), ({"deploy": {"replicas": 3}}, 3), ({"deploy": {"mode": "global"}}, None),
     ({"deploy": {"mode": "replicated-job", "replicas": 2}}, 2), ({"deploy": {"mode": "global-job"}}, None)],
)  # fmt: skip
def test_how_many(written: dict[str, Any], replicas: int | None) -> None:
    assert definition(written).replicas == replicas


def test_how_many_an_option_says() -> None:
    assert definition_of(loaded({"scale": 2}), options=Up(scale={"a": 5})).replicas == 5


def test_where() -> None:
    written = {
        "constraints": ["node.role == manager", "node.labels.zone != b"],
        "preferences": [{"spread": "node.labels.zone"}, {"spread": "node.labels.rack"}],
        "max_replicas_per_node": 2,
    }
    expected = Placement(
        ("node.role == manager", "node.labels.zone != b"), ("node.labels.zone", "node.labels.rack"), 2, platforms=()
    )
    assert definition({"deploy": {"placement": written}}).placement == expected
    assert definition({"deploy": {"placement": written}, "platform": "linux/arm64"}).placement == replace(
        expected, platforms=("linux/arm64",)
    )


def test_a_task_runs_where_its_image_does() -> None:
    of_image = ("linux/amd64", "linux/arm64")
    assert definition_of(loaded({}), platforms=of_image).placement == Placement(platforms=of_image)
    assert definition_of(loaded({"platform": "linux/arm/v7"}), platforms=of_image).placement.platforms == ("linux/arm/v7",)


def test_what_a_node_must_have_left() -> None:
    generic = [{"discrete_resource_spec": {"kind": "gpu", "value": 2}}, {"discrete_resource_spec": {"kind": "ssd", "value": 1}}]
    written = {"cpus": "0.25", "memory": "20M", "generic_resources": generic}
    found = definition(
        {"deploy": {"resources": {"reservations": written, "limits": {"cpus": "0.5", "memory": "50M", "pids": 9}}}}
    )
    assert found.reservations == Reservations(0.25, 20 << 20, {"gpu": 2, "ssd": 1})
    assert (found.container.cpus, found.container.memory, found.container.pids_limit) == (0.5, 50 << 20, 9)
    assert found.container.mem_reservation is None
    assert definition({"mem_reservation": "5m"}).reservations == Reservations(memory=5 << 20)
