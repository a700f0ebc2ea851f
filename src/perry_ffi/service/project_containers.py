"""The containers of a project, as commands show them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from perry_ffi.errors import NotFound
from perry_ffi.stack import identity

if TYPE_CHECKING:
    from perry_ffi.model.container_info import ContainerInfo
    from perry_ffi.service.reader import Reader

UP = ("running", "restarting", "paused")
"""The states of what is listed where nobody asks for all."""


async def containers(reader: Reader, project: str) -> list[ContainerInfo]:
    """All that are the project's own, by name; also those that do not run, and those of ``run``.

    Raises Conflict where there is none here and another engine of this machine has some.
    """
    found = await reader.containers({identity.THEIRS + "project": project})
    own = [info for info in found if identity.is_of(info.labels, project)]
    if not own:
        await reader.nothing_of(project)
    return sorted(own, key=lambda info: info.name)


async def detailed(reader: Reader, rows: list[ContainerInfo]) -> list[ContainerInfo]:
    """The same with what a list may not tell: health where the engine's does not, how many probes failed, times, the command.

    Only what may have more to tell is asked for.
    """
    asked = [info.id for info in rows if _has_more(info, reader.lists_health)]
    found = await reader.inspected(asked) if asked else {}
    return [_with(info, found[info.id]) if info.id in found else info for info in rows]


def _has_more(info: ContainerInfo, lists_health: bool) -> bool:
    hidden = info.status == "running" and not lists_health
    return hidden or not info.words or info.health in ("unhealthy", "starting")


def _with(info: ContainerInfo, seen: ContainerInfo) -> ContainerInfo:
    known = {
        "status": seen.status, "exit_code": seen.exit_code, "health": seen.health, "failing": seen.failing,
        "started_at": seen.started_at, "finished_at": seen.finished_at, "command": info.command or seen.command,
        "words": info.words if seen.status == info.status else "",
    }  # fmt: skip
    return info.model_copy(update=known)


def service_of(info: ContainerInfo) -> str:
    """The service that it is of."""
    return identity.label(info.labels, identity.SERVICE) or ""


def number_of(info: ContainerInfo) -> int:
    """Which one of its service it is; 0 where nobody tells."""
    return identity.number_of(info.labels)


def is_one_off(info: ContainerInfo) -> bool:
    """Whether ``run`` made it."""
    return (identity.label(info.labels, identity.ONE_OFF) or "").lower() == "true"


def of_services(rows: list[ContainerInfo], wanted: Iterable[str], known: Iterable[str] = ()) -> list[ContainerInfo]:
    """Those of the services that are named; all where none is.

    Raises NotFound for one that neither ``known`` has, the services of the model, nor any of ``rows``.
    """
    names = list(wanted)
    there = {*known, *map(service_of, rows)}
    for name in names:
        if name not in there:
            raise NotFound(f"no such service: {name}", service=name)
    return [info for info in rows if not names or service_of(info) in names]
