"""The document that ``load`` answers with, and the project that ``up`` makes of one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perry_ffi.compose import Project

RESOLVED = "x-perry-resolved"
"""What a resolved document says beside its services: the profiles that enabled some of them, and the services that are
disabled, whose containers are no orphans."""


def to_document(project: Project) -> dict[str, Any]:
    """The project as a Compose document that gives it again, whatever profiles it was loaded with."""
    from perry_ffi.compose.render import escaped

    document = escaped(project.to_spec())
    said = {"profiles": list(project.profiles), "disabled": sorted(project.disabled_services)}
    if kept := {key: value for key, value in said.items() if value}:
        document[RESOLVED] = kept
    return document


def from_document(
    document: dict[str, Any],
    read: Callable[[dict[str, Any], Sequence[str] | None], Project],
    profiles: Sequence[str],
    services: Sequence[str] | None,
) -> Project:
    """The project of a document, with the profiles of the services that are named.

    read: loads a document with profiles; ``None``: those that the environment has.
    """
    said = document.get(RESOLVED)
    rest = {key: value for key, value in document.items() if key != RESOLVED}
    wanted = [*profiles, *_names(said, "profiles")]
    project = read(rest, wanted or None)
    if more := project.profiles_of(services or ()):
        project = read(rest, [*project.profiles, *more])
    gone = {name: {} for name in _names(said, "disabled") if name not in project.services}
    return project.replace(disabled_services={**gone, **project.disabled_services}) if gone else project


def _names(said: Any, member: str) -> list[str]:
    rows = said.get(member) if isinstance(said, Mapping) else None
    return [row for row in rows if isinstance(row, str)] if isinstance(rows, list) else []
