"""What is told before anything is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.model.base import validate
from perry_ffi.model.stack import RunOptions
from perry_ffi.stack.one_off import run
from tests.support.in_machine import TOLD, VOLUMES, InMachine, told_unshared
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio
EXPECTED = [("services.web.volumes", f"services.web.volumes: {TOLD}")]


async def test_a_bind_mount_that_the_engine_s_machine_may_not_have_is_told(tmp_path: Path) -> None:
    rig = Rig(tmp_path, InMachine, web=Behaviour(exit_code=0))
    wanted = project({"web": {"volumes": VOLUMES}}, volumes={"data": {}})
    listener = rig.bus.subscribe()
    await rig.up(wanted, strict=True)
    assert await told_unshared(listener) == EXPECTED
    await run(rig.context, wanted, "web", validate(RunOptions, {}))
    assert await told_unshared(listener) == EXPECTED
