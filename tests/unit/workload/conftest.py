from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.workload.rig import GraphRig


@pytest.fixture
def rig(tmp_path: Path) -> GraphRig:
    return GraphRig(tmp_path)
