"""Values that Compose fills in before it checks a model."""

from __future__ import annotations

from typing import Any

from perry_ffi.compose.fault import fault
from perry_ffi.compose.rules import compile_rules, rewrite


def set_defaults(tree: dict[str, Any]) -> dict[str, Any]:
    """``tree`` with the defaults of builds, ports, secrets and devices, in place."""
    changed: dict[str, Any] = rewrite(tree, _RULES, "")
    return changed


def _build(value: Any, path: str) -> Any:
    if type(value) is dict:
        value.setdefault("context", ".")
    return value


def _secret(value: Any, path: str) -> Any:
    if type(value) is dict:
        value.setdefault("target", f"/run/secrets/{value.get('source')}")
    return value


def _port(value: Any, path: str) -> Any:
    if type(value) is dict:
        value.setdefault("protocol", "tcp")
        value.setdefault("mode", "ingress")
    return value


def _device_request(value: Any, path: str) -> Any:
    if type(value) is not dict:
        raise fault(path, "has the wrong type", "a mapping")
    if "count" not in value and "device_ids" not in value:
        value["count"] = "all"
    return value


_RULES = compile_rules(
    {
        "services.*.build": _build,
        "services.*.secrets.*": _secret,
        "services.*.ports.*": _port,
        "services.*.deploy.resources.reservations.devices.*": _device_request,
        "services.*.gpus.*": _device_request,
    }
)
