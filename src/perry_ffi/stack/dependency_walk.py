"""Does something for every service, as soon as it is done for those that come before it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping

import anyio

from perry_ffi.cancellation import one_error
from perry_ffi.stack.order import waves


async def walk(before: Mapping[str, Iterable[str]], services: Iterable[str], work: Callable[[str], Awaitable[None]]) -> None:
    """Does ``work`` for each of ``services``, side by side as far as ``before`` lets it. The first failure ends all.

    A cycle, which only foreign labels can make, is no order.
    """
    place = {name: number for number, wave in enumerate(waves(before, services)) for name in wave}
    done = {name: anyio.Event() for name in place}

    async def one(name: str) -> None:
        for other in before.get(name, ()):
            if other in place and place[other] < place[name]:
                await done[other].wait()
        await work(name)
        done[name].set()

    with one_error():
        async with anyio.create_task_group() as group:
            for name in place:
                group.start_soon(one, name)


def turned(before: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """The opposite order: each comes before what comes before it."""
    found: dict[str, list[str]] = {}
    for name in sorted(before):
        for other in before[name]:
            found.setdefault(other, []).append(name)
    return found
