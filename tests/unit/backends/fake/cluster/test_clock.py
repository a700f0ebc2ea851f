"""The time of the cluster in memory."""

from __future__ import annotations

import anyio
import pytest

from perry_ffi.backends.fake.cluster.clock import Clock

pytestmark = pytest.mark.anyio


def test_moved_it_lets_happen_what_is_due_in_order() -> None:
    clock, seen = Clock(None), list[str]()
    clock.after(2, lambda: seen.append("c"))
    clock.after(1, lambda: seen.append("a"))
    clock.after(1, lambda: seen.append("b"))
    clock.after(1, lambda: seen.append("never")).cancel()
    clock.move(1.5)
    assert (seen, clock.now) == (["a", "b"], 1.5)
    clock.move(1)
    assert seen == ["a", "b", "c"]


def test_what_happens_may_order_more() -> None:
    clock, seen = Clock(None), list[float]()

    def again() -> None:
        seen.append(clock.now)
        clock.after(1, again)

    clock.after(1, again)
    clock.move(3.5)
    assert seen == [1, 2, 3]


def test_of_two_looks_the_later_is_later() -> None:
    clock = Clock(None)
    first, second = clock.stamp(), clock.stamp()
    clock.move(3600)
    assert first < second < clock.stamp()


async def test_the_loop_drives_it_and_nothing_comes_early() -> None:
    """Also what was ordered beside something that happened in the same turn."""
    clock, seen = Clock(1.0), list[str]()
    done = anyio.Event()

    def first() -> None:
        clock.after(0, lambda: seen.append("at once"))
        clock.after(1000, lambda: seen.append("early"))
        clock.after(0.1, done.set)

    clock.after(0, first)
    with anyio.fail_after(30):
        await done.wait()
    await anyio.sleep(0)
    assert seen == ["at once"]
    clock.rest()


def test_what_one_loop_left_another_goes_on_with() -> None:
    clock, seen = Clock(0.001), list[str]()
    clock.after(1, lambda: seen.append("before any loop"))

    async def wait() -> None:
        clock.arm()
        with anyio.fail_after(30):
            while len(seen) < 1:
                await anyio.sleep(0.001)
        clock.after(10**9, lambda: seen.append("never"))

    anyio.run(wait)
    clock.after(1, lambda: seen.append("between loops"))

    async def again() -> None:
        clock.arm()
        with anyio.fail_after(30):
            while len(seen) < 2:
                await anyio.sleep(0.001)

    anyio.run(again)
    assert seen == ["before any loop", "between loops"]
