"""Each call to the engine failed in turn: what was put back is as it was, what halted is exactly what ran."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.fake import Behaviour, Box
from perry_ffi.errors import BackendError, ContainerError
from perry_ffi.runtime.rollback import UndoLog
from perry_ffi.workload.graph import Graph
from tests.unit.workload.rig import GraphRig, graph

_FOLDER = tempfile.TemporaryDirectory(prefix="perry-graphs-")
WAYS = [("before", None), ("before", 500), ("after", None)]
"""Lost before the engine saw it, refused, and answered in vain."""
CALLS = 45
"""More than a run of these graphs makes."""


def wanted(version: str) -> Graph:
    """A graph with a bit of everything. version: what changes all of its nodes but the first."""
    env = {"V": version}
    return graph({
        "cache": {},
        "db": {"env": env, "volumes": ["data:/d", "/scratch"], "ports": ["5432:5432"]},
        "build": {"env": env, "outputs": {"tag": {"from": "file", "path": "/tag"}}},
        "migrate": {"kind": "job", "env": env, "depends_on": ["db"], "retry": {"limit": 1, "delay": 0}},
        "api": {"env": {**env, "TAG": {"nodeId": "build", "projection": "output", "name": "tag"}}, "depends_on": ["migrate"]},
        "smoke": {"kind": "job", "env": env, "depends_on": ["api", "cache"], "policy": {"egress": False}},
    }, volumes={"data": {}}, networks={"back": {}})  # fmt: skip


JOBS = ("build", "migrate", "smoke")


def new_rig() -> GraphRig:
    def behave(box: Box) -> Behaviour:
        job = box.spec.labels["com.docker.compose.service"] in JOBS
        return Behaviour(exit_code=0, files={"/tag": box.spec.env["V"]}) if job else Behaviour()

    rig = GraphRig(Path(_FOLDER.name))
    rig.world.behave = behave
    return rig


def told(rig: GraphRig) -> dict[str, Any]:
    """What has to come back: a job that was cut off and has ended again is as good as one that had ended."""
    return rig.state()


@pytest.mark.parametrize("again", [False, True], ids=["new", "replaced"])
@pytest.mark.parametrize("way", WAYS, ids=["lost", "refused", "in vain"])
def test_what_was_put_back_is_as_it_was(way: tuple[str, int | None], again: bool) -> None:
    async def check(number: int) -> bool:
        rig = new_rig()
        if again:
            await rig.run(wanted("1"))
        was = told(rig)
        hit = rig.interrupt(number, lambda: BackendError("cut", backend="fake", status=way[1]), way[0])
        try:
            run = await rig.run(wanted("2"))
        except ContainerError as error:
            assert error.details.get("rolledBack", True) is True and "leftOver" not in error.details, error.to_dict()
            assert told(rig) == was, number
        else:
            assert run.status()["healthy"], "a retry, a removal: it went on"
        assert rig.backend.open_streams == 0
        rig.calm()
        assert (await rig.run(wanted("2"), resume=True)).status()["healthy"]
        report = await rig.down("g", volumes=True)
        assert report.errors == [] and not rig.world.boxes and not rig.world.volumes and len(rig.world.networks) == 3
        return hit()

    each(check)


@pytest.mark.parametrize("again", [False, True], ids=["new", "replaced"])
@pytest.mark.parametrize("strategy", ["haltGraph", "partialContinue"])
@pytest.mark.parametrize("way", WAYS, ids=["lost", "refused", "in vain"])
def test_what_halted_is_exactly_what_ran(way: tuple[str, int | None], strategy: str, again: bool) -> None:
    async def check(number: int) -> bool:
        rig = new_rig()
        if again:
            await rig.run(wanted("1"))
        old = {box.name: box.id for box in rig.world.boxes.values()}
        hit = rig.interrupt(number, lambda: BackendError("cut", backend="fake", status=way[1]), way[0])
        try:
            run = await rig.run(wanted("2"), onFailure=strategy)
        except ContainerError as error:
            assert error.details.get("rolledBack", True) is True, "it failed before the first node"
            return hit()
        status = run.status()
        begun = {name for name, row in status["details"].items() if row["container"]}
        ended = {name for name, phase in status["phases"].items() if phase in ("ready", "succeeded")}
        boxes = list(rig.world.boxes.values())
        assert all(box.starts for box in boxes), [box.name for box in boxes if not box.starts]
        assert ended <= {service(box) for box in boxes}
        for box in boxes:
            assert service(box) in begun or old.get(box.name) == box.id, (number, box.name)
        if run.failure is not None:
            assert run.failure.message.endswith("cut")
        rig.calm()
        assert (await rig.run(wanted("2"), resume=True)).status()["healthy"]
        assert sorted(map(service, rig.world.boxes.values())) == sorted(wanted("2").nodes), "one of each"
        assert (await rig.down("g", volumes=True)).errors == [] and not rig.world.boxes
        return hit()

    each(check)


@pytest.mark.parametrize("again", [False, True], ids=["new", "replaced"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_run_that_was_killed_is_gone_on_with(when: str, again: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is put back and nothing is tidied up: the next run finds what was there at that moment."""

    async def check(number: int) -> bool:
        rig = new_rig()
        if again:
            await rig.run(wanted("1"))
        hit = rig.interrupt(number, Killed, when)
        with monkeypatch.context() as patched:
            patched.setattr(UndoLog, "roll_back", nothing)
            with suppress(BaseException):
                await rig.run(wanted("2"))
        if not hit():
            return False
        rig.calm()
        done = {box.id for box in rig.world.boxes.values() if service(box) in JOBS and finished(box)}
        run = await rig.run(wanted("2"), resume=True)
        assert run.status()["healthy"], number
        assert sorted(map(service, rig.world.boxes.values())) == sorted(wanted("2").nodes), number
        assert set(rig.names()) == {f"g-{name}-1" for name in wanted("2").nodes}, number
        assert all(rig.world.boxes[ident].starts == 1 for ident in done), "a finished job was repeated"
        assert rig.backend.open_streams == 0
        assert (await rig.down("g", volumes=True)).errors == [] and not rig.world.boxes and len(rig.world.networks) == 3
        return True

    each(check)


class Killed(BaseException):
    """The process ends here."""


async def nothing(self: UndoLog) -> list[str]:
    return []


def finished(box: Box) -> bool:
    return box.exit_code == 0 and box.spec.env["V"] == "2"


def service(box: Box) -> str:
    return box.spec.labels["com.docker.compose.service"]


def each(check: Any) -> None:
    """For each call of a run in turn, until one has fewer."""

    async def all_of_them() -> None:
        for number in range(CALLS):
            if not await check(number):
                return
        raise AssertionError("a run makes more calls than were failed")

    anyio.run(all_of_them)
