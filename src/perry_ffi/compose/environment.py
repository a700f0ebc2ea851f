"""Variables of services: names without a value, ``env_file`` and ``label_file``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from perry_ffi.compose.load_state import LoadState
from perry_ffi.errors import NotFound


def resolve_listed(tree: dict[str, Any], env: Mapping[str, str]) -> None:
    """Give names in lists of ``environment`` the value that ``env`` has for them, in place."""
    services = tree.get("services")
    if type(services) is not dict:
        return
    for service in services.values():
        entries = service.get("environment") if type(service) is dict else None
        if type(entries) is list:
            service["environment"] = [_assigned(entry, env) for entry in entries if type(entry) is str]


def _assigned(entry: str, env: Mapping[str, str]) -> str:
    value = env.get(entry)
    return entry if value is None else f"{entry}={value}"


def resolve_services(services: Mapping[str, Any], env: Mapping[str, str], state: LoadState) -> dict[str, Any]:
    """``services`` with their env and label files read; as they are where that pass is left out."""
    if not state.options.resolve_environment:
        return dict(services)
    return {name: _resolve_service(name, service, env, state) for name, service in services.items()}


def label_files(services: Mapping[str, Any], state: LoadState) -> dict[str, list[str]]:
    """The label files of each service that ``resolve_services`` reads."""
    if not state.options.resolve_environment:
        return {}
    return {name: list(service["label_file"]) for name, service in services.items() if service.get("label_file")}


def _resolve_service(name: str, service: dict[str, Any], env: Mapping[str, str], state: LoadState) -> dict[str, Any]:
    """``service`` with its env and label files read into ``environment`` and ``labels``.

    Its own entries win over the files. In env files the project's variables come
    first, then the service's own. Raises NotFound and ValidationError.
    """
    resolved = dict(service)
    environment = _environment(name, service, env, state)
    if environment:
        resolved["environment"] = environment
    resolved.pop("env_file", None)
    if "label_file" in service:
        labels = _labels(name, service, state)
        if labels:
            resolved["labels"] = labels
        resolved.pop("label_file")
    return {key: resolved[key] for key in _order(service, resolved)}


def _order(service: dict[str, Any], resolved: dict[str, Any]) -> list[str]:
    """Members in the model's order, also for those that were added."""
    if len(resolved) == len(service) and all(key in service for key in resolved):
        return list(resolved)
    from perry_ffi.compose.fields import service_fields

    ordered = [key for key in service_fields if key in resolved]
    return ordered + [key for key in resolved if key not in service_fields]


def _environment(name: str, service: dict[str, Any], env: Mapping[str, str], state: LoadState) -> dict[str, Any]:
    own: dict[str, str | None] = {
        key: env.get(key) if value is None else value for key, value in service.get("environment", {}).items()
    }
    read = {key: value for key, value in own.items() if value is not None}

    def lookup(key: str) -> str | None:
        value = env.get(key)
        return own.get(key) if value is None else value

    files = service.get("env_file", ())
    if files:
        from perry_ffi.compose.dotenv import read_env_file
    for entry in files:
        path = entry.get("path", "")
        if os.path.exists(path):
            read_env_file(path, read, lookup, state.missing, entry.get("format"))
        elif entry.get("required"):
            raise NotFound(f"services.{name}.env_file: {path}: no such file", path=f"services.{name}.env_file")
    merged = {**read, **own}
    return {key: merged[key] for key in sorted(merged)}


def _labels(name: str, service: dict[str, Any], state: LoadState) -> dict[str, Any]:
    from perry_ffi.compose.dotenv import read_env_file

    labels: dict[str, str] = {}
    for path in service["label_file"]:
        if not os.path.exists(path):
            raise NotFound(f"services.{name}.label_file: {path}: no such file", path=f"services.{name}.label_file")
        found: dict[str, str] = {}
        read_env_file(path, found, labels.get, state.missing)
        labels.update(found)
    labels.update(service.get("labels", {}))
    return {key: labels[key] for key in sorted(labels)}
