"""Projects by name, without a model or a handle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import anyio

from perry_ffi.errors import ContainerError
from perry_ffi.model.cleanup import CleanupReport
from perry_ffi.stack import identity
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.down import down
from perry_ffi.stack.options import Down


async def down_all(context: StackContext, options: Down) -> CleanupReport:
    """Takes down every project that this library brought up; those of docker compose are left alone.

    Side by side; what could not be removed is tried again when the others are gone: projects may share networks and volumes.
    """
    names = await _names(context, options)
    first = await _side_by_side(context, names, options)
    again = {name for name, report in first.items() if report.errors} if len(first) > 1 else set()
    second = await _side_by_side(context, again, options)
    reports = [*first.values(), *second.values()]
    last = {**first, **second}
    return CleanupReport(
        containers_removed=sum(report.containers_removed for report in reports),
        networks_removed=sum(report.networks_removed for report in reports),
        volumes_removed=sum(report.volumes_removed for report in reports),
        errors=[error for name in sorted(last) for error in last[name].errors],
    )


async def _names(context: StackContext, options: Down) -> set[str]:
    """The projects of this library that the engine has anything of."""
    if context.backend.services is not None:
        from perry_ffi.stack.cluster.projects import names

        return await names(context.backend.services)
    rows = await context.backend.list_containers(all=True, labels={identity.CONFIG_HASH: None})
    networks = await context.backend.list_networks({identity.PROJECT: None})
    volumes = await context.backend.list_volumes({identity.PROJECT: None}) if options.volumes else []
    labels = [*(row.labels for row in rows), *(row.labels for row in networks), *(row.labels for row in volumes)]
    return {_project(found) for found in labels} - {""}


async def _side_by_side(context: StackContext, names: Iterable[str], options: Down) -> dict[str, CleanupReport]:
    """Takes projects down; one that cannot be does not keep the others."""
    reports: dict[str, CleanupReport] = {}
    slots = anyio.CapacityLimiter(context.places)

    async def take_down(name: str) -> None:
        async with slots:
            try:
                reports[name] = await down(context, name, None, options)
            except ContainerError as error:
                reports[name] = CleanupReport(errors=[f"project {name}: {error.message}"])

    async with anyio.create_task_group() as group:
        for name in sorted(names):
            group.start_soon(take_down, name)
    return reports


def _project(labels: Mapping[str, str]) -> str:
    """The project that the labels tell; none where ours and docker compose's, which we always give both, are not the same."""
    name = labels.get(identity.PROJECT, "")
    return name if labels.get(identity.THEIRS + "project") == name else ""
