"""One socket: what kind of file is there, whether this user may use it, who answers."""

from __future__ import annotations

import errno
import os
import socket
import stat
from typing import Any

import anyio

from perry_ffi.doctor.facts import Socket, SocketState
from perry_ffi.doctor.read.answers import NoEngine, ask
from perry_ffi.doctor.read.aside import aside
from perry_ffi.doctor.read.places import Place
from perry_ffi.net.connection import ConnectionFailed
from perry_ffi.net.socket_stream import SocketStream

_GONE = (errno.ENOENT, errno.ENOTDIR)
_FORBIDDEN = (errno.EACCES, errno.EPERM)


async def look_at(place: Place, seconds: float) -> Socket:
    """The socket of ``place``; ends within the double of ``seconds``."""
    nothing: dict[str, Any] = {"state": "silent"}
    found = await aside(lambda: _file(place.path), nothing, seconds)
    seen = Socket(place.runtime, place.path, named_by=place.named_by, **found)
    if seen.state != "listening":
        return seen
    state: SocketState = "silent"
    error, answer = "", None
    try:
        with anyio.move_on_after(seconds):
            answer = await (ask(place.path) if place.speaks else _knock(place.path))
            state = "listening"
    except NoEngine as odd:
        state, error = "odd", str(odd)
    except ConnectionFailed as failed:
        state, error = "odd", failed.reason
    except OSError as failed:
        state, error = _state(failed), failed.strerror or str(failed)
    return Socket(
        place.runtime, place.path, state, place.named_by, found.get("link", ""), found.get("group", ""), found.get("mode", 0), error,
        answer,
    )  # fmt: skip


async def _knock(path: str) -> None:
    """Whether somebody listens; nothing is said."""
    (await SocketStream.connect(socket.AF_UNIX, path)).close()


def _file(path: str) -> dict[str, Any]:
    """What can be told without connecting; ``listening`` for a socket that is there, until it has been tried."""
    try:
        own = os.lstat(path)
        link = os.path.realpath(path) if stat.S_ISLNK(own.st_mode) else ""
        if not stat.S_ISLNK(own.st_mode) and os.path.realpath(path) != os.path.abspath(path):
            link = os.path.realpath(path)
    except OSError as error:
        return {"state": _state(error)}
    try:
        seen = os.stat(path)
    except OSError as error:
        return {"state": "dangling" if error.errno in _GONE else _state(error), "link": link}
    kind: SocketState = "listening" if stat.S_ISSOCK(seen.st_mode) else "no-socket"
    return {"state": kind, "link": link, "group": _group(seen.st_gid), "mode": stat.S_IMODE(seen.st_mode)}


def _state(error: OSError) -> SocketState:
    if error.errno in _GONE:
        return "missing"
    if error.errno in _FORBIDDEN:
        return "denied"
    return "refused" if error.errno == errno.ECONNREFUSED else "odd"


def _group(number: int) -> str:
    try:
        import grp

        return grp.getgrgid(number).gr_name
    except (ImportError, KeyError):
        return str(number)
