"""Workload graphs for tests: small documents, and what is said of those that are refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from perry_ffi.errors import ContainerError
from perry_ffi.model.base import decode
from perry_ffi.model.workload import WorkloadGraph
from perry_ffi.workload.check import check
from perry_ffi.workload.graph import Graph


def document(nodes: Any, **more: Any) -> dict[str, Any]:
    """A graph of ``nodes``; a node that says nothing of its image has one."""
    if isinstance(nodes, dict):
        nodes = {name: {"image": "alpine:3", **row} if isinstance(row, dict) else row for name, row in nodes.items()}
    return {"name": "g", "nodes": nodes, **more}


def checked(nodes: Any, **more: Any) -> Graph:
    """The graph, by the way of any program: from JSON text."""
    return check(decode(WorkloadGraph, json.dumps(document(nodes, **more))))


def refusal(nodes: Any, **more: Any) -> ContainerError:
    """The error of a graph that is refused. What it says begins with its path."""
    with pytest.raises(ContainerError) as refused:
        checked(nodes, **more)
    error = refused.value
    assert error.message.startswith(f"{error.details['path']}: "), error.message
    return error


def ref(node: str, projection: str, **more: Any) -> dict[str, Any]:
    return {"nodeId": node, "projection": projection, **more}


def lattice(size: int = 500, width: int = 20) -> dict[str, Any]:
    """A graph in rows: each node waits for three of the row before it, and is given the address of one and the output of none."""
    nodes: dict[str, Any] = {}
    for number in range(size):
        row, column = divmod(number, width)
        before = [f"n{(row - 1) * width + (column + step) % width}" for step in range(3)] if row else []
        env = {"PEER": {"concat": ["http://", ref(before[0], "endpoint"), "/"]}} if before else {}
        policy = {"tier": "hardened"} if number % 2 else {}
        nodes[f"n{number}"] = {"image": "app:1", "env": env, "ports": ["80"], "depends_on": before, "policy": policy}
    return {"name": "lattice", "nodes": nodes}
