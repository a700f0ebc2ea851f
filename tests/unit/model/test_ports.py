"""Published ports, short and long."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.model import ports
from perry_ffi.model.ports import Port
from tests.unit.model.forms import Parser, for_anything, refuses, takes_or_refuses

TAKEN: list[tuple[Parser, Any, Any]] = [
    *((ports.port, {"target": 80, "protocol": name, "mode": "x"}, [Port(80, protocol="tcp")]) for name in ("TCP", "", "tcp")),
    *((ports.port, value, [Port(80)]) for value in ("0:80", "80/TCP", {"target": 80, "published": 0}, {"target": 80, "published": "0"})),
    (ports.port, "80", [Port(80)]),
    (ports.port, 80, [Port(80)]),
    (ports.port, "8080:80", [Port(80, "8080")]),
    (ports.port, "127.0.0.1:8080:80/udp", [Port(80, "8080", "127.0.0.1", "udp")]),
    (ports.port, "127.0.0.1::80", [Port(80, "", "127.0.0.1")]),
    (ports.port, "[::1]:8080:80", [Port(80, "8080", "::1")]),
    (ports.port, "90-91:80-81", [Port(80, "90"), Port(81, "91")]),
    (ports.port, "80-81", [Port(80), Port(81)]),
    (ports.port, "8000-8010:80", [Port(80, "8000-8010")]),
    (ports.port, {"target": 80, "published": "8080", "host_ip": "::1", "protocol": "sctp"}, [Port(80, "8080",
        "::1", "sctp")]),
    (ports.port, {"target": "80", "published": 8080, "mode": "ingress"}, [Port(80, "8080")]),
]  # fmt: skip


@pytest.mark.parametrize(("parser", "value", "wanted"), TAKEN)
def test_forms_that_are_taken(parser: Parser, value: Any, wanted: Any) -> None:
    assert parser(value) == wanted


REFUSED: list[tuple[Parser, Any]] = [
    *((ports.port, v) for v in ("", "0", "65536", "80a", "1:2:3:4", "80-79", "1-3:1-2", "x:80", "80/icmp",
        "1.2.3:1:2", "-1:80", "80:", ":", {"target": 80, "x": 1}, {"published": 80}, {"target": 80,
        "protocol": "x"}, True, "[::1:80:80")),
]  # fmt: skip


@pytest.mark.parametrize(("parser", "value"), REFUSED)
def test_forms_that_are_refused(parser: Parser, value: Any) -> None:
    refuses(parser, value)


PARSERS = [
    ports.port,
    ports.ports,
]


@for_anything(PARSERS)
def test_anything_gives_a_value_or_a_validation_error(parser: Parser, value: Any) -> None:
    takes_or_refuses(parser, value)
