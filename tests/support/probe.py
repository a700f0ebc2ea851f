"""Operations that do what a test tells them, behind the real border.

The tests put this file in the place of ``perry_ffi/api/volumes.py`` in a copy of the package: the C sources, the
serving loop, the client and the handles are the library's own; only what an operation does is the test's.
``inspectVolume`` takes ``WORD`` or ``WORD:ARGUMENT``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import time
from typing import Any

from perry_ffi.errors import Conflict
from perry_ffi.service.client import Client
from perry_ffi.service.streams import open_stream


class Numbers:
    """A source of numbers, up to ``count``: each read waits ``pause`` seconds."""

    def __init__(self, count: int, pause: float) -> None:
        self._left = count
        self._count = count
        self._pause = pause
        self._closed = asyncio.Event()

    async def next(self) -> list[int] | None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._pause):
                await self._closed.wait()
        if self._left == 0 or self._closed.is_set():
            return None
        self._left -= 1
        return [self._count - self._left]

    async def aclose(self) -> None:
        self._closed.set()


class Thing:
    """A handle of another kind."""

    async def aclose(self) -> None:
        return


def _spin(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        sum(range(50))


async def _act(client: Client, word: str, argument: str) -> Any:
    if word == "sleep":
        await asyncio.sleep(float(argument))
    elif word == "hang":
        await asyncio.Event().wait()
    elif word == "stubborn":
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            return "done all the same"
    elif word == "tidy":
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(float(argument))
    elif word == "deaf":
        while True:
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                continue
    elif word == "spawn":
        await asyncio.get_running_loop().run_in_executor(None, subprocess.run, ["sleep", argument])
    elif word == "die":
        raise SystemExit(3)
    elif word == "conflict":
        raise Conflict(argument, name=argument)
    elif word == "defect":
        raise ZeroDivisionError(argument)
    else:
        raise ValueError(word)
    return None


def _at_once(client: Client, word: str, argument: str) -> Any:
    match word:
        case "echo":
            return argument
        case "spin":
            return _spin(float(argument))
        case "die-now":
            raise SystemExit(3)
        case "stop-loop":
            return asyncio.get_running_loop().stop()
        case "unencodable":
            return object()
        case "nothing":
            return None
        case "stream":
            count, pause = argument.split(",")
            return client.handles.number(open_stream(client, Numbers(int(count), float(pause))))
        case "thing":
            return client.handles.add("stack", Thing())
        case "drop-thing":
            return client.handles.remove("stack", int(argument)) and None
        case "environ":
            return os.environ.get(argument)
    return NotImplemented


def inspect(client: Client, name: str | None) -> Any:
    """Does what ``name`` says: at once where nothing is to be waited for, else as a task."""
    word, _, argument = (name or "echo").partition(":")
    answer = _at_once(client, word, argument)
    return _act(client, word, argument) if answer is NotImplemented else answer


async def create(client: Client, name: str | None, options: bytes | None) -> Any:
    """Answers with what arrived: the name, and the text of the document."""
    return {"name": name, "options": None if options is None else json.loads(options)}


async def remove(client: Client, name: str | None, force: int) -> None:
    """Settles with nothing."""


async def list_(client: Client) -> list[str]:
    return []
