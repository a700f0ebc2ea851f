"""Links to the next page."""

from __future__ import annotations

import time

import pytest

from perry_ffi.registry.links import next_page


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (['</a?n=2>; rel="next"'], "/a?n=2"),
        (["</a>; rel=next"], "/a"),
        (["</a>;REL = NEXT"], "/a"),
        (['</a>; rel="prev next"'], "/a"),
        (['</a>; rel="prev", </b>; title="a, b; rel=next"; rel=next'], "/b"),
        (['</a>; rel="prev"', '</b>; rel="next"'], "/b"),
        (['<>; rel="next"'], ""),
        (['</a>; rel="nextish"'], None),
        (["</a>"], None),
        (["/a; rel=next"], None),
        (['</a; rel="next"'], None),
        ([], None),
        ([""], None),
    ],
)
def test_readings(values: list[str], expected: str | None) -> None:
    assert next_page(values) == expected


@pytest.mark.parametrize(
    "text",
    [
        "<" * 60_000,
        "<a>;x" + " " * 60_000 + "!",
        "<a>" + ";x" * 30_000 + "!",
        "<a>" + ';x="' * 15_000,
        "<a>," * 15_000,
        "<a>" + "; " * 30_000,
    ],
)
def test_any_text_is_read_quickly(text: str) -> None:
    begin = time.monotonic()
    assert next_page([text]) is None
    assert time.monotonic() - begin < 0.5
