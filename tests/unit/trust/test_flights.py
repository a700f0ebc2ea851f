from __future__ import annotations

from typing import Any

import anyio

from perry_ffi.errors import ContainerError, NotFound
from perry_ffi.trust.flights import Flights


def test_one_who_is_cancelled_is_followed_by_another() -> None:
    async def work() -> str:
        flights: Flights[str] = Flights()

        async def for_ever() -> str:
            await anyio.sleep_forever()
            return ""

        async def quick() -> str:
            return "done"

        async with anyio.create_task_group() as group:
            with anyio.CancelScope() as scope:
                group.start_soon(_cancelled, scope)
                group.start_soon(_later, flights, quick)
                await flights.get("a", for_ever)
        return await flights.get("a", quick)

    async def _cancelled(scope: anyio.CancelScope) -> None:
        await anyio.sleep(0.01)
        scope.cancel()

    async def _later(flights: Flights[str], quick: Any) -> None:
        assert await flights.get("a", quick) == "done"

    assert anyio.run(work) == "done"


def test_an_error_is_told_to_all_that_wait_and_forgotten() -> None:
    async def work() -> int:
        flights: Flights[str] = Flights()
        errors = 0

        async def fails() -> str:
            await anyio.sleep(0.01)
            raise NotFound("x")

        async def one() -> None:
            nonlocal errors
            try:
                await flights.get("a", fails)
            except ContainerError:
                errors += 1

        async with anyio.create_task_group() as group:
            for _ in range(5):
                group.start_soon(one)
        return errors

    assert anyio.run(work) == 5
