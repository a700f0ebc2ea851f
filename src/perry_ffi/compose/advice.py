"""Values that are taken as they stand and hardly mean what they say: a warning tells what runs, and what may be meant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

Advice = tuple[str, str]
"""The path of the value in the document, and the sentence."""

Rule = Callable[[Any, str], Iterator[Advice]]


def advise(services: Mapping[str, Any], files: Mapping[str, Any]) -> Iterator[Advice]:
    """What may be meant otherwise in the enabled ``services`` (of the model). No value is quoted: a variable may have given it.

    files: configs and secrets, by ``configs.<key>`` and ``secrets.<key>``.
    """
    for name, service in services.items():
        for member, rule in _RULES.items():
            if service.get(member):
                yield from rule(service[member], f"services.{name}.{member}")
        for section in ("configs", "secrets"):
            yield from _owners(service.get(section) or (), section, f"services.{name}.{section}", files)


def _health(check: Mapping[str, Any], path: str) -> Iterator[Advice]:
    test = [] if check.get("disable") else check.get("test") or []
    if len(test) > 2 and test[0] == "CMD-SHELL":
        yield (
            f"{path}.test",
            (
                "a shell runs the first word after CMD-SHELL alone, and the others are its $0, $1 and so on; "
                "for one command line write it as one text, for a program with arguments CMD"
            ),
        )
    elif test == ["CMD-SHELL"]:
        yield f"{path}.test", "CMD-SHELL has no command line: every probe fails"
    elif len(test) > 1 and test[0] == "NONE":
        yield f"{path}.test", "nothing after NONE is read: there is no health check"


def _variables(variables: Mapping[str, Any], path: str) -> Iterator[Advice]:
    if any("=" in name for name in variables):
        yield path, "a name holds =: the variable is what stands before it, and its value begins after it"


def _hooks(hooks: list[Any], path: str) -> Iterator[Advice]:
    for index, hook in enumerate(hooks):
        variables = hook.get("environment") or {}
        yield from _variables(variables, f"{path}[{index}].environment")
        if "" in variables:
            yield f"{path}[{index}].environment", "a variable without a name: nobody can ask for it"


def _arguments(build: Mapping[str, Any], path: str) -> Iterator[Advice]:
    if "" in (build.get("args") or {}):
        yield f"{path}.args", "an argument without a name says nothing to any Dockerfile"


def _ports(ports: list[Any], path: str) -> Iterator[Advice]:
    for index, port in enumerate(ports):
        if not port.get("target"):
            yield f"{path}[{index}].target", "nobody listens on port 0 of a container: nothing is published"


def _expose(ports: list[str], path: str) -> Iterator[Advice]:
    from perry_ffi.model.service_values import is_exposed

    for index, port in enumerate(ports):
        if not is_exposed(port):
            yield f"{path}[{index}]", "no port or range of ports: nothing is exposed; ports publishes, and takes host:container"


def _name_servers(servers: list[str], path: str) -> Iterator[Advice]:
    from perry_ffi.model.values import is_ip

    for index, server in enumerate(servers):
        if not is_ip(server.strip().partition("%")[0]):
            yield f"{path}[{index}]", "no address: no resolver asks it; each server is an entry of its own, without a port"


def _networks(networks: Mapping[str, Any], path: str) -> Iterator[Advice]:
    for name, network in networks.items():
        aliases = (network or {}).get("aliases") or ()
        if any(alias.split() != [alias] or "," in alias for alias in aliases):
            yield f"{path}.{name}.aliases", "a name with a blank or a comma, or an empty one: nobody can ask for it"


def _restart(policy: str, path: str) -> Iterator[Advice]:
    _, sign, attempts = policy.partition(":")
    if sign and not re.match(r"[+-]?[0-9]+(?::|\Z)", attempts):
        yield path, "what follows the colon is no number of attempts: it has no bound"


def _namespace(mode: str, path: str) -> Iterator[Advice]:
    if mode not in ("host", "private") and not mode.startswith(("container:", "service:")):
        yield path, "no namespace that can be shared, so the container has one of its own; host is the engine's machine's"


def _user_namespace(mode: str, path: str) -> Iterator[Advice]:
    from perry_ffi.model.service_values import is_user_namespace

    if not is_user_namespace(mode):
        yield path, "no user namespace that an engine knows: the engine's own choice holds"


def _volumes_from(sources: list[str], path: str) -> Iterator[Advice]:
    from perry_ffi.model.service_values import is_volume_mode

    for index, source in enumerate(sources):
        mode = source.removeprefix("container:").partition(":")[2]
        if mode and not is_volume_mode(mode):
            yield f"{path}[{index}]", "no mode that engines know: the volumes are as they are there; ro makes them read-only"


def _devices(devices: list[Any], path: str) -> Iterator[Advice]:
    for index, device in enumerate(devices):
        if device.get("target") and re.match(r"[rwm]{1,3}\Z", device["target"]):
            yield f"{path}[{index}]", "the second part is a path in the container; permissions are the third"


def _signal(signal: str, path: str) -> Iterator[Advice]:
    if signal.lstrip("-").isdecimal() and not 0 < int(signal) <= 64:
        yield path, "no system has this signal: the container is killed when its grace period ends"


def _owners(grants: Sequence[Any], section: str, path: str, files: Mapping[str, Any]) -> Iterator[Advice]:
    for index, grant in enumerate(grants):
        declared = files.get(f"{section}.{grant.get('source')}") or {}
        named = [member for member in ("uid", "gid") if not re.match(r"[+-]?[0-9]*\Z", grant.get(member) or "")]
        if named and declared.get("file"):
            yield f"{path}[{index}].{named[0]}", "a name, where a number is needed: the file is root's"


_RULES: Mapping[str, Rule] = {
    "build": _arguments,
    "devices": _devices,
    "dns": _name_servers,
    "environment": _variables,
    "expose": _expose,
    "healthcheck": _health,
    "networks": _networks,
    "pid": _namespace,
    "ports": _ports,
    "post_start": _hooks,
    "pre_start": _hooks,
    "pre_stop": _hooks,
    "restart": _restart,
    "stop_signal": _signal,
    "userns_mode": _user_namespace,
    "uts": _namespace,
    "volumes_from": _volumes_from,
}
