"""Names of hosts with their addresses."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.model import host_values as host
from tests.unit.model.forms import Parser, for_anything, refuses, takes_or_refuses

TAKEN: list[tuple[Parser, Any, Any]] = [
    (host.extra_hosts, ["a:1.2.3.4", "b=::1", "c:[::2]", "d:host-gateway"], ["a:1.2.3.4", "b:::1", "c:::2",
        "d:host-gateway"]),
    (host.extra_hosts, {"a": "1.2.3.4", "b": ["1.1.1.1", "::1"]}, ["a:1.2.3.4", "b:1.1.1.1", "b:::1"]),
    (host.extra_hosts, ["a b: 1.2.3.4", " c = [::1] "], ["a b:1.2.3.4", "c:::1"]),
    (host.extra_hosts, {"*.x": ["1.2.3.4 "]}, ["*.x:1.2.3.4"]),
    *((host.host_name, name, name) for name in ("my_host", "a b", "-a", "h/1", "ü", "a" * 300)),
    (host.aliases, ["a b", "", "*.x", "x:80"], ["a b", "*.x", "x:80"]),
    *((host.mac_address, text, "02:42:ac:11:00:0a")
        for text in ("02:42:ac:11:00:0a", "02-42-AC-11-00-0A", "0242.ac11.000a", "02:42:AC:11:00:0A")),
    *((host.name_server, text, text.strip()) for text in ("8.8.8.8 ", "::1", "fe80::1%eth0", "dns.example", "8.8.8.8:53")),
]  # fmt: skip


@pytest.mark.parametrize(("parser", "value", "wanted"), TAKEN)
def test_forms_that_are_taken(parser: Parser, value: Any, wanted: Any) -> None:
    assert parser(value) == wanted


REFUSED: list[tuple[Parser, Any]] = [
    *((host.extra_hosts, v) for v in (["a"], ["a:b"], ["a:1.2.3.4.5"], [" :1.1.1.1"], ["-:fe80::1%eth0"],
        {"a": 3})),
]  # fmt: skip


@pytest.mark.parametrize(("parser", "value"), REFUSED)
def test_forms_that_are_refused(parser: Parser, value: Any) -> None:
    refuses(parser, value)


PARSERS = [
    host.extra_hosts,
    host.host_name,
    host.aliases,
    host.mac_address,
    host.name_server,
]


@for_anything(PARSERS)
def test_anything_gives_a_value_or_a_validation_error(parser: Parser, value: Any) -> None:
    takes_or_refuses(parser, value)
