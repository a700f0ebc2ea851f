"""Lines as a terminal is sent them: never wider than it."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from perry_ffi.cli.show.brush import Brush
from perry_ffi.cli.show.colours import ServiceColours
from perry_ffi.cli.show.frame import Line

KINDS = st.sampled_from(["plain", "dim", "head", "done", "failed", "service db", "?"])
WIDE = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=30)


def bare(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


@given(st.lists(st.tuples(WIDE, KINDS), max_size=4), WIDE, st.integers(1, 60), st.booleans())
def test_no_line_is_wider_than_it_may_be(pieces: list[tuple[str, str]], right: str, columns: int, colours: bool) -> None:
    text, width = Brush(ServiceColours(), colours).painted(Line(pieces, right), columns)
    assert cell_len(bare(text)) <= columns and width <= columns
    assert colours or text == bare(text)


def test_what_stands_at_the_right_end_stays_there() -> None:
    text, width = Brush(ServiceColours(), False).painted(Line([("a long line of words that does not fit", "plain")], "3.8 s"), 20)
    assert text == "a long line o… 3.8 s" and width == 20
    assert Brush(ServiceColours(), False).painted(Line([("short", "plain")], "3.8 s"), 20)[0] == "short          3.8 s"


def test_a_service_has_its_colour() -> None:
    colours = ServiceColours()
    text, _ = Brush(colours, True).painted(Line([("db", "service db")]), 20)
    assert text == f"\x1b[{colours.of('db')}mdb\x1b[0m"
