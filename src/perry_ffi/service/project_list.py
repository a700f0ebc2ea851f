"""The projects that an engine has containers of, whoever made them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from perry_ffi.service.project_containers import UP
from perry_ffi.stack import identity

if TYPE_CHECKING:
    from perry_ffi.model.container_info import ContainerInfo
    from perry_ffi.service.reader import Reader


class Listed(NamedTuple):
    """A project. states: of its containers, each with how many. files: its Compose files, as its containers tell them."""

    name: str
    states: dict[str, int]
    files: list[str]


async def projects(reader: Reader, *, all: bool) -> list[Listed]:
    """By name. all: also those of which nothing runs, and also what does not run."""
    found: dict[str, list[ContainerInfo]] = {}
    rows = await reader.containers({identity.THEIRS + "project": None})
    for info in [*rows, *(await reader.stopped() if all else ())]:
        name = info.labels[identity.THEIRS + "project"]
        if identity.is_of(info.labels, name) and (all or info.status in UP):
            found.setdefault(name, []).append(info)
    return [_listed(name, found[name]) for name in sorted(found)]


def _listed(name: str, rows: list[ContainerInfo]) -> Listed:
    states = sorted(info.status for info in rows)
    files = [file for info in rows for file in info.labels.get(identity.CONFIG_FILES, "").split(",") if file]
    return Listed(name, {state: states.count(state) for state in states}, list(dict.fromkeys(files)))
