"""Addresses that somebody else names."""

from __future__ import annotations

import pytest

from perry_ffi.registry.url import BadUrl, Origin, Url, is_loopback, parse_url

BASE = Url(Origin(True, "registry.test", 443), "/v2/a/b/manifests/1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://Host.Test/x?y=z#f", Url(Origin(True, "host.test", 443), "/x?y=z")),
        ("http://h:5000", Url(Origin(False, "h", 5000), "/")),
        ("https://[0:0::1]:5/x", Url(Origin(True, "::1", 5), "/x")),
        ("/other", Url(Origin(True, "registry.test", 443), "/other")),
        ("2?n=3", Url(Origin(True, "registry.test", 443), "/v2/a/b/manifests/2?n=3")),
        ("//h/x", Url(Origin(True, "h", 443), "/x")),
        ("HTTPS://h/%2e%2e/x", Url(Origin(True, "h", 443), "/%2e%2e/x")),
    ],
)
def test_readings(text: str, expected: Url) -> None:
    assert parse_url(text, BASE) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x y",
        "http://u@h/",
        "http://u:p@h/",
        "https://h@/",
        "https:///x",
        "https://h:0x/",
        "https://h:70000/",
        "https://h\\x/",
        "https://h\tx/",
        "https://h\n/",
        "ftp://h/",
        "data:x",
        "https://ä/",
        "https://h%00/",
        "https://-h/",
        "https://[::1/",
        "https://[x]/",
        "x" * 10_000,
    ],
)
def test_what_is_none(text: str) -> None:
    with pytest.raises(BadUrl):
        parse_url(text, BASE if text.startswith("x") and len(text) > 100 else None)


def test_nothing_of_it_is_in_the_error() -> None:
    with pytest.raises(BadUrl) as caught:
        parse_url("https://user:canary@h/canary?canary")
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST".lower(),
        "a.localhost",
        "localhost.",
        "127.0.0.1",
        "127.255.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "0.0.0.0",
        "::",
    ],
)
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["localhost.test", "mylocalhost", "128.0.0.1", "::2", "10.0.0.1", "::ffff:10.0.0.1"])
def test_others(host: str) -> None:
    assert not is_loopback(host)


def test_how_they_are_written() -> None:
    assert str(Url(Origin(True, "::1", 5000), "/x")) == "https://[::1]:5000/x"
    assert [Origin(True, "h", 443).authority, Origin(False, "h", 80).authority, Origin(True, "h", 80).authority] == [
        "h",
        "h",
        "h:80",
    ]
