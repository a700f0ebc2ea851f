"""Work that several ask for at the same time and that is done once. Nothing is remembered: who comes later asks anew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

import anyio

from perry_ffi.errors import ContainerError

T = TypeVar("T")


class _Flight(Generic[T]):
    def __init__(self) -> None:
        self.ended = anyio.Event()
        self.result: T | None = None
        self.error: ContainerError | None = None
        self.landed = False


class Flights(Generic[T]):
    """One flight for each name."""

    def __init__(self) -> None:
        self._flying: dict[Hashable, _Flight[T]] = {}

    async def get(self, name: Hashable, work: Callable[[], Awaitable[T]]) -> T:
        """What ``work`` gives, or what somebody else's gives who has just begun it. One who is cancelled is followed by another."""
        while (flight := self._flying.get(name)) is not None:
            await flight.ended.wait()
            if flight.error is not None:
                raise flight.error
            if flight.landed:
                return flight.result  # type: ignore[return-value]  # it landed, so it is a result
        flight = self._flying[name] = _Flight()
        try:
            flight.result = await work()
            flight.landed = True
            return flight.result
        except ContainerError as error:
            flight.error = error
            raise
        finally:
            del self._flying[name]
            flight.ended.set()
