from __future__ import annotations

from pathlib import Path

import anyio
import pytest

from perry_ffi.backends.contract.interaction import Terms
from perry_ffi.backends.fake import FakeBackend, World
from perry_ffi.backends.fake.cluster import TaskScript
from perry_ffi.errors import Conflict, ServiceStartupFailed, Unsupported
from perry_ffi.stack.cluster.one_off import prepared
from perry_ffi.stack.cluster.talk import AttachedOneOff, refuse_terminal
from perry_ffi.stack.one_off_spec import OneOff
from tests.unit.stack.cluster.served import IMAGE, Served
from tests.unit.stack.rig import project

pytestmark = pytest.mark.anyio


async def attached(served: Served) -> AttachedOneOff:
    made = await prepared(served.context, project({"web": {"image": IMAGE}}), "web", OneOff())
    return await AttachedOneOff(served.context, made, Terms(stdin=True)).open()


async def heard(one: AttachedOneOff) -> dict[str, bytes]:
    found = {"stdout": b"", "stderr": b""}
    with anyio.fail_after(20):
        while (batch := await one.talk.output.next()) is not None:
            for stream, data in batch:
                found[stream] += data
    return found


async def test_its_output_is_heard_once_whole_and_its_code_told(tmp_path: Path) -> None:
    served = Served(tmp_path, web=TaskScript(exit_code=3, seconds=50.0, stdout="one\ntwo", stderr="bad\n"))
    one = await attached(served)
    assert await served.services.services() == []
    assert not one.talk.takes_input
    with pytest.raises(Conflict):
        await one.talk.send(b"x")
    await one.start()
    assert await heard(one) == {"stdout": b"one\ntwo", "stderr": b"bad\n"}
    assert await one.exit_code() == 3
    await one.aclose()
    assert await served.services.services() == []


async def test_one_that_cannot_begin_says_so_by_its_code(tmp_path: Path) -> None:
    served = Served(tmp_path, web=TaskScript(rejected="No such image: x"))
    one = await attached(served)
    await one.start()
    await heard(one)
    with pytest.raises(ServiceStartupFailed, match="No such image"):
        await one.exit_code()
    await one.aclose()


async def test_one_that_is_kept_goes_on(tmp_path: Path) -> None:
    served = Served(tmp_path)
    one = await attached(served)
    await one.start()
    one.keep()
    await one.aclose()
    assert len(await served.services.services()) == 1


async def test_a_signal_goes_to_its_node_or_ends_it(tmp_path: Path) -> None:
    n2 = FakeBackend(World())
    served = Served(tmp_path, engines={"n2": n2})
    served.cluster.drain("n1")
    one = await attached(served)
    await one.start()
    await served.stand(one.name.removeprefix("p_"))
    await one.signal("SIGTERM")
    assert [call.method for call in n2.calls] == ["kill_container"]
    served.cluster.engines.clear()
    await one.signal("SIGTERM")
    assert await served.services.services() == []
    with pytest.raises(ServiceStartupFailed, match="removed meanwhile"):
        await one.exit_code()
    await one.aclose()


def test_nobody_types_into_a_cluster() -> None:
    refuse_terminal(Terms(stdin=True))
    with pytest.raises(Unsupported, match="no terminal and no input"):
        refuse_terminal(Terms(stdin=True, terminal=True))
