"""The addresses of a host, by the system's resolver, which takes its time and cannot be stopped."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from typing import Any

Addresses = list[tuple[socket.AddressFamily, Any]]


async def look_up(host: str, port: int) -> Addresses:
    """In the system's order. Raises OSError.

    A name is looked up in a thread that nobody waits for: a loop waits at its end for threads of its own.
    """
    with suppress(OSError):
        return _resolved(host, port, socket.AI_NUMERICHOST)
    loop = asyncio.get_running_loop()
    found: asyncio.Future[Addresses] = loop.create_future()

    def tell(value: Addresses | OSError) -> None:
        if found.done():
            return
        if isinstance(value, OSError):
            found.set_exception(value)
        else:
            found.set_result(value)

    def work() -> None:
        value: Addresses | OSError
        try:
            value = _resolved(host, port)
        except OSError as error:
            value = error
        with suppress(RuntimeError):  # the loop may be gone
            loop.call_soon_threadsafe(tell, value)

    threading.Thread(target=work, name="look a host up", daemon=True).start()
    return await found


def _resolved(host: str, port: int, flags: int = 0) -> Addresses:
    try:
        return [(row[0], row[4]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)]
    except UnicodeError:  # of the codec that names of hosts go through: a part of more than 63 characters, say
        raise socket.gaierror(socket.EAI_NONAME, "that is no name of a host") from None
