"""Values of a container's spec."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.model import container_values as own
from perry_ffi.model.container_values import Attachment, GpuRequest, HealthCheck, Moment
from tests.unit.model.forms import Parser, for_anything, refuses, takes_or_refuses

S = 10**9
TAKEN: list[tuple[Parser, Any, Any]] = [
    *((own.signal, value, value.upper()) for value in ("term", "sigrtmin+3", "9")),
    *((own.stop_signal, value, str(value).upper()) for value in ("term", "sigrtmin+3", "100", "-9", 15)),
    *((own.network_mode, name, name) for name in ("my net", "a", "a/b", "-x", "ü", "container:ab")),
    (own.attachments, ["a b", "../x", "n:1"], [Attachment("a b"), Attachment("../x"), Attachment("n:1")]),
    (own.signal, "SIGRTMIN+3", "SIGRTMIN+3"),
    (own.signal, 9, "9"),
    (own.health_check, {"test": "curl x", "retries": 2}, HealthCheck(("CMD-SHELL", "curl x"), retries=2)),
    (own.health_check, {"test": ["CMD", "a", ""], "interval": "5s"}, HealthCheck(("CMD", "a", ""), 5 * S)),
    (own.health_check, {"disable": True}, HealthCheck(("NONE",))),
    (own.health_check, {"interval": "5s"}, HealthCheck(interval=5 * S)),
    (own.health_check, {"test": ["CMD-SHELL", "a b", "c"]}, HealthCheck(("CMD-SHELL", "a b", "c"))),
    *((own.health_check, {"test": test}, HealthCheck(tuple(test))) for test in (["CMD-SHELL"], ["CMD-SHELL", ""], ["CMD", ""], [])),
    (own.health_check, {"test": ""}, HealthCheck(("CMD-SHELL", ""))),
    (own.health_check, {"test": ["NONE", "x"]}, HealthCheck(("NONE",))),
    (own.health_check, {"test": ["CMD"], "disable": True}, HealthCheck(("NONE",))),
    (own.health_check, {"test": "x", "retries": 5_000_000_000}, HealthCheck(("CMD-SHELL", "x"), retries=5_000_000_000)),
    (own.attachments, ["n1", "n2"], [Attachment("n1"), Attachment("n2")]),
    (own.attachments, {"n1": None, "n2": {"aliases": ["x"]}}, [Attachment("n1"), Attachment("n2", ("x",))]),
    (own.network_mode, "container:abc", "container:abc"),
    (own.gpus, "all", [GpuRequest(-1)]),
    (own.gpus, 2, [GpuRequest(2)]),
    (own.gpus, [{"device_ids": ["0"], "capabilities": ["utility"]}], [GpuRequest(0, "", ("0",), ("utility", "gpu"))]),
    (own.tmpfs, ["/run:size=1m,mode=700", "/tmp"], {"/run": "size=1m,mode=700", "/tmp": ""}),
    (own.tmpfs, "/run", {"/run": ""}),
    (own.tmpfs, {"/run": None}, {"/run": ""}),
    (own.moment, "2030-01-02T03:04:05Z", Moment(1893553445 * S)),
    (own.moment, "2030-01-02T03:04:05.5+01:00", Moment(1893549845 * S + S // 2)),
    (own.moment, "2030-01-02", Moment(1893542400 * S)),
    (own.moment, 1.5, Moment(S * 3 // 2)),
    (own.moment, "1700000000.000000001", Moment(1700000000 * S + 1)),
    (own.moment, "10m", Moment(600 * S, ago=True)),
]  # fmt: skip


@pytest.mark.parametrize(("parser", "value", "wanted"), TAKEN)
def test_forms_that_are_taken(parser: Parser, value: Any, wanted: Any) -> None:
    assert parser(value) == wanted


REFUSED: list[tuple[Parser, Any]] = [
    *((own.stop_signal, v) for v in ("", "0", "-0", "15 ", "A,B", True, None)),
    *((own.signal, v) for v in ("", "0", "100", "-9", "-0", "15 ", "SIG TERM", "A,B", True, None)),
    *((own.health_check, v) for v in ("x", {"test": ["CMD"]}, {"test": ["cmd", "x"]}, {"test": ["x"]}, {"retries": -1}, {"x": 1})),
    *((own.attachments, v) for v in ("n1", ["n1", "n1"], [" "], ["container:x"], {"n1": 3}, {"n1": {"mac_address": "02:42"}},
        {"n1": {"aliases": "a"}})),
    *((own.network_mode, v) for v in ("", " ", "a\nb", "container:", "service:db", "ns:/proc/1")),
    *((own.gpus, v) for v in ("some", 0, -1, [{"count": "x"}], [3], True)),
    *((own.tmpfs, v) for v in ("run", ["/a:size=1m;x"], {"/a:b": ""}, {"/a": 3}, {"a": ""}, 3)),
    *((own.moment, v) for v in ("", "yesterday", "2030-13-01", "2030-01-01T25:00", "1969-12-31T23:59:59Z", -1,
        True, None)),
]  # fmt: skip


@pytest.mark.parametrize(("parser", "value"), REFUSED)
def test_forms_that_are_refused(parser: Parser, value: Any) -> None:
    refuses(parser, value)


PARSERS = [
    own.signal,
    own.stop_signal,
    own.network_mode,
    own.attachments,
    own.health_check,
    own.gpus,
    own.tmpfs,
    own.moment,
]


@for_anything(PARSERS)
def test_anything_gives_a_value_or_a_validation_error(parser: Parser, value: Any) -> None:
    takes_or_refuses(parser, value)


def test_a_moment_ago_counts_from_the_present() -> None:
    assert Moment(90 * S, ago=True).epoch(100 * S + 5) == "10.000000005"
    assert Moment(90 * S, ago=True).epoch(0) == "0.000000000"
    assert Moment(3 * S + 7).epoch(0) == "3.000000007"
