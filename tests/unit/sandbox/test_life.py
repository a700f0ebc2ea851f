"""The life of a run on the engine in memory: its order, its bounds, and that nothing is left of it."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import Any

import pytest

from perry_ffi.backends.contract.sandbox_records import Runtime, SandboxHost, SandboxSeen
from perry_ffi.backends.fake import Behaviour, FakeBackend, World
from perry_ffi.backends.fake.sandboxes import HOST, FakeSession
from perry_ffi.backends.fake.world import Box, Call
from perry_ffi.errors import BackendError, BackendNotAvailable, ServiceStartupFailed, Timeout, VerificationFailed
from perry_ffi.model.base import validate
from perry_ffi.model.capability import CapabilitySpec
from perry_ffi.sandbox import life
from perry_ffi.sandbox.outcome import outcome
from perry_ffi.sandbox.plan import Plan, plan

pytestmark = pytest.mark.anyio
ENDS, STAYS = Behaviour(exit_code=3, stdout="said\n"), Behaviour(stdout="asleep\n")


def world(behaviour: Behaviour) -> World:
    made = World(lambda box: behaviour)
    made.make_image("i:1")
    return made


async def planned(backend: FakeBackend, **members: Any) -> Plan:
    spec = validate(CapabilitySpec, {"image": "i:1", "cmd": ["x"], **members})
    image = await backend.inspect_image("i:1")
    backend.calls.clear()
    return plan(
        spec, image, reference="i:1", digest=image.id, host=backend.host, runtime=backend.host.runtimes[0], profile=None
    )  # fmt: skip


async def test_its_calls_in_their_order() -> None:
    backend = FakeBackend(world(ENDS))
    ended = await life.live(backend, await planned(backend, input={"/in/a": "x"}))
    assert [call.method for call in backend.calls] == [
        "create_sandbox", "see_sandbox", "put_archive", "attach_sandbox", "wait_exit", "start_container", "see_sandbox",
        "remove_container",
    ]  # fmt: skip
    assert (ended.code, ended.output.of("stdout"), ended.stopped, ended.warnings) == (3, b"said\n", False, [])
    assert not backend.world.boxes and not backend.world.volumes and backend.open_streams == 0


async def test_its_time_is_up() -> None:
    backend = FakeBackend(world(STAYS))
    made = await planned(backend, timeout=0.1)
    ended = await life.live(backend, made)
    assert ended.timed_out and ended.stopped and ended.output.of("stdout") == b"asleep\n"
    result = outcome(made, ended, encoding="utf-8", network="none", warnings=["w"])
    assert (result.exit_code, result.signal, result.timed_out, result.warnings) == (None, "SIGKILL", True, ["w"])
    assert not backend.world.boxes and backend.open_streams == 0


class Talks(FakeSession):
    """Says more than anybody keeps, until its container has ended."""

    async def read(self) -> list[tuple[str, bytes]] | None:
        await asyncio.sleep(0)
        return [("stderr", bytes(1000))] if self._box.status != "exited" else None


class Flooded(FakeBackend):
    def session(self, box: Box) -> FakeSession:
        return Talks(self.listen(lambda event: event.id == box.id), box)


async def test_it_says_too_much() -> None:
    backend = Flooded(world(STAYS))
    ended = await life.live(backend, await planned(backend, maxOutput=1500, timeout="60s"))
    assert ended.output.truncated == {"stdout": False, "stderr": True} and len(ended.output.of("stderr")) == 1500
    assert ended.stopped and not ended.timed_out
    assert not backend.world.boxes


async def cancelled(behaviour: Behaviour, at: int, when: str) -> int:
    """How many calls a run came to that is cancelled at one of them, before the engine did it or after."""
    backend = FakeBackend(world(behaviour))
    made = await planned(backend, input={"/in/a": "x"}, timeout=0.2)
    count = -1
    task: asyncio.Task[object]

    async def cancel(call: Call, moment: str) -> None:
        nonlocal count
        count += moment == "before"
        if (count, moment) == (at, when) and call.method != "remove_container":
            task.cancel()
        await asyncio.sleep(0)

    backend.interrupt = cancel
    task = asyncio.ensure_future(life.live(backend, made))
    await asyncio.gather(task, return_exceptions=True)
    for _ in range(100):
        await asyncio.sleep(0)
    assert not backend.world.boxes and not backend.world.volumes and backend.open_streams == 0, (at, when)
    return count


@pytest.mark.parametrize("behaviour", [ENDS, STAYS], ids=["ends", "stays"])
async def test_cancelled_at_any_call_it_leaves_nothing(behaviour: Behaviour) -> None:
    """Before the engine does it, and after it did and before it said so."""
    calls, at = 0, -1
    while at <= calls:
        at += 1
        calls = max([calls, *[await cancelled(behaviour, at, when) for when in ("before", "after")]])
    assert calls >= 7


@pytest.mark.parametrize(
    "method", ["see_sandbox", "put_archive", "attach_sandbox", "wait_exit", "start_container", "kill_sandbox"]
)
@pytest.mark.parametrize("when", ["before", "after"])
async def test_failing_at_any_call_it_leaves_nothing(method: str, when: str) -> None:
    backend = FakeBackend(world(STAYS))
    made = await planned(backend, input={"/in/a": "x"}, timeout=0.1)

    async def fail(call: Call, moment: str) -> None:
        await asyncio.sleep(0)
        if call.method == method and moment == when:
            raise BackendError("no")

    backend.interrupt = fail
    with pytest.raises((BackendError, ServiceStartupFailed)):
        await life.live(backend, made)
    assert not backend.world.boxes and not backend.world.volumes and backend.open_streams == 0


@pytest.mark.parametrize("error", [BackendError, Timeout])
async def test_a_creation_whose_answer_is_lost_is_taken_back(error: type[BackendError]) -> None:
    backend = FakeBackend(world(ENDS))
    made = await planned(backend)

    async def lose(call: Call, moment: str) -> None:
        if call.method == "create_sandbox" and moment == "after":
            raise error("the connection was cut")

    backend.interrupt = lose
    with pytest.raises(error):
        await life.live(backend, made)
    assert not backend.world.boxes


async def test_what_cannot_be_removed_is_said() -> None:
    backend = FakeBackend(world(ENDS))
    made = await planned(backend)

    async def keep(call: Call, moment: str) -> None:
        if call.method == "remove_container":
            raise BackendError("it is busy")

    backend.interrupt = keep
    ended = await life.live(backend, made)
    assert ended.warnings == ["it could not be removed: it is busy"] and ended.code == 3


async def test_a_command_that_cannot_be_run() -> None:
    backend = FakeBackend(world(Behaviour(start_error="no such file")))
    with pytest.raises(ServiceStartupFailed) as failed:
        await life.live(backend, await planned(backend))
    assert failed.value.details["reason"] == "no such file"
    assert not backend.world.boxes


class Lies(FakeBackend):
    """Makes something else than it is asked for."""

    lie: dict[str, Any] = {}

    async def see_sandbox(self, ident: str) -> SandboxSeen:
        return replace(await super().see_sandbox(ident), **self.lie)


@pytest.mark.parametrize(
    ("lie", "error"),
    [
        ({"image_id": "sha256:other"}, VerificationFailed),
        ({"level": "container"}, BackendNotAvailable),
        ({"runtime": "runc"}, BackendNotAvailable),
        ({"writable": ("/in", "/data")}, BackendError),
    ],
)
async def test_what_was_made_is_looked_at_before_it_starts(lie: dict[str, Any], error: type[BackendError]) -> None:
    backend = Lies(world(ENDS))
    backend.host = SandboxHost((Runtime("runsc", "gvisor"),), "runsc", chooses=True, architecture="amd64")
    backend.lie = lie
    with pytest.raises(error):
        await life.live(backend, await planned(backend, input={"/in/a": "x"}))
    assert "start_container" not in [call.method for call in backend.calls] and not backend.world.boxes


async def test_root_does_not_start_with_the_users_of_the_host() -> None:
    backend = FakeBackend(world(ENDS))
    backend.host = HOST
    with pytest.raises(BackendNotAvailable, match="users"):
        await life.live(backend, await planned(backend, user="0:0"))
    assert "start_container" not in [call.method for call in backend.calls] and not backend.world.boxes


async def test_input_is_sent_and_one_who_does_not_read_it_ends_all_the_same() -> None:
    sessions: list[FakeSession] = []

    class Hears(FakeSession):
        stalls = False

        async def send(self, data: bytes) -> bool:
            if self.stalls:
                await asyncio.sleep(3600)
            return await super().send(data)

    class Given(FakeBackend):
        def session(self, box: Box) -> FakeSession:
            sessions.append(Hears(self.listen(lambda event: event.id == box.id), box))
            return sessions[-1]

    for stalls in (False, True):
        Hears.stalls = stalls
        backend = Given(world(STAYS))
        ended = await life.live(backend, await planned(backend, timeout=0.1, stdin="x" * 200_000))
        assert ended.timed_out and sessions[-1].received == (b"" if stalls else b"x" * 200_000)
        assert not backend.world.boxes


async def test_output_that_breaks_is_an_error_once_the_run_has_ended() -> None:
    """Until then it is bounded as ever, and what is left of it is taken away."""

    class Breaks(FakeSession):
        async def read(self) -> list[tuple[str, bytes]] | None:
            raise BackendError("the connection was cut")

    class Broken(FakeBackend):
        def session(self, box: Box) -> FakeSession:
            return Breaks(self.listen(lambda event: event.id == box.id), box)

    backend = Broken(world(STAYS))
    with pytest.raises(BackendError, match="was cut"):
        await life.live(backend, await planned(backend, timeout=0.1))
    assert "kill_sandbox" in [call.method for call in backend.calls]
    assert not backend.world.boxes and backend.open_streams == 0


async def test_input_that_cannot_be_sent_ends_nothing() -> None:
    class Deaf(FakeSession):
        async def send(self, data: bytes) -> bool:
            raise BackendError("the connection was cut")

    class Given(FakeBackend):
        def session(self, box: Box) -> FakeSession:
            return Deaf(self.listen(lambda event: event.id == box.id), box)

    backend = Given(world(ENDS))
    ended = await life.live(backend, await planned(backend, stdin="x"))
    assert (ended.code, ended.output.of("stdout"), ended.stopped) == (3, b"said\n", False)


async def test_nothing_of_a_run_goes_on_after_it() -> None:
    """No task is left, whichever way it ended."""
    before = asyncio.all_tasks()
    for behaviour, members in (
        (ENDS, {}),
        (STAYS, {"timeout": 0.1, "stdin": "x"}),
        (Behaviour(start_error="no"), {"stdin": "x"}),
    ):
        backend = FakeBackend(world(behaviour))
        made = await planned(backend, **members)
        with contextlib.suppress(ServiceStartupFailed):
            await life.live(backend, made)
        assert asyncio.all_tasks() == before
