"""What the tests of the contract share."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import pytest

from perry_ffi.backends.contract.capability import Support
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.model.event import EngineEvent
from tests.live.conftest import Bench

BOUND = 30.0
"""Seconds after which an engine has failed to answer."""


def has(bench: Bench, group: str) -> bool:
    """Whether the backend has an optional group, be it emulated."""
    return bench.backend.capabilities.of(group).support is not Support.UNSUPPORTED


def need(bench: Bench, group: str) -> None:
    """Skips the test where the backend lacks a group; ``test_groups`` holds that it is then refused."""
    if not has(bench, group):
        pytest.skip(f"{bench.backend.name} has no {group}")


async def status(bench: Bench, ident: str) -> str:
    return (await bench.backend.inspect_container(ident)).status


async def until(stream: Stream[EngineEvent], last: Callable[[EngineEvent], bool]) -> list[EngineEvent]:
    """The events up to the first that ``last`` is true of."""
    found: list[EngineEvent] = []
    with anyio.fail_after(BOUND):
        while True:
            events = await stream.next()
            assert events is not None
            for event in events:
                found.append(event)
                if last(event):
                    return found
