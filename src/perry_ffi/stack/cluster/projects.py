"""Projects by name, as the labels of services, networks, configs and secrets tell them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from perry_ffi.stack import identity
from perry_ffi.stack.cluster.rows import own_services, project_of, service_of

if TYPE_CHECKING:
    from perry_ffi.backends.contract.services import Services

KINDS = ("network", "config", "secret")


async def names(services: Services) -> set[str]:
    """The projects of this library that a cluster has anything of."""
    found = {project_of(state) for state in await own_services(services, None)}
    for kind in KINDS:
        found |= {row.labels.get(identity.PROJECT, "") for row in await services.objects(kind, {identity.PROJECT: None})}
    return found - {""}


async def labels_of(services: Services, project: str) -> tuple[Mapping[str, str], set[str]]:
    """The labels of its newest service, and the names of all."""
    states = await own_services(services, project)
    newest = max(states, key=lambda state: state.created, default=None)
    return ({} if newest is None else newest.labels), {service_of(state) for state in states}
