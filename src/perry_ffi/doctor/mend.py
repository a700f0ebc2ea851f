"""The one place that runs what mends: commands one after the other, without a shell or input, until one fails."""

from __future__ import annotations

import asyncio
import codecs
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio

from perry_ffi.doctor.find import find
from perry_ffi.doctor.finding import Argv, pasted
from perry_ffi.errors import BackendError, NotFound, Timeout
from perry_ffi.process.program import Program, reap

if TYPE_CHECKING:
    from perry_ffi.settings import Settings

SECONDS = 900.0
"""What installs or starts a virtual machine downloads an image first."""
KEPT = 64 * 1024
"""Bytes of the output that are kept, of its end."""


@dataclass(frozen=True)
class Ran:
    """How it went. exit_code: of the last command that ran; output: what all of them said, at most the last ``KEPT`` bytes."""

    exit_code: int
    output: str


def _ignore(text: str) -> None:
    """For an output that nobody watches."""


async def run(
    settings: Settings, commands: Sequence[Argv], seconds: float = SECONDS, tell: Callable[[str], None] = _ignore
) -> Ran:
    """Runs ``commands``. tell: hears the output as it comes.

    Raises NotFound for a program that is not there, Timeout where all of them together take longer than ``seconds``, BackendError
    for one that does not start. Cancelled, the one that runs is killed.
    """
    kept, code = bytearray(), 0
    try:
        with anyio.fail_after(seconds):
            for argv in commands:
                code = await _run_one(settings, argv, kept, tell)
                if code != 0:
                    break
    except TimeoutError:
        what = pasted(tuple(commands))
        raise Timeout(f"{what}: not done within {seconds:g} s", waitedFor=what, seconds=seconds) from None
    return Ran(code, kept.decode("utf-8", "replace"))


async def _run_one(settings: Settings, argv: Argv, kept: bytearray, tell: Callable[[str], None]) -> int:
    path = find(settings, argv[0])
    if path is None:
        raise NotFound(f"the program {argv[0]} is not installed, or not in PATH", program=argv[0])
    words = (path, *argv[1:])
    try:
        program = await Program.start(words, env=settings.environ, stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    except OSError as error:
        raise BackendError(f"the program {argv[0]} does not start: {error.strerror}", program=argv[0]) from error
    try:
        reading = asyncio.ensure_future(_read(program, kept, tell))
        try:
            # A service that it has left behind may hold its output open: its own end is what counts.
            code = await program.wait()
            with anyio.move_on_after(1):
                await asyncio.shield(reading)
            return code
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
    finally:
        await reap(program)


async def _read(program: Program, kept: bytearray, tell: Callable[[str], None]) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")("replace")  # a piece may end within a character
    while piece := await program.read(program.outputs["stdout"]):
        kept += piece
        del kept[:-KEPT]
        if text := decoder.decode(piece):
            tell(text)
