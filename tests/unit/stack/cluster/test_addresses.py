from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.errors import Unsupported
from perry_ffi.stack.cluster.addresses import refuse_crowded
from perry_ffi.stack.desired import desired
from perry_ffi.stack.options import Up
from tests.unit.stack.cluster.definitions import loaded


def check(service: dict[str, Any], nodes: int = 3, subnets: dict[str, list[str]] | None = None, **sections: Any) -> None:
    project = loaded(service, **sections)
    refuse_crowded(project.to_dict(), desired(project, Up(), {}).services.values(), nodes=nodes, subnets=subnets or {})


def test_a_network_without_a_subnet_has_as_many_as_a_24() -> None:
    check({"scale": 249})
    with pytest.raises(Unsupported) as caught:
        check({"scale": 250})
    details = caught.value.details
    assert (details["path"], details["addresses"], details["needed"]) == ("networks.default", 253, 254)
    assert details["remedy"].endswith("/23")


def test_all_services_on_it_count() -> None:
    with pytest.raises(Unsupported, match="take 304"):
        check({"scale": 150}, nodes=2, services={"b": {"image": "app", "scale": 150}})


def test_a_service_without_an_address_of_its_own_takes_none() -> None:
    check({"scale": 250, "deploy": {"endpoint_mode": "dnsrr"}})


def test_one_on_each_node() -> None:
    check({"deploy": {"mode": "global"}}, nodes=120)
    with pytest.raises(Unsupported):
        check({"deploy": {"mode": "global"}}, nodes=127)


def test_a_subnet_that_is_written_or_there() -> None:
    check({"scale": 400}, networks={"default": {"ipam": {"config": [{"subnet": "10.9.0.0/22"}, {"subnet": "fd00::/64"}]}}})
    check({"scale": 400}, subnets={"default": ["10.9.0.0/22"]})
    with pytest.raises(Unsupported, match="has 13 addresses"):
        check({"scale": 20}, networks={"default": {"ipam": {"config": [{"subnet": "10.9.0.0/28"}]}}})


def test_a_service_on_its_nodes_network_takes_none() -> None:
    check({"scale": 400, "network_mode": "host"})
