"""What is had from the core of the contract: events by looking, output from a log."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from perry_ffi.backends.contract.emulated.events import changes
from perry_ffi.backends.fake import Behaviour, World
from perry_ffi.errors import NotFound
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.container_info import ContainerInfo
from tests.contract.scratch import ScratchBackend

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


AT = [f"2026-11-20T10:00:0{second}Z" for second in range(9)]


def info(status: str, **members: Any) -> ContainerInfo:
    return ContainerInfo(id="i", name="n", image="app", status=status, created="", labels={"a": "b"}, **members)  # type: ignore[arg-type]


def told(old: ContainerInfo | None, new: ContainerInfo | None) -> list[str]:
    before, now = ({"i": one} if one else {} for one in (old, new))
    return [event.action for event in changes(before, now)]


@pytest.mark.parametrize(
    ("old", "new", "actions"),
    [
        (None, info("created"), ["create"]),
        (None, info("running"), ["create", "start"]),
        (None, info("exited", exit_code=3), ["create", "start", "die"]),
        (info("created"), info("running"), ["start"]),
        (info("created"), info("exited", exit_code=3), ["start", "die"]),
        (info("running"), info("running"), []),
        (info("running", started_at=AT[1]), info("running", started_at=AT[2]), ["die", "start"]),
        (info("running"), info("exited", exit_code=3), ["die"]),
        (info("running"), info("restarting", exit_code=3), ["die"]),
        (info("restarting", started_at=AT[1]), info("restarting", started_at=AT[2]), ["start", "die"]),
        (info("running", started_at=AT[1]), info("restarting", started_at=AT[2]), ["die", "start", "die"]),
        (info("exited", started_at=AT[1]), info("exited", started_at=AT[2]), ["start", "die"]),
        (info("restarting"), info("restarting"), []),
        (info("restarting"), info("exited"), []),
        (info("restarting"), info("running"), ["start"]),
        (info("exited"), info("restarting"), ["start", "die"]),
        (info("running"), info("paused"), ["pause"]),
        (info("paused"), info("running"), ["unpause"]),
        (info("running", health="starting"), info("running", health="healthy"), ["health_status"]),
        (info("exited"), info("exited"), []),
        (info("exited", started_at="1"), info("exited", started_at="2"), ["start", "die"]),
        (info("exited", started_at="1"), info("exited"), []),
        (info("exited"), info("running"), ["start"]),
        (info("running"), None, ["destroy"]),
    ],
)
def test_what_lies_between_two_looks(old: ContainerInfo | None, new: ContainerInfo | None, actions: list[str]) -> None:
    assert told(old, new) == actions


def test_an_event_says_what_the_look_has_found() -> None:
    (event,) = changes({"i": info("running")}, {"i": info("exited", exit_code=3)})
    assert (event.kind, event.id, event.name, event.attributes, event.exit_code) == ("container", "i", "n", {"a": "b"}, 3)
    (event,) = changes({"i": info("running")}, {"i": info("running", health="unhealthy")})
    assert (event.health, event.exit_code) == ("unhealthy", None)


def test_the_code_is_that_of_the_last_end() -> None:
    old, new = info("running", started_at=AT[1]), info("restarting", started_at=AT[2], exit_code=3)
    assert [event.exit_code for event in changes({"i": old}, {"i": new})] == [None, None, 3]


def test_events_of_several_are_told_in_their_order() -> None:
    """An older container may have ended later."""
    names = {"a": (AT[0], AT[5]), "b": (AT[1], AT[3])}
    before = {name: info("running", started_at=AT[2]) for name in names}
    for name, (created, _) in names.items():
        before[name].created = created
        before[name].name = name
    now = {
        name: one.model_copy(update={"status": "exited", "finished_at": names[name][1], "exit_code": 0})
        for name, one in before.items()
    }
    assert [event.name for event in changes(before, now)] == ["b", "a"]
    started = now["a"].model_copy(update={"status": "running", "started_at": AT[4]})
    assert [(event.name, event.action) for event in changes(before, {**now, "a": started})] == [
        ("b", "die"), ("a", "die"), ("a", "start"),
    ]  # fmt: skip


def engine(stdout: str = "") -> ScratchBackend:
    world = World(lambda box: Behaviour(stdout=stdout))
    world.make_image("app")
    return ScratchBackend(world)


async def test_who_comes_back_is_told_to_look_again() -> None:
    backend = engine()
    handle = await backend.run_container(ContainerSpec(image="app"))
    stream = await backend.events(since=1.0)
    events = await stream.next()
    assert events is not None and [(event.id, event.action) for event in events] == [(handle.id, "update")]
    await stream.aclose()
    assert await stream.next() is None


async def test_a_container_that_runs_is_heard_from_now_on() -> None:
    backend = engine("before\n")
    handle = await backend.run_container(ContainerSpec(image="app"))
    session = await backend.attach_container(handle.id)
    with anyio.move_on_after(0.05):
        assert await session.output.next() is None
    await backend.stop_container(handle.id)
    assert await session.output.next() is None
    await session.aclose()


async def test_what_goes_before_it_starts_says_nothing() -> None:
    backend = engine()
    handle = await backend.create_container(ContainerSpec(image="app"))
    session, watch = await backend.attach_container(handle.id), await backend.wait_exit(handle.id)
    await backend.remove_container(handle.id)
    assert await session.output.next() is None
    with pytest.raises(NotFound):
        await watch.exit_code(5)
