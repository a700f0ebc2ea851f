"""The model of a project that is known by its name: read again from the Compose files that its containers' labels name."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import anyio.to_thread

from perry_ffi.advice import Advice, Operation
from perry_ffi.errors import Conflict, ContainerError
from perry_ffi.stack import identity
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.elsewhere import refuse_elsewhere
from perry_ffi.stack.observe import list_own

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project

REMEDY = Advice("{} with its Compose files makes it known, and changes nothing that is as it should be", Operation("up"))


async def find_model(context: StackContext, name: str, environ: Mapping[str, str]) -> Project:
    """The project ``name`` as its files have it now, with the profiles of what is there. environ: for substitution.

    Raises Conflict, with a remedy, where the labels name no files (it was brought up from a document), where these are not
    on this machine, and where they cannot be read as a project.
    """
    labels, services = await _labels(context, name)
    files = _listed(labels, identity.CONFIG_FILES)
    if not files or not all(os.path.isabs(file) for file in files):
        raise _unknown(name, "it was not brought up from files")
    if missing := [file for file in files if not os.path.isfile(file)]:
        raise _unknown(name, f"its file {missing[0]} is not here")
    try:
        project = await _load(labels, name, files, environ, services)
    except ContainerError as error:
        raise _unknown(name, error.message) from error
    for code, message in project.warnings:
        context.bus.tell("warning", code=code, message=message, project=name)
    return project


async def model_if_there(context: StackContext, name: str, environ: Mapping[str, str]) -> Project | None:
    """The same, for what it adds; ``None`` where there is none. Files that are named and cannot be read are warned of."""
    labels, _ = await _labels(context, name)
    if not any(map(os.path.isabs, _listed(labels, identity.CONFIG_FILES))):
        return None
    try:
        return await find_model(context, name, environ)
    except Conflict as error:
        context.bus.tell("warning", message=f"{error.message}; hooks are not run", project=name)
        return None


async def _labels(context: StackContext, name: str) -> tuple[Mapping[str, str], set[str]]:
    """The labels of its newest container, or service, and the services that have containers."""
    if context.backend.services is not None:
        from perry_ffi.stack.cluster.projects import labels_of

        return await labels_of(context.backend.services, name)
    rows = await list_own(context.backend, name)
    if not rows:
        await refuse_elsewhere(context, name)
    newest = max(rows, key=lambda row: row.created, default=None)
    services = {identity.label(row.labels, identity.SERVICE) or "" for row in rows}
    return ({} if newest is None else newest.labels), services


async def _load(
    labels: Mapping[str, str], name: str, files: Sequence[str], environ: Mapping[str, str], services: set[str]
) -> Project:
    from perry_ffi.compose import load

    folder = labels.get(identity.WORKING_DIR) or os.path.dirname(files[0])

    def read(profiles: Sequence[str] | None) -> Project:
        return load(
            list(files),
            project_directory=folder,
            project_name=name,
            profiles=profiles,
            env_files=_listed(labels, identity.ENV_FILES),
            env=dict(environ),
            working_directory=folder,
        )

    project = await anyio.to_thread.run_sync(read, None, abandon_on_cancel=True)
    there = [project.disabled_services[service] for service in sorted(services) if service in project.disabled_services]
    if there:
        wanted = {profile for tree in there for profile in tree.get("profiles") or ()}
        profiles = [*project.profiles, *sorted(wanted)]
        project = await anyio.to_thread.run_sync(read, profiles, abandon_on_cancel=True)
    return project


def _listed(labels: Mapping[str, str], name: str) -> list[str]:
    return [file for file in labels.get(name, "").split(",") if file]


def _unknown(name: str, why: str) -> Conflict:
    return Conflict(f"project {name}: its model is not known here: {why}", project=name, reason=why, remedy=REMEDY)
