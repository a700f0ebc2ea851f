"""Statistics, as an engine tells them."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.backends.engine_api.responses.stats import parse_processes, parse_stats
from perry_ffi.errors import BackendError, Conflict


def test_statistics(engine: dict[str, Any]) -> None:
    found = parse_stats(engine["stats"], "x")
    assert found.name == "rec_web" and found.online_cpus == 2 and found.pids == 1
    assert 0 < found.memory_usage < found.memory_limit
    assert (found.cpu_percent > 0) is not engine["is_podman"]


def test_the_share_of_the_processors_is_counted_between_two_samples(engine: dict[str, Any]) -> None:
    later, before = engine["stats"], engine["stats_before"]
    before["read"], later["read"] = "2026-11-23T17:43:00.5Z", "2026-11-23T17:43:01.5Z"
    later["cpu_stats"]["cpu_usage"]["total_usage"] = before["cpu_stats"]["cpu_usage"]["total_usage"] + 1_500_000_000
    assert parse_stats(later, "x", before).cpu_percent == 150.0
    assert parse_stats(later, "x", later).cpu_percent == 0.0


def test_statistics_of_what_does_not_run_are_a_conflict(engine: dict[str, Any]) -> None:
    with pytest.raises(Conflict):
        parse_stats(engine["stats_exit"], "rec_exit")


def test_processes() -> None:
    found = parse_processes({"Titles": ["PID", "CMD"], "Processes": [["1", "sh -c x"]]})
    assert (found.titles, found.processes) == (["PID", "CMD"], [["1", "sh -c x"]])
    lines = parse_processes(
        {"Titles": ["PID   USER     COMMAND"], "Processes": [["1 root     sh -c x y"], ["6 root     sleep 2"]]}
    )
    assert lines.titles == ["PID", "USER", "COMMAND"]
    assert lines.processes == [["1", "root", "sh -c x y"], ["6", "root", "sleep 2"]]
    with pytest.raises(BackendError):
        parse_processes({"Titles": "PID"})
