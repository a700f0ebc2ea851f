from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.backends.contract.interaction import Terms
from perry_ffi.backends.fake import Behaviour, Call
from perry_ffi.errors import BackendError, Conflict
from perry_ffi.stack.attached import Attached
from perry_ffi.stack.one_off import create
from perry_ffi.stack.one_off_spec import OneOff
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio
WEB = project({"web": {}})


async def begun(rig: Rig, **options: bool) -> Attached:
    made = await create(rig.context, WEB, "web", OneOff(stdin=True, tty=False))
    return Attached(rig.backend, made.id, made.name or "", Terms(stdin=True), **options)


async def said(attached: Attached) -> bytes:
    found = b""
    while (pieces := await attached.talk.output.next()) is not None:
        found += b"".join(data for _, data in pieces)
    return found


@pytest.mark.parametrize("removes", [True, False])
async def test_a_short_life(tmp_path: Path, removes: bool) -> None:
    rig = Rig(tmp_path, web=Behaviour(exit_code=3, stdout="said\n"))
    attached = await (await begun(rig, removes=removes, fresh=True)).open()
    await attached.start()
    assert (await said(attached), await attached.exit_code()) == (b"said\n", 3)
    await attached.aclose()
    await attached.aclose()
    assert len(rig.world.boxes) == (0 if removes else 1) and rig.backend.open_streams == 0


async def test_one_that_is_kept(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    attached = await (await begun(rig, removes=True, fresh=True)).open()
    await attached.start()
    attached.keep()
    await attached.aclose()
    assert [box.status for box in rig.world.boxes.values()] == ["running"]


@pytest.mark.parametrize("method", ["talk_to_container", "wait_exit", "start_container"])
async def test_one_that_cannot_begin_goes(tmp_path: Path, method: str) -> None:
    rig = Rig(tmp_path)
    attached = await begun(rig, fresh=True)

    async def refuse(call: Call, moment: str) -> None:
        if call.method == method:
            raise BackendError("no")

    rig.backend.interrupt = refuse
    try:
        with pytest.raises(BackendError, match="no"):
            await (await attached.open()).start()
    finally:
        await attached.aclose()
    if method != "wait_exit" or not rig.world.boxes:
        assert not rig.world.boxes and rig.backend.open_streams == 0


async def test_one_that_ends_before_it_is_listened_to(tmp_path: Path) -> None:
    """An engine takes who attaches to what has ended, and never says another word."""
    rig = Rig(tmp_path)
    attached = await begun(rig)
    await (await attached.open()).start()
    await attached.aclose()
    ident = next(iter(rig.world.boxes))
    second = Attached(rig.backend, ident, "p-web-1", Terms(stdin=True), runs=True)
    await (await second.open()).aclose()

    async def end(call: Call, moment: str) -> None:
        if call.method == "talk_to_container" and moment == "before":
            await rig.backend.kill_container(ident, "SIGKILL")

    rig.backend.interrupt = end
    with pytest.raises(Conflict, match=r"p-web-1 does not run \(exited\)"):
        await second.open()
    assert rig.backend.open_streams == 0


async def test_signals(tmp_path: Path) -> None:
    rig = Rig(tmp_path)
    attached = await (await begun(rig)).open()
    await attached.start()
    await attached.signal("SIGKILL")
    assert await attached.exit_code() == 137
    await attached.signal("SIGTERM")  # It has ended, which is nobody's fault.
    await attached.aclose()
