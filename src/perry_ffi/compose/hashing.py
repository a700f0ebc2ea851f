"""The configuration hashes of docker compose 2.40, and where 5 has others: equal hashes need nothing new.

Computed over the same bytes as there, so that it calls the same services,
networks and volumes unchanged. What does not shape a container is left out of
its hash: build, pull policy, scale, dependencies and profiles.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from perry_ffi.compose.fields import service_fields
from perry_ffi.compose.normalize import CONTAINER, SERVICE
from perry_ffi.compose.project import without_extensions
from perry_ffi.compose.render import to_json

_IGNORED = frozenset(("build", "pull_policy", "scale", "depends_on", "profiles"))
_NAMESPACES = ("network_mode", "ipc", "pid")
_NO_TEXT = re.compile("[\ud800-\udfff]")
"""Bytes of an env file that are no text: there each is the character that stands for such."""
_API_SOCKET = "/var/run/docker.sock"
_CREDENTIALS = "/run/secrets/docker"


def service_hash(service: Mapping[str, Any]) -> str:
    """SHA-256 in hex of the service's configuration, as ``config --hash`` tells it."""
    shape = {key: value for key, value in without_extensions(service).items() if key not in _IGNORED}
    if "replicas" in shape.get("deploy", {}):
        shape["deploy"] = {key: value for key, value in shape["deploy"].items() if key != "replicas"}
    return _hash(shape)


def container_hash(service: Mapping[str, Any], containers: Mapping[str, str], label_files: Sequence[str] = ()) -> str:
    """The hash that the containers of a service are labelled with.

    It is of the service as docker compose creates containers from it. containers: the ids in whose namespaces, or with
    whose volumes, they are, by service. label_files: absolute paths of the files that its ``labels`` were read from.
    """
    shape = _created(service, containers, label_files)
    return _ordered_hash({**shape, **_api_socket(shape)} if shape.get("use_api_socket") else shape)


def later_hashes(service: Mapping[str, Any], containers: Mapping[str, str], label_files: Sequence[str] = ()) -> Iterator[str]:
    """Those that docker compose 5 may have labelled them with, where it has another one; the arguments are ``container_hash``'s.

    It says of a bind where its source is not to be made, and not where it is; the model has none of the two for one that says no.
    What ``use_api_socket`` adds counts as far as there are credentials on the machine.
    """
    shape = _created(service, containers, label_files)
    added: list[dict[str, Any]] = [{}]
    if shape.get("use_api_socket"):
        whole = _api_socket(shape)
        added = [whole, {"volumes": whole["volumes"]}]
    elif not any(row.get("bind") is not None for row in shape.get("volumes", ())):
        return
    for members in added:
        for says_no in (False, True):
            volumes = [_later(row, says_no) for row in {**shape, **members}["volumes"]]
            yield _ordered_hash({**shape, **members, "volumes": volumes})


def _later(volume: Mapping[str, Any], says_no: bool) -> Mapping[str, Any]:
    bind = volume.get("bind")
    if bind is None:
        return volume
    if bind.get("create_host_path"):
        return {**volume, "bind": {name: value for name, value in bind.items() if name != "create_host_path"}}
    return {**volume, "bind": {**bind, "create_host_path": False}} if says_no else volume


def _created(service: Mapping[str, Any], containers: Mapping[str, str], label_files: Sequence[str]) -> dict[str, Any]:
    """The service as containers are created from it, without what ``use_api_socket`` adds."""
    shape = dict(service)
    for member in _NAMESPACES:
        mode = shape.get(member) or ""
        if mode.startswith(SERVICE):
            other = mode.removeprefix(SERVICE)
            shape[member] = CONTAINER + containers.get(other, other)
    if "volumes_from" in shape:
        shape["volumes_from"] = [_source(row, containers) for row in shape["volumes_from"]]
    if label_files:
        shape["label_file"] = list(label_files)
    return shape


def _ordered_hash(shape: Mapping[str, Any]) -> str:
    return service_hash({key: shape[key] for key in service_fields if key in shape})


def network_hash(network: Mapping[str, Any]) -> str:
    """The hash that a network is labelled with."""
    return _hash(without_extensions(network))


def volume_hash(volume: Mapping[str, Any]) -> str:
    """The hash that a volume is labelled with: one without a driver has the local one."""
    shape = without_extensions(volume)
    named = {"name": shape["name"]} if "name" in shape else {}
    return _hash({**named, "driver": shape.get("driver") or "local", **shape})


def _source(row: str, containers: Mapping[str, str]) -> str:
    """What a row of ``volumes_from`` becomes: a container, without its mode."""
    if row.startswith(CONTAINER):
        return row.split(":")[1]
    name = row.split(":")[0]
    return containers.get(name, name)


def _api_socket(service: Mapping[str, Any]) -> dict[str, Any]:
    """The members that ``use_api_socket`` adds to."""
    environment = {"DOCKER_CONFIG": _CREDENTIALS, **service.get("environment", {})}
    return {
        "environment": dict(sorted(environment.items())),
        "volumes": [*service.get("volumes", ()), {"type": "bind", "source": _API_SOCKET, "target": _API_SOCKET}],
        "configs": [*service.get("configs", ()), {"source": "#apisocket", "target": f"{_CREDENTIALS}/config.json"}],
    }


def _hash(shape: Mapping[str, Any]) -> str:
    text = _NO_TEXT.sub(r"\\ufffd", to_json(shape, indent=None))
    return hashlib.sha256(text.encode()).hexdigest()
