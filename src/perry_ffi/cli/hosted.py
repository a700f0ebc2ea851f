"""``perry-compose`` in a process that goes on: a host's, which calls ``perry_container_main``.

Its streams are the process's descriptors, opened for the one run: a run that finds standard output full, or closed, must not
take it from the next one. Its signals are those that the library hears for it.
"""

from __future__ import annotations

import contextlib
import sys
from typing import IO, TYPE_CHECKING

from perry_ffi.cli.interrupts import SIGNALS, Signals
from perry_ffi.cli.main import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


def run(arguments: Sequence[str], signals: Signals, prepare: Callable[[], object] = bool) -> int:
    """Runs it with these arguments, which follow its name, and returns its exit status. On any thread, one at a time.

    prepare: called before a command imports what an event loop takes.
    """
    told = SIGNALS.set(signals)
    try:
        with _streams():
            return main(arguments, prepare=prepare)
    finally:
        SIGNALS.reset(told)


@contextlib.contextmanager
def _streams() -> Iterator[None]:
    before = sys.stdin, sys.stdout, sys.stderr
    own = _opened(0, "r"), _opened(1, "w"), _opened(2, "w")
    sys.stdin, sys.stdout, sys.stderr = own
    try:
        yield
    finally:
        sys.stdin, sys.stdout, sys.stderr = before
        for stream in own:
            _close(stream)


def _opened(descriptor: int, mode: str) -> IO[str] | None:
    """A stream, or None where the descriptor is closed, as Python itself has it."""
    errors = "backslashreplace" if descriptor == 2 else "surrogateescape"
    try:
        return open(descriptor, mode, encoding="utf-8", errors=errors, closefd=False)
    except OSError:
        return None


def _close(stream: IO[str] | None) -> None:
    """What could not be written was told; the descriptor stays the process's."""
    with contextlib.suppress(OSError, ValueError):
        if stream is not None:
            stream.close()
