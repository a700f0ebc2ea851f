"""Which proxy a host has, as Go's programs read the variables."""

from __future__ import annotations

import pytest

from perry_ffi.registry.proxies import Proxies
from perry_ffi.registry.url import Origin
from perry_ffi.settings import Settings


def proxies(**environ: str) -> Proxies:
    return Proxies.of(Settings.from_environ(environ))


def origin(host: str, port: int = 443, *, secure: bool = True) -> Origin:
    return Origin(secure, host, port)


def test_by_scheme() -> None:
    found = proxies(HTTPS_PROXY="http://one:1", http_proxy="two:2")
    assert (
        str(found.for_origin(origin("a.test"))) == "one:1"
        and str(found.for_origin(origin("a.test", 80, secure=False))) == "two:2"
    )
    assert proxies().for_origin(origin("a.test")) is None
    assert proxies(HTTP_PROXY="http://one:1", REQUEST_METHOD="GET").for_origin(origin("a.test", secure=False)) is None
    assert str(proxies(HTTPS_PROXY="http://[::2]").for_origin(origin("a.test"))) == "[::2]:80"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1", "x.localhost"])
def test_never_for_this_machine(host: str) -> None:
    assert proxies(HTTPS_PROXY="http://one:1").for_origin(origin(host)) is None


@pytest.mark.parametrize(
    ("exceptions", "host", "direct"),
    [
        ("*", "a.test", True),
        ("a.test", "a.test", True),
        ("a.test", "b.a.test", True),
        ("a.test", "ba.test", False),
        (".a.test", "b.a.test", True),
        (".a.test", "a.test", False),
        ("*.a.test", "b.a.test", True),
        ("A.TEST", "a.test", True),
        (" x , a.test ", "a.test", True),
        ("a.test:443", "a.test", True),
        ("a.test:80", "a.test", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.0.0.1", "10.0.0.1", True),
        ("10.0.0.1:443", "10.0.0.1", True),
        ("fd00::/8", "fd00::1", True),
        ("[fd00::1]:443", "fd00::1", True),
        ("[fd00::1]", "fd00::1", True),
        ("fd00:0::1", "fd00::1", True),
        ("/,10/,:,a:b", "a.test", False),
        ("", "a.test", False),
    ],
)
def test_exceptions(exceptions: str, host: str, direct: bool) -> None:
    assert (proxies(HTTPS_PROXY="http://one:1", NO_PROXY=exceptions).for_origin(origin(host)) is None) is direct


def test_nothing_secret_is_shown() -> None:
    found = proxies(HTTPS_PROXY="http://me:canary@one:1").for_origin(origin("a.test"))
    assert found is not None and "canary" not in repr(found) + str(found) and found.authorization == "Basic bWU6Y2FuYXJ5"
