"""Operations that do what a test tells them, behind the real border.

The tests put this file in the place of ``perry_ffi/api/volumes.py`` in a copy of the package: the C sources, the
serving loop, the session and the handles are the library's own; only what an operation does is the test's.
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

from perry_ffi.api.session import Session
from perry_ffi.api.streams import open_stream
from perry_ffi.errors import Conflict


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


async def _act(session: Session, word: str, argument: str) -> Any:
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


def _at_once(session: Session, word: str, argument: str) -> Any:
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
            return open_stream(session, Numbers(int(count), float(pause)))
        case "thing":
            return session.handles.add("stack", Thing())
        case "drop-thing":
            return session.handles.remove("stack", int(argument)) and None
        case "environ":
            return os.environ.get(argument)
    return NotImplemented


def inspect(session: Session, name: str | None) -> Any:
    """Does what ``name`` says: at once where nothing is to be waited for, else as a task."""
    word, _, argument = (name or "echo").partition(":")
    answer = _at_once(session, word, argument)
    return _act(session, word, argument) if answer is NotImplemented else answer


async def create(session: Session, name: str | None, options: bytes | None) -> Any:
    """Answers with what arrived: the name, and the text of the document."""
    return {"name": name, "options": None if options is None else json.loads(options)}


async def remove(session: Session, name: str | None, force: int) -> None:
    """Settles with nothing."""


async def list_(session: Session) -> list[str]:
    return []
