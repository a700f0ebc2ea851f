"""Stops of containers that heed no signal, and what becomes of them once whoever asked has asked again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import anyio
import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.errors import BackendNotAvailable
from perry_ffi.runtime.urgent_stop import stop, unless
from perry_ffi.stack.lifecycle import Lifecycle
from perry_ffi.stack.options import Up
from perry_ffi.stack.up import up
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio


@contextmanager
def deaf(rig: Rig) -> Iterator[list[tuple[str, float | None]]]:
    """Containers end when they are killed, or by a stop that does not wait; gives the stops that were asked for."""
    asked: list[tuple[str, float | None]] = []
    real = rig.backend.stop_container

    async def stop_container(ident: str, timeout: float | None = None) -> None:
        box = rig.world.find(ident)
        asked.append((box.name, timeout))
        while box.live and timeout != 0:
            await anyio.sleep(0.01)
        await real(ident, timeout)

    rig.backend.stop_container = stop_container  # type: ignore[method-assign]
    yield asked
    rig.backend.stop_container = real  # type: ignore[method-assign]


async def test_a_stop_becomes_a_kill(rig: Rig) -> None:
    await rig.up(project({"a": {}, "b": {"depends_on": ["a"]}}))
    urgent = asyncio.Event()
    context = replace(rig.context, urgent=urgent)
    with deaf(rig) as asked, anyio.fail_after(10):
        stopping = asyncio.ensure_future(Lifecycle(context, "p", None).stop(None))
        await anyio.sleep(0.05)
        assert rig.names() == {"p-a-1": "running", "p-b-1": "running"} and not stopping.done()
        urgent.set()
        await stopping
    assert set(rig.names().values()) == {"exited"}
    # The second one, whose turn came later, was given no time.
    assert asked == [("p-b-1", None), ("p-a-1", 0)]


async def test_one_that_ends_by_itself_meanwhile(rig: Rig) -> None:
    await rig.up(project({"a": {}}))
    urgent = asyncio.Event()
    await stop(rig.backend, "p-a-1", None, urgent)
    urgent.set()
    await stop(rig.backend, "p-a-1", None, urgent)
    assert [call.method for call in rig.backend.writes].count("kill_container") == 0


async def test_what_comes_before_a_stop_is_given_up() -> None:
    urgent = asyncio.Event()
    done: list[str] = []

    async def hook() -> None:
        await anyio.sleep(0.02)
        done.append("hook")

    await unless(urgent, hook)
    with anyio.fail_after(5):
        asyncio.get_running_loop().call_later(0.05, urgent.set)
        await unless(urgent, anyio.sleep_forever)
    await unless(urgent, hook)
    assert done == ["hook"]


async def test_putting_back_waits_for_no_grace_where_it_is_urgent(rig: Rig) -> None:
    """One that did not run before runs no longer, also where it heeds no signal."""
    await rig.up(project({"a": {}}), start=False)
    rig.behave = {"b": Behaviour(exit_code=3)}
    urgent = asyncio.Event()
    context = replace(rig.context, urgent=urgent)
    wanted = project({"a": {}, "b": {"depends_on": {"a": {"condition": "service_started"}}}})
    with deaf(rig), anyio.fail_after(10):
        bringing = asyncio.ensure_future(up(context, wanted, Up(wait=True)))
        await anyio.sleep(0.2)
        assert not bringing.done() and rig.names()["p-a-1"] == "running"
        urgent.set()
        await asyncio.wait((bringing,))
    assert bringing.exception().details["rolledBack"]  # type: ignore[union-attr]
    assert rig.names() == {"p-a-1": "exited"}


async def test_an_engine_that_is_away_is_not_waited_for_where_it_is_urgent(rig: Rig) -> None:
    urgent = asyncio.Event()
    context = replace(rig.context, urgent=urgent)

    async def away(call: Any, moment: str) -> None:
        if call.method in ("start_container", "list_containers", "remove_container") and rig.world.boxes:
            raise BackendNotAvailable("gone", backend="fake")

    rig.backend.interrupt = away
    asyncio.get_running_loop().call_later(0.5, urgent.set)
    with anyio.fail_after(10):
        with pytest.raises(BackendNotAvailable) as caught:
            await up(context, project({"a": {}}), Up())
    assert caught.value.details["leftOver"]
