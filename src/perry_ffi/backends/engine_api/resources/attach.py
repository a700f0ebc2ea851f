"""Conversations with what runs: a command's output as it comes, and a container's from its first byte."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from perry_ffi.backends.contract.sessions import Execution, Session
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.backends.engine_api.engine_client import shown
from perry_ffi.backends.engine_api.logs.reading import LogStream
from perry_ffi.backends.engine_api.resources.execs import Execs, feed
from perry_ffi.backends.engine_api.responses.fields import mapping
from perry_ffi.backends.engine_api.transport.http import Request, ResponseStream
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.errors import BackendError, Conflict, ValidationError
from perry_ffi.net.byte_stream import ByteStream, StreamClosed

if TYPE_CHECKING:
    from perry_ffi.model.container import ExecOptions
    from perry_ffi.model.container_info import LogChunk


class Sessions(Execs):
    """Exec and attach as streams."""

    async def exec_stream(self, ident: str, command: Sequence[str], options: ExecOptions, *, stdin: bool = False) -> Execution:
        doing = f"run a command in {shown(ident)}"
        if stdin and options.stdin is not None:
            raise ValidationError(
                f"{doing}: the input is either given ahead or sent", path="stdin", expected="absent where input is sent"
            )
        given = None if options.stdin is None else options.stdin.encode()
        identity = await self._create_exec(ident, command, options, doing, stdin=stdin)
        request = Request(
            "POST", ("exec", Name(identity), "start"), doing, document={"Detach": False, "Tty": False},
            patient=True, upgrade=stdin or given is not None,
        )  # fmt: skip
        response = await self.open(request)
        return _Execution(self, identity, response, doing, given=given, interactive=stdin)

    async def attach_container(self, ident: str, *, stdin: bool = False) -> Session:
        doing = f"attach to the container {shown(ident)}"
        config = mapping(((await self.inspect_container(ident)).raw or {}).get("Config"))
        if stdin and config.get("OpenStdin") is not True:
            raise Conflict(f"{doing}: it was created without an input", backend=self.name, operation=doing, subject=ident)
        query = {"stream": True, "stdout": True, "stderr": True, "stdin": stdin}
        path = ("containers", Name(ident), "attach")
        request = Request("POST", path, doing, query=query, patient=True, upgrade=stdin)
        response = await self.open(request, subject=ident)
        return _Session(self.name, response, doing, terminal=config.get("Tty") is True, interactive=stdin)


class _Session(Session):
    """A conversation over one connection; hijacked where there is input."""

    def __init__(
        self, backend: str, response: ResponseStream, doing: str, *,
        terminal: bool = False, given: bytes | None = None, interactive: bool = False,
    ) -> None:  # fmt: skip
        self._backend, self._doing = backend, doing
        self._raw: ByteStream | None = None
        self._feeding: asyncio.Task[None] | None = None
        source: ResponseStream | RawOutput = response
        if given is not None or interactive:
            if response.status != 101:
                response.close()
                raise BackendError(f"{doing}: the engine gives no way to send input", backend=backend)
            raw, first = response.take_over()
            source = RawOutput(response, first)
            if interactive:
                self._raw = raw
            else:
                self._feeding = asyncio.ensure_future(feed(raw, given or b""))
        self.output: Stream[LogChunk] = LogStream(source, backend, doing, terminal=terminal)

    async def send(self, data: bytes) -> None:
        try:
            await self._input().send(data)
        except StreamClosed as error:
            raise self._conflict("it reads no more input") from error

    async def end_input(self) -> None:
        await self._input().send_eof()

    def _input(self) -> ByteStream:
        if self._raw is None:
            raise self._conflict("the session was opened without input")
        return self._raw

    def _conflict(self, why: str) -> Conflict:
        return Conflict(f"{self._doing}: {why}", backend=self._backend, operation=self._doing)

    async def aclose(self) -> None:
        if self._feeding is not None:
            self._feeding.cancel()
        await self.output.aclose()


class _Execution(_Session, Execution):
    def __init__(
        self, calls: Sessions, identity: str, response: ResponseStream, doing: str, *,
        given: bytes | None, interactive: bool,
    ) -> None:  # fmt: skip
        super().__init__(calls.name, response, doing, given=given, interactive=interactive)
        self._calls, self._identity = calls, identity

    async def exit_code(self) -> int:
        return await self._calls._exit_code(self._identity, self._doing)


class RawOutput:
    """A hijacked connection that reads like the body of an answer."""

    def __init__(self, response: ResponseStream, first: bytes) -> None:
        self._response, self._first = response, first
        self._closed = False

    async def read(self) -> bytes | None:
        """The next bytes, ``None`` at the end. A cancelled call loses nothing."""
        if self._first:
            first, self._first = self._first, b""
            return first
        if self._closed:
            return None
        try:
            return await self._response.read_raw() or None
        except BackendError:
            if self._closed:
                return None
            raise

    def close(self) -> None:
        """Closes. Idempotent."""
        self._closed = True
        self._response.close()
