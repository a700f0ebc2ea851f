from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.stack.cluster import down, evidence, object_actions, settling, undo, waiting, watch
from tests.unit.stack.cluster.rig import Rig


@pytest.fixture(autouse=True)
def no_time_to_lose(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cluster in memory lives a thousand times faster than a real one, and so is looked at more often."""
    for module, name in (
        (watch, "SOON_SECONDS"), (watch, "LATER_SECONDS"), (watch, "RESUBSCRIBE_SECONDS"), (undo, "LOOK_SECONDS"),
        (settling, "LOOK_SECONDS"),
        (undo, "LATE_SECONDS"), (object_actions, "PAUSE_SECONDS"), (down, "LOOK_SECONDS"), (waiting, "SETTLED_SECONDS"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, 0.005)
    monkeypatch.setattr(waiting, "STUCK_SECONDS", 0.05)
    monkeypatch.setattr(object_actions, "BUSY_SECONDS", 0.3)
    monkeypatch.setattr(settling, "PATIENCE_SECONDS", 0.05)
    monkeypatch.setattr(evidence, "EVIDENCE_SECONDS", 0.5)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)
