"""What the program writes to, and how: a terminal or a pipe, with colours or without, how wide, in which form of progress.

The one place that asks whether something is a terminal, and the one that knows the variables which say how it is written.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TextIO

    from perry_ffi.cli.show.colours import ServiceColours

NARROWEST = 40
"""Columns below which a terminal's width is not believed."""


class Screen:
    """Of one run of the program. Each answer is asked for when it is wanted. progress, ansi: what the flags of these names say.

    Its ``progress`` is ``tty`` (live), ``plain`` (a line an event), ``json`` (an object a line), ``quiet``.
    """

    unseen: frozenset[str] = frozenset()
    """Operations (``pull``, ``build``) of which is shown that they are done, and not how they go on."""

    def __init__(self, env: Mapping[str, str], progress: str | None = None, ansi: str | None = None) -> None:
        self._env = env
        self._ansi = ansi or env.get("COMPOSE_ANSI") or "auto"
        self._progress = progress or env.get("COMPOSE_PROGRESS") or "auto"
        self._services: ServiceColours | None = None

    def check(self) -> None:
        """Raises ValidationError for a COMPOSE_PROGRESS that says no form."""
        if self._progress not in ("auto", "tty", "plain", "json", "quiet"):
            from perry_ffi.errors import ValidationError

            expected = "auto, tty, plain, json or quiet"
            message = f"COMPOSE_PROGRESS: expected {expected}, found {self._progress!r}"
            raise ValidationError(message, variable="COMPOSE_PROGRESS", expected=expected)

    @property
    def progress(self) -> str:
        """How work is shown, on standard error."""
        if self._progress != "auto":
            return self._progress if self._progress in ("tty", "plain", "json", "quiet") else "plain"
        return "tty" if self._moves(sys.stderr) and not self._env.get("CI") else "plain"

    @property
    def colours(self) -> bool:
        """Whether results have colours, on standard output."""
        return self._coloured(sys.stdout)

    @property
    def error_colours(self) -> bool:
        """The same on standard error."""
        return self._coloured(sys.stderr)

    @property
    def services(self) -> ServiceColours:
        """The colours of services: the same wherever they are spoken of."""
        if self._services is None:
            from perry_ffi.cli.show.colours import ServiceColours

            self._services = ServiceColours()
        return self._services

    @property
    def reads(self) -> bool:
        """Whether a person can be asked: standard input and standard error are a terminal."""
        return _terminal(sys.stdin) and _terminal(sys.stderr)

    @property
    def talks(self) -> bool:
        """Whether a person types here and reads what is answered: standard input and standard output are a terminal."""
        return _terminal(sys.stdin) and _terminal(sys.stdout)

    @property
    def width(self) -> int | None:
        """Columns of the terminal that reads the result; None where none does, and nothing is to be shortened."""
        return _columns(sys.stdout)

    @property
    def terminal(self) -> bool:
        """Whether a terminal reads the result."""
        return _terminal(sys.stdout)

    @property
    def moves(self) -> bool:
        """Whether a result may be written over the one before: a terminal reads it, and its cursor may be moved."""
        return _terminal(sys.stdout) and self._moves(sys.stdout)

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows of the terminal that reads the result."""
        return _size(sys.stdout)

    @property
    def error_width(self) -> int | None:
        """Columns of the terminal on standard error; None where there is none, and lines are as long as they are."""
        return _columns(sys.stderr)

    @property
    def error_size(self) -> tuple[int, int]:
        """Columns and rows of the terminal on standard error."""
        return _size(sys.stderr)

    def _moves(self, stream: TextIO | None) -> bool:
        if self._ansi == "always":
            return True
        return self._ansi != "never" and _terminal(stream) and self._env.get("TERM", "dumb") != "dumb"

    def _coloured(self, stream: TextIO | None) -> bool:
        if self._ansi != "auto":
            return self._ansi == "always"
        if self._env.get("NO_COLOR"):
            return False
        if self._env.get("CLICOLOR_FORCE", "0") != "0":
            return True
        return self._env.get("CLICOLOR", "1") != "0" and self._moves(stream)


def _size(stream: TextIO | None) -> tuple[int, int]:
    """As it is, for what is painted has to fit; what is usual where nobody says it."""
    try:
        size = os.get_terminal_size(stream.fileno() if stream is not None else -1)
    except (OSError, ValueError, AttributeError):
        return 80, 24
    return size.columns if size.columns > 1 else 80, size.lines if size.lines > 1 else 24


def _terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and os.isatty(stream.fileno())
    except (OSError, ValueError):
        return False


def _columns(stream: TextIO | None) -> int | None:
    try:
        columns = os.get_terminal_size(stream.fileno()).columns if stream is not None else 0
    except (OSError, ValueError):
        return None
    return columns if columns >= NARROWEST else None
