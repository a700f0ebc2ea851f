"""Progress on a terminal: a row a service, painted over and over while the work goes on, and one line in its place at the end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager

from perry_ffi.cli.show.canvas import Canvas
from perry_ffi.cli.show.frame import frame
from perry_ffi.cli.show.painter import Painter, told, verified
from perry_ffi.cli.show.state import State
from perry_ffi.cli.show.summary import summary
from perry_ffi.cli.terminal import folded, painted_on, say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from perry_ffi.cli.screen import Screen
    from perry_ffi.cli.show.brush import Brush
    from perry_ffi.runtime.event_bus import Subscription

    Record = Mapping[str, Any]

FRAME_SECONDS = 0.1
"""How often it is painted at most."""
_WORK = ("plan", "step", "wait", "progress")


class Live(Painter):
    closely = True

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._state = State()
        self._canvas = Canvas(sys.stderr)
        self._brush: Brush | None = None
        self._loading = False
        self._beat = 0

    async def follow(self, records: Subscription) -> None:
        with painted_on(self._canvas.clear), self._stopped_in_order():
            painting = asyncio.create_task(self._keep_painting())
            try:
                await super().follow(records)
            finally:
                painting.cancel()
                self._canvas.clear()
                if self.went_well:
                    self._sum_up(time.time())

    def heard(self, record: Record) -> None:
        if record["kind"] in _WORK:
            self._load()
        self._state.add(record)
        if record["kind"] == "plan":
            self._screen.services.expect([row.service for row in self._state.rows.values() if row.service])
        if record["kind"] == "verified":
            say(verified(record))
        elif (line := told(record)) and not (self._loading and self._state.undoing):  # Then the rows' head says it.
            say("\n".join(part for text in line.split("\n") for part in folded(text, self._screen.error_size[0], 2)))
        if record["kind"] == "verb" and record.get("state") == "done":
            self._sum_up(record["time"], record.get("published") or {}, done=True)
        elif record["kind"] == "verb" and record.get("state") == "failed":
            self._state = State()

    def _sum_up(self, now: float, published: Mapping[str, Sequence[str]] | None = None, *, done: bool = False) -> None:
        """What was done in the place of the rows; nothing where something failed, of which others tell. done: a verb is, whatever
        failed of it.
        """
        line = "" if self._state.failed and not done else summary(self._state, now, published or {})
        self._state = State()
        if line:
            say("\n".join(folded(line, self._screen.error_size[0], 2)))

    # -- painting -------------------------------------------------------------------------------------

    def _load(self) -> None:
        """Gets what it paints with, aside: the engine is at work meanwhile."""
        if not self._loading:
            self._loading = True
            threading.Thread(target=self._loaded, args=(asyncio.get_running_loop(),), daemon=True).start()

    def _loaded(self, loop: asyncio.AbstractEventLoop) -> None:
        from perry_ffi.cli.show.brush import Brush

        brush = Brush(self._screen.services, self._screen.error_colours)
        if not loop.is_closed():
            loop.call_soon_threadsafe(setattr, self, "_brush", brush)

    async def _keep_painting(self) -> None:
        while True:
            await asyncio.sleep(FRAME_SECONDS)
            self.paint(time.time())

    def paint(self, now: float) -> None:
        """Paints what is known now."""
        if self._brush is None:
            return
        columns, rows = self._screen.error_size
        self._beat += 1
        lines = frame(self._state, now, rows - 1, self._beat)
        self._canvas.paint([self._brush.painted(line, columns - 1) for line in lines], columns, rows)

    # -- being stopped --------------------------------------------------------------------------------

    @contextmanager
    def _stopped_in_order(self) -> Iterator[None]:
        """Ctrl-Z gives the shell its cursor. Where signals are somebody else's they are left alone."""
        loop = asyncio.get_running_loop()
        if threading.current_thread() is not threading.main_thread() or signal.getsignal(signal.SIGTSTP) != signal.SIG_DFL:
            yield
            return
        loop.add_signal_handler(signal.SIGTSTP, self._stop)
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGTSTP)
            signal.signal(signal.SIGTSTP, signal.SIG_DFL)

    def _stop(self) -> None:
        self._canvas.clear()
        os.kill(os.getpid(), signal.SIGSTOP)
