"""The label by which an undo knows what it may remove."""

from __future__ import annotations

TRANSACTION = "perry.compose.transaction"
"""Which transaction created it: what its undo may remove."""
