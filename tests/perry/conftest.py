"""The Perry compiler in a Debian 13 root, and real engines whose sockets are reachable from there."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from tests.engines.private import Engines
from tests.perry.root import Debian13, debian13
from tests.support.library import missing


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/tests/perry/" in str(item.path):
            item.add_marker(pytest.mark.live)
            # The first one makes the root.
            item.add_marker(pytest.mark.timeout(1800))


@pytest.fixture(scope="session")
def perry_engines(engines: Engines) -> Engines:
    """The engines; unix sockets are reachable from the root, whose network is another."""
    found = engines.engines
    if {"docker", "podman"} <= set(found) and all(engine.private for engine in found.values()):
        # Docker's rules, in the same network, drop what is forwarded on podman's internal bridges.
        subprocess.run(["iptables", "-I", "FORWARD", "-i", "podman+", "-o", "podman+", "-j", "ACCEPT"], check=True)
    return engines


@pytest.fixture(scope="session")
def root(perry_engines: Engines) -> Iterator[Debian13]:
    """The root, with this checkout built in it."""
    with debian13(perry_engines) as found:
        yield found


@pytest.fixture(params=["docker", "podman"])
def backend(request: pytest.FixtureRequest, perry_engines: Engines) -> str:
    """The name of one engine after the other."""
    if request.param not in perry_engines.engines:
        missing(request.param, perry_engines.missing[request.param])
    return request.param
