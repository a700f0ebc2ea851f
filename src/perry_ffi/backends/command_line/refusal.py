"""From what a program says to the error family: a runtime has a table of its sayings, and here is how one is asked.

Such programs end with 1 for every failure, so their words alone tell. Whoever matches some adds a row to the table of the
runtime, with the versions where they were seen.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from perry_ffi.backends.command_line.reading import clip
from perry_ffi.backends.registry_words import remedy
from perry_ffi.errors import BackendError, ContainerError


class Saying(NamedTuple):
    """What a program says and the kind of error that it is.

    words: a regular expression, found in any case of letters. versions: where it was seen. exit_code: what a shell would end
    with, where it is about a command that cannot be run. remedy: what helps.
    """

    kind: type[ContainerError]
    words: str
    versions: str
    exit_code: int | None = None
    remedy: str | None = None


class Table:
    """The sayings of one runtime; the first row that matches counts."""

    def __init__(self, rows: Sequence[Saying]) -> None:
        self.rows = tuple(rows)

    def of(self, said: str) -> Saying | None:
        """The row that ``said`` matches."""
        return next((row for row in self.rows if _compiled(row.words).search(said)), None)

    def refusal(
        self, said: str, *, doing: str, backend: str, subject: str | None = None, exit_code: int = 1, by: str | None = None
    ) -> ContainerError:
        """The error for a command that failed. said: the program's words; unknown ones are shown as they are. by: those of them that
        tell its kind, where not all do.
        """
        row = self.of(said if by is None else by) or Saying(BackendError, "", "")
        words = clip(said.strip())
        return row.kind(
            f"{doing}: {words or f'{backend} ended with {exit_code} and said nothing'}",
            backend=backend, status=exit_code, operation=doing, output=words or None, subject=subject, exitCode=row.exit_code,
            remedy=row.remedy or remedy(words, doing, backend, subject),
        )  # fmt: skip


@cache
def _compiled(words: str) -> re.Pattern[str]:
    return re.compile(words, re.IGNORECASE | re.DOTALL)


__all__ = ["Saying", "Table"]
