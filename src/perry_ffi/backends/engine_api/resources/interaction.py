"""Conversations of a person with what runs: hijacked connections, byte for byte, and the size of the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.contract.interaction import Conversation, ExecConversation, Piece, Terms
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.backends.engine_api.engine_client import shown
from perry_ffi.backends.engine_api.resources.attach import RawOutput, Sessions
from perry_ffi.backends.engine_api.responses.fields import mapping
from perry_ffi.backends.engine_api.transport.http import Request, ResponseStream
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.errors import BackendError, Conflict, ContainerError, ValidationError
from perry_ffi.net.byte_stream import StreamClosed

if TYPE_CHECKING:
    from perry_ffi.model.container import ExecOptions

_TRIES, _PAUSE = 8, 0.05
"""How often a size is told: a command that starts has no terminal yet."""
_KEYS = "ctrl-p,ctrl-q"
"""Docker's; podman takes none for none."""


class Interactive(Sessions):
    """Exec and attach for a person."""

    async def talk_to_command(self, ident: str, command: Sequence[str], options: ExecOptions, terms: Terms) -> ExecConversation:
        doing = f"run a command in {shown(ident)}"
        body: dict[str, object] = {**_payload(command, options, doing), "AttachStdin": terms.stdin, "Tty": terms.terminal}
        if terms.terminal:
            body["DetachKeys"] = terms.detach_keys or _KEYS
        start: dict[str, object] = {"Detach": False, "Tty": terms.terminal}
        if terms.terminal and terms.size is not None:
            start["ConsoleSize"] = body["ConsoleSize"] = [terms.size[1], terms.size[0]]
        identity = await self._created_exec(ident, body, doing)
        path = ("exec", Name(identity), "start")
        response = await self.open(Request("POST", path, doing, document=start, patient=True, upgrade=True), subject=ident)
        place = ("exec", Name(identity), "resize")
        talk = _ExecTalk(self, response, doing, place, terminal=terms.terminal, stdin=terms.stdin)
        talk.identity = identity
        return talk

    async def talk_to_container(self, ident: str, terms: Terms) -> Conversation:
        doing = f"attach to the container {shown(ident)}"
        config = mapping(((await self.inspect_container(ident)).raw or {}).get("Config"))
        takes = terms.stdin and config.get("OpenStdin") is True
        query: dict[str, object] = {"stream": True, "stdout": True, "stderr": True, "stdin": takes}
        if takes:
            query["detachKeys"] = terms.detach_keys or _KEYS
        path = ("containers", Name(ident), "attach")
        response = await self.open(Request("POST", path, doing, query=query, patient=True, upgrade=True), subject=ident)
        place = ("containers", Name(ident), "resize")
        return _Talk(self, response, doing, place, terminal=config.get("Tty") is True, stdin=takes)

    async def exec_detached(self, ident: str, command: Sequence[str], options: ExecOptions) -> None:
        doing = f"run a command in {shown(ident)}"
        nothing = {"AttachStdout": False, "AttachStderr": False}
        identity = await self._created_exec(ident, {**_payload(command, options, doing), **nothing}, doing)
        start = {"Detach": True, "Tty": False}
        await self.ask(Request("POST", ("exec", Name(identity), "start"), doing, document=start), subject=ident)


def _payload(command: Sequence[str], options: ExecOptions, doing: str) -> dict[str, object]:
    if not command:
        raise ValidationError(f"{doing}: the command is empty", path="command", expected="at least one word")
    from perry_ffi.backends.engine_api.requests.queries import exec_payload

    return exec_payload(list(command), options)


class _Pieces(Stream[Piece]):
    """Bytes as the engine sends them: one read of the connection for each batch."""

    def __init__(self, source: RawOutput | ResponseStream, backend: str, doing: str, *, terminal: bool) -> None:
        from perry_ffi.backends.engine_api.logs.frames import FrameDecoder, PlainDecoder

        self._source = source
        self._frames = PlainDecoder() if terminal else FrameDecoder(doing=doing, backend=backend)
        self._closed = False

    async def next(self) -> Sequence[Piece] | None:
        while (data := await self._source.read()) is not None:
            if found := self._frames.feed(data):
                return [("stderr" if name == "stderr" else "stdout", piece) for name, piece in found]
        self._source.close()
        if not self._closed:
            self._frames.end()
        return None

    async def aclose(self) -> None:
        self._closed = True
        self._source.close()


class _Talk(Conversation):
    """A conversation over one connection. place: where the size of its terminal is told."""

    def __init__(
        self, calls: Interactive, response: ResponseStream, doing: str, place: tuple[str | Name, ...], *,
        terminal: bool, stdin: bool,
    ) -> None:  # fmt: skip
        if response.status != 101 and stdin:
            response.close()
            raise BackendError(f"{doing}: the engine gives no way to send input", backend=calls.name, operation=doing)
        self._calls, self._doing, self._place = calls, doing, place
        self.terminal, self.takes_input = terminal, stdin
        self._raw = None
        source: RawOutput | ResponseStream = response
        if response.status == 101:
            raw, first = response.take_over()
            source = RawOutput(response, first)
            self._raw = raw if stdin else None
        self.output: Stream[Piece] = _Pieces(source, calls.name, doing, terminal=terminal)

    async def send(self, data: bytes) -> None:
        if self._raw is None:
            raise self._conflict("it was opened without input")
        try:
            await self._raw.send(data)
        except StreamClosed as error:
            raise self._conflict("it reads no more input") from error

    async def end_input(self) -> None:
        if self._raw is not None:
            try:
                await self._raw.send_eof()
            except StreamClosed:
                return

    def _conflict(self, why: str) -> Conflict:
        return Conflict(f"{self._doing}: {why}", backend=self._calls.name, operation=self._doing)

    async def resize(self, columns: int, rows: int) -> None:
        if not self.terminal:
            return
        query = {"h": str(rows), "w": str(columns)}
        for attempt in range(_TRIES):
            try:
                await self._calls.ask(Request("POST", self._place, f"{self._doing}: resize its terminal", query=query))
                return
            except ContainerError:
                await anyio.sleep(_PAUSE * (attempt + 1))

    async def aclose(self) -> None:
        await self.output.aclose()


class _ExecTalk(_Talk, ExecConversation):
    identity: str

    async def exit_code(self) -> int:
        return await self._calls._exit_code(self.identity, self._doing)


__all__ = ["Interactive"]
