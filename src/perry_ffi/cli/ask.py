"""Questions to whoever sits before the program."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from perry_ffi.cli.terminal import plain, say, shown

if TYPE_CHECKING:
    from perry_ffi.cli.screen import Screen

_YES = ("y", "yes", "true", "1")


async def agreed(question: str, screen: Screen, instead: str) -> bool:
    """Whether the answer is yes. On a terminal it is asked; else a line of standard input is the answer, and its end is none.

    instead: the flag with which nothing is asked, named where nobody answers. While it waits the loop goes on: an interrupt is
    heard.
    """
    if screen.reads and sys.stderr is not None:
        shown(f"{plain(question)} [y/N] ", end="")
    line = await _line()
    if line.strip().lower() in _YES:
        return True
    if not screen.reads:
        say(f"{question} nobody said yes; {instead} does it without asking")
    return False


async def _line() -> str:
    """The next line of standard input; empty at its end, and where there is none."""
    if sys.stdin is None:
        return ""
    loop, stdin = asyncio.get_running_loop(), sys.stdin
    told: asyncio.Future[str] = loop.create_future()

    def tell(line: str) -> None:
        if not told.done():
            told.set_result(line)

    def read() -> None:
        try:
            line = stdin.readline()
        except (OSError, ValueError):
            line = ""
        try:
            loop.call_soon_threadsafe(tell, line)
        except RuntimeError:
            return  # Nobody waits for it any more.

    import threading

    threading.Thread(target=read, name="answer", daemon=True).start()
    return await told
