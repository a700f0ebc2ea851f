"""Progress as lines, for pipes, logs of servers and people who want it so: one line an event that matters.

What takes long says that it begins: at once where it usually does, else after a second. A wait says every ten seconds for what. What
a build says is told line by line.
"""

from __future__ import annotations

import asyncio
import time

from perry_ffi.cli.show.colours import GREEN, RED, painted
from perry_ffi.cli.show.painter import Painter, told, verified
from perry_ffi.cli.show.state import State
from perry_ffi.cli.show.summary import summary
from perry_ffi.cli.show.words import doing, done, is_bookkeeping, one_line, probe_words, reached, seconds, until
from perry_ffi.cli.terminal import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from perry_ffi.cli.screen import Screen
    from perry_ffi.runtime.event_bus import Subscription

    Record = Mapping[str, Any]

SLOW = ("pull image", "build image", "push image")
"""Actions whose begin is told at once."""
BEGIN_SECONDS = 1.0
"""After how long the begin of another one is told."""
WAIT_SECONDS = 10.0
"""How often it is said what a wait is for."""
_LOOK_SECONDS = 0.5


class _Wait:
    """A wait that goes on. whose: the service, as it begins a line. told: when it was last told of."""

    __slots__ = ("began", "condition", "told", "whose", "why")

    def __init__(self, whose: str, condition: str, began: float) -> None:
        self.whose, self.condition, self.began, self.told, self.why = whose, condition, began, began, ""


class Plain(Painter):
    """clock: seconds since 1970."""

    closely = True

    def __init__(self, screen: Screen, write: Callable[[str], None] = shown, clock: Callable[[], float] = time.time) -> None:
        self._screen, self._write, self._clock = screen, write, clock
        self._colours = screen.error_colours
        self._state = State()
        self._open: dict[Any, tuple[float, str]] = {}
        """What goes on and was not told of: since when, and the line that tells."""
        self._begun: dict[Any, float] = {}
        self._waits: dict[Any, _Wait] = {}
        self._unended: dict[tuple[Any, Any], str] = {}
        """By service and image of a build what it said behind its last whole line."""

    async def follow(self, records: Subscription) -> None:
        looking = asyncio.create_task(self._keep_looking())
        try:
            await super().follow(records)
        finally:
            looking.cancel()
        for line in self._summed_up(self._clock()) if self.went_well else ():
            self._write(line)

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self.look()

    def heard(self, record: Record) -> None:
        self._state.add(record)
        for line in self._lines(record):
            self._write(line)

    def look(self) -> None:
        """Tells what has become long meanwhile."""
        now = self._clock()
        for key, (began, line) in list(self._open.items()):
            if now - began >= BEGIN_SECONDS:
                del self._open[key]
                self._write(line)
        for wait in self._waits.values():
            if now - wait.told >= WAIT_SECONDS:
                wait.told = now
                self._write(f"   {wait.whose}{until(wait.condition)}, {seconds(now - wait.began)} so far{wait.why}")

    def _summed_up(
        self, now: float, published: Mapping[str, Sequence[str]] | None = None, *, done: bool = False
    ) -> Iterator[str]:
        """What was done, once; nothing where something failed. done: a verb is, whatever failed of it."""
        line = "" if self._state.failed and not done else summary(self._state, now, published or {})
        self._state = State()
        if line:
            yield line

    # -- lines ----------------------------------------------------------------------------------------

    def _lines(self, record: Record) -> Iterator[str]:
        if line := told(record):
            yield line
        match record["kind"]:
            case "step" if record.get("action") != "wait":
                yield from self._step(record)
            case "wait":
                yield from self._wait(record)
            case "progress" if record.get("operation") == "build":
                yield from self._built(record)
            case "verified":
                yield verified(record)
            case "verb" if record.get("state") == "done":
                yield from self._summed_up(record["time"], record.get("published") or {}, done=True)
            case "verb" if record.get("state") == "failed":
                self._state = State()

    def _step(self, record: Record) -> Iterator[str]:
        action, target, now = str(record["action"]), one_line(str(record["target"])), record["time"]
        key = record.get("step"), action, target
        thing = target if record.get("service") or record.get("node") else f"{action.rpartition(' ')[2]} {target}"
        if record["state"] == "started":
            self._begun[key] = now
            line = f"   {self._whose(record)}{doing(action)} {thing}"
            if action in SLOW:
                yield line
            else:
                self._open[key] = now, line
            return
        yield from self._said_last(record)
        self._open.pop(key, None)
        took = now - self._begun.pop(key, now)
        if record["state"] == "failed":
            yield self._marked("✘", f"{self._whose(record)}{doing(action)} {thing} failed after {seconds(took)}")
        elif record["state"] == "done" and action != "verify image":  # What came of that is told by itself.
            yield self._marked("✔", f"{self._whose(record)}{done(action)} {thing} in {seconds(took)}")

    def _built(self, record: Record) -> Iterator[str]:
        """The whole lines of what a build says; how what it pulls goes on is not told."""
        text = (record.get("detail") or {}).get("text")
        if not isinstance(text, str):
            return
        key = record.get("service"), record.get("target")
        *lines, rest = (self._unended.pop(key, "") + text).split("\n")
        if rest:
            self._unended[key] = rest
        yield from self._spoken(record, lines)

    def _said_last(self, record: Record) -> Iterator[str]:
        """What a build said behind its last whole line, once it is over."""
        yield from self._spoken(record, [self._unended.pop((record.get("service"), record.get("target")), "")])

    def _spoken(self, record: Record, lines: Sequence[str]) -> Iterator[str]:
        told = (line for line in map(one_line, lines) if line and not is_bookkeeping(line))
        yield from (f"   {self._whose(record)}{line}" for line in told)

    def _wait(self, record: Record) -> Iterator[str]:
        key, now = record.get("container") or record.get("service"), record["time"]
        if record["state"] == "started":
            wait = self._waits[key] = _Wait(self._whose(record), str(record.get("condition") or ""), now)
            self._open["wait", key] = now, f"   {wait.whose}{until(wait.condition)}{self._needing(record)}"
        elif record["state"] == "waiting" and key in self._waits:
            probe, log = record.get("probe"), one_line(str(record.get("log") or ""))
            self._waits[key].why = f", {probe_words(probe)}" if probe else f"; it says: {log}" if log else ""
        elif record["state"] in ("done", "failed") and key in self._waits:
            wait = self._waits.pop(key)
            told_of = self._open.pop(("wait", key), None) is None
            if record["state"] == "done" and (told_of or wait.condition in ("healthy", "completed")):
                yield self._marked("✔", f"{wait.whose}{reached(wait.condition)} after {seconds(now - wait.began)}")
            elif record["state"] == "failed":
                yield self._marked("✘", f"{wait.whose}not {reached(wait.condition)} after {seconds(now - wait.began)}")

    def _needing(self, record: Record) -> str:
        """Who waits for it: the step that the wait is of has told it before."""
        service = record.get("service")
        names = sorted(row.name for row in self._state.rows.values() if service in row.needs)
        return f"; {', '.join(names)} {'waits' if len(names) == 1 else 'wait'} for it" if names else ""

    def _whose(self, record: Record) -> str:
        service = record.get("service") or record.get("node")
        if not service:
            return ""
        return f"{painted(one_line(str(service)), self._screen.services.of(str(service)), self._colours)}: "

    def _marked(self, mark: str, text: str) -> str:
        return f" {painted(mark, GREEN if mark == '✔' else RED, self._colours)} {text}"
