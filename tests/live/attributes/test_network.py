"""Networks, names, addresses and ports of services, seen from inside and from other containers."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import pytest

from perry_ffi.backends.contract.base import Backend
from perry_ffi.errors import Unsupported
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.endpoint import EndpointSpec
from perry_ffi.model.network import NetworkSpec
from tests.live.attributes.nameserver import address, name_server
from tests.live.attributes.world import (
    Look,
    Place,
    World,
    attribute,
    has,
    kernel_lacks,
    lacks,
    looked_up,
    looks,
    matches,
    unknown,
)
from tests.live.conftest import IMAGE
from tests.live.stack_support import encode
from tests.support.ports import free_ports

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

MAC, LATER_MAC = "02:42:0a:4d:00:09", "02:42:0a:4d:00:0a"
WITHOUT_IPV4 = (1, 48)
"""From here on docker's API takes a network without IPv4."""
ANSWERS = ["nc", "-ll", "-p", "80", "-e", "echo", "tcp"]
HERE_BY_IPV6 = "fd00:75::1"
ECHO = """import socket
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("", 81))
print(flush=True)
said, peer = server.recvfrom(64)
server.sendto(said, peer)
"""
"""What the test image has no program for; it is run in a container's network."""


BRIDGE = "com.docker.network.bridge."


def outside(place: Place, what: str) -> str:
    """Of something that is not the project's."""
    return f"{place.prefix}-outside-{what}"


def parent(place: Place) -> str:
    """An interface of this machine that a macvlan can be on."""
    return f"pv{place.number}"


@cache
def no_macvlan() -> str:
    made = [f"ip link add {line}".split() for line in ("pvx type veth peer name pvxp", "pvy link pvx type macvlan")]
    try:
        return "" if all(subprocess.run(line, capture_output=True).returncode == 0 for line in made) else "no macvlan"
    finally:
        subprocess.run(["ip", "link", "del", "pvx"], capture_output=True)


async def before(backend: Backend, place: Place) -> None:
    """What the project finds there."""
    names = {"made.example": "10.1.2.3", "short.search.example": "10.1.2.4"}
    if not no_macvlan():
        subprocess.run(f"ip link add {parent(place)} type veth peer name {parent(place)}p".split(), check=True)
        place.kept.callback(subprocess.run, ["ip", "link", "del", parent(place)], check=False)
    place.kept.enter_context(address(HERE_BY_IPV6))
    place.kept.enter_context(name_server(f"10.75.{place.number}.53", names))
    pool = {"ipam": {"config": [{"subnet": f"10.76.{place.number}.0/24"}]}}
    await backend.create_network(outside(place, "net"), validate(NetworkSpec, pool))
    for what, network in (("c", outside(place, "net")), ("b", "bridge")):
        members = {"image": IMAGE, "name": outside(place, what), "cmd": ["sleep", "600"], "stop_timeout": 0, "network": network}
        await backend.run_container(validate(ContainerSpec, members))


def project(place: Place) -> tuple[dict[str, Any], dict[str, Any]]:
    front, tight, six = f"10.77.{place.number}", f"10.78.{place.number}", f"fd00:77:{place.number}:"
    plain: dict[str, Any] = {"command": ["sleep", "600"], "cap_add": ["NET_RAW"]}  # to ping: podman 5 gives it to nobody
    ports = place.ports = free_ports(8, first=42_000)
    services: dict[str, Any] = {
        "a": {
            **plain, "hostname": "ahost", "networks": {
                "back": {"priority": 5, "mac_address": LATER_MAC, "link_local_ips": ["169.254.8.8"], "driver_opts": {"o": "v"}},
                "outer": {"priority": 1, "interface_name": "eth9", "gw_priority": 1},
                "front": {
                    "priority": 9, "aliases": ["alpha", "Beta.example"], "ipv4_address": f"{front}.9",
                    "ipv6_address": f"{six}:9", "mac_address": MAC,
                },
            },
        },
        "b": {
            **plain, "networks": ["front", "outer"], "links": ["a:linked", "a"], "external_links": [f"{outside(place, 'c')}:ext"],
            "environment": {"SIX": six, "OUT": outside(place, "c")},
        },
        "c": {**plain, "networks": ["front"], "mac_address": "02:42:0a:4d:00:0b", "extra_hosts": {
            "one.example": "10.9.8.7", "six.example": "fd00::7", "gateway.example": "host-gateway"}},
        "first": {**plain, "networks": {"back": {"priority": 1}, "outer": {"priority": 7}}, "mac_address": "02:42:0a:4d:00:0d"},
        "away": {**plain, "networks": ["back"]},
        "reserved": {**plain, "networks": ["tight"]},
        "asks": {
            **plain, "networks": ["front"], "dns": f"10.75.{place.number}.53", "dns_search": ["search.example", "example"],
            "dns_opt": ["ndots:3", "timeout:2"],
        },
        "odd": {**plain, "network_mode": "bridge", "dns": ["fe80::1%eth0", "dns.example"]},
        "prefixed": {**plain, "networks": ["prefixed"]},
        **({"direct": {**plain, "networks": ["direct"]}} if not no_macvlan() else {}),
        **place[{"podman": {}, "docker": {
            "closed": {"command": ANSWERS, "hostname": "closed", "networks": ["closed"], "ports": [f"{ports + 7}:80"]},
            "shut-out": {**plain, "networks": ["closed"]},
        }}],
        "none": {**plain, "network_mode": "none", "ports": ["80"]},
        "host": {**plain, "network_mode": "host", "ports": ["80"]},
        "bridge": {
            **plain, "network_mode": "bridge", "mac_address": "02:42:0a:4d:00:0c", "extra_hosts": ["gateway.example:host-gateway"],
            "external_links": [f"{outside(place, 'b')}:ext"],
        },
        "side": {**plain, "network_mode": "service:a"},
        "joined": {**plain, "network_mode": f"container:{outside(place, 'c')}"},
        "serves": {"command": ANSWERS, "networks": ["front"], "ports": [
            f"127.0.0.1:{ports}:80", f"127.0.0.1:{ports + 1}:81/udp",
            {"target": 80, "host_ip": HERE_BY_IPV6, "published": str(ports + 3)}, "80",
        ]},
        "many": {"command": ANSWERS, "networks": ["front"], "scale": 2, "ports": [f"127.0.0.1:{ports + 4}-{ports + 6}:80"]},
    }  # fmt: skip
    networks = {
        "front": {
            "driver": "bridge", "enable_ipv6": True, "labels": {"team": "x"}, "driver_opts": {"com.docker.network.driver.mtu": "1400"},
            "ipam": {"driver": "default", "config": [
                {"subnet": f"{front}.0/24", "ip_range": f"{front}.128/25", "gateway": f"{front}.254"},
                {"subnet": f"{six}:/64"},
            ]},
        },
        "back": {"internal": True, "name": f"{place.prefix}-own-name"},
        "outer": {"external": True, "name": outside(place, "net")},
        "prefixed": {"driver_opts": {"com.docker.network.container_iface_prefix": "eee"}},
        **({"direct": {
            "driver": "macvlan", "driver_opts": {"parent": parent(place), "mode": "private"},
            "ipam": {"config": [{"subnet": f"10.73.{place.number}.0/24"}]},
        }} if not no_macvlan() else {}),
        **place[{"podman": {}, "docker": {"closed": {"driver_opts": {
            f"{BRIDGE}enable_icc": "false", f"{BRIDGE}enable_ip_masquerade": "false", f"{BRIDGE}host_binding_ipv4": "127.0.0.5",
        }}}}],
        "tight": {
            "attachable": True, **({} if place.api >= WITHOUT_IPV4 else {"enable_ipv4": False}),
            "driver_opts": {"com.docker.network.bridge.name": f"br{place.prefix[2:]}"},
            "ipam": {"options": {"o": "v"}, "config": [{"subnet": f"{tight}.0/29", "aux_addresses": {"printer": f"{tight}.2"}}]},
        },
    }  # fmt: skip
    return services, {"networks": networks}


FOUND = r"\(10\.77\.\d+\.9\)"
"""Where ``a`` is found on the first of its networks."""
ETHERNETS = "ip -o -4 addr | awk '/eth/ {print $2, $4}' | sort"
LOOKS = (
    Look("services.networks", "a", "ip -o -4 addr | grep -c 'eth.*scope global'", lambda said: int(said) >= 3),
    Look("services.networks", "away", unknown("c"), lacks("PING"), case="not on another"),
    Look("services.networks.priority", "first", "cat /sys/class/net/*/address", has("02:42:0a:4d:00:0d"), case="gets the address"),
    Look("services.networks.aliases", "c", looked_up("alpha"), matches(FOUND)),
    Look("services.networks.aliases", "c", looked_up("beta.EXAMPLE"), matches(FOUND), case="dotted"),
    Look("services.networks.aliases", "c", looked_up("a"), matches(FOUND), case="the service"),
    Look("services.networks.aliases", "away", looked_up("a"), has("PING a ("), case="the service elsewhere"),
    Look("services.networks.aliases", "away", unknown("alpha"), lacks("PING"), case="of one network"),
    Look("services.hostname", "c", looked_up("ahost"), matches(FOUND), case="on the first network"),
    Look("services.hostname", "away", looked_up("ahost"), has("PING ahost ("), case="on a later network"),
    Look("services.networks.ipv4_address", "a", "ip -o -4 addr", matches(r"10\.77\.\d+\.9/24")),
    Look("services.networks.ipv6_address", "a", "ip -o -6 addr", matches(r"fd00:77:.*:9/64")),
    Look("services.networks.ipv6_address", "b", "ping -6 -c1 -W3 ${SIX}:9", has("1 packets received"), case="reached"),
    Look("services.networks.mac_address", "a", "cat /sys/class/net/*/address", has(MAC)),
    Look("services.networks.mac_address", "a", "cat /sys/class/net/*/address", has(LATER_MAC), docker="networks.back.mac_address", case="later",
        since={"docker": (1, 44)}),
    Look("services.networks.link_local_ips", "a", "ip -o -4 addr", has("169.254.8.8"), podman="networks.back.link_local_ips"),
    Look("services.networks.interface_name", "a", "ip -o -4 addr show eth9", matches(r"10\.76\.\d+\.\d+/24"),
        docker="networks.outer.interface_name", podman="networks.outer.interface_name", since={"docker": (1, 49)}),
    Look("services.networks.gw_priority", "a", "", "", docker="networks.outer.gw_priority", podman="networks.outer.gw_priority",
        since={"docker": (1, 48)}),
    Look("services.network_mode.none", "none", "ls /sys/class/net", "lo"),
    Look("services.network_mode.host", "host", "readlink /proc/1/ns/net",
        lambda said: said == f"net:[{Path('/proc/thread-self/ns/net').stat().st_ino}]"),
    Look("services.network_mode.bridge", "bridge", "ip -o -4 addr show eth0", has("10.21")),
    Look("services.ports with a network_mode of host or none", "none", "", "", docker="ports", podman="ports", case="none"),
    Look("services.ports with a network_mode of host or none", "host", "", "", docker="ports", podman="ports", case="host"),
    Look("services.mac_address", "c", "cat /sys/class/net/eth0/address", "02:42:0a:4d:00:0b"),
    Look("services.mac_address", "bridge", "cat /sys/class/net/eth0/address", "02:42:0a:4d:00:0c", podman="mac_address",
        case="of the default network"),
    Look("services.dns.addresses with a zone", "odd", "cat /etc/resolv.conf", has("nameserver fe80::1%eth0"), podman="dns[0]"),
    Look("services.dns.words", "odd", "cat /etc/resolv.conf", has("nameserver dns.example"), docker="dns[1]", podman="dns[1]",
        until={"docker": (1, 45)}),
    Look("services.dns.addresses without a zone", "asks", looked_up("made.example"), has("(10.1.2.3)"), partial="dns", since={"podman": (4, 4)}),
    Look("services.dns_search", "asks", "grep '^search' /etc/resolv.conf", matches(r"^search search\.example example")),
    Look("services.dns_search", "asks", looked_up("short"), has("(10.1.2.4)"), case="used"),
    Look("services.dns_opt", "asks", "grep '^options' /etc/resolv.conf", has("ndots:3", "timeout:2")),
    Look("services.extra_hosts", "c", "cat /etc/hosts", matches(r"^10\.9\.8\.7\s+one\.example(.|\n)*^fd00::7\s+six\.example")),
    Look("services.extra_hosts", "c", looked_up("one.example"), has("(10.9.8.7)"), case="used"),
    Look("services.extra_hosts.host-gateway", "c", "ping -c1 -W3 gateway.example", has("1 packets received")),
    Look("services.extra_hosts.host-gateway", "bridge", "ping -c1 -W3 gateway.example", has("1 packets received"), case="of the default network"),
    Look("services.links", "b", looked_up("linked"), matches(r"\((10\.77\.\d+\.9|10\.76\..*)\)")),
    Look("services.external_links", "b", looked_up("ext"), has("(10.76."), podman="external_links"),
    Look("services.external_links", "bridge", looked_up("ext"), has("(10.213."), podman="links", case="of the default network"),
    Look("networks.external", "b", looked_up("$OUT"), has("(10.76.")),
    Look("networks.driver_opts.mtu", "a", "cat /sys/class/net/eth*/mtu", has("1400")),
    Look("networks.enable_ipv6", "c", "ip -o -6 addr show eth0", has("fd00:77:")),
    Look("networks.ipam.config.subnet", "c", "ip -o -4 addr show eth0", matches(r"10\.77\.\d+\.\d+/24")),
    Look("networks.ipam.config.ip_range", "c", "ip -o -4 addr show eth0", lambda said: int(said.split("/24")[0].rpartition(".")[2]) >= 128),
    Look("networks.ipam.config.gateway", "c", "ip route", matches(r"^default via 10\.77\.\d+\.254 ")),
)  # fmt: skip


@looks(LOOKS)
async def test_inside(world: World, look: Look) -> None:
    await world.check(look)


@attribute("services.networks.priority")
async def test_interfaces_come_in_the_order_of_priorities(world: World) -> None:
    """On podman, and on docker where it takes names of interfaces. Before it has an order of its own."""
    found = [line.split()[1].split(".")[1] for line in (await world.out("a", ETHERNETS)).splitlines() if "169.254" not in line]
    back = (await world.out("away", ETHERNETS)).split()[1].split(".")[1]
    ordered = world.podman or world.api >= (1, 49)
    assert found == ["77", back, "76"] if ordered else sorted(found) == sorted(["77", back, "76"])


@attribute("services.networks.gw_priority")
async def test_the_network_that_leads_out(world: World) -> None:
    """Where docker's API knows priorities of gateways; else they are warned of. One of both families comes before all of one."""
    if world.api < (1, 48):
        assert "services.a.networks.outer.gw_priority" in world.warned
        return
    for first in ("x", "y"):
        joined = {name: {"gw_priority": 7 if name == first else 2} for name in ("x", "y")}
        async with world.beside({"s": {"command": ["sleep", "600"], "networks": joined}}, networks={"x": {}, "y": {}}) as other:
            networks = other.inspect("s")["NetworkSettings"]["Networks"]
            gateway = networks[f"{world.place.prefix}-beside_{first}"]["Gateway"]
            assert f"default via {gateway} " in await other.out("s", "ip route")


@attribute("services.dns.addresses without a zone")
async def test_services_are_found_beside_servers_of_ones_own(world: World) -> None:
    """Where the engine's own server stands before them. The container of a podman before 4.4 asks these servers alone."""
    if world.podman and world.abilities < (4, 4):
        assert "services.asks.dns" in world.warned
        assert "PING" not in await world.out("asks", unknown("a"))
    else:
        assert "PING a (10.77." in await world.out("asks", looked_up("a"))


@pytest.mark.parametrize(("service", "other"), [
    pytest.param("side", "a", marks=attribute("services.network_mode.service:")),
    pytest.param("joined", "outside", marks=attribute("services.network_mode.container:")),
])  # fmt: skip
async def test_the_network_of_another_container(world: World, service: str, other: str) -> None:
    seen = "ip -o addr | cut -c1-60"
    ident = outside(world.place, "c") if other == "outside" else world.container(other)
    assert "10.7" in await world.out(service, seen)
    assert await world.out(service, seen) == await world.out_of(ident, seen)


@attribute("services.hostname")
async def test_a_single_container_answers_to_its_host_name(world: World) -> None:
    """On the network that it is made for, and on one that it joins as it runs."""
    backend = await world.stacks.client.backend()
    members = {
        "image": IMAGE,
        "cmd": ["sleep", "600"],
        "stop_timeout": 0,
        "hostname": "single",
        "name": outside(world.place, "s"),
    }
    spec = validate(ContainerSpec, {**members, "network": f"{world.place.prefix}_front"})
    handle = await backend.run_container(spec)
    assert "PING single (10.77." in await world.out("c", looked_up("single"))
    await backend.connect_network(f"{world.place.prefix}-own-name", handle.id, EndpointSpec())
    assert "PING single (" in await world.out("away", looked_up("single"))
    await backend.remove_container(handle.id, force=True)


@attribute("services.hostname")
async def test_a_container_of_run_answers_to_its_host_name(world: World) -> None:
    services = {"peer": {"command": ["sleep", "600"]}, "job": {"scale": 0, "hostname": "of-run", "command": ["sleep", "600"]}}
    async with world.beside(services) as other, anyio.create_task_group() as group:
        group.start_soon(world.stacks.call, "run", other.handle, "job", encode({"cmd": ["sleep", "600"]}))
        assert "PING of-run (" in await other.out("peer", looked_up("of-run"))
        group.cancel_scope.cancel()


# -- ports ------------------------------------------------------------------------------------------


def published(world: World, service: str, port: str, number: int = 1) -> list[tuple[str, int]]:
    """(address, port) of the host, as the engine tells them."""
    rows = world.inspect(service, number)["NetworkSettings"]["Ports"][port]
    return [(row["HostIp"], int(row["HostPort"])) for row in rows]


def says(family: int, address: str, port: int) -> bytes:
    with socket.socket(family, socket.SOCK_STREAM) as peer:
        peer.settimeout(5)
        peer.connect((address, port))
        return peer.recv(4)


@attribute("services.ports.tcp", "services.ports.host_ip", "services.ports.host_ip of IPv6")
async def test_tcp_ports(world: World) -> None:
    """On the address that is given, and on no other; in either family; and on a port that the engine chooses."""
    first = world.place.ports
    assert says(socket.AF_INET, "127.0.0.1", first) == b"tcp\n"
    with pytest.raises(OSError):
        says(socket.AF_INET, "127.0.0.2", first)
    assert says(socket.AF_INET6, HERE_BY_IPV6, first + 3) == b"tcp\n"
    assert not world.podman or "services.serves.ports[2].host_ip" in world.warned
    chosen = [port for address, port in published(world, "serves", "80/tcp") if port not in (first, first + 3)]
    assert says(socket.AF_INET, "127.0.0.1", chosen[0]) == b"tcp\n"


@attribute("services.ports.udp")
async def test_udp_ports(world: World) -> None:
    inside = ["nsenter", "-t", str(world.inspect("serves")["State"]["Pid"]), "-n"]
    with (
        subprocess.Popen([*inside, sys.executable, "-c", ECHO], stdout=subprocess.PIPE) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer,
    ):
        assert server.stdout and server.stdout.readline()
        peer.settimeout(5)
        peer.connect(("127.0.0.1", world.place.ports + 1))
        peer.send(b"there and back")
        assert peer.recv(64) == b"there and back"


@attribute("services.ports.sctp")
async def test_sctp_ports(world: World) -> None:
    """Docker asks the kernel for such a socket, podman writes a rule."""
    if not world.podman and (reason := no_sctp()):
        kernel_lacks(reason)
    port = world.place.ports + 2
    service = {"command": ["sleep", "600"], "ports": [f"127.0.0.1:{port}:82/sctp"]}
    async with world.beside({"s": service}) as other:
        assert published(other, "s", "82/sctp") == [("127.0.0.1", port)]


def no_sctp() -> str:
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_SCTP).close()
    except OSError as error:
        return f"SCTP: {error}"
    return ""


@attribute("services.ports.several host ports for one of the container")
async def test_each_replica_takes_a_port_of_the_range(world: World) -> None:
    taken = {published(world, "many", "80/tcp", number)[0][1] for number in (1, 2)}
    first = world.place.ports + 4
    assert len(taken) == 2 and taken <= set(range(first, first + 3))
    assert {says(socket.AF_INET, "127.0.0.1", port) for port in taken} == {b"tcp\n"}
    if world.podman:
        assert taken == {first, first + 1} and "services.many.ports[0].published" in world.warned


# -- networks ---------------------------------------------------------------------------------------


def network(world: World, name: str) -> dict[str, Any]:
    return world.stacks.ask(f"/networks/{name}")


@attribute("networks.name", "networks.labels", "networks.driver", "networks.ipam.driver")
async def test_what_is_written_on_a_network(world: World) -> None:
    assert network(world, f"{world.place.prefix}-own-name")["Internal"] is True
    front = network(world, f"{world.place.prefix}_front")
    assert front["Labels"]["team"] == "x" and front["Driver"] == "bridge" and front["IPAM"]["Driver"] in ("default", "host-local")


@attribute("networks.driver_opts.bridge.name")
async def test_the_name_of_a_bridge(world: World) -> None:
    subprocess.run(["ip", "link", "show", f"br{world.place.prefix[2:]}"], check=True, capture_output=True)


@attribute("networks.internal")
async def test_an_internal_network_leads_nowhere(world: World) -> None:
    """Another machine, as far as the engines can tell, is reached from any other network."""
    with another_machine(world.place.number) as machine:
        ask = f"ping -c1 -W1 {machine.address}"
        assert "1 packets received" not in await world.out("away", ask)
        if world.podman:  # A dockerd beside it may drop what it did not allow, of the others too.
            assert "default" in await world.out("c", "ip route") and "default" not in await world.out("away", "ip route")
        else:
            assert "1 packets received" in await world.out("c", ask)


LISTENS = """import socket
server = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0800))
print(flush=True)
seen = set()
while True:
    packet = server.recv(1500)
    there = packet[(packet[0] & 15) * 4:]
    if packet[9] == socket.IPPROTO_TCP and there[2:4] == b"\\0\\x52" and (peer := (packet[12:16], there[:2])) not in seen:
        seen.add(peer)
        print(socket.inet_ntoa(peer[0]), flush=True)
"""


class Machine(NamedTuple):
    """A network namespace behind this one. pid: of a process in it."""

    address: str
    pid: int


@contextmanager
def listener(machine: Machine) -> Iterator[Any]:
    """Tells, by lines, who asks for port 82 of the machine. The answer may get lost: docker 28 lets none through unmasked."""
    inside = ["nsenter", "-t", str(machine.pid), "-n", sys.executable, "-c", LISTENS]
    with subprocess.Popen(inside, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout and server.stdout.readline()
            yield server
        finally:
            server.kill()


@contextmanager
def another_machine(number: int) -> Iterator[Machine]:
    here, there, name = f"10.74.{number}.1", f"10.74.{number}.2", f"ve{number}"
    with subprocess.Popen(["unshare", "-n", "sleep", "60"]) as process:
        try:
            while os.readlink(f"/proc/{process.pid}/ns/net") == os.readlink("/proc/thread-self/ns/net"):
                time.sleep(0.01)
            inside = f"nsenter -t {process.pid} -n ip"
            for line in (
                f"ip link add {name} type veth peer name eth0 netns {process.pid}", f"ip addr add {here}/24 dev {name}",
                f"ip link set {name} up", f"{inside} addr add {there}/24 dev eth0", f"{inside} link set eth0 up",
                f"{inside} route add default via {here}",
            ):  # fmt: skip
                subprocess.run(line.split(), check=True)
            yield Machine(there, process.pid)
        finally:
            process.kill()


@attribute("networks.ipam.config.aux_addresses", "networks.ipam.options", "networks.attachable", "networks.enable_ipv4.false")
async def test_what_only_docker_takes_of_a_network(world: World) -> None:
    assert ("networks.tight.enable_ipv4" in world.warned) is (world.api < WITHOUT_IPV4)
    if world.podman:
        named = {"attachable", "ipam.options", "ipam.aux_addresses"}
        assert {f"networks.tight.{member}" for member in named} <= world.warned
        return
    assert ".3/29" in await world.out("reserved", "ip -o -4 addr show eth0"), "not the address that is reserved"
    tight = network(world, f"{world.place.prefix}_tight")
    assert tight["Attachable"] is True and tight["IPAM"]["Options"] == {"o": "v"}


@attribute("networks.enable_ipv4.false")
async def test_a_network_without_ipv4(world: World) -> None:
    """Where docker's API takes one: the other addresses are the only ones."""
    if world.api < WITHOUT_IPV4:
        assert "networks.tight.enable_ipv4" in world.warned
        return
    pool = {"config": [{"subnet": f"fd00:79:{world.place.number}::/64"}]}
    networks = {"six": {"enable_ipv4": False, "enable_ipv6": True, "ipam": pool}}
    async with world.beside({"s": {"command": ["sleep", "600"], "networks": ["six"]}}, networks=networks) as other:
        found = await other.out("s", "ip -o addr show eth0")
        assert "fd00:79:" in found and "inet " not in found and not other.warned


@attribute("networks.driver_opts.parent", "networks.driver_opts.mode", "networks.driver")
async def test_a_network_on_an_interface_of_the_machine(world: World) -> None:
    if reason := no_macvlan():
        kernel_lacks(reason)
    pid = world.inspect("direct")["State"]["Pid"]
    line = subprocess.run(f"nsenter -t {pid} -n ip -d link show eth0".split(), check=True, capture_output=True, text=True).stdout
    assert "macvlan mode private" in line
    here = subprocess.run(f"ip -o link show {parent(world.place)}".split(), check=True, capture_output=True, text=True).stdout
    assert await world.out("direct", "cat /sys/class/net/eth0/iflink") == here.partition(":")[0]


@attribute("networks.driver_opts.any other")
async def test_an_option_of_dockers_bridge(world: World) -> None:
    if world.podman:
        assert "networks.prefixed.driver_opts.com.docker.network.container_iface_prefix" in world.warned
        return
    assert "eee0" in await world.out("prefixed", "ls /sys/class/net")


@pytest.mark.parametrize(("name", "value"), [
    pytest.param("enable_icc", "false", marks=attribute("networks.driver_opts.enable_icc")),
    pytest.param("enable_ip_masquerade", "false", marks=attribute("networks.driver_opts.enable_ip_masquerade")),
    pytest.param("host_binding_ipv4", "127.0.0.5", marks=attribute("networks.driver_opts.host_binding_ipv4")),
    pytest.param("gateway_mode_ipv4", "isolated", marks=attribute("networks.driver_opts.gateway_mode")),
])  # fmt: skip
async def test_options_that_keep_somebody_out(world: World, name: str, value: str) -> None:
    """Where an engine lacks one, nothing is touched."""
    if world.podman or (name.startswith("gateway_mode") and world.api < (1, 46)):
        with pytest.raises(Unsupported, match=rf"networks\.n\.driver_opts\.{BRIDGE}{name}") as caught:
            async with world.beside(
                {"s": {"command": ["sleep", "600"], "networks": ["n"]}}, networks={"n": {"driver_opts": {BRIDGE + name: value}}}
            ):
                raise AssertionError("it is up")
        assert caught.value.details.get("rolledBack") is None, "something was touched"
    elif name == "enable_icc":
        assert "1 packets received" not in await world.out("shut-out", "ping -c1 -W1 closed")
    elif name == "host_binding_ipv4":
        assert {where for where, _ in published(world, "closed", "80/tcp")} == {"127.0.0.5"}
    elif name == "gateway_mode_ipv4":
        options = {"internal": True, "driver_opts": {BRIDGE + name: value}}
        async with world.beside({"s": {"command": ["sleep", "600"], "networks": ["n"]}}, networks={"n": options}):
            bridge = f"br-{network(world, f'{world.place.prefix}-beside_n')['Id'][:12]}"
            shown = subprocess.run(f"ip -o -4 addr show {bridge}".split(), check=True, capture_output=True, text=True)
            assert shown.stdout == "", "this machine is on it"
    else:
        with another_machine(world.place.number) as machine, listener(machine) as server:
            addresses = {}
            for service in ("shut-out", "c"):
                await world.out(service, f"nc -w 2 {machine.address} 82 </dev/null")
                addresses[service] = server.stdout.readline().strip()
            assert addresses["c"] == f"10.74.{world.place.number}.1", "masqueraded"
            assert addresses["shut-out"] in await world.out("shut-out", "ip -o -4 addr")


@attribute("services.networks.driver_opts")
async def test_options_of_a_place_on_a_network(world: World) -> None:
    """None that docker's own drivers know can be seen from inside."""
    if world.podman:
        assert "services.a.networks.back.driver_opts" in world.warned
        return
    assert (
        world.inspect("a")["NetworkSettings"]["Networks"][f"{world.place.prefix}-own-name"]["DriverOpts"].items()
        >= {"o": "v"}.items()
    )


async def test_nothing_else_is_warned_of(world: World) -> None:
    """Each is a look's or a test's above."""
    known = world.warned_of(LOOKS)
    known |= {"networks.tight.enable_ipv4"} if world.api < WITHOUT_IPV4 else set()
    if world.podman and world.abilities < (4, 4):
        known |= {"services.asks.dns"}
    if world.podman:
        known |= {"networks.prefixed.driver_opts.com.docker.network.container_iface_prefix"}
        known |= {f"networks.tight.{member}" for member in ("attachable", "ipam.options", "ipam.aux_addresses")}
        known |= {
            f"services.{member}"
            for member in ("many.ports[0].published", "serves.ports[2].host_ip", "a.networks.back.driver_opts")
        }
    assert world.warned == known
