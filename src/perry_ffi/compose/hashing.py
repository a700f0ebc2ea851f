"""The configuration hash of a service: equal hashes need no new container.

Computed over the same bytes as docker compose 2.40, so both call the same
services unchanged. What does not shape a container is left out: build, pull
policy, scale, dependencies and profiles.
"""

from __future__ import annotations

import hashlib
from typing import Any, Mapping

from .project import without_extensions
from .render import to_json

_IGNORED = frozenset(("build", "pull_policy", "scale", "depends_on", "profiles"))


def service_hash(service: Mapping[str, Any]) -> str:
    """SHA-256 in hex of the service's configuration."""
    shape = {key: value for key, value in without_extensions(service).items() if key not in _IGNORED}
    if "replicas" in shape.get("deploy", {}):
        shape["deploy"] = {key: value for key, value in shape["deploy"].items() if key != "replicas"}
    return hashlib.sha256(to_json(shape, indent=None).encode()).hexdigest()
