"""Records and those who listen to them."""

from __future__ import annotations

import pytest

from perry_ffi.runtime.event_bus import BOUND, EventBus

anyio_test = pytest.mark.anyio


@anyio_test
async def test_records_are_numbered_versioned_and_told_to_the_parent_too() -> None:
    parent = EventBus()
    bus, above = EventBus(parent), parent.subscribe()
    parent.tell("other")
    mine = bus.subscribe()
    bus.tell("step", state="done", service=None)
    [record] = await mine.next() or []
    assert (record["version"], record["seq"], record["kind"], record["state"]) == (1, 1, "step", "done")
    assert "service" not in record
    assert [(row["seq"], row["kind"]) for row in await above.next() or []] == [(1, "other"), (2, "step")]


@anyio_test
async def test_a_listener_that_does_not_keep_up_is_told_what_it_missed() -> None:
    bus = EventBus()
    listener = bus.subscribe()
    for _ in range(BOUND + 7):
        bus.tell("x")
    found = await listener.next() or []
    assert found[0] == {"version": 1, "seq": 7, "kind": "gap", "missed": 7}
    assert [row["seq"] for row in found[1:]] == list(range(8, BOUND + 8))
    bus.tell("x")
    assert [row["seq"] for row in await listener.next() or []] == [BOUND + 8]


@anyio_test
async def test_the_end_of_a_subscription() -> None:
    bus = EventBus()
    listener, closed = bus.subscribe(), bus.subscribe()
    bus.tell("last")
    await closed.aclose()
    bus.end()
    assert len(await listener.next() or []) == 1 and await listener.next() is None and await closed.next() is None


@anyio_test
async def test_whether_somebody_listens_closely() -> None:
    parent = EventBus()
    bus = EventBus(parent)
    bus.subscribe()
    assert not bus.is_heard_closely
    listener = parent.subscribe(closely=True)
    assert bus.is_heard_closely and parent.is_heard_closely
    await listener.aclose()
    assert not bus.is_heard_closely
