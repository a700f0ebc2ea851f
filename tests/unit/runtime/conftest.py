"""The runtime is tested by what a stack makes of it, too: the rig of its tests."""

from __future__ import annotations

from tests.unit.stack.conftest import rig

__all__ = ["rig"]
