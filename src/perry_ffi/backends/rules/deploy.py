"""Members of ``deploy`` and ``pull_policy`` of a project's service that an engine may lack: most are a scheduler's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perry_ffi.backends.rules.member import Member, Members, below
from perry_ffi.backends.rules.one_machine import PREFIX

Document = Mapping[str, Any]


def _at(deploy: Document, path: str) -> Any:
    value: Any = deploy
    for step in path.split("."):
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def _said(path: str) -> Member[Document]:
    return Member(lambda deploy: [path] if _at(deploy, path) else [], lambda deploy: deploy)


def _mode(deploy: Document) -> list[str]:
    return ["mode"] if deploy.get("mode") not in (None, "", "replicated") else []


def _jobs(deploy: Document) -> list[str]:
    return ["mode"] if deploy.get("mode") in ("replicated-job", "global-job") else []


def _attempts(deploy: Document) -> list[str]:
    policy = deploy.get("restart_policy") or {}
    counted = policy.get("condition") in ("on-failure",)
    return ["restart_policy.max_attempts"] if policy.get("max_attempts") and not counted else []


def _failure_action(deploy: Document) -> list[str]:
    """What is done of a failure where successors run beside their predecessors is more than what stops first can have."""
    config = deploy.get("update_config") or {}
    beside = config.get("order") == "start-first"
    said = config.get("failure_action") in ("pause", "continue") and not beside
    return ["update_config.failure_action"] if said else []


_MEMBERS: Members[Document] = {
    **{name: _said(name) for name in ("endpoint_mode", "labels", "placement", "rollback_config")},
    "update_config.failure_action": Member(_failure_action, lambda deploy: deploy),
    "mode": Member(_mode, lambda deploy: deploy),
    "mode.jobs": Member(_jobs, lambda deploy: deploy),
    "restart_policy.delay": _said("restart_policy.delay"),
    "restart_policy.window": _said("restart_policy.window"),
    "restart_policy.max_attempts": Member(_attempts, lambda deploy: deploy),
    "resources.reservations.cpus": _said("resources.reservations.cpus"),
    "resources.reservations.generic_resources": _said("resources.reservations.generic_resources"),
}

DEPLOY = below(PREFIX, _MEMBERS)
"""Of the document of ``deploy``. Nothing is refused: a container that runs is what one machine has to offer."""


PULL_PERIOD: Members[str] = {"ServiceSpec.pull_policy.period": Member(lambda path: [path], lambda path: path)}
"""Of the path of a ``pull_policy`` that names a period, whose time an engine may not be able to tell."""
