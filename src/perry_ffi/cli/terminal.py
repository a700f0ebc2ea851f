"""What the program says and reads: results on standard output, words to a person on standard error, files from standard input.

Names and words of files and engines are text to a person, and move no cursor.
"""

from __future__ import annotations

import errno
import os
import sys
import unicodedata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import BinaryIO

_NARROWEST = 40
_KEPT = "\n\t"
_painted: list[Callable[[], None]] = []
"""What takes away that which is painted on the terminal now."""
_as_objects = False
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


def folded(line: str, columns: int | None, hanging: int) -> list[str]:
    """``line`` as lines of so many columns, parted between words; those behind the first begin so many columns further."""
    if columns is None or len(line) <= columns:
        return [line]
    import textwrap

    ahead = " " * (hanging if columns - hanging >= _NARROWEST // 2 else 4)
    return textwrap.wrap(
        line, columns, subsequent_indent=ahead, break_long_words=False, break_on_hyphens=False, replace_whitespace=False
    )


def out(text: str) -> None:
    """A part of the result, on standard output: UTF-8, as files and engines have it. Raises Unwritable."""
    _make_room()
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
    if _as_objects:
        import json

        head, _, words = text.partition(": ")
        if head == "perry-compose":
            told: dict[str, object] = {"error": True, "message": plain(words)}
        else:
            told = {"level": "warning", "msg": plain(words)} if head == "warning" else {"level": "info", "msg": plain(text)}
        shown(json.dumps(told, ensure_ascii=False, separators=(",", ":")))
    else:
        shown(plain(text))


def shown(text: str, end: str = "\n") -> None:
    """The same of what may have colours: whatever else is in it was made plain before."""
    _make_room()
    if sys.stderr is None:
        return
    try:
        print(text, end=end, file=sys.stderr, flush=True)
    except OSError:
        return


def speak_in_objects(objects: bool) -> None:
    """Whether from now on a message is a line of JSON: a program reads standard error."""
    global _as_objects
    _as_objects = objects


class painted_on:
    """While something is painted on the terminal: ``clear`` takes it away before anything else is written there."""

    def __init__(self, clear: Callable[[], None]) -> None:
        self._clear = clear

    def __enter__(self) -> None:
        _painted.append(self._clear)

    def __exit__(self, *_: object) -> None:
        _painted.remove(self._clear)
        self._clear()


def _make_room() -> None:
    for clear in _painted:
        clear()


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
