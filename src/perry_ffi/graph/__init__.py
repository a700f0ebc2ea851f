"""Directed graphs of names: order and cycles, in time linear in vertices and edges.

Knows nothing of what the names stand for. Nothing here recurses.
"""

from __future__ import annotations

from perry_ffi.graph.cycles import find_cycle
from perry_ffi.graph.order import levels, reachable

__all__ = ["find_cycle", "levels", "reachable"]
