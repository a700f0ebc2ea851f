"""Lines that are painted over and over, seen through a terminal of the test's own."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.cli.show.canvas import Canvas
from tests.support.screen import Terminal

Lines = list[str]


def painted(frames: list[Lines]) -> Terminal:
    terminal = Terminal()
    canvas = Canvas(terminal)
    for lines in frames:
        canvas.paint([(line, len(line)) for line in lines], 80, 24)
        assert terminal.text() == lines
        assert terminal.cursor == (not lines)
    return terminal


@given(st.lists(st.lists(st.text("ab ", max_size=10), max_size=6), max_size=8))
def test_any_frames_after_each_other(frames: list[Lines]) -> None:
    painted(frames)


def test_only_what_differs_is_written_in_one_piece() -> None:
    terminal = painted([["one", "two", "three"], ["one", "TWO", "three"]])
    assert len(terminal.writes) == 2
    assert "TWO" in terminal.writes[1] and "one" not in terminal.writes[1] and "three" not in terminal.writes[1]


def test_the_same_again_writes_nothing() -> None:
    assert len(painted([["one"], ["one"]]).writes) == 1


def test_cleared_the_cursor_is_back_where_it_began() -> None:
    terminal = Terminal()
    terminal.write("before\r\n")
    canvas = Canvas(terminal)
    canvas.paint([("row", 3)], 80, 24)
    canvas.clear()
    canvas.clear()
    terminal.write("after")
    assert terminal.rows == ["before", "after"] and terminal.cursor


def test_a_terminal_that_became_narrower_is_painted_anew() -> None:
    """It folds what stands there: each of these rows is two by then."""
    terminal = Terminal()
    canvas = Canvas(terminal)
    canvas.paint([("x" * 60, 60), ("y" * 60, 60)], 80, 24)
    terminal.rows, terminal.row = ["x" * 40, "x" * 20, "y" * 40, "y" * 20, ""], 4
    canvas.paint([("x" * 30, 30)], 40, 24)
    assert terminal.text() == ["x" * 30]


def test_a_terminal_that_is_gone_keeps_nobody() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(5, "gone")

    canvas = Canvas(Gone())
    canvas.paint([("row", 3)], 80, 24)
    canvas.clear()
    Canvas(None).paint([("row", 3)], 80, 24)
