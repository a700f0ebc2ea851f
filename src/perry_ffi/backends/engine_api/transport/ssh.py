"""An engine behind ssh: the system's own ssh runs the engine's ``system dial-stdio`` over there, and its input and output are HTTP.

Each connection is one process, started without a shell of this side; the user's ssh configuration, keys and agent count as
they do for ``ssh`` itself, but nobody is asked for anything: what needs a person is told as an error.
"""

from __future__ import annotations

import asyncio
import os
import re
import shlex
import signal
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

import anyio

from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.backends.engine_api.transport.ssh_words import Destination, refusal
from perry_ffi.errors import ValidationError
from perry_ffi.net.byte_stream import READ_BYTES, StreamClosed
from perry_ffi.net.refusal import Unreachable
from perry_ffi.net.socket_stream import SocketStream
from perry_ffi.process.program import Program

EXPECTED = "ssh://[user@]host[:port][/path/of/a/socket]"
LOGINS = 5
"""How many connections may be on their way at once: a server turns some away above ten (sshd_config: MaxStartups)."""
_LOGIN_SECONDS, _END_SECONDS = 3.0, 2.0
_HOST = re.compile(r"[A-Za-z0-9_.:%][A-Za-z0-9_.:%-]*")
_USER = re.compile(r"[A-Za-z0-9_.+@\\][A-Za-z0-9_.+@\\-]*")


@dataclass(frozen=True)
class SshEndpoint(Endpoint):
    """What ``program`` (docker, podman) of another machine speaks to. socket: there; empty: the usual one.

    ssh: the program on this machine. environ: all of its environment. identity: a key to offer. checked: whether the host
    must be known.
    """

    user: str = ""
    socket: str = ""
    program: str = "docker"
    ssh: str = "/usr/bin/ssh"
    identity: Path | None = None
    checked: bool = True
    environ: Mapping[str, str] | None = field(default=None, compare=False, repr=False)
    logins: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(LOGINS), compare=False, repr=False)

    def resolved(self) -> Endpoint:
        return self

    def __str__(self) -> str:
        user, port = f"{self.user}@" if self.user else "", f":{self.port}" if self.port else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"ssh://{user}{host}{port}{self.socket}"

    def argv(self) -> list[str]:
        """The command line of one connection. The other side's words go through the shell over there: they are quoted."""
        options = ["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=30"]
        if not self.checked:
            options += ["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o", "LogLevel=ERROR"]
        options += ["-l", self.user] if self.user else []
        options += ["-p", str(self.port)] if self.port else []
        options += ["-i", str(self.identity)] if self.identity else []
        return [self.ssh, *options, "--", self.host, *map(shlex.quote, self._command())]

    def _command(self) -> list[str]:
        url = f"unix://{self.socket}"
        podman = ["--remote", *(["--url", url] if self.socket else [])]
        docker = ["--host", url] if self.socket else []
        return [self.program, *(podman if self.program == "podman" else docker), "system", "dial-stdio"]

    async def connect(self) -> SshStream:
        """Starts ssh. Whether the other side answers is known with its first byte."""
        await self.logins.acquire()
        try:
            return await self._start()
        except BaseException:
            self.logins.release()
            raise

    async def _start(self) -> SshStream:
        ours, theirs = socket.socketpair()
        said = tempfile.TemporaryFile()  # noqa: SIM115 - it lives as long as the stream
        try:
            with theirs:
                ours.setblocking(False)
                end = theirs.fileno()
                program = await Program.start(self.argv(), env=self.environ, cwd="/", stdin=end, stdout=end, stderr=said)
        except OSError as error:
            ours.close()
            said.close()
            raise Unreachable(f"{self.ssh} does not start: {error.strerror}", "install ssh (openssh-client)") from error
        return SshStream(ours, self, program, said)


class SshStream(SocketStream):
    """The connection that one ssh carries. It ends with it."""

    def __init__(self, raw: socket.socket, endpoint: SshEndpoint, program: Program, said: IO[bytes]) -> None:
        super().__init__(raw)
        self._endpoint, self._program, self._said = endpoint, program, said
        self._answered = False
        self._login: asyncio.TimerHandle | None = asyncio.get_running_loop().call_later(_LOGIN_SECONDS, self._logged_in)

    async def receive(self, size: int = READ_BYTES) -> bytes:
        try:
            piece = await super().receive(size)
        except StreamClosed as error:
            raise await self._unless_answered(error) from error
        if not piece and not self._answered:
            raise await self._why()
        self._answered = True
        self._logged_in()
        return piece

    async def send_some(self, data: bytes | memoryview) -> int:
        try:
            return await super().send_some(data)
        except StreamClosed as error:
            raise await self._unless_answered(error) from error

    async def _unless_answered(self, error: StreamClosed) -> StreamClosed:
        return error if self._answered or self._closed else await self._why()

    def close(self) -> None:
        super().close()
        self._logged_in()
        self._program.send_signal(signal.SIGTERM)
        self._said.close()

    def _logged_in(self) -> None:
        """Lets the next connection begin."""
        login, self._login = self._login, None
        if login is not None:
            login.cancel()
            self._endpoint.logins.release()

    async def _why(self) -> StreamClosed:
        """What ssh, or the program over there, said before it ended."""
        with anyio.move_on_after(_END_SECONDS):
            await self._program.ended()
        if self._closed:
            return StreamClosed("closed by this side")
        size = self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, size - 4000))
        words = self._said.read().decode("utf-8", "replace")
        there = self._endpoint
        place = Destination(str(there), there.host, there.user, there.port)
        found = refusal(place, there.program, self._program.returncode, words)
        return StreamClosed(found.reason, found)


def read_url(url: str, *, where: str) -> tuple[str, str, int, str]:
    """User, host, port (0: none) and socket of an ssh:// address. where: the variable that it came from.

    Raises ValidationError, which keeps the address to itself: it may hold a password.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or 0
    except ValueError:
        raise _unreadable(where, "an ssh:// address has a host or a port that cannot be one") from None
    user, host, path = unquote(parts.username or ""), parts.hostname or "", unquote(parts.path)
    if parts.password is not None:
        raise _unreadable(where, "a password in an ssh:// address is not taken: use a key")
    if parts.query or parts.fragment:
        raise _unreadable(where, "an ssh:// address has neither ? nor #")
    # What begins with a dash would be an option of ssh.
    if not _HOST.fullmatch(host) or (user and not _USER.fullmatch(user)):
        raise _unreadable(where, "an ssh:// address has a host or a user that cannot be one")
    if not path.isprintable():
        raise _unreadable(where, "an ssh:// address has a path that cannot be a socket's")
    return user, host, port, path.rstrip("/")


def _unreadable(where: str, why: str) -> ValidationError:
    return ValidationError(f"{where}: {why}", path=where, expected=EXPECTED)
