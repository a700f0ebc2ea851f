from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.cli.show.colours import ServiceColours
from perry_ffi.cli.show.logs import LogLines, ObjectLines, short_name, steady
from perry_ffi.stack.observed import Replica


def said(container: str, text: str, service: str = "", number: int = 1) -> dict[str, Any]:
    row = {"container": container, "service": service or container.split("-")[-2], "replica": number}
    return {**row, "stream": "stdout", "time": "2026-01-01T00:00:00.5Z", "text": text}


def test_names_are_aligned_to_the_longest_so_far() -> None:
    lines = LogLines(False, True, False)
    found = [lines.line(said(name, "x")) for name in ("p-a-1", "p-longer-1", "p-a-1")]
    assert found == ["a-1 | x", "longer-1 | x", "a-1      | x"]


def test_what_is_shown_of_a_line() -> None:
    assert LogLines(False, False, False).line(said("p-a-1", "x")) == "x"
    assert LogLines(False, False, True).line(said("p-a-1", "x")) == "2026-01-01T00:00:00.5Z x"
    assert LogLines(False, True, True).line(said("p-a-1", "x")) == "a-1 | 2026-01-01T00:00:00.5Z x"
    assert ObjectLines().line({"text": "ü"}) == '{"text": "ü"}'


def test_each_service_has_a_colour_and_keeps_it() -> None:
    lines, colours = LogLines(True, True, False), ServiceColours()
    lines.expect([Replica(id="i", name=f"p-{name}-1", service=name, number=1, status="running") for name in ("b", "a")])
    colours.expect(["a", "b"])
    first, second, third = (lines.line(said(f"p-{name}-{n}", "x", number=n)) for name, n in (("a", 1), ("b", 1), ("a", 2)))
    assert first == f"\x1b[{colours.of('a')}ma-1 | \x1b[0mx"
    assert second == f"\x1b[{colours.of('b')}mb-1 | \x1b[0mx"
    assert third == f"\x1b[{colours.of('a')}ma-2 | \x1b[0mx"


@pytest.mark.parametrize(
    ("container", "shown"), [("shop-api-1", "api-1"), ("shop_api_1", "api-1"), ("mine", "mine"), ("shop-api-11", "shop-api-11")]
)
def test_a_container_without_its_project(container: str, shown: str) -> None:
    assert short_name(container, "api", 1) == shown


def test_a_name_moves_no_cursor() -> None:
    assert LogLines(False, True, False).line(said("x\x1b[2Jy", "x", "s")) == "x\\x1b[2Jy | x"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("plain", "plain"),
        ("tab\tbed", "tab\tbed"),
        ("\x1b[1mbold\x1b[0m", "\x1b[1mbold\x1b[0m"),
        ("\x1b[38;5;208mlasts", "\x1b[38;5;208mlasts\x1b[0m"),
        ("\x1b[2J\x1b[Hclear", "clear"),
        ("\x1b]0;title\x07named", "named"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1b7\x1bcsaved", "saved"),
        ("\x1b[?25lhidden", "hidden"),
        ("10%\r50%\r100%", "100%"),
        ("done\r", "done"),
        ("a\bb\x07\x9b2J", "ab2J"),
        ("\x1b[3", "3"),
    ],
)
def test_nothing_moves_the_cursor_of_a_terminal(text: str, seen: str) -> None:
    assert steady(text) == seen
    assert LogLines(False, False, False, terminal=True).line(said("p-a-1", text)) == seen
    assert LogLines(False, False, False).line(said("p-a-1", text)) == text
