"""One runtime's program, called: bounded in time and output, ended with its caller, its failures told as errors."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from subprocess import PIPE

from perry_ffi.backends.command_line.arguments import plain
from perry_ffi.backends.command_line.environment import opened, with_file
from perry_ffi.backends.command_line.reading import text_of
from perry_ffi.backends.command_line.refusal import Table
from perry_ffi.cancellation import uninterrupted
from perry_ffi.errors import BackendError, BackendNotAvailable, NotFound, Unsupported, ValidationError
from perry_ffi.process.program import MAX_OUTPUT, Finished, Program, run_program

_POINTER, _SPARE = 8, 4096
"""Bytes that the system takes for each word, and for itself."""


@dataclass(frozen=True)
class CommandLine:
    """A runtime's command line.

    program: its absolute path. ahead: words that stand before each command. env: all of its environment. backend: whose name
    errors have. timeout: seconds that one call may take, unless it says otherwise. sayings: what its words mean. read_error:
    its words, out of what it writes for errors. directory: where it is started; None: where this process is.
    takes: words that its program would take for its own, but behind ``exec``. check: looks, where a command has succeeded, whether it
    was one that did its work; it gets what was said, and raises otherwise. own_version: whether ``version`` tells of another program.
    """

    program: str
    ahead: tuple[str, ...]
    env: Mapping[str, str]
    backend: str
    timeout: float
    sayings: Table
    read_error: Callable[[str], str] = str.strip
    directory: str | None = None
    takes: tuple[str, ...] = ()
    check: Callable[[bytes], Awaitable[None]] | None = None
    own_version: bool = False

    async def ask(
        self,
        words: Sequence[str],
        *,
        doing: str,
        stdin: bytes = b"",
        extra_time: float = 0.0,
        max_output: int = MAX_OUTPUT,
        variables: str = "",
    ) -> Finished:
        """Runs a command to its end, whatever that is. A cancelled call kills it: for commands that change nothing.

        variables: lines of ``environment``, for a command that takes such.
        """
        time = self.timeout + extra_time
        argv, file = self._with(words, variables)
        try:
            said = await run_program(
                argv, env=self.env, timeout=time, cwd=self.directory, stdin=stdin, max_output=max_output, file=file
            )
        except NotFound:
            raise self._gone() from None
        if said.exit_code == 0 and self.check is not None:
            await self.check(said.stdout + said.stderr)
        return said

    async def read(self, words: Sequence[str], *, doing: str, subject: str | None = None, extra_time: float = 0.0) -> Finished:
        """The same; a command that fails is an error."""
        return self.checked(await self.ask(words, doing=doing, extra_time=extra_time), doing=doing, subject=subject)

    async def change(
        self,
        words: Sequence[str],
        *,
        doing: str,
        subject: str | None = None,
        stdin: bytes = b"",
        extra_time: float = 0.0,
        variables: str = "",
    ) -> Finished:
        """A command that changes something: it goes on to its end, which is bounded, although its caller is cancelled.

        One that is killed in its midst would leave half of what it makes, and nobody would know which half.
        """
        work = self.ask(words, doing=doing, stdin=stdin, extra_time=extra_time, variables=variables)
        return self.checked(await uninterrupted(work), doing=doing, subject=subject)

    async def start(self, words: Sequence[str], *, doing: str, variables: str = "", terminal: int | None = None) -> Program:
        """Starts a command whose output is read as it comes; whoever has it ends it (``process.reap``). variables: as of ``ask``.

        terminal: what its input and output are, in place of pipes.
        """
        argv, file = self._with(words, variables)
        stream = PIPE if terminal is None else terminal
        try:
            return await Program.start(argv, env=self.env, cwd=self.directory, file=file, stdin=stream, stdout=stream)
        except FileNotFoundError:
            raise self._gone() from None
        except OSError as error:
            raise BackendError(
                f"{doing}: the program {self.program} does not start: {error.strerror}", backend=self.backend, operation=doing
            ) from error

    def _with(self, words: Sequence[str], variables: str) -> tuple[list[str], int | None]:
        """The argument vector, and the open file that it names."""
        argv = self.argv(words)
        if not variables:
            return argv, None
        file = opened(variables)
        at = 1 + len(self.ahead)
        return [*argv[:at], *with_file(argv[at:], file)], file

    def argv(self, words: Sequence[str]) -> list[str]:
        """The whole argument vector; ``ValidationError`` for a word that cannot be passed on, ``Unsupported`` for one that is taken."""
        if taken := [word for word in words if word in self.takes and words[0] != "exec"]:
            raise Unsupported(
                f"{taken[0]}: {self.backend} takes this word for its own wherever it stands", member=taken[0], backend=self.backend,
                remedy="have a script in the image say it",
            )  # fmt: skip
        found = [self.program, *self.ahead, *(plain(word, "a word of the command") for word in words)]
        self._refuse_too_many(found)
        return found

    def _refuse_too_many(self, argv: Sequence[str]) -> None:
        """What the system would not start: words and environment share one bound."""
        texts = [*argv, *(f"{name}={value}" for name, value in self.env.items())]
        size = sum(len(os.fsencode(text)) + 1 + _POINTER for text in texts)
        if size > (most := os.sysconf("SC_ARG_MAX") - _SPARE):
            raise ValidationError(
                f"the words of the command: with the environment they have {size} bytes", path="the words of the command",
                expected=f"{most} bytes at most",
            )  # fmt: skip

    def checked(self, finished: Finished, *, doing: str, subject: str | None = None) -> Finished:
        """``finished``, unless it failed."""
        if finished.exit_code == 0:
            return finished
        said = self.read_error(text_of(finished.stderr)) or text_of(finished.stdout).strip()
        raise self.sayings.refusal(said, doing=doing, backend=self.backend, subject=subject, exit_code=finished.exit_code)

    def _gone(self) -> BackendNotAvailable:
        reason = f"{self.program} is not there any more"
        return BackendNotAvailable(
            f"{self.backend}: {reason}", backend=self.backend, reason=reason, remedy=f"install {self.backend} again"
        )


__all__ = ["CommandLine"]
