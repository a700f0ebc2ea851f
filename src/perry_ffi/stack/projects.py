"""Projects by name, without a model or a handle."""

from __future__ import annotations

from perry_ffi.model.cleanup import CleanupReport
from perry_ffi.stack import identity
from perry_ffi.stack.context import Context
from perry_ffi.stack.down import down
from perry_ffi.stack.options import Down


async def down_project(context: Context, project: str, options: Down) -> CleanupReport:
    """Takes a project down by its name; a project that is not there is a report of nothing."""
    return await down(context, project, None, options)


async def down_all(context: Context, options: Down) -> CleanupReport:
    """Takes down every project that this library brought up; those of docker compose are left alone."""
    rows = await context.backend.list_containers(all=True, labels={identity.CONFIG_HASH: None})
    networks = await context.backend.list_networks({identity.PROJECT: None})
    names = {row.labels.get(identity.PROJECT, "") for row in [*rows, *networks]} - {""}
    reports = [await down(context, name, None, options) for name in sorted(names)]
    return CleanupReport(
        containers_removed=sum(report.containers_removed for report in reports),
        networks_removed=sum(report.networks_removed for report in reports),
        volumes_removed=sum(report.volumes_removed for report in reports),
        errors=[error for report in reports for error in report.errors],
    )
