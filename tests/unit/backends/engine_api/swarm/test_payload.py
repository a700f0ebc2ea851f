"""The whole specification of a service."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.backends.contract.service_definition import (
    FileUse,
    NetworkUse,
    Placement,
    PortUse,
    Reservations,
    RestartRule,
    UpdatePolicy,
)
from perry_ffi.backends.engine_api.swarm.payload import service_payload
from perry_ffi.errors import ValidationError
from tests.unit.backends.engine_api.swarm.recorded import definition

API = (1, 41)
PLAIN_POLICY = {"Parallelism": 1, "Delay": 0, "FailureAction": "rollback", "MaxFailureRatio": 0.0, "Order": "stop-first"}


def made(**members: Any) -> dict[str, Any]:
    return service_payload(definition(**members), API)


def test_a_plain_one_says_what_the_engine_would_take_in_another_way() -> None:
    assert made(labels={"a": "b"}) == {
        "Name": "p_web",
        "Labels": {"a": "b"},
        "TaskTemplate": {"ContainerSpec": {"Image": "bb:1"}, "RestartPolicy": {"Condition": "on-failure"}},
        "Mode": {"Replicated": {"Replicas": 1}},
        "UpdateConfig": PLAIN_POLICY,
        "RollbackConfig": {**PLAIN_POLICY, "FailureAction": "pause"},
        "EndpointSpec": {"Mode": "vip"},
    }


def test_none_at_all_and_one_on_each_node() -> None:
    assert made(replicas=0)["Mode"] == {"Replicated": {"Replicas": 0}}
    assert made(replicas=None)["Mode"] == {"Global": {}}


def test_every_member_lands() -> None:
    found = made(
        networks=(NetworkUse("n1", ("web", "{{x"), {"o": "{{"}), NetworkUse("host")),
        configs=(FileUse("c1", "p_c", "/etc/c", 1, 2, 0o400),),
        secrets=(FileUse("s1", "p_s", "/run/secrets/s"),),
        ports=(PortUse(80, 8080), PortUse(53, protocol="udp", mode="host")),
        restart=RestartRule("any", 1.5, 3, 0.0),
        update=UpdatePolicy(0, 2.0, 0.5, "continue", 0.25, "start-first"),
        placement=Placement(("node.role==worker",), ("node.labels.zone",), 2, ("linux/amd64", "linux/arm/v7")),
        reservations=Reservations(0.5, 8 << 20, {"gpu": 2}),
        logging={"driver": "local"},
        memory="16m",
    )
    task = found["TaskTemplate"]
    assert task["Networks"] == [{"Target": "n1", "Aliases": ["web", "{{x"], "DriverOpts": {"o": "{{"}}, {"Target": "host"}]
    assert task["ContainerSpec"]["Configs"] == [
        {"ConfigID": "c1", "ConfigName": "p_c", "File": {"Name": "/etc/c", "UID": "1", "GID": "2", "Mode": 0o400}}
    ]
    assert task["ContainerSpec"]["Secrets"] == [
        {"SecretID": "s1", "SecretName": "p_s", "File": {"Name": "/run/secrets/s", "UID": "0", "GID": "0", "Mode": 0o444}}
    ]
    assert found["EndpointSpec"]["Ports"] == [
        {"Protocol": "tcp", "TargetPort": 80, "PublishMode": "ingress", "PublishedPort": 8080},
        {"Protocol": "udp", "TargetPort": 53, "PublishMode": "host"},
    ]
    assert task["RestartPolicy"] == {"Condition": "any", "Delay": 15 * 10**8, "MaxAttempts": 3, "Window": 0}
    assert found["UpdateConfig"] == {
        "Parallelism": 0, "Delay": 2 * 10**9, "FailureAction": "continue", "Monitor": 5 * 10**8, "MaxFailureRatio": 0.25,
        "Order": "start-first",
    }  # fmt: skip
    assert task["Placement"] == {
        "Constraints": ["node.role==worker"],
        "Preferences": [{"Spread": {"SpreadDescriptor": "node.labels.zone"}}],
        "MaxReplicas": 2,
        "Platforms": [{"OS": "linux", "Architecture": "amd64"}, {"OS": "linux", "Architecture": ""}],
    }
    assert task["Resources"] == {
        "Limits": {"MemoryBytes": 16 << 20},
        "Reservations": {
            "NanoCPUs": 5 * 10**8, "MemoryBytes": 8 << 20,
            "GenericResources": [{"DiscreteResourceSpec": {"Kind": "gpu", "Value": 2}}],
        },
    }  # fmt: skip
    assert task["LogDriver"] == {"Name": "local"}


def test_memory_that_is_reserved_by_the_container() -> None:
    assert made(mem_reservation="8m")["TaskTemplate"]["Resources"] == {"Reservations": {"MemoryBytes": 8 << 20}}


@pytest.mark.parametrize("name", ["a.b", "", "a-", "-a", "a b", "ä", "x" * 64])
def test_names_that_no_swarm_takes(name: str) -> None:
    with pytest.raises(ValidationError) as caught:
        made(name=name)
    assert caught.value.details["path"] == "name"


@pytest.mark.parametrize("name", ["a", "p_web", "x" * 63, "1-2"])
def test_names_that_it_takes(name: str) -> None:
    assert made(name=name)["Name"] == name


@pytest.mark.parametrize(
    ("members", "path"),
    [
        ({"endpoint": "dnsrr", "ports": (PortUse(80, 80),)}, "endpoint"),
        ({"rollback": UpdatePolicy(failure_action="rollback")}, "rollback"),
        ({"memory": "1m"}, "ServiceSpec.memory"),
        ({"reservations": Reservations(memory=1)}, "ServiceSpec.reservations.memory"),
        ({"cpus": 0.0005}, "ServiceSpec.cpus"),
        ({"reservations": Reservations(cpus=0.0005)}, "ServiceSpec.reservations.cpus"),
        ({"ports": (PortUse(80, 8080), PortUse(81, 8080))}, "ServiceSpec.ports"),
    ],
)
def test_what_the_engine_would_refuse_later_or_take_wrongly(members: dict[str, Any], path: str) -> None:
    with pytest.raises(ValidationError) as caught:
        made(**members)
    assert caught.value.details["path"] == path
    if path == "ServiceSpec.ports":
        made(ports=(PortUse(80, 8080), PortUse(80, 8080, "udp"), PortUse(80), PortUse(81)))
    if path == "endpoint":
        made(endpoint="dnsrr", ports=(PortUse(80, mode="host"),))
