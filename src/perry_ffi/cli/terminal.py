"""What the program says and reads: results on standard output, words to a person on standard error, files from standard input.

Names and words of files and engines are text to a person, and move no cursor.
"""

from __future__ import annotations

import errno
import os
import sys
import unicodedata
from typing import BinaryIO

_KEPT = "\n\t"
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Control and format characters (escape sequences, directions of text), lone surrogates, separators of lines."""


class Unwritable(Exception):
    """Standard output takes no more: the disk is full, say, or its reader has gone."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self._number = error.errno or 0

    def tell(self) -> None:
        """Says so, and that nothing more is written; a reader that has gone has seen what it wanted."""
        sys.stdout = None
        if self._number != errno.EPIPE:
            say(f"perry-compose: standard output: {os.strerror(self._number)}")


def plain(text: str) -> str:
    """``text`` with everything that a terminal would act on as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if char in _KEPT or not _acts(char) else _escape(char) for char in text)


def out(text: str) -> None:
    """A part of the result, on standard output: UTF-8, as files and engines have it. Raises Unwritable."""
    data = memoryview(_bytes(text))
    try:
        if sys.stdout is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        while data:
            data = data[_written(sys.stdout.buffer, data) :]
    except OSError as error:
        raise Unwritable(error) from error


def flush() -> None:
    """Has all of the result written by now. Raises Unwritable."""
    try:
        while sys.stdout is not None:
            try:
                sys.stdout.flush()
                return
            except BlockingIOError:
                _wait_until_it_takes_more()
    except OSError as error:
        raise Unwritable(error) from error


def _written(stream: BinaryIO, data: memoryview) -> int:
    """How much of ``data`` was taken: an unbuffered stream takes a part, one that another program made non-blocking none."""
    try:
        taken = stream.write(data)
    except BlockingIOError as error:
        taken = error.characters_written
    if not taken:
        _wait_until_it_takes_more()
    return taken or 0


def _wait_until_it_takes_more() -> None:
    import select

    select.select([], [sys.stdout], [])


def say(text: str) -> None:
    """One message on standard error; where nobody can hear it the work goes on."""
    if sys.stderr is None:
        return
    try:
        print(plain(text), file=sys.stderr, flush=True)
    except OSError:
        return


def standard_input() -> bytes:
    """All of it. Raises ValidationError where it cannot be read."""
    try:
        if sys.stdin is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return sys.stdin.buffer.read()
    except OSError as error:
        from perry_ffi.errors import ValidationError

        raise ValidationError(f"standard input: cannot be read: {error.strerror}", file="-") from None


def _bytes(text: str) -> bytes:
    try:
        return text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace")


def _acts(char: str) -> bool:
    return unicodedata.category(char) in _UNSEEN


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode() if char < "\U00010000" else f"\\U{ord(char):08x}"
