"""``run``: what is left of a container of its own, however it ended."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from perry_ffi.backends.fake import Behaviour, Call
from perry_ffi.errors import BackendError, Timeout
from perry_ffi.model.base import validate
from perry_ffi.model.stack import RunOptions
from perry_ffi.stack.one_off import begin, create, run
from perry_ffi.stack.one_off_spec import OneOff
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio
ENDS, STAYS = Behaviour(exit_code=3, stdout="said\n"), Behaviour()
WEB = project({"web": {}})


def options(**members: object) -> RunOptions:
    return validate(RunOptions, members)


async def test_one_that_somebody_else_removed_has_its_result(tmp_path: Path) -> None:
    rig = Rig(tmp_path, web=ENDS)

    async def remove(call: Call, moment: str) -> None:
        if (call.method, moment) == ("remove_container", "before"):
            for box in list(rig.world.boxes.values()):
                rig.world.remove(box, force=True, volumes=True)

    rig.backend.interrupt = remove
    result = await run(rig.context, WEB, "web", options())
    assert (result.exit_code, result.stdout) == (3, "said\n") and not rig.world.boxes


@pytest.mark.parametrize("depends", [[], ["db"]])
async def test_it_takes_orphans_away_and_what_others_left(tmp_path: Path, depends: list[str]) -> None:
    """Also where nothing else is to be brought up; a container of ``run`` that runs stays, and so does all where nobody asks."""
    rig = Rig(tmp_path, web=ENDS)
    await rig.up(project({"old": {}}))
    wanted = project({"web": {"depends_on": depends}, "db": {}})
    await run(rig.context, wanted, "web", options(rm=False, name="left"))
    rig.behave["web"] = STAYS
    await begin(rig.context, wanted, "web", OneOff(name="busy"))
    rig.behave["web"] = ENDS
    await run(rig.context, wanted, "web", options())
    others = [f"p-{name}-1" for name in depends]
    assert sorted(box.name for box in rig.world.boxes.values()) == sorted(["left", "busy", "p-old-1", *others])
    made = await create(rig.context, wanted, "web", OneOff(remove_orphans=True, name="new"))
    assert made.name == "new" and sorted(box.name for box in rig.world.boxes.values()) == sorted(["busy", "new", *others])


async def test_its_output_is_heard_while_it_runs(tmp_path: Path) -> None:
    rig, told = Rig(tmp_path, web=Behaviour(stdout="said\n", stderr="odd\n")), list[tuple[str, str]]()

    def heard(stream: str, text: str) -> None:
        told.append((stream, text))
        if len(told) == 2:
            (box,) = rig.world.boxes.values()
            assert box.status == "running"
            rig.world.end(box, 4)

    result = await run(rig.context, WEB, "web", options(), heard)
    assert sorted(told) == [("stderr", "odd\n"), ("stdout", "said\n")]
    assert (result.exit_code, result.stdout, result.stderr) == (4, "", "")


async def test_why_it_failed_is_told_although_it_cannot_be_removed(tmp_path: Path) -> None:
    rig = Rig(tmp_path, web=STAYS)

    async def refuse(call: Call, moment: str) -> None:
        if call.method == "remove_container":
            raise BackendError("it is busy")

    rig.backend.interrupt = refuse
    with pytest.raises(Timeout, match="did not end within"):
        await run(rig.context, WEB, "web", options(timeout=0.1))


async def test_one_that_ended_and_cannot_be_removed_is_told(tmp_path: Path) -> None:
    rig = Rig(tmp_path, web=ENDS)

    async def refuse(call: Call, moment: str) -> None:
        if call.method == "remove_container":
            raise BackendError("it is busy")

    rig.backend.interrupt = refuse
    with pytest.raises(BackendError, match="busy"):
        await run(rig.context, WEB, "web", options())


async def test_cancelled_again_while_it_is_removed_it_is_removed(tmp_path: Path) -> None:
    rig = Rig(tmp_path, web=STAYS)
    running, removing, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def wait(call: Call, moment: str) -> None:
        if (call.method, moment) == ("start_container", "after"):
            running.set()
        if (call.method, moment) == ("remove_container", "before"):
            removing.set()
            await go_on.wait()

    rig.backend.interrupt = wait
    task = asyncio.ensure_future(run(rig.context, WEB, "web", options()))
    await running.wait()
    task.cancel()
    await removing.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    for _ in range(100):
        await asyncio.sleep(0)
    assert not rig.world.boxes
