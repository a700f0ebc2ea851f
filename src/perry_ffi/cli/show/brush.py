"""Lines of a picture as a terminal is sent them: rich makes colours of them, counts their cells and cuts them to the width.

To be imported late, and aside. Of rich only what this needs is loaded: cells, segments, styles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.color import Color, ColorSystem
from rich.segment import Segment
from rich.style import Style

from perry_ffi.cli.show.state import DONE, FAILED, PENDING, WAITING, WORKING

if TYPE_CHECKING:
    from perry_ffi.cli.show.colours import ServiceColours
    from perry_ffi.cli.show.frame import Line

_NONE = Style()
_STYLES = {
    DONE: Style(color="green"),
    FAILED: Style(color="red", bold=True),
    WORKING: Style(color="cyan"),
    WAITING: Style(color="yellow"),
    PENDING: Style(dim=True),
    "head": Style(bold=True),
    "dim": Style(dim=True),
}


class Brush:
    """colours: whether there are any; weights of letters count as such."""

    def __init__(self, services: ServiceColours, colours: bool) -> None:
        self._services = services
        self._colours = ColorSystem.STANDARD if colours else None

    def painted(self, line: Line, columns: int) -> tuple[str, int]:
        """The line in at most so many columns, and how many it takes."""
        segments = [Segment(piece, self._style(kind)) for piece, kind in line.pieces if piece]
        right = f" {line.right}" if line.right else ""
        room = columns - cell_len(right)
        if right and room >= columns // 2:
            segments = Segment.adjust_line_length(_cut(segments, room), room)
            segments.append(Segment(right, _STYLES["dim"]))
        segments = _cut(segments, columns)
        text = "".join((style or _NONE).render(piece, color_system=self._colours) for piece, style, _ in segments)
        return text, Segment.get_line_length(segments)

    def _style(self, kind: str) -> Style:
        if not kind.startswith("service "):
            return _STYLES.get(kind, _NONE)
        number = self._services.of(kind.partition(" ")[2])
        return Style(color=Color.from_ansi(number - 30 if number < 90 else number - 90 + 8))


def _cut(segments: list[Segment], columns: int) -> list[Segment]:
    """At most so many columns; what is left out shows as an ellipsis."""
    if Segment.get_line_length(segments) <= columns:
        return segments
    if columns < 1:
        return []
    return [*Segment.adjust_line_length(segments, columns - 1, pad=False), Segment("…", _NONE)]
