"""Networks, volumes, images and the rest, from outputs as the engine writes them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from perry_ffi.backends.apple.responses import resources
from perry_ffi.backends.apple.responses.fields import one
from perry_ffi.backends.command_line.reading import document
from perry_ffi.errors import BackendError
from tests.unit.backends.apple.responses.recorded import IMAGE, NETWORK, STATS, STATUS, VOLUME


def test_a_network() -> None:
    found = resources.network(one(NETWORK, "x"))
    assert (found.id, found.name, found.driver, found.internal, found.enable_ipv6) == ("front", "front", "bridge", True, True)
    assert (found.subnets, found.gateways, found.labels) == (["192.168.65.0/24", "fd00::/64"], ["192.168.65.1"], {"a.b": "1=2"})


def test_a_volume() -> None:
    found = resources.volume(one(VOLUME, "x"))
    assert (found.name, found.driver, found.labels, found.options) == ("data", "local", {"l": "1"}, {"size": "10G"})


def test_an_image() -> None:
    found = resources.image(one(IMAGE, "x"))
    assert (found.id, found.tags, found.digests) == ("sha256:aa11", ["nginx:1.27"], ["docker.io/library/nginx@sha256:aa11"])
    assert (found.architecture, found.variant, found.size, found.cmd, found.env) == ("arm64", "v8", 7, ["nginx"], {"A": "1=2"})
    listed = resources.listed_image(one(IMAGE, "x"))
    assert (listed.repository, listed.tag, listed.id) == ("nginx", "1.27", "sha256:aa11")


def test_a_sample_of_use() -> None:
    assert resources.sample(one(STATS, "x")) == resources.Sample(3, 5, 4, 6, 0, 1, 2, 8)


def test_the_service() -> None:
    found = resources.system(document(STATUS, doing="x", backend="x"))
    assert found == resources.System("running", "/Users/somebody/apple/", "1.2.2")


@pytest.mark.parametrize(
    ("read", "row"),
    [
        (resources.network, {}), (resources.network, {"id": "x", "configuration": {"name": "x", "mode": "bridged"}}),
        (resources.volume, {"configuration": {"name": "x"}}), (resources.volume, {"configuration": []}),
        (resources.image, {"id": "x"}), (resources.image, {**one(IMAGE, "x"), "variants": {}}),
        (resources.sample, {"cpuUsageUsec": "much"}), (resources.system, {}), (resources.system, {"status": None}),
    ],
)  # fmt: skip
def test_what_is_not_known_is_shown(read: Callable[[Any], Any], row: dict[str, Any]) -> None:
    with pytest.raises(BackendError, match="cannot be read"):
        read(row)
