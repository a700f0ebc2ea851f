"""From what an engine says of itself (``GET /info``) to the members of ``BackendInfo`` that only a live one has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perry_ffi.backends.engine_api.responses.fields import mapping, reads
from perry_ffi.model.backend import BackendInfo


@reads("what an engine says of itself")
def with_details(info: BackendInfo, document: Mapping[str, Any], *, podman: bool = False) -> BackendInfo:
    """``info``, and what the document tells. Podman tells every runtime that it has heard of, and its API takes no choice of one."""
    default, known = _word(document.get("DefaultRuntime")), mapping(document.get("Runtimes"))
    return info.model_copy(
        update={
            "rootless": is_rootless(document),
            "cgroup_version": _word(document.get("CgroupVersion")),
            "storage_driver": _word(document.get("Driver")),
            "runtime": default,
            "runtimes": sorted(known) if known and not podman else [default] if default else None,
        }
    )


def is_rootless(document: Mapping[str, Any]) -> bool:
    """Docker says of a rootless engine that this is one of its means of security."""
    security = document.get("SecurityOptions") or []
    return document.get("Rootless") is True or any(str(option).startswith("name=rootless") for option in security)


def _word(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
