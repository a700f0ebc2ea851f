"""What ``deploy`` and ``restart`` of a service say to an engine that keeps services: how many tasks, where, and what follows an end
or a change. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import astuple, replace
from typing import TYPE_CHECKING, Any, Literal

from perry_ffi.backends.contract.service_definition import Condition, Placement, Reservations, RestartRule, UpdatePolicy
from perry_ffi.model import values
from perry_ffi.stack.rollout_policy import RolloutPolicy, rollout_policy
from perry_ffi.stack.translate.document import Readers, entries, mapping, read, wrong
from perry_ffi.stack.translate.process import restart_policy

if TYPE_CHECKING:
    from perry_ffi.stack.desired import Service

JOBS = ("replicated-job", "global-job")
_MODES = ("", "replicated", "global", *JOBS)
_EVERYWHERE = ("global", "global-job")
_CONDITIONS: Mapping[str, Condition] = {
    "no": "none", "none": "none", "always": "any", "unless-stopped": "any", "any": "any", "on-failure": "on-failure",
}  # fmt: skip
"""By the words of ``restart`` and of ``deploy.restart_policy.condition``."""
_CONSTRAINT = re.compile(
    r"\s*[A-Za-z_][A-Za-z0-9_.-]+\s*(?:==|!=)\s*[A-Za-z0-9:_.*()?+\[\]\\^$|/-][A-Za-z0-9:_\s.*()?+\[\]\\^$|/-]*\Z"
)
_RESTART: Readers = {
    "delay": ("delay", lambda value: _seconds(value)),
    "max_attempts": ("max_attempts", values.integer(0)),
    "window": ("window", lambda value: _seconds(value)),
}
_PLACEMENT: Readers = {
    "constraints": ("constraints", lambda value: tuple(values.list_of(_constraint)(value))),
    "preferences": ("spread", lambda value: tuple(values.list_of(_spread)(value))),
    "max_replicas_per_node": ("max_per_node", values.integer(0)),
}


def deploy_of(tree: Mapping[str, Any], where: str) -> Mapping[str, Any]:
    return mapping(tree.get("deploy"), f"{where}.deploy")


def mode_of(tree: Mapping[str, Any], where: str) -> str:
    """``replicated``, ``global``, or one of ``JOBS``."""
    mode = deploy_of(tree, where).get("mode") or ""
    if mode not in _MODES:
        wrong(f"{where}.deploy.mode", "replicated, global, replicated-job or global-job")
    return mode or "replicated"


def replicas(service: Service, where: str) -> int | None:
    """How many tasks; ``None`` one on each node."""
    return None if mode_of(service.tree, where) in _EVERYWHERE else service.replicas


def endpoint(tree: Mapping[str, Any], where: str) -> Literal["vip", "dnsrr"]:
    mode = deploy_of(tree, where).get("endpoint_mode") or "vip"
    if mode not in ("vip", "dnsrr"):
        wrong(f"{where}.deploy.endpoint_mode", "vip or dnsrr")
    return "dnsrr" if mode == "dnsrr" else "vip"


def restart(tree: Mapping[str, Any], where: str, *, waited_for: bool) -> RestartRule:
    """What follows the end of a task. What is not written is ``on-failure``: a task that ended well is done, and one that failed, or
    whose node went down, comes again. waited_for: somebody waits for its end, so that the first failure is final.
    """
    at = f"{where}.deploy.restart_policy"
    policy = mapping(deploy_of(tree, where).get("restart_policy"), at)
    job = mode_of(tree, where) in JOBS
    if policy:
        condition = _CONDITIONS.get(policy.get("condition") or "any")
        if condition is None:
            wrong(f"{at}.condition", "none, on-failure or any")
        return RestartRule("on-failure" if job and condition == "any" else condition, **read(policy, at, _RESTART))
    said = restart_policy(tree, where)
    if said is None:
        return RestartRule("none" if waited_for else "on-failure")
    name, attempts = said
    condition = "on-failure" if job and _CONDITIONS[name] == "any" else _CONDITIONS[name]
    return RestartRule(condition, max_attempts=attempts or None)


def has_room(tree: Mapping[str, Any], where: str, tasks: int | None, nodes: int | None) -> bool:
    """Whether some node takes a task more than there are, by what the file says of the most on one. tasks: ``None`` one on each node.
    nodes: how many there are; ``None`` where nobody counted, and then there is none.
    """
    most = placement(tree, where, ()).max_per_node
    return not most or tasks is None or (nodes or 0) * most > tasks


def update(service: Service, *, one_shot: bool, alone: bool) -> UpdatePolicy:
    """How its tasks are replaced. one_shot: they end, which an engine takes for a failed update. alone: no successor can start beside
    them, for they hold ports of their nodes, or no node takes more.
    """
    policy = _policy(service.rollout) if service.rollout else UpdatePolicy()
    if one_shot:
        policy = replace(policy, failure_action="continue")
    return replace(policy, order="stop-first") if alone else policy


def rollback(service: Service, where: str, *, alone: bool) -> UpdatePolicy:
    """How they are put back where the engine does that."""
    found = rollout_policy(service.name, service.tree, False, "rollback_config")
    policy = _policy(found) if found else UpdatePolicy()
    config = mapping(deploy_of(service.tree, where).get("rollback_config"), f"{where}.deploy.rollback_config")
    action = config.get("failure_action") or "pause"
    if action not in ("pause", "continue"):
        wrong(f"{where}.deploy.rollback_config.failure_action", "pause or continue")
    policy = replace(policy, failure_action="continue" if action == "continue" else "pause")
    return replace(policy, order="stop-first" if alone else policy.order)


def beside_tasks(service: Service, where: str, *, one_shot: bool) -> list[Any]:
    """What the file says of the service that is nothing of its tasks: its labels, and how tasks are replaced. Options say nothing here.
    one_shot: as of ``update``.
    """
    labels = values.within(f"{where}.deploy.labels", values.labels, deploy_of(service.tree, where).get("labels") or {})
    said = replace(service, rollout=rollout_policy(service.name, service.tree, False))
    policies = update(said, one_shot=one_shot, alone=False), rollback(said, where, alone=False)
    return [labels, *map(astuple, policies)]


def _policy(said: RolloutPolicy) -> UpdatePolicy:
    return UpdatePolicy(
        parallelism=0 if said.at_once is None else said.at_once,
        delay=said.delay,
        monitor=said.monitor or None,
        failure_action=said.failure,  # type: ignore[arg-type]
        max_failure_ratio=said.tolerated,
        order="start-first" if said.beside else "stop-first",
    )


def placement(tree: Mapping[str, Any], where: str, platforms: Sequence[str]) -> Placement:
    at = f"{where}.deploy.placement"
    found = read(mapping(deploy_of(tree, where).get("placement"), at), at, _PLACEMENT)
    return Placement(**found, platforms=tuple(platforms))


def reservations(tree: Mapping[str, Any], where: str, memory: int | None) -> Reservations:
    """memory: bytes, by whichever member they were said."""
    at = f"{where}.deploy.resources"
    reserved = mapping(mapping(deploy_of(tree, where).get("resources"), at).get("reservations"), f"{at}.reservations")
    at += ".reservations"
    cpus = values.within(f"{at}.cpus", _cpus, reserved.get("cpus") or 0)
    generic: dict[str, int] = {}
    for index, item in enumerate(entries(reserved.get("generic_resources"), f"{at}.generic_resources")):
        place = f"{at}.generic_resources[{index}]"
        spec = mapping(mapping(item, place).get("discrete_resource_spec"), place)
        kind = values.within(f"{place}.kind", values.word, spec.get("kind"))
        generic[kind] = generic.get(kind, 0) + values.within(f"{place}.value", values.integer(0), spec.get("value") or 0)
    return Reservations(cpus=cpus, memory=memory or 0, generic=generic)


def _cpus(value: Any) -> float:
    return 0.0 if value in (0, "0") and value is not False else values.cpus(value)


def _seconds(value: Any) -> float:
    return values.duration(value) / 1e9


def _constraint(value: Any) -> str:
    text = values.clean(value)
    if not _CONSTRAINT.match(text):
        values.bad("a constraint such as node.role == manager or node.labels.zone != b", value)
    return text


def _spread(value: Any) -> str:
    return values.word(mapping(value, "").get("spread"))


__all__ = [
    "JOBS", "beside_tasks", "deploy_of", "endpoint", "has_room", "mode_of", "placement", "replicas", "reservations", "restart", "rollback", "update",
]  # fmt: skip
