"""What a manager of docker 20.10 said: a service of two tasks on a network, with a config and a secret; a one-shot that ended; one
whose image is missing; one that no node suits; one on each node that fails; and its refusals.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from perry_ffi.backends.contract.service_definition import ServiceDefinition
from perry_ffi.model.service import ServiceSpec

SAID: dict[str, Any] = json.loads((Path(__file__).parents[1] / "recorded/swarm-20.10.json").read_text())
LOG = base64.b64decode(SAID["log"])
"""Of the two tasks: frames with times and details."""
NODE = SAID["swarm"]["NodeID"]
API, NETWORK = (item["ID"] for item in (next(s for s in SAID["services"] if s["Spec"]["Name"] == "p_api"), {"ID": "n" * 25}))


def by_name(name: str) -> dict[str, Any]:
    """A service, as it was told."""
    return next(item for item in SAID["services"] if item["Spec"]["Name"] == name)


def definition(**members: Any) -> ServiceDefinition:
    """Of a service ``p_web``; members that a container has are its own."""
    own = {name: value for name, value in members.items() if name in ServiceSpec.model_fields and name not in BESIDE}
    rest = {name: value for name, value in members.items() if name not in own}
    return ServiceDefinition(rest.pop("name", "p_web"), ServiceSpec.model_validate({"image": "bb:1", **own}), **rest)


BESIDE = {"name", "labels", "networks", "ports", "restart"}
