"""The containers that the engine has of a graph: left by runs before, finished or cut off. Only reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perry_ffi.errors import Conflict
from perry_ffi.model.container_info import LIVE
from perry_ffi.stack import identity
from perry_ffi.stack.observe import list_own
from perry_ffi.workload import labels as own

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.container_info import ContainerInfo


@dataclass(frozen=True)
class Existing:
    """One container. number: which try made it. digest, image_id, refs, outputs: of what it was made, and what it gives."""

    id: str
    name: str
    node: str
    number: int
    status: str
    exit_code: int | None
    created: str
    digest: str
    image_id: str
    refs: Mapping[str, str]
    transaction: str = ""
    kind: str = "service"

    @property
    def live(self) -> bool:
        return self.status in LIVE

    @property
    def ended_well(self) -> bool:
        return self.status == "exited" and self.exit_code == 0


Rows = Mapping[str, list[Existing]]
"""By node, the latest first."""


async def read(backend: Backend, graph: str) -> Rows:
    """Raises Conflict where a project of that name is no graph."""
    found: dict[str, list[Existing]] = {}
    for info in await list_own(backend, graph):
        if own.GRAPH not in info.labels:
            raise Conflict(
                f"project {graph}: {info.name} is of a project of that name which is no workload graph", project=graph,
                subject=info.name, remedy="take that project down, or give the graph another name",
            )  # fmt: skip
        row = _existing(info)
        found.setdefault(row.node, []).append(row)
    for rows in found.values():
        rows.sort(key=lambda row: (row.created, row.number), reverse=True)
    return found


def _existing(info: ContainerInfo) -> Existing:
    labels = info.labels
    return Existing(
        info.id, info.name, identity.label(labels, identity.SERVICE) or "", identity.number_of(labels), info.status,
        info.exit_code, info.created, labels.get(identity.CONFIG_HASH, ""), labels.get(identity.IMAGE, ""),
        own.read_refs(labels), labels.get(identity.TRANSACTION, ""),
        labels.get(own.KIND, ""),
    )  # fmt: skip
