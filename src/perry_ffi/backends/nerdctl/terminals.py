"""Commands inside a container with a terminal: nerdctl has one of this machine's, whose other end is read and written here."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import signal
from collections.abc import Sequence
from typing import IO, TYPE_CHECKING

import anyio

from perry_ffi.backends.command_line.arguments import option, pairs, shown
from perry_ffi.backends.command_line.reading import text_of
from perry_ffi.backends.contract.emulated.interaction import SessionConversation
from perry_ffi.backends.contract.interaction import Conversation, ExecConversation, Interaction, Piece, Terms
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.backends.nerdctl.archives import NerdctlArchives
from perry_ffi.backends.nerdctl.sayings import exec_code
from perry_ffi.errors import Conflict
from perry_ffi.process.program import Program, reap

if TYPE_CHECKING:
    from perry_ffi.model.container import ExecOptions

_READ = 64 * 1024
_LAST = 64 * 1024


class NerdctlInteraction(NerdctlArchives, Interaction):
    """Conversations: in pipes as its sessions are, with a terminal on a pseudo-terminal."""

    async def talk_to_command(self, ident: str, command: Sequence[str], options: ExecOptions, terms: Terms) -> ExecConversation:
        doing = f"run a command in {shown(ident)}"
        if (await self.inspect_container(ident)).status != "running":
            raise Conflict(f"{doing}: it does not run", backend=self.name, operation=doing, subject=ident)
        if not terms.terminal:
            session = await self.exec_stream(ident, command, options, stdin=terms.stdin)
            return SessionConversation(session, takes_input=terms.stdin)
        ours, its = os.openpty()
        try:
            _resize(ours, terms.size)
            words, variables = self._words(["--interactive", "--tty"], options)
            program = await self._line.start(
                [*words, self.container(ident), *command], doing=doing, variables=variables, terminal=its
            )
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(its)
        os.set_blocking(ours, False)
        return _Terminal(self, program, ours, doing, ident, takes_input=terms.stdin)

    async def talk_to_container(self, ident: str, terms: Terms) -> Conversation:
        return SessionConversation(await self.attach_container(ident))

    async def exec_detached(self, ident: str, command: Sequence[str], options: ExecOptions) -> None:
        words, variables = self._words(["--detach"], options)
        doing = f"run a command in {shown(ident)}"
        await self._line.change([*words, self.container(ident), *command], doing=doing, subject=ident, variables=variables)

    def _words(self, ahead: list[str], options: ExecOptions) -> tuple[list[str], str]:
        variables, others = self.parted(options.env)
        words = ["exec", *ahead, *pairs("env", others)]
        words += [option("workdir", options.workdir)] if options.workdir else []
        words += [option("user", options.user)] if options.user else []
        return words + (["--privileged"] if options.privileged else []), variables


def _resize(terminal: int, size: tuple[int, int] | None) -> None:
    import termios

    if size is not None:
        termios.tcsetwinsize(terminal, (size[1], size[0]))


class _Terminal(ExecConversation, Stream[Piece]):
    """A command whose terminal is ours; its own errors, nerdctl's last line among them, come by a pipe."""

    terminal = True

    def __init__(
        self, owner: NerdctlInteraction, program: Program, ours: int, doing: str, ident: str, *, takes_input: bool
    ) -> None:
        self.output: Stream[Piece] = self
        self.takes_input = takes_input
        self._owner, self._program, self._ours, self._doing, self._ident = owner, program, ours, doing, ident
        self._said = bytearray()
        self._errors = asyncio.ensure_future(self._hear(program.outputs["stderr"]))

    async def _hear(self, pipe: IO[bytes]) -> None:
        while data := await self._program.read(pipe):
            self._said += data
            del self._said[:-_LAST]

    async def next(self) -> Sequence[Piece] | None:
        while self._ours >= 0:
            try:
                data = os.read(self._ours, _READ)
            except BlockingIOError:
                await anyio.wait_readable(self._ours)
                continue
            except OSError as error:
                if error.errno != errno.EIO:  # Of a terminal whose other end is closed.
                    raise
                return None
            return [("stdout", data)] if data else None
        return None

    async def send(self, data: bytes) -> None:
        view = memoryview(data)
        while view and self._ours >= 0:
            try:
                view = view[os.write(self._ours, view) :]
            except BlockingIOError:
                await anyio.wait_writable(self._ours)
            except OSError as error:
                raise Conflict(f"{self._doing}: it reads no more", backend=self._owner.name, subject=self._ident) from error

    async def end_input(self) -> None:
        await self.send(b"\x04")

    async def resize(self, columns: int, rows: int) -> None:
        if self._ours >= 0:
            _resize(self._ours, (columns, rows))
            self._program.send_signal(signal.SIGWINCH)

    async def exit_code(self) -> int:
        code = await self._program.wait()
        await asyncio.wait((self._errors,), timeout=1)
        if code == 0:
            return 0
        said = text_of(bytes(self._said))
        if (own := exec_code(said.strip().rpartition("\n")[2])) is not None:
            return own
        raise self._owner.exec_failure(said, self._doing, self._ident)

    async def aclose(self) -> None:
        ours, self._ours = self._ours, -1
        self._errors.cancel()
        if ours >= 0:
            with contextlib.suppress(OSError):
                os.close(ours)
        await reap(self._program)


__all__ = ["NerdctlInteraction"]
