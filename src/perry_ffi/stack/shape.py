"""What of a service shapes its containers, in one form: what its hash is taken of. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from perry_ffi.compose.convert import EXTENSIONS

# What is not configuration of a container: how many there are, where its image comes from, when it starts.
_NOT_CONFIGURATION = frozenset(
    ("attach", "build", "depends_on", "develop", "profiles", "provider", "pull_policy", "pull_refresh_after", "scale")
)
_NOT_OF_DEPLOY = frozenset(("mode", "replicas", "placement", "update_config", "rollback_config", "endpoint_mode", "labels"))
_UNORDERED = frozenset((
    "aliases", "cap_add", "cap_drop", "configs", "device_cgroup_rules", "devices", "expose", "external_links", "extra_hosts",
    "group_add", "link_local_ips", "links", "ports", "secrets", "security_opt", "tmpfs", "volumes",
))  # fmt: skip
"""Lists of a service and of its networks whose order means nothing to an engine."""


def shape(service: Mapping[str, Any], networks: Mapping[str, str], volumes: Mapping[str, str]) -> dict[str, Any]:
    """The members of ``service`` that shape its containers; lists without a meaning in their order are sorted.

    networks, volumes: names in the engine by key, which stand in the place of the keys: another name is another network.
    """
    kept = plain({name: value for name, value in service.items() if name not in _NOT_CONFIGURATION})
    if deploy := kept.pop("deploy", None):
        said = {name: value for name, value in deploy.items() if name not in _NOT_OF_DEPLOY and value}
        kept.update({"deploy": said} if said else {})
    if joined := kept.get("networks"):
        kept["networks"] = {networks.get(key, key): _sorted(row or {}) for key, row in joined.items()}
    if mounts := kept.get("volumes"):
        kept["volumes"] = [_named(row, volumes) for row in mounts]
    return _sorted(kept)


def plain(value: Any) -> Any:
    """A copy of a tree without the ``x-`` members of its objects."""
    if isinstance(value, dict | Mapping):
        return {key: item if type(item) is str else plain(item) for key, item in value.items() if key != EXTENSIONS}
    if isinstance(value, list):
        return [item if type(item) is str else plain(item) for item in value]
    return value


def text(value: Any) -> str:
    """One text for equal trees."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)


def _named(mount: Mapping[str, Any], volumes: Mapping[str, str]) -> dict[str, Any]:
    """An empty ``volume`` or ``tmpfs``, which the short form has, says nothing; an empty ``bind`` does."""
    said = {key: value for key, value in mount.items() if key not in ("volume", "tmpfs") or value}
    source = mount.get("source")
    return {**said, "source": volumes.get(source, source)} if mount.get("type") == "volume" and source else said


def _sorted(members: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: sorted(value, key=text) if name in _UNORDERED and isinstance(value, list) else value
        for name, value in members.items()
    }
