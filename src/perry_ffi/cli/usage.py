"""A command line that cannot be meant: what is wrong with it, what may have been meant, and where the help is."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

STATUS = 2
"""Of a program that was called wrongly."""


class Usage(Exception):
    """Wrong usage. command: the words of the command whose help tells how it is done; empty before any."""

    def __init__(self, message: str, command: str = "") -> None:
        super().__init__(message)
        self.message, self.command = message, command

    def text(self) -> str:
        program = f"perry-compose {self.command}".strip()
        return f"{program}: {self.message}\n  {self.help()} shows how it is used"

    def help(self) -> str:
        """What is to be typed to learn how it is done."""
        return f"{f'perry-compose {self.command}'.strip()} --help"


def meant(word: str, known: Iterable[str]) -> str:
    """The end of a message that says what is nearest to ``word``, if anything is."""
    from difflib import get_close_matches

    found = get_close_matches(word, list(known), 1, 0.6)
    return f"; is {found[0]} meant?" if found else ""
