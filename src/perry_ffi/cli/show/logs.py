"""Lines of logs: who said them, when, and what; each service in a colour of its own.

What a program wrote goes through as it is. On a terminal what would move the cursor or change the terminal is left out, for
lines of many programs share it; colours and weights of letters stay.
"""

from __future__ import annotations

from perry_ffi.cli.show.colours import RESET, ServiceColours, painted
from perry_ffi.cli.terminal import flush, out, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Mapping
    from typing import Any

    from perry_ffi.cli.screen import Screen
    from perry_ffi.stack.follow import FollowedLogs
    from perry_ffi.stack.log_merge import MergedLogs
    from perry_ffi.stack.observed import Replica

_ACTS = r"""(?x)
    \x1b \[ [0-?]* [ -/]* (?P<final>[@-~])         # a control sequence; its last letter tells what it does
  | \x1b [P\]X^_] [^\x07\x1b]* (?:\x07|\x1b\\)?     # a string for the terminal itself: a title, a link, a picture
  | \x1b [ -/]* [0-~]?                             # any other escape
  | [\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]         # a control character but tab and newline
"""


class ObjectLines:
    """Records as JSON, an object a line."""

    def expect(self, rows: Iterable[Replica]) -> None:
        """Nothing is aligned."""

    def line(self, record: Mapping[str, Any]) -> str:
        import json

        return json.dumps(record, ensure_ascii=False)


class LogLines:
    """Makes lines of records. The column of names is as wide as the longest one so far.

    colours: of the names. prefix: the container stands before each line. timestamps: its time too. terminal: a terminal reads
    it. services: their colours, where others speak of them too.
    """

    def __init__(
        self, colours: bool, prefix: bool, timestamps: bool, *, terminal: bool = False, services: ServiceColours | None = None
    ) -> None:
        self._colours, self._prefix, self._timestamps, self._terminal = colours, prefix, timestamps, terminal
        self._width = 0
        self._services = services or ServiceColours()

    @classmethod
    def on(cls, screen: Screen, *, prefix: bool = True, timestamps: bool = False, colours: bool = True) -> LogLines:
        """For whatever reads the results of the program."""
        return cls(colours and screen.colours, prefix, timestamps, terminal=screen.terminal, services=screen.services)

    def expect(self, rows: Iterable[Replica]) -> None:
        """Containers that may say something, so that the first line is aligned already and colours go by names."""
        found = list(rows)
        for row in found:
            self._widened(row.name, row.service, row.number)
        self._services.expect([row.service for row in found])

    def line(self, record: Mapping[str, Any]) -> str:
        """A record as a line, without its end."""
        said = steady(record["text"]) if self._terminal else record["text"]
        if self._timestamps:
            said = f"{record['time']} {said}"
        return f"{self._head(record)}{said}" if self._prefix else said

    def end(self, record: Mapping[str, Any]) -> str:
        """How a run ended, as a line: ``web-1 exited with code 137``."""
        name = self._widened(record["container"], record["service"], record["replica"])
        return painted(f"{name} {record['text']}", self._services.of(record["service"]), self._colours)

    def _head(self, record: Mapping[str, Any]) -> str:
        name = self._widened(record["container"], record["service"], record["replica"])
        head = f"{name:<{self._width}} | "
        return painted(head, self._services.of(record["service"]), self._colours)

    def _widened(self, container: str, service: str, number: int) -> str:
        name = plain(short_name(container, service, number))
        self._width = max(self._width, len(name))
        return name


def short_name(container: str, service: str, number: int) -> str:
    """``api-1``: the container without its project; the whole name where the file gives it another one."""
    short = f"{service}-{number}"
    return short if container.replace("_", "-").endswith("-" + short.replace("_", "-")) else container


def steady(text: str) -> str:
    """``text`` with nothing in it that would move the cursor; of what was written over itself what was left to be seen."""
    if text.isprintable():
        return text
    seen = next((part for part in reversed(text.split("\r")) if part), "")
    kept = _acts().sub(lambda found: found[0] if found["final"] == "m" else "", seen)
    return kept + RESET if "\x1b[" in kept and not kept.endswith((RESET, "\x1b[m")) else kept


async def follow(stream: FollowedLogs | MergedLogs, lines: LogLines | ObjectLines) -> None:
    """Prints the records of a stream as they come, until its end."""
    lines.expect(stream.rows)
    while (batch := await stream.next()) is not None:
        out("".join(f"{lines.line(record)}\n" for record in batch))
        flush()


_compiled: list[re.Pattern[str]] = []


def _acts() -> re.Pattern[str]:
    """Compiled when a line first needs it."""
    if not _compiled:
        import re

        _compiled.append(re.compile(_ACTS))
    return _compiled[0]
