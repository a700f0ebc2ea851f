"""Commands run inside a container."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import anyio

from perry_ffi.backends.engine_api.engine_client import EngineCalls, shown
from perry_ffi.backends.engine_api.transport.http import Request, ResponseStream
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.cancellation import one_error
from perry_ffi.errors import BackendError, ValidationError
from perry_ffi.model.container_info import ExecResult
from perry_ffi.net.byte_stream import ByteStream, StreamClosed

if TYPE_CHECKING:
    from perry_ffi.model.container import ExecOptions

MAX_OUTPUT = 256 * 1024 * 1024
_FIRST_LOOK, _LONGEST_PAUSE = 0.01, 0.5


class Execs(EngineCalls):
    """The exec operation."""

    async def exec_container(self, ident: str, command: Sequence[str], options: ExecOptions) -> ExecResult:
        doing = f"run a command in {shown(ident)}"
        identity = await self._create_exec(ident, command, options, doing)
        output = await self._attached(identity, options.stdin, doing)
        return ExecResult(**output, exit_code=await self._exit_code(identity, doing))

    async def _create_exec(
        self, ident: str, command: Sequence[str], options: ExecOptions, doing: str, *, stdin: bool = False
    ) -> str:
        """The exec's id. stdin: it has an input even if ``options`` has none."""
        if not command:
            raise ValidationError(f"{doing}: the command is empty", path="command", expected="at least one word")
        from perry_ffi.backends.engine_api.requests.queries import exec_payload

        body = exec_payload(list(command), options)
        if stdin:
            body["AttachStdin"] = True
        return await self._created_exec(ident, body, doing)

    async def _created_exec(self, ident: str, body: Mapping[str, object], doing: str) -> str:
        request = Request("POST", ("containers", Name(ident), "exec"), doing, document=body)
        created = await self.ask_object(request, subject=ident)
        identity = created.get("Id")
        if not isinstance(identity, str) or not identity:
            raise BackendError(f"{doing}: the engine gives no id", backend=self.name, operation=doing)
        return identity

    async def _attached(self, identity: str, stdin: str | None, doing: str) -> dict[str, str]:
        request = Request(
            "POST", ("exec", Name(identity), "start"), doing, document={"Detach": False, "Tty": False},
            patient=True, upgrade=stdin is not None,
        )  # fmt: skip
        stream = await self.open(request)
        collected = _Collected(doing, self.name)
        try:
            if stdin is None:
                while (data := await stream.read()) is not None:
                    collected.add(data)
            elif stream.status == 101:
                await _converse(stream, stdin.encode(), collected)
            else:
                raise BackendError(f"{doing}: the engine gives no way to send input", backend=self.name)
        finally:
            stream.close()
        return collected.texts()

    async def _exit_code(self, identity: str, doing: str) -> int:
        """The exit code. A command that closed its outputs and works on has none yet, and no engine tells its end."""
        pause = _FIRST_LOOK
        while True:
            seen = await self.ask_object(Request("GET", ("exec", Name(identity), "json"), doing))
            code = seen.get("ExitCode")
            if seen.get("Running") is not True and isinstance(code, int):
                return code
            await anyio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)


class _Collected:
    """What a command said, apart by stream."""

    def __init__(self, doing: str, backend: str) -> None:
        from perry_ffi.backends.engine_api.logs.frames import STDERR, STDOUT, FrameDecoder, TextDecoder

        self._frames = FrameDecoder(doing=doing, backend=backend)
        self._text = TextDecoder()
        self._texts: dict[str, list[str]] = {STDOUT: [], STDERR: []}
        self._size = 0
        self._doing, self._backend = doing, backend

    def add(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > MAX_OUTPUT:
            raise BackendError(f"{self._doing}: it says more than {MAX_OUTPUT} bytes", backend=self._backend)
        for name, piece in self._frames.feed(data):
            self._texts[name].append(self._text.feed(name, piece))

    def texts(self) -> dict[str, Any]:
        self._frames.end()
        for name, text in self._text.rest():
            self._texts[name].append(text)
        return {name: "".join(texts) for name, texts in self._texts.items()}


async def _converse(stream: ResponseStream, stdin: bytes, collected: _Collected) -> None:
    """Sends the input and ends it, reading meanwhile: a command may answer before it has read all."""
    raw, first = stream.take_over()
    if first:
        collected.add(first)
    with one_error():
        async with anyio.create_task_group() as group:
            group.start_soon(feed, raw, stdin)
            while data := await stream.read_raw():
                collected.add(data)
            group.cancel_scope.cancel()


async def feed(raw: ByteStream, stdin: bytes) -> None:
    """Sends the input of a hijacked connection, and its end."""
    try:
        await raw.send(stdin)
    except StreamClosed:
        return  # The command ended without reading all of it, which is its right.
    await raw.send_eof()
