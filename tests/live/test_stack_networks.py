"""Networks whose definition changed, on real engines: made anew with what is on them, put back as they were, or refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from perry_ffi.errors import Conflict, ServiceStartupFailed, ValidationError
from tests.live.conftest import IMAGE, api_of
from tests.live.stack_support import IDLE, Stacks, encode, nothing_of, stacks  # noqa: F401

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(180), pytest.mark.needs("op.network_remake")]
ASK = ["sh", "-c", "for i in 1 2 3 4 5 6; do nslookup first && exit 0; sleep 0.5; done; exit 1"]
"""Podman's name server takes a moment."""


def spec(stacks: Stacks, number: int, **services: Any) -> dict[str, Any]:
    """``a`` has an address and an alias on the network that changes, ``b`` is on two, ``c`` on the other one, ``d`` in ``a``."""
    n = {
        "ipam": {"config": [{"subnet": f"10.81.{number}.0/24", "ip_range": f"10.81.{number}.128/25", "gateway": f"10.81.{number}.9"}]},
        "labels": {"number": str(number)}, "driver_opts": {"com.docker.network.driver.mtu": str(1400 + number)},
    }  # fmt: skip
    rows = {
        "a": {"networks": {"n": {"ipv4_address": f"10.81.{number}.5", "aliases": ["first"]}}},
        "b": {"networks": ["n", "m"], "depends_on": ["a"]},
        "c": {"networks": ["m"]},
        "d": {"network_mode": "service:a"},
        "e": {"networks": ["n"]},
        **services,
    }
    return stacks.spec(rows, networks={"n": n, "m": {}})


def network(stacks: Stacks, name: str = "n") -> dict[str, Any]:
    """What the engine tells of a network, but for its id and its age."""
    found = stacks.ask(f"/networks/{stacks.prefix}_{name}")
    return {key: value for key, value in found.items() if key not in ("Id", "Created", "Containers")}


def containers(stacks: Stacks) -> dict[str, Any]:
    """Id, and place on the network, of each container that runs."""
    rows = {name: stacks.ask(f"/containers/{stacks.prefix}-{name}-1/json") for name in "abcde"}
    assert all(row["State"]["Running"] for row in rows.values())
    places = {name: row["NetworkSettings"]["Networks"] for name, row in rows.items()}
    return {
        name: (rows[name]["Id"], sorted(places[name]), places[name].get(f"{stacks.prefix}_n", {}).get("Aliases")) for name in rows
    }


async def answers(stacks: Stacks, handle: int, number: int) -> None:
    """``a`` has its address, is found by its alias, and ``d`` is inside."""
    assert f"10.81.{number}.5" in await stacks.out(handle, "e", *ASK)
    spaces = [await stacks.out(handle, name, "readlink", "/proc/1/ns/net") for name in ("a", "d")]
    assert spaces[0] == spaces[1]


async def test_a_network_and_what_is_on_it_are_made_anew(stacks: Stacks) -> None:
    handle = await stacks.up(spec(stacks, 1))
    before, m = containers(stacks), stacks.ask(f"/networks/{stacks.prefix}_m")["Id"]
    plan = await stacks.plan(spec(stacks, 2))
    assert [step["target"].removeprefix(stacks.prefix) for step in plan["steps"] if step["action"] == "remove old network"] == [
        "_n"
    ]
    await stacks.up(spec(stacks, 2), timeout=1)
    after = containers(stacks)
    assert {name for name in after if after[name][0] == before[name][0]} == {"c"}
    assert stacks.ask(f"/networks/{stacks.prefix}_m")["Id"] == m
    assert network(stacks)["IPAM"]["Config"][0]["Subnet"] == "10.81.2.0/24" and network(stacks)["Labels"]["number"] == "2"
    await answers(stacks, handle, 2)
    assert (await stacks.plan(spec(stacks, 2)))["steps"] == []
    # One that nobody asked for comes along.
    await stacks.up(spec(stacks, 3), services=["b"], dependencies=False, timeout=1)
    await answers(stacks, handle, 3)
    assert (await stacks.down(handle))["errors"] == [] and nothing_of(stacks.engine, stacks.prefix)


async def test_an_up_that_fails_puts_the_old_network_back(stacks: Stacks) -> None:
    handle = await stacks.up(spec(stacks, 1))
    await stacks.call("pause", handle, encode(["c"]), None)
    await stacks.call("unpause", handle, encode(["c"]), None)
    before, was = containers(stacks), network(stacks)
    bad = {"command": ["sh", "-c", "exit 3"], "networks": ["n"]}
    waits = {"networks": ["n"], "depends_on": {"bad": {"condition": "service_completed_successfully"}}}
    for _ in range(2):
        with pytest.raises(ServiceStartupFailed) as caught:
            await stacks.up(spec(stacks, 2, bad=bad, waits=waits), timeout=1)
        assert caught.value.details["rolledBack"] is True, caught.value.details
        assert containers(stacks) == before and network(stacks) == was
        await answers(stacks, handle, 1)
        assert (await stacks.plan(spec(stacks, 1)))["steps"] == []
    await stacks.up(spec(stacks, 2), timeout=1)
    await answers(stacks, handle, 2)
    assert (await stacks.down(handle))["errors"] == [] and nothing_of(stacks.engine, stacks.prefix)


async def test_a_mac_address_of_an_old_place_comes_back_or_is_named(stacks: Stacks) -> None:
    mac = "02:42:51:00:00:77"
    own = {"a": {"networks": {"n": {"mac_address": mac}}}}
    api = api_of(stacks.engine)
    given = stacks.engine.name == "podman" or api >= (1, 54) or api < (1, 44)
    handle = await stacks.up(spec(stacks, 1, **own))

    async def has() -> str:
        return (await stacks.out(handle, "a", "cat", "/sys/class/net/eth0/address")).strip()

    assert await has() == mac
    bad = {"command": ["sh", "-c", "exit 3"], "networks": ["n"]}
    waits = {"networks": ["n"], "depends_on": {"bad": {"condition": "service_completed_successfully"}}}
    with pytest.raises(ServiceStartupFailed) as caught:
        await stacks.up(spec(stacks, 2, **own, bad=bad, waits=waits), timeout=1)
    left = caught.value.details.get("leftOver") or []
    assert caught.value.details["rolledBack"] is given, left
    if given:
        assert await has() == mac
    else:
        (told,) = left
        assert mac in told and f"{stacks.prefix}-a-1" in told and "1.54" in told
        await stacks.up(spec(stacks, 1, **own), forceRecreate=True, timeout=1)
        assert await has() == mac
    assert (await stacks.down(handle))["errors"] == [] and nothing_of(stacks.engine, stacks.prefix)


async def test_networks_that_swap_their_subnets_and_one_that_is_renamed(stacks: Stacks) -> None:
    def swapped(one: int, two: int, key: str = "o") -> dict[str, Any]:
        pools = {"n": one, "m": two, key: 3}
        networks = {name: {"ipam": {"config": [{"subnet": f"10.82.{number}.0/24"}]}} for name, number in pools.items()}
        rows = {"a": {"networks": ["n"]}, "b": {"networks": ["m", "n"]}, "c": {"networks": [key]}}
        return stacks.spec(
            {name: {**row, "command": IDLE, "stop_grace_period": "0s"} for name, row in rows.items()}, networks=networks
        )

    handle = await stacks.up(swapped(1, 2))
    await stacks.up(swapped(2, 1, "p"))
    found = {row["Name"].removeprefix(stacks.prefix): row["IPAM"]["Config"][0]["Subnet"] for row in stacks.ask("/networks")
             if row["Name"].startswith(stacks.prefix)}  # fmt: skip
    assert found == {"_n": "10.82.2.0/24", "_m": "10.82.1.0/24", "_p": "10.82.3.0/24"}
    assert set((await stacks.states(handle)).values()) == {"running"}
    assert (await stacks.plan(swapped(2, 1, "p")))["steps"] == []
    assert (await stacks.down(handle))["errors"] == [] and nothing_of(stacks.engine, stacks.prefix)


async def test_what_cannot_come_along_is_a_reason_to_refuse(stacks: Stacks) -> None:
    """By name, before anything stops, with what can be done."""
    handle = await stacks.up(spec(stacks, 1, gone={"networks": ["n"]}))
    before = stacks.held()
    alone = f"{stacks.prefix}-alone"

    async def refused(match: str, kind: type[Exception] = Conflict, wanted: Any = None, **options: Any) -> Any:
        with pytest.raises(kind, match=match) as caught:
            await stacks.up(wanted or spec(stacks, 2), **options)
        assert "rolledBack" not in caught.value.details and stacks.held() == before
        return caught.value

    error = await refused(f"{stacks.prefix}-gone-1, which would stay, is on it")
    assert "removeOrphans" in error.details["remedy"]
    await refused("would stay, is on it", noRecreate=True, removeOrphans=True)
    outside = spec(stacks, 2, a={"networks": {"n": {"ipv4_address": "10.81.1.5"}}})
    await refused("no subnet of networks.n", ValidationError, outside, removeOrphans=True)
    body = {"Image": IMAGE, "Cmd": IDLE, "HostConfig": {"NetworkMode": f"{stacks.prefix}_n"}}
    assert stacks.asked("POST", f"/containers/create?name={alone}", json.dumps(body).encode())[0] == 201
    before = stacks.held()
    error = await refused(f"{alone}, which is not of this project, is on it", removeOrphans=True)
    assert error.details["containers"] == [alone]
    assert stacks.asked("DELETE", f"/containers/{alone}?force=1")[0] in (200, 204)
    await stacks.up(spec(stacks, 2), removeOrphans=True, timeout=1)
    await answers(stacks, handle, 2)
    assert (await stacks.down(handle))["errors"] == [] and nothing_of(stacks.engine, stacks.prefix)
