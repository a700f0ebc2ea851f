"""Networks and volumes, as an engine tells them."""

from __future__ import annotations

from typing import Any

from perry_ffi.backends.engine_api.responses.network import parse_network, parse_networks, parse_volume, parse_volumes


def test_networks(engine: dict[str, Any]) -> None:
    listed = {item.name: item for item in parse_networks(engine["networks"])}
    assert listed["rec_net"].labels == {"team": "a"} and listed["rec_net"].containers == {}
    found = parse_network(engine["network"])
    assert found.internal and found.driver == "bridge"
    assert found.subnets[0].startswith("10.77.") and found.gateways[0].startswith("10.77.")
    assert list(found.containers.values()) == ["rec_web"]


def test_volumes(engine: dict[str, Any]) -> None:
    (listed,) = parse_volumes(engine["volumes"])
    found = parse_volume(engine["volume"])
    assert listed.name == found.name == "rec_vol"
    assert found.labels == {"team": "a"} and found.driver == "local" and found.options == {}
    assert parse_volumes({"Volumes": None}) == []
