"""What is read back of a sandbox: never what was asked for, always what the engine says that it made."""

from __future__ import annotations

import os.path
from collections.abc import Mapping
from typing import Any

from perry_ffi.backends.contract.sandbox_records import Runtime, SandboxHost, SandboxSeen
from perry_ffi.backends.engine_api.responses.fields import listing, mapping, reads

_ENDED = ("exited", "stopped", "dead")


@reads("a sandbox")
def docker_seen(document: Mapping[str, Any], host: SandboxHost, *, maps_users: bool) -> SandboxSeen:
    """A container whose daemon maps users has them mapped unless it asks for the host's."""
    config = mapping(document["HostConfig"])
    runtime = _of(host, str(config.get("Runtime") or host.default))
    state = mapping(document["State"])
    return SandboxSeen(
        image_id=str(document["Image"]),
        runtime=runtime.name,
        level=runtime.level,
        userns=maps_users and config.get("UsernsMode") != "host",
        writable=_writable(document),
        exit_code=_code(state),
        oom_killed=state.get("OOMKilled") is True,
    )


@reads("a sandbox")
def podman_seen(document: Mapping[str, Any], host: SandboxHost, *, rootless: bool) -> SandboxSeen:
    """Podman says false of one that was killed for want of memory: then nobody knows."""
    state = mapping(document["State"])
    runtime = _of(host, str(document.get("OCIRuntime") or ""))
    return SandboxSeen(
        image_id=_with_algorithm(str(document["Image"])),
        runtime=runtime.name,
        level=runtime.level,
        userns=rootless or _is_mapped(mapping(mapping(document.get("HostConfig")).get("IDMappings"))),
        writable=_writable(document),
        exit_code=_code(state),
        oom_killed=True if state.get("OOMKilled") is True else None if _code(state) == 137 else False,
    )


def _of(host: SandboxHost, name: str) -> Runtime:
    """By name, or by the path of its program. One that nobody knows is the least."""
    names = (name, os.path.basename(name))
    return next(
        (row for row in host.runtimes if row.name in names or os.path.basename(row.name) in names), Runtime(name, "container")
    )


def _is_mapped(maps: Mapping[str, Any]) -> bool:
    """Whether uid 0 inside is another one outside: lines of inside, outside, how many."""
    rows = [str(row).split(":") for row in listing(maps.get("UidMap"))]
    return any(len(row) == 3 and row[0] == "0" and row[1] != "0" for row in rows)


def _writable(document: Mapping[str, Any]) -> tuple[str, ...]:
    rows = [mapping(row) for row in listing(document.get("Mounts"))]
    return tuple(
        str(row.get("Destination")) for row in rows if row.get("Type") in ("volume", "bind") and row.get("RW") is not False
    )


def _code(state: Mapping[str, Any]) -> int | None:
    code = state.get("ExitCode")
    return code if state.get("Status") in _ENDED and isinstance(code, int) else None


def _with_algorithm(ident: str) -> str:
    return ident if ":" in ident else f"sha256:{ident}"


__all__ = ["docker_seen", "podman_seen"]
