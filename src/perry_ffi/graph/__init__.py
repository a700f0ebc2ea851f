"""Directed graphs of names: order and cycles, in time linear in vertices and edges.

Knows nothing of what the names stand for. Nothing here recurses.
"""

from __future__ import annotations

from .cycles import find_cycle
from .order import levels, reachable

__all__ = ["find_cycle", "levels", "reachable"]
