"""What runs in the container: command, variables, user, health check, restart policy, the end of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perry_ffi.model import container_values as own
from perry_ffi.model import host_values as host
from perry_ffi.model import platform as platforms
from perry_ffi.model import service_values, values
from perry_ffi.stack.translate.document import Readers, mapping, read, unquoted

_PROCESS: Readers = {
    "command": ("cmd", values.command),
    "entrypoint": ("entrypoint", values.command),
    "user": ("user", lambda value: values.clean(values.scalar(value))),
    "group_add": ("group_add", values.list_of(lambda value: values.word(values.scalar(value)))),
    "working_dir": ("workdir", values.absolute),
    "init": ("init", values.boolean),
    "tty": ("tty", values.boolean),
    "stdin_open": ("stdin_open", values.boolean),
    "stop_signal": ("stop_signal", own.stop_signal),
    "stop_grace_period": ("stop_timeout", values.grace),
    "hostname": ("hostname", host.host_name),
    "domainname": ("domainname", host.host_name),
    "platform": ("platform", platforms.platform),
    "logging": ("logging", service_values.logging),
    "annotations": ("annotations", values.labels),
}
_CONDITIONS = {"none": "no", "any": "always", "": "always"}


def process(service: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Members of the spec that say what runs, and how it ends."""
    found = read(service, where, _PROCESS)
    variables = mapping(service.get("environment"), f"{where}.environment")
    given = {k: "" if v is None else v for k, v in variables.items() if v is not None or "=" in k}
    found["env"] = values.within(f"{where}.environment", values.env, given)
    found["env_unset"] = values.within(f"{where}.environment", values.names, [k for k in variables if k not in given])
    if (check := health_check(service, where)) is not None:
        found["healthcheck"] = check
    if (policy := restart_policy(service, where)) is not None:
        found["restart"] = policy
    return {name: value for name, value in found.items() if value != ""}


def health_check(service: Mapping[str, Any], where: str) -> own.HealthCheck | None:
    """The service's health check; ``disable`` turns off the image's own, whatever else is written."""
    document = mapping(service.get("healthcheck"), f"{where}.healthcheck")
    if not document:
        return None
    if document.get("disable") is True:
        return own.HealthCheck(("NONE",))
    rest = {key: value for key, value in document.items() if key != "disable"}
    return values.within(f"{where}.healthcheck", own.health_check, rest)


@unquoted
def restart_policy(service: Mapping[str, Any], where: str) -> tuple[str, int] | None:
    """What of ``deploy.restart_policy`` an engine can do by itself: condition and attempts. Without it, ``restart``."""
    at = f"{where}.deploy.restart_policy"
    policy = mapping(mapping(service.get("deploy"), f"{where}.deploy").get("restart_policy"), at)
    if not policy:
        return values.within(f"{where}.restart", _restart, service["restart"]) if service.get("restart") else None
    condition = policy.get("condition") or ""
    name = _CONDITIONS.get(condition, condition)
    attempts = policy.get("max_attempts")
    if name != "on-failure" or attempts is None:
        return values.within(f"{at}.condition", values.restart, name)
    return name, values.within(f"{at}.max_attempts", values.integer(0), attempts)


def _restart(value: Any) -> tuple[str, int]:
    name, sign, attempts = values.clean(value, "a restart policy").partition(":")
    return values.restart(f"{_CONDITIONS.get(name, name)}{sign}{attempts}")
