"""Who of the nodes that may run gets to."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.workload.order import Turns
from perry_ffi.workload.records import Record
from tests.unit.workload.runners import graph, node


def turns(strategy: Any, places: int | None = 2, *levels: str) -> Turns:
    found = graph(*(node(name, "job", level) for level, names in enumerate(levels) for name in names))
    given = Turns(found, {name: Record(each) for name, each in found.nodes.items()}, strategy, places)
    for names in levels:
        for name in reversed(names):
            given.add(name)
    return given


def taken(given: Turns) -> str:
    found = ""
    while (name := given.next()) is not None:
        found += name
    return found


@pytest.mark.parametrize(
    ("strategy", "places", "wanted"),
    [("sequential", 9, "a"), ("dependencyAware", 3, "abc"), ("dependencyAware", None, "abcde"), ("maxParallel", 1, "abcde"),
     ("parallelSafe", 9, "abc"), ("parallelSafe", 2, "ab")],
)  # fmt: skip
def test_places_and_levels(strategy: str, places: int | None, wanted: str) -> None:
    assert taken(turns(strategy, places, "abc", "de")) == wanted


def test_a_level_is_over_when_all_of_it_has_settled() -> None:
    given = turns("parallelSafe", 2, "abc", "de")
    assert taken(given) == "ab"
    given.settled("a")
    assert taken(given) == "c"
    given.settled("b")
    assert taken(given) == ""
    given.settled("c")
    assert taken(given) == "de"


def test_who_waits_for_its_next_try_takes_a_place_only_where_nodes_run_one_after_the_other() -> None:
    for strategy, wanted in (("dependencyAware", "b"), ("sequential", "")):
        given = turns(strategy, 1, "ab")
        assert taken(given) == "a"
        given.pauses("a")
        assert taken(given) == wanted


def test_who_is_dropped_has_no_turn_and_may_come_again() -> None:
    given = turns("dependencyAware", None, "abc")
    given.drop("b")
    assert taken(given) == "ac"
    given.add("b")
    given.add("b")
    assert taken(given) == "b" and taken(given) == ""
