"""A TCP connection to a host that may have many addresses: RFC 8305, the later ones are not kept waiting by one that is dead."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Sequence
from typing import Any

import anyio

from perry_ffi.net.lookup import look_up
from perry_ffi.net.socket_stream import YieldingStream

HEAD_START = 0.25
"""Seconds that an address has before the next is tried beside it."""
MAX_ADDRESSES = 8


async def dial(host: str, port: int) -> YieldingStream:
    """The first of the host's addresses that answers. Raises OSError as the system says it of the last one; the caller bounds the wait."""
    addresses = (await look_up(host, port))[:MAX_ADDRESSES]
    if len(addresses) == 1:
        return await YieldingStream.connect(*addresses[0])
    return await _first(addresses)


async def _first(addresses: Sequence[tuple[socket.AddressFamily, Any]]) -> YieldingStream:
    connected: list[YieldingStream] = []
    failure: OSError = OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))

    async def attempt(family: socket.AddressFamily, address: Any, ended: anyio.Event) -> None:
        nonlocal failure
        try:
            connected.append(await YieldingStream.connect(family, address))
        except OSError as error:
            failure = error
        else:
            group.cancel_scope.cancel()
        ended.set()

    try:
        async with anyio.create_task_group() as group:
            for family, address in addresses:
                ended = anyio.Event()
                group.start_soon(attempt, family, address, ended)
                with anyio.move_on_after(HEAD_START):
                    await ended.wait()
    except BaseException:
        for stream in connected:
            stream.close()
        raise
    for stream in connected[1:]:
        stream.close()
    if not connected:
        raise failure
    return connected[0]
