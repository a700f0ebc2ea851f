"""Services that are to stop when nobody needs them any more."""

from __future__ import annotations

from perry_ffi.workload.release import Release
from tests.unit.workload.runners import edge, graph, node


def test_the_last_who_needs_it() -> None:
    found = Release(graph(
        node("db", "service", keep=False), node("a", "job", 1, [edge("a", "db", "ready")]), node("b", "job", 1, [edge("b", "db", "ready")]),
    ))  # fmt: skip
    assert found.ended("a") == [] and not found.unneeded("db")
    assert found.ended("b") == ["db"] and found.unneeded("db") and found.ended("b") == []


def test_what_is_kept_and_what_nobody_needs_stays() -> None:
    found = Release(graph(
        node("kept", "service"), node("free", "service", keep=False), node("a", "job", 1, [edge("a", "kept", "ready")]),
    ))  # fmt: skip
    assert found.ended("a") == [] and not found.unneeded("kept") and not found.unneeded("free")


def test_a_service_that_stays_needs_what_it_depends_on() -> None:
    found = Release(graph(
        node("db", "service", keep=False), node("web", "service", 1, [edge("web", "db", "ready")]),
        node("a", "job", 1, [edge("a", "db", "ready")]),
    ))  # fmt: skip
    assert found.ended("a") == [] and found.ended("web") == ["db"]


def test_who_waits_for_its_failure_does_not_need_it() -> None:
    found = Release(graph(
        node("db", "service", keep=False), node("a", "job", 1, [edge("a", "db", "ready")]),
        node("undo", "job", 1, [edge("undo", "db", "failed")]),
    ))  # fmt: skip
    assert found.ended("a") == ["db"] and found.ended("undo") == []
