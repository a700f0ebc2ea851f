"""What happens, told to whoever listens: numbered, versioned records.

A listener that does not keep up never holds the work up: past its bound the oldest records go, and a record of
kind ``gap`` says in their place how many. Numbers tell as well: they count up by one.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from typing import Any

import anyio

VERSION = 1
BOUND = 10_000


class Subscription:
    """One listener's records. It is a stream: ``next`` gives what has come, at least one; ``None`` once closed.

    closely: it also wants to hear what the engine has to be asked for.
    """

    def __init__(self, bus: EventBus, closely: bool = False) -> None:
        self._bus = bus
        self.closely = closely
        self._records: deque[dict[str, Any]] = deque()
        self._missed = 0
        self._news = anyio.Event()
        self._closed = False

    def put(self, record: dict[str, Any]) -> None:
        if len(self._records) >= BOUND:
            self._records.popleft()
            self._missed += 1
        self._records.append(record)
        self._news.set()

    async def next(self) -> Sequence[dict[str, Any]] | None:
        while not self._records:
            if self._closed:
                return None
            self._news = anyio.Event()
            await self._news.wait()
        batch = list(self._records)
        self._records.clear()
        if self._missed:
            batch.insert(0, {"version": VERSION, "seq": batch[0]["seq"] - 1, "kind": "gap", "missed": self._missed})
            self._missed = 0
        return batch

    def end(self) -> None:
        """No more records will come; those that wait can still be read."""
        self._closed = True
        self._news.set()

    async def aclose(self) -> None:
        self._bus.forget(self)
        self._records.clear()
        self.end()


class EventBus:
    """Where records are told. ``parent`` is told them too, under numbers of its own."""

    def __init__(self, parent: EventBus | None = None) -> None:
        self._parent = parent
        self._number = 0
        self._listeners: list[Subscription] = []

    def subscribe(self, *, closely: bool = False) -> Subscription:
        """From now on. closely: also what the engine is asked for only where somebody listens: what keeps a wait, say."""
        listener = Subscription(self, closely)
        self._listeners.append(listener)
        return listener

    @property
    def is_heard_closely(self) -> bool:
        """Whether anybody wants to hear what the engine has to be asked for."""
        own = any(listener.closely for listener in self._listeners)
        return own or (self._parent is not None and self._parent.is_heard_closely)

    def forget(self, listener: Subscription) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)

    def tell(self, kind: str, **members: Any) -> None:
        """Tells every listener; a member that is ``None`` is left out. Never waits."""
        self._number += 1
        told = {name: value for name, value in members.items() if value is not None}
        record = {"version": VERSION, "seq": self._number, "time": time.time(), "kind": kind, **told}
        for listener in self._listeners:
            listener.put(record)
        if self._parent is not None:
            self._parent.tell(kind, **members)

    def end(self) -> None:
        """Ends every subscription."""
        for listener in self._listeners:
            listener.end()
        self._listeners.clear()
