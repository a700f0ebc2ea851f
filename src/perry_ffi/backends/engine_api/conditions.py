"""What an engine runs under that takes abilities from it: one of a user who is not root."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from perry_ffi.backends.engine_api.drivers.common_rules import NO_CGROUPS, ROOTLESS, ROOTLESS_V1
from perry_ffi.backends.engine_api.responses.info import is_rootless
from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.backends.engine_api.transport.http import HttpClient, Request
from perry_ffi.backends.engine_api.transport.version import PODMAN, EngineVersion


async def conditions_of(client: HttpClient, version: EngineVersion) -> tuple[str, ...]:
    """By the names of the rules. Asked of an engine that may be a user's alone: it takes a while to say what it is."""
    if _is_root_s(client.endpoint):
        return ()
    reply = await client.exchange(Request("GET", ("info",), f"ask {client.backend} what it is"))
    said = reply.document() if reply.status == 200 else None
    return _conditions(version.flavour, said) if isinstance(said, Mapping) else ()


def _conditions(flavour: str, said: Mapping[str, Any]) -> tuple[str, ...]:
    if not is_rootless(said):
        return ()
    if flavour == PODMAN:
        return (ROOTLESS, ROOTLESS_V1) if said.get("CgroupVersion") == "1" else (ROOTLESS,)
    return (ROOTLESS, NO_CGROUPS) if said.get("CgroupDriver") == "none" else (ROOTLESS,)


def _is_root_s(endpoint: Endpoint) -> bool:
    """Whether its socket is on this machine, and root's."""
    try:
        return endpoint.path is not None and os.stat(endpoint.path).st_uid == 0
    except OSError:
        return False
