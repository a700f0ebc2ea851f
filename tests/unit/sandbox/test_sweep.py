"""Sandboxes that nobody looks after any more."""

from __future__ import annotations

import time

import pytest

from perry_ffi.backends.fake import FakeBackend, World
from perry_ffi.backends.fake.world import Call
from perry_ffi.errors import BackendError
from perry_ffi.model.container import ContainerSpec
from perry_ffi.sandbox import sweep
from perry_ffi.sandbox.labels import DEADLINE, OWNER, RUN, labels
from perry_ffi.sandbox.owner import this_process

pytestmark = pytest.mark.anyio
_BOOT, _NAMESPACE, _PID, _STARTED = this_process().split(".")
DEAD = f"{_BOOT}.{_NAMESPACE}.{_PID}.{int(_STARTED) + 1}"


async def backend(**marked: dict[str, str]) -> FakeBackend:
    made = FakeBackend(World())
    made.world.make_image("i")
    for name, found in marked.items():
        await made.create_container(ContainerSpec(image="i", name=name, labels=found))
    return made


def mark(owner: str, deadline: object) -> dict[str, str]:
    return {RUN: "x", OWNER: owner, DEADLINE: str(deadline)}


async def test_what_is_left_and_what_is_not() -> None:
    elsewhere, now = "boot.1.2.3", int(time.time())
    made = await backend(
        mine=labels("x", 30),
        dead=mark(DEAD, now + 1000),
        late=mark(elsewhere, now - 61),
        due=mark(elsewhere, now - 30),
        others=mark(elsewhere, now + 1000),
        odd=mark(elsewhere, "soon"),
        nobody={OWNER: DEAD},
    )
    assert sorted(await sweep.sweep(made)) == ["dead", "late"]
    assert {found.name for found in await made.list_containers(all=True)} == {"mine", "due", "others", "odd", "nobody"}


async def test_at_most_once_a_minute() -> None:
    made = await backend()
    for _ in range(3):
        assert await sweep.sweep_if_due(made) == []
    assert [call.method for call in made.calls].count("list_containers") == 1


async def test_one_that_fails_is_said_and_stops_nothing() -> None:
    made = await backend(dead=mark(DEAD, 0), gone=mark(DEAD, 0))

    async def refuse(call: Call, when: str) -> None:
        if call.method == "remove_container" and when == "before":
            raise BackendError("no")

    made.interrupt = refuse
    (warning,) = await sweep.sweep_if_due(made)
    assert "could not be removed" in warning
    assert [call.method for call in made.calls].count("remove_container") == 2, "the others are tried all the same"
