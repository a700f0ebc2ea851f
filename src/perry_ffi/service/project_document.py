"""The document that ``load`` answers with, and the project that ``up`` makes of one.

What ``load`` resolved is final: neither the environment of the program nor the folder that it runs in says anything about
it any more, and only an explicit option does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perry_ffi.compose import Project
    from perry_ffi.model.stack import UpOptions

RESOLVED = "x-perry-resolved"
"""What a resolved document says beside its services.

name, directory: the project's name that names of networks, volumes, configs and secrets were made with, and its folder.
profiles: those that enabled some of the services. disabled: services whose containers are no orphans. label_files: those
that labels of services came from. contents: for secrets and configs that take a variable, by path, the variable and its
value, where that came from an env file or from the caller of ``load``: nobody else knows it any more. What the process's
own environment has is not written out.
"""

_SECTIONS = ("configs", "secrets")
_NAMED = ("networks", "volumes", *_SECTIONS)

Read = Callable[[Sequence[str] | None], "Project"]


def to_document(project: Project, environ: Mapping[str, str]) -> dict[str, Any]:
    """The project as a Compose document that gives it again, whoever takes it up. environ: of this process."""
    from perry_ffi.compose.render import escaped

    document: dict[str, Any] = escaped(project.to_spec())
    _without_disabled(document["services"])
    said = {
        "name": project.name,
        "directory": project.working_dir,
        "label_files": {name: files for name, files in project.label_files.items() if name in project.services},
        "profiles": list(project.profiles),
        "disabled": sorted(project.disabled_services),
        "contents": _contents(project, environ),
    }
    document[RESOLVED] = {key: value for key, value in said.items() if value}
    return document


def _without_disabled(services: dict[str, Any]) -> None:
    """Takes out dependencies on services that are disabled: a project lets only those be that are not required."""
    for row in services.values():
        if kept := {name: edge for name, edge in row.get("depends_on", {}).items() if name in services}:
            row["depends_on"] = kept
        else:
            row.pop("depends_on", None)


def _contents(project: Project, environ: Mapping[str, str]) -> dict[str, dict[str, str]]:
    found = {}
    for path, variable in _variables(project):
        if path in project.contents and environ.get(variable) != project.contents[path]:
            found[path] = {variable: project.contents[path]}
    return found


def _variables(project: Project) -> list[tuple[str, str]]:
    """The path and the variable of each config and secret that takes one."""
    rows = [(f"{section}.{key}", row) for section in _SECTIONS for key, row in getattr(project, section).items()]
    return [(path, row["environment"]) for path, row in rows if row.get("environment")]


def from_document(document: dict[str, Any], options: UpOptions, environ: Mapping[str, str], working_directory: str) -> Project:
    """The project of a document, with the profiles of the services that are named.

    A document that ``load`` did not resolve takes its variables and profiles from ``environ``. Raises as
    ``compose.load_document``.
    """
    from perry_ffi.compose import load_document

    said = document.get(RESOLVED)
    rest = {key: value for key, value in document.items() if key != RESOLVED}
    if isinstance(said, Mapping):
        return _resolved(rest, said, options, environ, working_directory)

    def read(profiles: Sequence[str] | None) -> Project:
        return load_document(
            rest, project_directory=options.project_directory, project_name=options.project_name, profiles=profiles,
            env=environ, working_directory=working_directory,
        )  # fmt: skip

    return _enabling(read, options.profiles, options.services)


def _resolved(
    document: dict[str, Any], said: Mapping[str, Any], options: UpOptions, environ: Mapping[str, str], cwd: str
) -> Project:
    from perry_ffi.compose import load_document

    directory = os.path.join(cwd, options.project_directory or _text(said, "directory"))
    name = options.project_name or document.get("name")
    if name and name != _text(said, "name"):
        document = _without_made_names(document, _text(said, "name"))

    def read(profiles: Sequence[str] | None) -> Project:
        return load_document(document, project_name=options.project_name, profiles=profiles, env={}, working_directory=directory)

    project = _enabling(read, [*options.profiles, *_texts(said, "profiles")], options.services)
    gone: dict[str, dict[str, Any]] = {name: {} for name in _texts(said, "disabled") if name not in project.services}
    return project.replace(
        disabled_services={**gone, **project.disabled_services},
        contents=_known_contents(project, said.get("contents"), environ),
        label_files={**_label_files(said), **project.label_files},
    )


def _enabling(read: Read, profiles: Sequence[str], services: Sequence[str] | None) -> Project:
    project = read(profiles or None)
    more = project.profiles_of(services or ())
    return read([*project.profiles, *more]) if more else project


def _without_made_names(document: dict[str, Any], project: str) -> dict[str, Any]:
    """The document without the names that were made of the project's name: another name makes others."""
    changed = dict(document)
    for section in _NAMED:
        rows = document.get(section)
        if isinstance(rows, Mapping):
            changed[section] = {key: _unnamed(row, f"{project}_{key}") for key, row in rows.items()}
    return changed


def _unnamed(row: Any, made: str) -> Any:
    if not isinstance(row, Mapping) or row.get("name") != made or row.get("external"):
        return row
    return {key: value for key, value in row.items() if key != "name"}


def _known_contents(project: Project, said: Any, environ: Mapping[str, str]) -> dict[str, str]:
    rows = said if isinstance(said, Mapping) else {}
    found = {}
    for path, variable in _variables(project):
        row = rows.get(path)
        value = row.get(variable) if isinstance(row, Mapping) else None
        if value is None:
            value = environ.get(variable)
        if isinstance(value, str):
            found[path] = value
    return found


def _label_files(said: Mapping[str, Any]) -> dict[str, list[str]]:
    rows = said.get("label_files")
    return {name: _texts(rows, name) for name in rows} if isinstance(rows, Mapping) else {}


def _text(said: Mapping[str, Any], member: str) -> str:
    value = said.get(member)
    return value if isinstance(value, str) else ""


def _texts(said: Mapping[str, Any], member: str) -> list[str]:
    rows = said.get(member)
    return [row for row in rows if isinstance(row, str)] if isinstance(rows, list) else []
