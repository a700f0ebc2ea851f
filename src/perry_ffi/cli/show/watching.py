"""A list of containers that is kept up to date: painted anew on a terminal, and a line for each change in a pipe."""

from __future__ import annotations

from perry_ffi.cli.show.rows import cut
from perry_ffi.cli.terminal import flush, out, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
    from typing import Any

    from perry_ffi.cli.screen import Screen

    Row = Mapping[str, Any]

SETTLE_SECONDS = 0.1
"""How long is waited for more after something happened: what happens comes in crowds."""
LATE_SECONDS = 1.0
"""After how long it is looked again though nothing more happened: an engine may tell of an end before its lists do."""
REMOVED = "removed"
"""The state of a container that is not there any more."""
_COUNTED = ("State", "Health", "ExitCode", "Publishers", "ID")
"""What of a row counts as a change; ages do not."""


class Lines:
    """Of a pipe. text: what is written of rows that changed; None: a line of our own."""

    def __init__(self, text: Callable[[Sequence[Row]], str] | None = None) -> None:
        self._text = text
        self._before: dict[str, Row] = {}

    def show(self, rows: Sequence[Row]) -> None:
        """Writes those that are not as they were."""
        now = {str(row["Name"]): row for row in rows}
        changed = [row for name, row in now.items() if name not in self._before or _differ(row, self._before[name])]
        changed += [{**row, "State": REMOVED, "Status": REMOVED} for name, row in self._before.items() if name not in now]
        self._before = now
        if changed:
            out(self._text(changed) if self._text else "".join(map(_line, changed)))
            flush()


class Painted:
    """Of a terminal. text: the whole of what is shown of rows."""

    def __init__(self, screen: Screen, text: Callable[[Sequence[Row]], str]) -> None:
        self._screen, self._text = screen, text
        self._height = 0

    def show(self, rows: Sequence[Row]) -> None:
        """Paints over what was there, in one go; what does not fit is counted."""
        width, height = self._screen.size
        lines = self._text(rows).splitlines()
        if len(lines) > height - 1:
            kept = max(1, height - 2)
            lines = [*lines[:kept], f"… {len(lines) - kept} more"]
        up = f"\x1b[{self._height}F" if self._height else ""
        out("".join([up, *(f"\x1b[2K{cut(line, width)}\n" for line in lines), "\x1b[J"]))
        flush()
        self._height = len(lines)


async def watch(happens: AsyncIterator[object], look: Callable[[], Awaitable[Sequence[Row]]], shown: Lines | Painted) -> None:
    """Shows what ``look`` finds now, and after each of what happens, until that ends."""
    import asyncio
    import contextlib

    news, ended, again = asyncio.Event(), False, False

    async def hear() -> None:
        nonlocal ended
        try:
            async for _ in happens:
                news.set()
        finally:
            ended = True
            news.set()

    hearing = asyncio.create_task(hear())
    try:
        while True:
            news.clear()
            shown.show(await look())
            if ended:
                break
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(news.wait(), LATE_SECONDS if again else None)
            again = news.is_set()
            await asyncio.sleep(SETTLE_SECONDS)
        await hearing
    finally:
        hearing.cancel()
        await asyncio.wait((hearing,))


def _differ(row: Row, other: Row) -> bool:
    return any(row.get(name) != other.get(name) for name in _COUNTED)


def _line(row: Row) -> str:
    import time

    more = row["Health"] if row["State"] == "running" else f"exit code {row['ExitCode']}" if row["State"] == "exited" else ""
    at = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    return plain(f"{at} {row['Name']} {row['State']}" + (f" ({more})" if more else "")) + "\n"
