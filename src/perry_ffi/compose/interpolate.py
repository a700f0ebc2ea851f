"""Variables in the leaves of a tree, then casts of what became text.

Only strings that a parsed document holds are templates: keys, numbers and raw
text never are. A string in a place that Compose types (the table below)
becomes that type after substitution.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from perry_ffi.compose.fault import fault
from perry_ffi.compose.go_values import to_bool, to_float, to_float32, to_int
from perry_ffi.compose.rules import Node, compile_rules
from perry_ffi.compose.template import Substitution, TemplateError

Cast = Callable[[str], Any]

_SERVICE: dict[str, Cast] = {
    **dict.fromkeys(
        (
            "cpu_count", "cpu_period", "cpu_quota", "cpu_rt_period", "cpu_rt_runtime", "cpu_shares",
            "deploy.replicas", "deploy.update_config.parallelism", "deploy.rollback_config.parallelism",
            "deploy.restart_policy.max_attempts", "deploy.placement.max_replicas_per_node",
            "healthcheck.retries", "oom_score_adj", "pids_limit", "ports.*.target", "scale",
            "ulimits.*", "ulimits.*.hard", "ulimits.*.soft",
        ),
        to_int,
    ),
    **dict.fromkeys(
        ("cpu_percent", "deploy.update_config.max_failure_ratio", "deploy.rollback_config.max_failure_ratio"), to_float
    ),
    "cpus": to_float32,
    **dict.fromkeys(
        (
            "init", "healthcheck.disable", "oom_kill_disable", "privileged", "read_only", "stdin_open", "tty",
            "volumes.*.read_only", "volumes.*.volume.nocopy",
        ),
        to_bool,
    ),
}  # fmt: skip

_RESOURCES = (
    "networks.*.external", "networks.*.internal", "networks.*.attachable", "networks.*.enable_ipv4",
    "networks.*.enable_ipv6", "volumes.*.external", "secrets.*.external", "configs.*.external",
)  # fmt: skip

_CASTS: Node[Cast] = compile_rules(
    {f"services.*.{place}": cast for place, cast in _SERVICE.items()} | dict.fromkeys(_RESOURCES, to_bool)
)


def interpolate(tree: Any, substitute: Substitution) -> Any:
    """``tree`` with every string substituted, and cast where the place has a type; mappings and lists in place.

    Raises ValidationError that names the place and the variable, never a value.
    """
    return _walk(tree, _CASTS, "", substitute)


def _walk(value: Any, node: Node[Cast] | None, path: str, substitute: Substitution) -> Any:
    kind = type(value)
    if kind is str:
        return value if node is None and "$" not in value else _leaf(value, node, path, substitute)
    if kind is dict:
        steps = node.steps if node is not None else _NOWHERE
        for key, item in value.items():
            below = (steps.get(key) or steps.get("*")) if steps else None
            if type(item) is not str:
                if type(item) in _TREES:
                    _walk(item, below, f"{path}.{key}" if path else key, substitute)
            elif below is not None or "$" in item:
                value[key] = _leaf(item, below, f"{path}.{key}" if path else key, substitute)
    elif kind is list:
        below = node.steps.get("*") if node is not None else None
        for index, item in enumerate(value):
            if type(item) in _TREES or (type(item) is str and (below is not None or "$" in item)):
                value[index] = _walk(item, below, f"{path}[{index}]", substitute)
    return value


_TREES = frozenset((dict, list))
_NOWHERE: dict[str, Node[Cast]] = {}


def _leaf(text: str, node: Node[Cast] | None, path: str, substitute: Substitution) -> Any:
    try:
        value = substitute(text)
    except TemplateError as error:
        raise fault(path, str(error)) from None
    if node is None or node.rule is None:
        return value
    try:
        return node.rule(value)
    except ValueError as error:
        raise fault(path, f"not {error}", str(error)) from None
