"""What an error tells of a service that did not come up: who waits for it, for what, and which probe failed."""

from __future__ import annotations

import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.errors import ServiceStartupFailed, Timeout
from perry_ffi.stack.lifecycle import Lifecycle
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio
PROBE = {"test": ["CMD", "probe", "--all"], "interval": "1s", "retries": 1}


def waits(condition: str) -> dict[str, object]:
    return {"depends_on": {"db": {"condition": condition}}}


async def test_of_an_up(rig: Rig) -> None:
    rig.behave = {"db": Behaviour(health=(False,))}
    wanted = project({"db": {"healthcheck": PROBE}, "app": waits("service_healthy"), "web": waits("service_healthy"), "by": {}})
    with pytest.raises(ServiceStartupFailed) as caught:
        await rig.up(wanted)
    details = caught.value.details
    assert (details["waitedBy"], details["condition"]) == (["app", "web"], "healthy")
    assert details["probe"]["test"] == ["CMD", "probe", "--all"] and details["probe"]["exitCode"]


async def test_of_one_that_nobody_waits_for(rig: Rig) -> None:
    rig.behave = {"db": Behaviour(exit_code=3)}
    with pytest.raises(ServiceStartupFailed) as caught:
        await rig.up(project({"db": {}, "by": {}}), wait=True)
    assert "waitedBy" not in caught.value.details and caught.value.details["condition"] == "ready"


async def test_of_a_wait_that_took_too_long(rig: Rig) -> None:
    wanted = project({"db": {}, "app": waits("service_completed_successfully")})
    with pytest.raises(Timeout) as caught:
        await rig.up(wanted, wait_timeout=0.2)
    assert (caught.value.details["waitedBy"], caught.value.details["condition"]) == (["app"], "completed")


async def test_of_a_start(rig: Rig) -> None:
    wanted = project({"db": {}, "app": waits("service_completed_successfully")})
    await rig.up(wanted, start=False)
    rig.behave = {"db": Behaviour(exit_code=3)}
    with pytest.raises(ServiceStartupFailed) as caught:
        await Lifecycle(rig.context, "p", wanted).start(None, 5)
    assert caught.value.details["waitedBy"] == ["app"]
