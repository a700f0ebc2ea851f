"""Health checks that the library runs where the engine does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.errors import ServiceStartupFailed
from tests.unit.stack.rig import Rig, project

anyio_test = pytest.mark.anyio


@anyio_test
async def test_probes_are_run_where_the_engine_does_not(tmp_path: Path) -> None:
    rig = Rig(tmp_path, a=Behaviour(health=(False, True)))
    check = {"healthcheck": {"test": ["CMD", "x"], "interval": "10ms", "retries": 3}}
    await rig.up(project({"a": check, "b": {"depends_on": {"a": {"condition": "service_healthy"}}}}))
    assert [probe.exit_code for probe in rig.box("p-a-1").probes] == [1, 0]
    rig.behave["a"] = Behaviour(health=(False,))
    with pytest.raises(ServiceStartupFailed) as caught:
        await rig.up(project({"a": check}), force_recreate=True, wait=True)
    assert caught.value.details["probe"]["output"] == "no"
