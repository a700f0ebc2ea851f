"""Graphs on a real engine, by the engine's side of them: no handle is in between."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.model.base import validate
from perry_ffi.model.workload import RunGraphOptions, WorkloadGraph
from perry_ffi.service.context import stack_context
from perry_ffi.workload.check import check
from perry_ffi.workload.graph import Graph
from perry_ffi.workload.run import GraphRun, run_graph
from tests.engines.private import Engine
from tests.live.conftest import IMAGE
from tests.live.stack_support import SERVE, Stacks, stacks

SERVER = [SERVE[0], SERVE[1], SERVE[2].replace("$$", "$")]
"""A service that ends at once when it is told to."""


@dataclass
class Graphs:
    """Graphs that are called like the test's own prefix."""

    stacks: Stacks

    @property
    def prefix(self) -> str:
        return self.stacks.prefix

    @property
    def engine(self) -> Engine:
        return self.stacks.engine

    def graph(self, nodes: dict[str, Any], **sections: Any) -> Graph:
        """Services serve where they say nothing else; all have the test image."""
        filled = {name: {"image": IMAGE, "stop_timeout": 1, **row} for name, row in nodes.items()}
        return check(validate(WorkloadGraph, {"name": self.prefix, "nodes": filled, **sections}))

    async def run(self, nodes: dict[str, Any], sections: dict[str, Any] | None = None, **options: Any) -> GraphRun:
        context = await stack_context(self.stacks.client)
        return await run_graph(context, self.graph(nodes, **(sections or {})), validate(RunGraphOptions, options))

    async def said(self, node: str, number: int = 1) -> str:
        """What the container of a node has said."""
        from perry_ffi.model.container import LogOptions

        backend = await self.stacks.client.backend()
        logs = await backend.container_logs(f"{self.prefix}-{node}-{number}", LogOptions())
        return logs.stdout

    def states(self) -> dict[str, str]:
        """The names of its containers, less the graph's, and their states."""
        rows = self.stacks.held()["containers"].values()
        return {row[0].removeprefix(self.prefix + "-"): row[1] for row in rows}


def shell(text: str) -> dict[str, Any]:
    """A node that runs ``text``."""
    return {"cmd": ["sh", "-c", text]}


@pytest.fixture
async def graphs(stacks: Stacks, tmp_path: Path) -> AsyncIterator[Graphs]:
    """Graphs on one engine after the other; what the test made is removed."""
    yield Graphs(stacks)


__all__ = ["SERVER", "Graphs", "graphs", "shell", "stacks"]
