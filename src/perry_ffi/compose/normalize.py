"""What a model implies, written out: networks, names, Dockerfiles, variables, and dependencies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perry_ffi.compose.go_values import parse_bool, sprint
from perry_ffi.compose.paths import clean

_NAMESPACES = ("network_mode", "ipc", "pid", "uts", "cgroup")
SERVICE = "service:"
CONTAINER = "container:"


def normalize(tree: dict[str, Any], name: str, env: Mapping[str, str]) -> dict[str, Any]:
    """``tree`` of the project ``name`` with everything implicit in it, in place."""
    services = tree.get("services") or {}
    _networks(tree, services)
    for service in services.values():
        if service.get("pull_policy") == "if_not_present":
            service["pull_policy"] = "missing"
        _build(service.get("build"), env)
        if service.get("environment") is not None:
            service["environment"] = _resolved(service["environment"], env, keep=True)
        for mount in service.get("volumes") or ():
            mount["target"] = clean(mount["target"]) or "."
        _depend(service)
    _names(tree, name)
    return tree


def _networks(tree: dict[str, Any], services: dict[str, Any]) -> None:
    """Services that name no network join ``default``, which exists if anyone uses it."""
    used = False
    for service in services.values():
        if "provider" in service or "network_mode" in service:
            continue
        if not service.get("networks"):
            service["networks"] = {"default": None}
        used = used or "default" in service["networks"]
    networks = tree.get("networks") or {}
    if used:
        networks.setdefault("default", None)
    if networks:
        tree["networks"] = networks


def _build(build: dict[str, Any] | None, env: Mapping[str, str]) -> None:
    if build is None:
        return
    if build.get("context") is None:
        build["context"] = "."
    if build.get("dockerfile") is None and build.get("dockerfile_inline") is None:
        build["dockerfile"] = "Dockerfile"
    if "args" in build:
        build["args"] = _resolved(build["args"], env, keep=False)


def _resolved(value: Any, env: Mapping[str, str], keep: bool) -> Any:
    """Names without a value get the one of ``env``; those it does not have stay where ``keep``, else go."""
    if type(value) is dict:
        filled = {key: env.get(key) if item is None else item for key, item in value.items()}
        return filled if keep else {key: item for key, item in filled.items() if item is not None}
    if type(value) is not list:
        return value
    entries = []
    for entry in value:
        if type(entry) is str and "=" not in entry:
            if entry in env:
                entry = f"{entry}={env[entry]}"
            elif not keep:
                continue
        entries.append(entry)
    return entries


def _depend(service: dict[str, Any]) -> None:
    """Dependencies that links, shared namespaces and shared volumes imply."""
    implied: dict[str, bool] = {}
    for link in service.get("links") or ():
        parts = link.split(":")
        implied.setdefault(parts[0] if len(parts) == 2 else link, True)
    for namespace in _NAMESPACES:
        reference = service.get(namespace)
        if type(reference) is str and reference.startswith(SERVICE):
            implied.setdefault(reference[len(SERVICE) :], True)
    for source in service.get("volumes_from") or ():
        if not source.startswith(CONTAINER):
            implied.setdefault(source.split(":")[0], False)
    if not implied:
        return
    dependencies = service.get("depends_on") or {}
    for name, restart in implied.items():
        dependencies.setdefault(name, {"condition": "service_started", "restart": restart, "required": True})
    service["depends_on"] = dependencies


def _names(tree: dict[str, Any], project: str) -> None:
    """Resources without a name are named by their key, below the project's name unless they are external."""
    for section in ("networks", "volumes", "configs", "secrets"):
        resources = tree.get(section) or {}
        for key, resource in resources.items():
            resource = resource if resource is not None else {}
            if resource.get("name") is None:
                resource["name"] = key if _is_true(resource.get("external", False)) else f"{project}_{key}"
            resources[key] = resource


def _is_true(value: Any) -> bool:
    try:
        return parse_bool(sprint(value))
    except ValueError:
        return False
