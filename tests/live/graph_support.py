"""Workload graphs on a real engine, asked for as a program asks: JSON in, JSON out."""

from __future__ import annotations

import inspect
import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.api import streams, workloads
from perry_ffi.api.results import encode as result_text
from perry_ffi.service.client import Client
from tests.engines.private import Engine
from tests.live.conftest import IMAGE
from tests.live.stack_support import SERVE, Stacks, encode, environ, nothing_of


@dataclass
class Graphs(Stacks):
    """A client on one engine, and graphs whose names begin with the test's own."""

    def graph(self, nodes: dict[str, Any], **sections: Any) -> dict[str, Any]:
        """A graph; nodes have the test image, and a service a process that ends when it is told to."""
        filled = {name: {"image": IMAGE, "stop_timeout": 1, **members} for name, members in nodes.items()}
        return {"name": self.prefix, "nodes": filled, **sections}

    @staticmethod
    def service(**members: Any) -> dict[str, Any]:
        return {"kind": "service", "cmd": [part.replace("$$", "$") for part in SERVE], **members}

    @staticmethod
    def job(script: str = "true", **members: Any) -> dict[str, Any]:
        return {"kind": "job", "cmd": ["sh", "-c", script], **members}

    async def run(self, graph: dict[str, Any], **options: Any) -> int:
        return await workloads.run_graph(self.client, encode(graph), encode(options))

    async def ask_graph(self, name: str, *arguments: Any) -> Any:
        """An operation by its name; the result as the JSON that a program gets."""
        result = getattr(workloads, name)(self.client, *arguments)
        if inspect.isawaitable(result):
            result = await result
        return json.loads(result_text(result))

    async def planned(self, graph: dict[str, Any], **options: Any) -> dict[str, Any]:
        return await self.ask_graph("plan_graph", encode(graph), encode(options))

    async def status(self, handle: int) -> dict[str, Any]:
        return await self.ask_graph("status", handle)

    async def phases(self, handle: int) -> dict[str, str]:
        return (await self.status(handle))["phases"]

    async def lines(self, handle: int, node: str) -> list[str]:
        """What a node has said, standard output alone."""
        return (await self.ask_graph("logs", handle, node, None))["stdout"].splitlines()

    async def inside(self, handle: int, node: str, *command: str) -> str:
        """What a command says that has to succeed."""
        result = await self.ask_graph("exec_", handle, node, encode(list(command)), None)
        assert result["exitCode"] == 0, result
        return result["stdout"]

    async def taken_down(self, handle: int) -> None:
        """All of it goes, and nothing is left."""
        report = await self.ask_graph("down", handle, encode({"volumes": True, "timeout": 1}))
        assert report["errors"] == [] and nothing_of(self.engine, self.prefix), report

    async def records_of(self, stream: int) -> Any:
        return json.loads(result_text(await streams.next_(self.client, stream)))


def changes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows of a plan that do more than to keep what is there, and to see that it is ready."""
    return [row for row in plan["plan"] if row["action"] not in ("keep container", "wait")]


@pytest.fixture
async def graphs(engine: Engine, tmp_path: Path) -> AsyncIterator[Graphs]:
    """A client on the engine; what the test made is removed."""
    client = Client(environ(engine, tmp_path))
    found = Graphs(client, engine, f"pg{secrets.token_hex(4)}", tmp_path)
    yield found
    await client.aclose()
    await found.clean()


__all__ = ["Graphs", "changes", "graphs"]
