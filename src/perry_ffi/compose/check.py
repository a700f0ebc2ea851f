"""Checks of single attributes that the schema cannot express, before paths are resolved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from perry_ffi.compose.fault import fault
from perry_ffi.compose.ports import is_address
from perry_ffi.compose.rules import compile_rules, visit


def check(tree: dict[str, Any]) -> None:
    """Raise ValidationError for the first attribute that breaks a rule of its own."""
    visit(tree, _RULES, "")


def _volume(value: Any, path: str) -> None:
    if type(value) is dict and value.get("external") is True:
        for key in value:
            if key not in ("name", "external") and not key.startswith("x-"):
                raise fault(path, f"external and {key!r} conflict: an external volume is not created", "a name at most")


def _one_of(*sources: str) -> Callable[[Any, str], None]:
    def rule(value: Any, path: str) -> None:
        if type(value) is not dict:
            raise fault(path, "has the wrong type", "a mapping")
        count = sum(source in value for source in sources)
        if count > 1:
            raise fault(path, f"{', '.join(sources)} exclude each other", f"one of {', '.join(sources)}")
        if count == 0 and "driver" not in value and "external" not in value:
            raise fault(path, "nothing says where its content comes from", f"one of {', '.join(sources)}")

    return rule


def _port(value: Any, path: str) -> None:
    if type(value) is dict and "host_ip" in value:
        address = value["host_ip"]
        if type(address) is not str or not is_address(address):
            raise fault(f"{path}.host_ip", f"{address!r} is not an IP address", "an IP address")


def _watched(value: Any, path: str) -> None:
    if value == "" or type(value) is not str:
        raise fault(path, "must not be empty", "a path")


def _device_request(value: Any, path: str) -> None:
    if type(value) is dict and "count" in value and "device_ids" in value:
        raise fault(path, "count and device_ids exclude each other", "one of count, device_ids")


_RULES = compile_rules(
    {
        "volumes.*": _volume,
        "configs.*": _one_of("file", "environment", "content"),
        "secrets.*": _one_of("file", "environment"),
        "services.*.ports.*": _port,
        "services.*.develop.watch.*.path": _watched,
        "services.*.deploy.resources.reservations.devices.*": _device_request,
        "services.*.gpus.*": _device_request,
    }
)
