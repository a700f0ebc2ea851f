"""Colours of services, and of words."""

from __future__ import annotations

from perry_ffi.cli.screen import Screen
from perry_ffi.cli.show.colours import PALETTE, RED, ServiceColours, painted


def test_a_service_keeps_its_colour() -> None:
    colours = ServiceColours()
    first = colours.of("db")
    colours.expect(["web", "api", "db"])
    assert colours.of("db") == first


def test_as_many_services_as_there_are_colours_have_one_each() -> None:
    colours = ServiceColours()
    names = [f"service{number}" for number in range(len(PALETTE))]
    colours.expect(names)
    assert sorted(map(colours.of, names)) == sorted(PALETTE)


def test_more_services_than_colours_share_them() -> None:
    colours = ServiceColours()
    assert {colours.of(f"service{number}") for number in range(50)} == set(PALETTE)


def test_a_service_has_the_same_colour_in_the_next_run() -> None:
    assert ServiceColours().of("database") == ServiceColours().of("database")


def test_the_colour_of_failure_is_no_services() -> None:
    assert RED not in PALETTE


def test_text_is_painted_only_where_there_are_colours() -> None:
    assert painted("db", 36) == "\x1b[36mdb\x1b[0m"
    assert painted("db", 36, False) == "db"
    assert painted("", 36) == ""


def test_logs_and_progress_of_one_run_have_the_same_colours() -> None:
    screen = Screen({})
    screen.services.expect(["a", "b"])
    assert screen.services.of("b") == screen.services.of("b")
    assert screen.services is screen.services
