"""The containers of a node beside the one that counts: those of runs before, and of its tries before. They give up their names,
stop, and can come back.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perry_ffi.errors import Conflict, NotFound
from perry_ffi.runtime.abilities import EngineAbilities
from perry_ffi.runtime.actions.containers import RenameContainer, StopContainer
from perry_ffi.runtime.actions.replacement import RemoveForSuccessor

if TYPE_CHECKING:
    from perry_ffi.runtime.readiness import Readiness
    from perry_ffi.runtime.run import Run
    from perry_ffi.runtime.watch import Watch
    from perry_ffi.stack.context import StackContext
    from perry_ffi.workload.existing import Existing, Rows
    from perry_ffi.workload.graph import Graph, Node
    from perry_ffi.workload.images import Images
    from perry_ffi.workload.made import Maker


@dataclass(frozen=True)
class Surroundings:
    """What the nodes of one run share. rows: what was there before. maker: makes containers. watch: over all of the graph's."""

    context: StackContext
    graph: Graph
    run: Run
    images: Images
    rows: Rows
    maker: Maker
    readiness: Readiness
    watch: Watch
    resume: bool


@dataclass
class Made:
    """A container of this run. attempt: whose it is."""

    id: str
    name: str
    attempt: int
    level: str | None
    started: bool = False


class Others:
    """made: by node, the containers of this run, in order. kept: the ids of those of before that stay, by node. aside: the names that
    others of before had to give up, by id.
    """

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._backend = around.context.backend
        self._run = around.run
        self._can_rename = EngineAbilities.of(around.context.backend).rename
        self.made: dict[str, list[Made]] = {}
        self.kept: dict[str, str] = {}
        self.aside: dict[str, str] = {}

    def has_run(self, node: str) -> bool:
        """Whether a container of this run was started for a node."""
        return any(one.started for one in self.made.get(node, ()))

    async def free(self, node: Node, name: str) -> None:
        """Has whoever of before is called ``name`` give it up."""
        for row in self._around.rows.get(node.name, ()):
            if row.name == name and row.id not in self.aside:
                await self._set_aside(node, row)

    async def own_name(self, node: Node, row: Existing) -> str:
        """What a service's container is called that stays: its own name again, where a run that was cut off had taken it away."""
        name = self._around.maker.name(node, row.number)
        if row.name == name or not self._can_rename:
            return row.name
        await self.free(node, name)
        await RenameContainer(row.name, node.name, name, row.id).perform(self._run)
        return name

    async def end(self, node: Node) -> None:
        """Of each node one container runs at a time: the others hold its name on the networks, its ports and its volumes."""
        for row in self._around.rows.get(node.name, ()):
            if row.live and row.id != self.kept.get(node.name) and row.id not in self._run.removed:
                await self._end_old(node, row)
        for made in self.made.get(node.name, ()):
            if made.started:
                with suppress(NotFound):
                    await self._backend.stop_container(made.id)

    async def _end_old(self, node: Node, row: Existing) -> None:
        with suppress(NotFound):
            if row.kind != "job":
                await StopContainer(row.name, node.name, row.id, paused=row.status == "paused").perform(self._run)
                return
            # Of a run that was cut off: nobody waits for it, and it is not begun again.
            with suppress(Conflict):
                await self._backend.kill_container(row.id)

    async def _set_aside(self, node: Node, row: Existing) -> None:
        """Has a container of before give up its name. It can come back."""
        if self._can_rename:
            self.aside[row.id] = row.name
            await RenameContainer(row.name, node.name, f"{row.name}_{row.id[:6]}{secrets.token_hex(3)}", row.id).perform(
                self._run
            )
            return
        if row.live:
            await StopContainer(row.name, node.name, row.id).perform(self._run)
        await RemoveForSuccessor(row.name, node.name, row.id).perform(self._run)
