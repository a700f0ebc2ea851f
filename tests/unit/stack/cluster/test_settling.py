from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.stack.cluster.settling import Settling
from tests.unit.stack.cluster.served import Served

pytestmark = pytest.mark.anyio


async def test_what_an_engine_counts_of_tasks_that_are_replaced_is_not_taken_for_those_that_come(tmp_path: Path) -> None:
    """It counts two that run, which end then; those in their places are of the right version, and only start."""
    served = Served(tmp_path)
    former = await served.serve("web", 2)
    await served.stand("web")
    former = await served.services.service(former.id)
    settling = Settling(served.services, "p", lambda message: None)
    settling.restored[former.id] = former
    real, looks = served.services.tasks, [0]

    async def tasks(idents: Any) -> Any:
        looks[0] += 1
        rows = await real(idents)
        return [row.__class__(**{**row.__dict__, "state": "starting"}) for row in rows] if looks[0] == 1 else rows

    served.services.tasks = tasks  # type: ignore[assignment,method-assign]
    with anyio.fail_after(20):
        await settling.wait(20.0)
    assert looks[0] == 2
