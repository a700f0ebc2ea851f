"""Projects on an engine that has the core of the contract and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.compose import Project
from perry_ffi.errors import Unsupported
from perry_ffi.stack.context import StackContext
from tests.contract.scratch import ScratchBackend
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio


def five(**api: Any) -> Project:
    """Five services, one of them a job that others wait for."""
    services = {
        "db": {"volumes": ["data:/data"]},
        "migrate": {"depends_on": ["db"], "restart": "no"},
        "api": {"depends_on": {"migrate": {"condition": "service_completed_successfully"}}, **api},
        "web": {"depends_on": ["api"], "ports": ["80:80"]},
        "side": {},
    }
    return project(services, volumes={"data": {}})


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    made = Rig(tmp_path, migrate=Behaviour(exit_code=0))
    made.backend = ScratchBackend(made.world)  # type: ignore[assignment]
    made.context = StackContext(made.backend, tmp_path / "locks", "scratch", made.hub)
    return made


UP = {"p-db-1": "running", "p-migrate-1": "exited", "p-api-1": "running", "p-web-1": "running", "p-side-1": "running"}


async def test_up_again_and_down(rig: Rig) -> None:
    await rig.up(five(), wait=True)
    assert rig.names() == UP
    assert await rig.plan(five()) == "nothing to do\n"
    report = await rig.down(wanted=five(), volumes=True)
    assert (report.containers_removed, report.errors) == (5, [])
    assert rig.state() == {"containers": {}, "networks": {"bridge", "host", "none"}, "volumes": set()}


async def test_a_first_up_that_fails_leaves_nothing(rig: Rig) -> None:
    rig.behave["web"] = Behaviour(start_error="no such command")
    with pytest.raises(Exception, match="no such command") as caught:
        await rig.up(five(), wait=True)
    assert caught.value.details["rolledBack"] is True
    assert rig.state() == {"containers": {}, "networks": {"bridge", "host", "none"}, "volumes": set()}


async def test_services_that_come_and_go(rig: Rig) -> None:
    await rig.up(five(), wait=True)
    more = five()
    more = more.replace(services={**more.services, "more": {"image": "app", "networks": {"default": None}}})
    await rig.up(more, wait=True)
    assert rig.names() == {**UP, "p-more-1": "running"}
    await rig.up(five(), remove_orphans=True)
    assert rig.names() == UP


async def test_a_config_is_refused_by_name(rig: Rig) -> None:
    """No file can be put into a container, and none is left half made."""
    services = five().services
    wanted = project({**services, "side": {"configs": ["c"]}}, volumes={"data": {}}, configs={"c": {"content": "x"}})
    with pytest.raises(Unsupported) as caught:
        await rig.up(wanted)
    assert caught.value.details["member"] == "op.archive" and caught.value.details["backend"] == "scratch"
    assert rig.names() == {}
