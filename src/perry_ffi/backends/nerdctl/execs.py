"""Commands inside a container. nerdctl ends with 1 for each that fails; its own code is in the last line of the errors."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.command_line.arguments import encoded, option, pairs, shown
from perry_ffi.backends.command_line.output import Name, Pieces, Texts
from perry_ffi.backends.command_line.reading import text_of
from perry_ffi.backends.contract.sessions import ExecStreams, Execution
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.backends.nerdctl.logs import NerdctlLogs
from perry_ffi.backends.nerdctl.sayings import exec_code, words_of
from perry_ffi.errors import BackendError, Conflict
from perry_ffi.model.container_info import ExecResult, LogChunk
from perry_ffi.process.program import Program

if TYPE_CHECKING:
    from perry_ffi.model.container import ExecOptions

_LAST = 64 * 1024
"""Bytes of the last line of errors that are kept back at most."""
MAX_OUTPUT = 256 * 1024 * 1024
"""Characters that a command may say whose output is collected."""
_BEGIN = b'time="'


class NerdctlExecs(NerdctlLogs, ExecStreams):
    """Commands inside."""

    async def exec_container(self, ident: str, command: Sequence[str], options: ExecOptions) -> ExecResult:
        execution = await self.exec_stream(ident, command, options)
        texts: dict[str, list[str]] = {"stdout": [], "stderr": []}
        left = MAX_OUTPUT
        try:
            while (chunks := await execution.output.next()) is not None:
                for chunk in chunks:
                    texts[chunk.stream].append(chunk.text)
                    left -= len(chunk.text)
                if left < 0:
                    doing = f"run a command in {shown(ident)}"
                    raise BackendError(f"{doing}: it says more than {MAX_OUTPUT} characters", backend=self.name, operation=doing)
            code = await execution.exit_code()
        finally:
            await execution.aclose()
        return ExecResult(stdout="".join(texts["stdout"]), stderr="".join(texts["stderr"]), exit_code=code)

    async def exec_stream(self, ident: str, command: Sequence[str], options: ExecOptions, *, stdin: bool = False) -> Execution:
        doing = f"run a command in {shown(ident)}"
        text = None if stdin or options.stdin is None else encoded(options.stdin, "stdin")
        variables, others = self.parted(options.env)
        words = ["exec", *(["--interactive"] if stdin or options.stdin is not None else []), *pairs("env", others)]
        words += [option("workdir", options.workdir)] if options.workdir else []
        words += [option("user", options.user)] if options.user else []
        words += ["--privileged"] if options.privileged else []
        program = await self._line.start([*words, self.container(ident), *command], doing=doing, variables=variables)
        if not stdin and options.stdin is None:
            program.stdin.close()
        output = ExecOutput(Pieces(program), text)
        return ProgramExecution(output, program, self, ident, doing, takes_input=stdin)

    async def checked_exec(self, heard: bool) -> None:
        """Raises what a command without a word may have met, which ended with success."""
        if not heard and self._line.check is not None:
            await self._line.check(b"")

    def exec_failure(self, said: str, doing: str, ident: str) -> Exception:
        """The error for a command that was not run."""
        return self._line.sayings.refusal(self._line.read_error(said), doing=doing, backend=self.name, subject=ident)


class ExecOutput(Stream[LogChunk]):
    """Both streams of a command as they come, less nerdctl's own last line. text: the input, sent beside the reading."""

    def __init__(self, pieces: Pieces, text: bytes | None) -> None:
        self._pieces, self._text = pieces, text
        self._texts = Texts()
        self.heard = False
        """Whether there was any output."""
        self.kept = b""
        """What may be nerdctl's last line, and is once the streams have ended."""

    async def next(self) -> Sequence[LogChunk] | None:
        while True:
            pieces = await self._next_pieces()
            if pieces is None:
                return await self._rest()
            self.heard = True
            told = [(name, data if name == "stdout" else self._but_last_line(data)) for name, data in pieces]
            if found := [chunk for name, data in told for chunk in self._texts.feed(name, data)]:
                return found

    async def _next_pieces(self) -> Sequence[tuple[Name, bytes]] | None:
        if self._text is None:
            return await self._pieces.next()
        text, self._text = self._text, None
        found: list[tuple[Name, bytes]] = []
        async with anyio.create_task_group() as group:
            group.start_soon(self._pieces.program.feed, text)
            while not self._pieces.program.stdin.closed and (pieces := await self._pieces.next()) is not None:
                found += pieces
        return found

    def _but_last_line(self, data: bytes) -> bytes:
        """What may be nerdctl's last line is kept back until more follows; it need not begin a line, for the command's may not end."""
        data, self.kept = self.kept + data, b""
        start = data.rfind(_BEGIN)
        if start < 0 or b"\n" in data[start:-1] or len(data) - start > _LAST:
            start = len(data) - next((size for size in range(len(_BEGIN) - 1, 0, -1) if data.endswith(_BEGIN[:size])), 0)
        self.kept = data[start:]
        return data[:start]

    async def _rest(self) -> Sequence[LogChunk] | None:
        """What was kept back and is the command's: nerdctl says nothing of one that succeeds."""
        if self._pieces.closed:
            return None
        told: list[LogChunk] = []
        is_own = self.kept and any(word.level == "fatal" for word in words_of(text_of(self.kept)))
        if self.kept and not (is_own and await self._pieces.program.wait() != 0):
            kept, self.kept = self.kept, b""
            told = self._texts.feed("stderr", kept)
        return [*told, *self._texts.rest()] or None

    async def aclose(self) -> None:
        await self._pieces.aclose()


class ProgramExecution(Execution):
    """A command inside a container, behind a nerdctl of its own."""

    def __init__(
        self, output: ExecOutput, program: Program, owner: NerdctlExecs, ident: str, doing: str, *, takes_input: bool
    ) -> None:
        self.output: ExecOutput = output
        self._program, self._owner, self._ident, self._doing = program, owner, ident, doing
        self._takes_input = takes_input

    async def send(self, data: bytes) -> None:
        self._need_input()
        view = memoryview(data)
        while view:
            try:
                view = view[os.write(self._program.stdin.fileno(), view) :]
            except BlockingIOError:
                await anyio.wait_writable(self._program.stdin)
            except (BrokenPipeError, ValueError) as error:
                raise self._no_reader() from error
            except OSError as error:
                raise self._no_reader() if error.errno == errno.EPIPE else error from error

    def _need_input(self) -> None:
        if not self._takes_input:
            raise Conflict(f"{self._doing}: it was opened without input", backend=self._owner.name, subject=self._ident)

    def _no_reader(self) -> Conflict:
        return Conflict(f"{self._doing}: it reads no more", backend=self._owner.name, subject=self._ident)

    async def end_input(self) -> None:
        self._need_input()
        with contextlib.suppress(OSError):
            self._program.stdin.close()

    async def exit_code(self) -> int:
        code = await self._program.wait()
        if code == 0:
            await self._owner.checked_exec(self.output.heard)
            return 0
        said = text_of(self.output.kept)
        if (own := exec_code(said)) is not None:
            return own
        if code < 0:
            raise BackendError(f"{self._doing}: the program was ended by signal {-code}", backend=self._owner.name)
        raise self._owner.exec_failure(said, self._doing, self._ident)

    async def aclose(self) -> None:
        await self.output.aclose()


__all__ = ["MAX_OUTPUT", "ExecOutput", "NerdctlExecs", "ProgramExecution"]
