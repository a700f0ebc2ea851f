"""What one ``up`` on a cluster is asked for, and the looks at what is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from perry_ffi.errors import Unsupported
from perry_ffi.stack.cluster import addresses, fetching, policies, ports
from perry_ffi.stack.cluster.definition import Relations
from perry_ffi.stack.cluster.files import cluster_files
from perry_ffi.stack.cluster.observe import ClusterObserved, observe
from perry_ffi.stack.cluster.wanted import Wanted, wanted
from perry_ffi.stack.desired import Desired, desired
from perry_ffi.stack.elsewhere import refuse_elsewhere
from perry_ffi.stack.verify import NO_DEMANDS, Demands, demands

if TYPE_CHECKING:
    from perry_ffi.backends.contract.services import Services
    from perry_ffi.compose.project import Project
    from perry_ffi.stack.cluster.files import ClusterFile
    from perry_ffi.stack.context import StackContext
    from perry_ffi.stack.options import Up


@dataclass(frozen=True)
class Work:
    """One ``up``: what is asked for, and where. document: the resolved project. ghosts: the ids of networks that are going."""

    context: StackContext
    services: Services
    project: Project
    options: Up
    wanted: Wanted
    files: Mapping[str, list[ClusterFile]]
    document: dict[str, Any]
    demands: Demands = NO_DEMANDS
    ghosts: frozenset[str] = frozenset()

    @property
    def contents(self) -> dict[str, list[tuple[str, str]]]:
        """The target and the name, which tells the content, of each config and secret of a service."""
        return {name: [(file.target, file.name) for file in rows] for name, rows in self.files.items()}


async def asked_for(context: StackContext, project: Project, options: Up) -> Work:
    services = context.backend.services
    assert services is not None, "an engine that keeps services"
    document = project.to_dict()
    files = await anyio.to_thread.run_sync(cluster_files, project, document, abandon_on_cancel=True)
    found = desired(project, options, {})
    asked = await demands(context, project, found)
    _refuse_scale(found, options)
    whole = wanted(found, files, Relations.of(document))
    return Work(context, services, project, options, whole, files, document, asked)


def _refuse_scale(found: Desired, options: Up) -> None:
    for name in options.scale:
        service = found.services.get(name)
        if service is not None and policies.replicas(service, f"services.{name}") is None:
            raise Unsupported(
                f"scale.{name}: the service runs once on each node", path=f"scale.{name}", member=f"scale.{name}", service=name,
                remedy=f"write mode: replicated at services.{name}.deploy",
            )  # fmt: skip


async def first_look(work: Work) -> ClusterObserved:
    """What is there. Raises Conflict where it is on another engine."""
    observed = await look_again(work)
    if observed.empty:
        await refuse_elsewhere(work.context, work.project.name)
    return observed


async def look_again(work: Work) -> ClusterObserved:
    networks = frozenset(row.name for row in work.wanted.desired.all_networks.values() if row.external)
    external = {"network": networks}
    for kind in ("config", "secret"):
        external[kind] = frozenset(name for of, name in work.wanted.external if of == kind)
    found = await observe(
        work.context.backend,
        work.services,
        work.project.name,
        images=fetching.asked_images(work.wanted),
        external=external,
        count_nodes=fetching.counts_nodes(work.wanted.desired) or addresses.counts_nodes(work.wanted),
        others=ports.publishes(work.document, work.wanted.services),
    )
    kept = tuple(row for row in found.of_kind("network") if row.id not in work.ghosts)
    return replace(found, objects={**found.objects, "network": kept})


__all__ = ["Work", "asked_for", "first_look", "look_again"]
