"""How the runs of containers end, told behind the last words of each."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import anyio

from perry_ffi.errors import ContainerError, NotFound
from perry_ffi.model.event import EventAction
from perry_ffi.stack.logs import Record

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.event import EngineEvent
    from perry_ffi.stack.observed import Replica

PATIENCE = 3.0
"""Seconds in which an engine tells of an end after it has given the last of the log."""


class End(Record):
    """One run has ended. Its stream is ``end``, its text what is to be said; ``exitCode`` is absent where nobody knows it, and
    ``restarting`` says that the engine starts it again. id: of the container.
    """

    id = ""


class RunEnds:
    """The ends that an engine has told of and nobody has asked for yet."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._codes: dict[str, deque[int | None]] = {}
        self._news: dict[str, anyio.Event] = {}

    def hear(self, event: EngineEvent) -> None:
        """Takes in what happened."""
        if event.kind == "container" and event.action == EventAction.ENDED:
            self._codes.setdefault(event.id, deque()).append(event.exit_code)
            if event.id in self._news:
                self._news.pop(event.id).set()

    async def of(self, row: Replica, *, wait: bool) -> End | None:
        """How the run of a container ended. wait: it may still go on; else it is over, and an engine that does not tell is asked.

        ``None`` where nothing is to be told: it goes on, as far as anybody knows, or it is gone and its end was not told.
        """
        with anyio.move_on_after(None if wait else PATIENCE):
            while not self._codes.get(row.id):
                await self._news.setdefault(row.id, anyio.Event()).wait()
        told = self._codes.get(row.id)
        code = told.popleft() if told else None
        restarting = False
        try:
            info = await self._backend.inspect_container(row.id)
            restarting = info.status == "restarting"
            if not told and code is None and info.status in ("running", "paused"):
                return None
            code = info.exit_code if code is None else code
        except NotFound:
            if code is None:
                return None
        except ContainerError:
            pass
        return end_of(row, code, restarting)


def end_of(row: Replica, code: int | None, restarting: bool) -> End:
    """The record of an end. code: ``None`` where nobody knows it."""
    text = "exited" if code is None else f"exited with code {code}"
    found = End(service=row.service, container=row.name, replica=row.number, stream="end", text=text, time="")
    if code is not None:
        found["exitCode"] = code
    if restarting:
        found["restarting"], found["text"] = True, f"{text} (restarting)"
    found.id = row.id
    return found
