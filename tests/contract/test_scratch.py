"""Projects on an engine that has the core of the contract and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.backends.contract.emulated import events, exits
from perry_ffi.backends.fake import Behaviour, Box
from perry_ffi.compose import Project
from perry_ffi.errors import BackendError, ContainerError, Unsupported
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


def scratch_rig(folder: Path) -> Rig:
    made = Rig(folder, migrate=Behaviour(exit_code=0))
    made.backend = ScratchBackend(made.world)  # type: ignore[assignment]
    made.context = StackContext(made.backend, folder / "locks", "scratch", made.bus)
    return made


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks in place of events, without the time between two that an engine needs."""
    for module in (events, exits):
        monkeypatch.setattr(module, "LOOK_SECONDS", 0.01)


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return scratch_rig(tmp_path)


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
    with pytest.raises(ContainerError, match="no such command") as caught:
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


def environments(rig: Rig) -> dict[str, dict[str, Any]]:
    """The variables of each container, of which an edit changes some."""
    return {box.name: dict(box.spec.env) for box in rig.world.boxes.values()}


async def test_an_edit(rig: Rig) -> None:
    """A container goes before its successor comes, for none can be renamed; its volumes are taken over."""
    await rig.up(five(), wait=True)
    planned = " ".join((await rig.plan(five(environment={"A": "2"}))).split())
    assert "p-api-1 configuration changed, and this engine cannot rename it" in planned
    volumes = {box.name: dict(box.volumes) for box in rig.world.boxes.values()}
    await rig.up(five(environment={"A": "2"}), wait=True)
    assert rig.names() == UP
    assert environments(rig) == {**{name: {} for name in UP}, "p-api-1": {"A": "2"}}
    assert {box.name: dict(box.volumes) for box in rig.world.boxes.values()} == volumes
    assert await rig.plan(five(environment={"A": "2"})) == "nothing to do\n"


async def test_an_edit_that_fails_is_rolled_back(rig: Rig) -> None:
    """Also the service that was replaced well comes back, from its old specification."""
    await rig.up(five(environment={"A": "1"}), wait=True)
    before = {box.name: (dict(box.spec.env), dict(box.volumes), dict(box.spec.labels)) for box in rig.world.boxes.values()}
    wanted = five(environment={"A": "2"})
    web = {**wanted.services["web"], "environment": {"B": "1"}}
    wanted = wanted.replace(services={**wanted.services, "web": web})

    def fails_when_edited(box: Box) -> Behaviour:
        if box.spec.env.get("B") == "1":
            return Behaviour(start_error="it does not like B")
        return Behaviour(exit_code=0 if "migrate" in box.name else None)

    rig.world.behave = fails_when_edited
    with pytest.raises(ContainerError, match="does not like B") as caught:
        await rig.up(wanted, wait=True)
    assert caught.value.details["rolledBack"] is True and not caught.value.details.get("leftOver")
    assert rig.names() == UP
    after = {box.name: (dict(box.spec.env), dict(box.volumes), dict(box.spec.labels)) for box in rig.world.boxes.values()}
    assert after == before
    assert await rig.plan(five(environment={"A": "1"})) == "nothing to do\n"
    report = await rig.down(wanted=five(), volumes=True)
    assert (report.containers_removed, report.errors) == (5, []) and rig.names() == {}


@pytest.mark.parametrize("when", ["before", "after"])
async def test_an_edit_that_fails_at_any_call_is_rolled_back(tmp_path: Path, when: str) -> None:
    """When the engine fails the call, and when only its answer is lost."""
    for number in range(100):
        rig = scratch_rig(tmp_path / str(number))
        await rig.up(five(environment={"A": "1"}))
        before = environments(rig)
        hit = rig.interrupt(number, lambda: BackendError("the engine failed", backend="scratch", status=500), when)
        try:
            await rig.up(five(environment={"A": "2"}))
        except ContainerError as error:
            rig.calm()
            assert error.details["rolledBack"] is True, (number, error.to_dict())
            assert (rig.names(), environments(rig)) == (UP, before), number
        if not hit():
            break
    assert number > 3


async def test_a_config_is_refused_by_name(rig: Rig) -> None:
    """No file can be put into a container, and none is left half made."""
    services = five().services
    wanted = project({**services, "side": {"configs": ["c"]}}, volumes={"data": {}}, configs={"c": {"content": "x"}})
    with pytest.raises(Unsupported) as caught:
        await rig.up(wanted)
    assert caught.value.details["member"] == "op.archive" and caught.value.details["backend"] == "scratch"
    assert rig.names() == {}
