"""Colours: one for each service, the same in logs and in progress, and those of what went well and what did not.

Whether there are any the screen says (``Screen.colours``, ``Screen.error_colours``), and nobody else.
"""

from __future__ import annotations

CYAN, YELLOW, GREEN, MAGENTA, BLUE, LIGHT_CYAN, LIGHT_YELLOW, LIGHT_MAGENTA = 36, 33, 32, 35, 34, 96, 93, 95
"""Numbers of ``ESC [ n m``. Red is nobody's: it is for what failed."""
PALETTE = (CYAN, YELLOW, GREEN, MAGENTA, BLUE, LIGHT_CYAN, LIGHT_YELLOW, LIGHT_MAGENTA)
RED, DIM, BOLD = 31, 2, 1

RESET = "\x1b[0m"


def painted(text: str, number: int, colours: bool = True) -> str:
    """``text`` in a colour, where there are any."""
    return f"\x1b[{number}m{text}{RESET}" if colours and text else text


class ServiceColours:
    """The colours of the services that one run of the program speaks of.

    A name has a colour of its own, so that it is the same in the next command, too; where two have the same, the one that comes
    later takes the next one that is free.
    """

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def expect(self, services: list[str]) -> None:
        """Services that will be spoken of: they get theirs by name, whoever comes first."""
        for service in sorted(services):
            self.of(service)

    def of(self, service: str) -> int:
        """The number of its colour, which it keeps."""
        if service not in self._numbers:
            self._numbers[service] = self._free(service)
        return self._numbers[service]

    def _free(self, service: str) -> int:
        from binascii import crc32

        start = crc32(service.encode("utf-8", "surrogatepass")) % len(PALETTE)
        order = [PALETTE[(start + step) % len(PALETTE)] for step in range(len(PALETTE))]
        taken = set(self._numbers.values())
        return next((number for number in order if number not in taken), order[0])
