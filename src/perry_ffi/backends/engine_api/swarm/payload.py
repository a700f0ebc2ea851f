"""From a ServiceDefinition to the JSON that Swarm's create and update calls take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.engine_api.swarm.container import SECOND, container_part, log_driver, resources
from perry_ffi.errors import ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perry_ffi.backends.contract.service_definition import (
        FileUse,
        NetworkUse,
        Placement,
        PortUse,
        Reservations,
        RestartRule,
        ServiceDefinition,
        UpdatePolicy,
    )
    from perry_ffi.backends.engine_api.flavour import ApiVersion

_NAME = re.compile(r"[a-zA-Z0-9]+(?:[a-zA-Z0-9-_]*[a-zA-Z0-9])?")
_LONGEST = 63
_LEAST_MEMORY = 4 * 1024 * 1024
_LEAST_CPUS = 0.001
_ANY_ARCHITECTURE = ("arm", "386")
"""Architectures that nodes tell by other names, with their variants: the platform's operating system is asked for alone."""


def service_payload(definition: ServiceDefinition, api: ApiVersion) -> dict[str, Any]:
    """The whole specification of a service. Raises Unsupported and ValidationError as ``Services.check_service``."""
    _check(definition)
    mode: dict[str, Any] = {"Global": {}} if definition.replicas is None else {"Replicated": {"Replicas": definition.replicas}}
    payload: dict[str, Any] = {
        "Name": definition.name,
        "Labels": dict(definition.labels),
        "TaskTemplate": _task(definition, api),
        "Mode": mode,
        "UpdateConfig": _policy(definition.update),
        "RollbackConfig": _policy(definition.rollback),
        "EndpointSpec": {"Mode": definition.endpoint},
    }
    if definition.ports:
        payload["EndpointSpec"]["Ports"] = [_port(item) for item in definition.ports]
    return payload


def _task(definition: ServiceDefinition, api: ApiVersion) -> dict[str, Any]:
    spec = definition.container
    container = container_part(spec, api)
    for key, uses in (("Secret", definition.secrets), ("Config", definition.configs)):
        if uses:
            container[f"{key}s"] = [_file(key, use) for use in uses]
    found = {
        "ContainerSpec": container,
        "Networks": [_network(use) for use in definition.networks],
        "RestartPolicy": _restart(definition.restart),
        "Resources": _present(
            {"Limits": resources(spec), "Reservations": _reservations(definition.reservations, spec.mem_reservation)}
        ),
        "Placement": _placement(definition.placement),
        "LogDriver": log_driver(spec),
    }
    return _present(found)


def _check(definition: ServiceDefinition) -> None:
    name, spec = definition.name, definition.container
    if len(name) > _LONGEST or not _NAME.fullmatch(name):
        expected = f"a DNS label of at most {_LONGEST} letters, digits, - and _"
        raise ValidationError(f"service {name!r}: expected {expected}", path="name", expected=expected)
    if definition.endpoint == "dnsrr" and any(port.mode == "ingress" for port in definition.ports):
        raise ValidationError(
            f"service {name}: a port in mode ingress needs one address for all tasks", path="endpoint",
            expected="vip, or ports in mode host",
        )  # fmt: skip
    if definition.rollback.failure_action == "rollback":
        expected = "pause or continue"
        raise ValidationError(f"service {name}: rollback: expected {expected}", path="rollback", expected=expected)
    for where, number in (
        ("memory", spec.memory),
        ("reservations.memory", definition.reservations.memory or spec.mem_reservation),
    ):
        if number and number < _LEAST_MEMORY:
            raise ValidationError(
                f"ServiceSpec.{where}: expected at least 4 MiB", path=f"ServiceSpec.{where}", expected="at least 4 MiB"
            )
    for where, cpus in (("cpus", spec.cpus), ("reservations.cpus", definition.reservations.cpus)):
        if cpus and cpus < _LEAST_CPUS:
            expected = f"at least {_LEAST_CPUS}"
            raise ValidationError(f"ServiceSpec.{where}: expected {expected}", path=f"ServiceSpec.{where}", expected=expected)
    published = [(port.published, port.protocol, port.mode) for port in definition.ports if port.published]
    if twice := next((row for row in published if published.count(row) > 1), None):
        expected = "each published port once"
        said = f"{twice[0]}/{twice[1]} is there more than once"
        raise ValidationError(f"ServiceSpec.ports: {said}, expected {expected}", path="ServiceSpec.ports", expected=expected)


def _file(key: str, use: FileUse) -> dict[str, Any]:
    target = {"Name": use.target, "UID": str(use.uid), "GID": str(use.gid), "Mode": use.mode}
    return {f"{key}ID": use.ident, f"{key}Name": use.name, "File": target}


def _network(use: NetworkUse) -> dict[str, Any]:
    members = {"Aliases": list(use.aliases), "DriverOpts": dict(use.driver_opts)}
    return {"Target": use.network, **_present(members)}


def _port(use: PortUse) -> dict[str, Any]:
    port = {"Protocol": use.protocol, "TargetPort": use.target, "PublishMode": use.mode}
    return port | ({"PublishedPort": use.published} if use.published else {})


def _restart(rule: RestartRule) -> dict[str, Any]:
    members = {"Delay": _ns(rule.delay), "MaxAttempts": rule.max_attempts, "Window": _ns(rule.window)}
    return {"Condition": rule.condition, **{name: value for name, value in members.items() if value is not None}}


def _policy(policy: UpdatePolicy) -> dict[str, Any]:
    members = {
        "Parallelism": policy.parallelism,
        "Delay": _ns(policy.delay),
        "FailureAction": policy.failure_action,
        "Monitor": _ns(policy.monitor),
        "MaxFailureRatio": policy.max_failure_ratio,
        "Order": policy.order,
    }
    return {name: value for name, value in members.items() if value is not None}


def _reservations(reserved: Reservations, memory: int | None) -> dict[str, Any]:
    generic = [{"DiscreteResourceSpec": {"Kind": kind, "Value": count}} for kind, count in reserved.generic.items()]
    members = {
        "NanoCPUs": round(reserved.cpus * 10**9),
        "MemoryBytes": reserved.memory or memory,
        "GenericResources": generic,
    }
    return _present(members)


def _placement(placement: Placement) -> dict[str, Any]:
    members = {
        "Constraints": list(placement.constraints),
        "Preferences": [{"Spread": {"SpreadDescriptor": label}} for label in placement.spread],
        "MaxReplicas": placement.max_per_node,
        "Platforms": [_platform(text) for text in placement.platforms],
    }
    return _present(members)


def _platform(text: str) -> dict[str, str]:
    system, _, rest = text.partition("/")
    architecture = rest.partition("/")[0]
    return {"OS": system, "Architecture": "" if architecture in _ANY_ARCHITECTURE else architecture}


def _ns(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * SECOND)


def _present(members: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value}
