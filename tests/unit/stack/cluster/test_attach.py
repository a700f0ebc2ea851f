from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.backends.contract.service_definition import NetworkUse, PortUse
from perry_ffi.errors import ContainerError, Unsupported, ValidationError
from tests.unit.stack.cluster.definitions import definition, definition_of, loaded


def test_a_service_is_on_the_default_network_by_its_name() -> None:
    assert definition({}).networks == (NetworkUse("id-of-default", ("a",)),)


def test_names_on_networks() -> None:
    networks = {"front": {"aliases": ["web", "www"], "driver_opts": {"x": "y"}}, "back": None}
    found = definition({"networks": networks, "container_name": "shop"}, networks={"front": None, "back": None})
    assert sorted(found.networks, key=lambda use: use.network) == [
        NetworkUse("id-of-back", ("shop", "a")),
        NetworkUse("id-of-front", ("shop", "a", "web", "www"), {"x": "y"}),
    ]


def test_a_host_name_is_a_name_on_networks() -> None:
    assert definition({"hostname": "db"}).networks == (NetworkUse("id-of-default", ("a", "db")),)


def test_what_links_call_it_is_a_name_too() -> None:
    project = loaded({}, services={"b": {"image": "app", "links": ["a:db"]}})
    assert definition_of(project).networks == (NetworkUse("id-of-default", ("a", "db")),)
    assert definition_of(project, "b").networks == (NetworkUse("id-of-default", ("b",)),)


def test_its_own_name_in_the_cluster_is_not_given_twice() -> None:
    assert definition({"networks": {"default": {"aliases": ["p_a"]}}}).networks == (NetworkUse("id-of-default", ("a",)),)


def test_the_network_of_the_node() -> None:
    found = definition({"network_mode": "host", "ports": ["80:80"]})
    assert found.networks == (NetworkUse("host"),)
    assert found.ports == ()


def test_the_network_of_the_node_by_its_name() -> None:
    outside = {"outside": {"external": True, "name": "host"}}
    found = definition_of(loaded({"networks": {"outside": {"aliases": ["x"]}}}, networks=outside), networks={"outside": "host"})
    assert found.networks == (NetworkUse("host"),)


@pytest.mark.parametrize("mode", ["none", "bridge", "service:b", "container:db"])
def test_a_network_that_no_cluster_has(mode: str) -> None:
    with pytest.raises(Unsupported) as caught:
        definition({"network_mode": mode}, services={"b": {"image": "app"}})
    assert caught.value.details["path"] == "services.a.network_mode"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["80"], [PortUse(80)]),
        (["8080:80"], [PortUse(80, 8080)]),
        (["8080-8081:80-81/udp"], [PortUse(80, 8080, "udp"), PortUse(81, 8081, "udp")]),
        ([{"target": 80, "published": "8080", "mode": "host"}], [PortUse(80, 8080, "tcp", "host")]),
        ([{"target": 80, "mode": "ingress", "protocol": "sctp"}], [PortUse(80, 0, "sctp")]),
        (["80", "80"], [PortUse(80)]),
    ],
)
def test_ports(written: list[Any], expected: list[PortUse]) -> None:
    found = definition({"ports": written})
    assert list(found.ports) == expected
    assert found.container.ports == []


@pytest.mark.parametrize(
    ("service", "kind", "path"),
    [
        ({"ports": ["127.0.0.1:80:80"]}, Unsupported, "services.a.ports[0].host_ip"),
        ({"ports": ["9000-9010:80"]}, Unsupported, "services.a.ports[0].published"),
        ({"ports": [{"target": 80, "mode": "everywhere"}]}, ValidationError, "services.a.ports[0].mode"),
        ({"ports": ["80:80"], "deploy": {"endpoint_mode": "dnsrr"}}, Unsupported, "services.a.ports[0].mode"),
    ],
)
def test_a_port_that_cannot_be_published(service: dict[str, Any], kind: type[ContainerError], path: str) -> None:
    with pytest.raises(kind) as caught:
        definition(service)
    assert caught.value.details["path"] == path


def test_one_address_or_the_addresses_of_all() -> None:
    assert definition({}).endpoint == "vip"
    found = definition({"deploy": {"endpoint_mode": "dnsrr"}, "ports": [{"target": 80, "published": "8080", "mode": "host"}]})
    assert (found.endpoint, found.ports) == ("dnsrr", (PortUse(80, 8080, "tcp", "host"),))
