"""What one container's change means for the others, and what somebody did by hand between two ups."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.errors import Conflict, ContainerError, ServiceStartupFailed
from tests.live.stack_support import SERVE, Stacks, nothing_of, stacks  # noqa: F401

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]
SLOW_TO_END = ["sh", "-c", "trap 'sleep 1; exit 0' TERM; while :; do sleep 1 & wait $$!; done"]


def by_hand(stacks: Stacks, method: str, target: str, body: bytes | None = None) -> int:
    """A call that somebody makes past the library."""
    return stacks.asked(method, target, body)[0]


async def left(stacks: Stacks, spec: dict[str, Any], **options: Any) -> list[dict[str, Any]]:
    return (await stacks.plan(spec, **options))["steps"]


async def refused(stacks: Stacks, spec: dict[str, Any], **options: Any) -> ContainerError:
    """An ``up`` that fails and leaves what was there."""
    was = stacks.held()
    with pytest.raises(ContainerError) as caught:
        await stacks.up(spec, **options)
    assert caught.value.details["rolledBack"] is True, caught.value.to_dict()
    assert stacks.held() == was
    return caught.value


# -- namespaces -------------------------------------------------------------------------------------


def chain(stacks: Stacks, value: str = "1", **more: Any) -> dict[str, Any]:
    """Each in the network of the one before, and one among the processes of the first."""
    services = {
        "x": {"environment": {"E": value}},
        "y": {"network_mode": "service:x"},
        "z": {"network_mode": "service:y"},
        "p": {"pid": "service:x"},
    }
    return stacks.spec({**services, **more})


async def together(stacks: Stacks, handle: int) -> None:
    """They are in one network and in one process table."""
    nets = {await stacks.out(handle, name, "readlink", "/proc/self/ns/net") for name in "xyz"}
    tables = {await stacks.out(handle, name, "readlink", "/proc/self/ns/pid") for name in "xp"}
    assert len(nets) == len(tables) == 1


@pytest.mark.needs("ServiceSpec.network.shared", "ServiceSpec.pid.shared")
async def test_those_in_the_namespaces_of_one_that_is_replaced(stacks: Stacks) -> None:
    handle = await stacks.up(chain(stacks))
    await together(stacks, handle)
    for last in "xyzp":
        await refused(stacks, chain(stacks, "2", w={"command": ["/no/such/program"], "depends_on": [last]}))
        await together(stacks, handle)
        assert await left(stacks, chain(stacks)) == []
    await stacks.up(chain(stacks, "2"))
    await together(stacks, handle)
    assert await left(stacks, chain(stacks, "2")) == []
    await stacks.up(chain(stacks, "3"), services=["x"])
    await together(stacks, handle)
    assert await left(stacks, chain(stacks, "3")) == []
    was = stacks.held()
    with pytest.raises(Conflict, match="x-1 would be replaced, and .*-p-1 would stay and is in its namespaces"):
        await stacks.up(stacks.spec({"x": {"environment": {"E": "4"}}}))
    assert stacks.held() == was
    handle = await stacks.up(stacks.spec({"only": {}}), removeOrphans=True)
    assert await stacks.states(handle) == {"only-1": "running"}
    assert (await stacks.down(handle))["errors"] == [] and nothing_of(stacks.engine, stacks.prefix)


@pytest.mark.needs("ServiceSpec.network.shared", "ServiceSpec.pid.shared")
async def test_those_in_the_namespaces_of_one_that_cannot_start(stacks: Stacks) -> None:
    handle = await stacks.up(chain(stacks))
    bad = chain(stacks)
    bad["services"]["x"]["command"] = ["/no/such/program"]
    await refused(stacks, bad)
    await together(stacks, handle)
    assert await left(stacks, chain(stacks)) == []


@pytest.mark.needs("ServiceSpec.network.shared", "ServiceSpec.pid.shared")
async def test_those_in_the_namespaces_of_one_that_somebody_ended(stacks: Stacks) -> None:
    spec = chain(stacks)
    handle = await stacks.up(spec)
    first = f"/containers/{stacks.prefix}-x-1"
    ends = [("POST", f"{first}/stop?t=1"), ("POST", f"{first}/restart?t=1"), ("DELETE", f"{first}?force=1")]
    for method, target in ends[: 2 if stacks.podman else 3]:  # Podman removes nothing that others are joined to.
        assert by_hand(stacks, method, target) == 204
        await stacks.up(spec)
        await together(stacks, handle)
        assert await left(stacks, spec) == []


# -- ports, addresses, networks ---------------------------------------------------------------------


async def test_a_port_that_another_service_gets(stacks: Stacks) -> None:
    slow = {"command": SLOW_TO_END, "stop_grace_period": "5s"}
    port = {"ports": ["127.0.0.1:18231:80"]}
    await stacks.up(stacks.spec({"z": {**slow, **port}, "a": slow}))
    moved = stacks.spec({"z": {**slow, "depends_on": ["a"]}, "a": {**slow, **port}})
    await refused(stacks, {**moved, "services": {**moved["services"], "w": {**moved["services"]["z"], "command": ["/no"]}}})
    await stacks.up(moved)
    assert await left(stacks, moved) == []
    # A service that has another name now.
    renamed = stacks.spec({"site": port})
    handle = await stacks.up(renamed, removeOrphans=True)
    assert await stacks.states(handle) == {"site-1": "running"}
    assert await left(stacks, renamed) == []


@pytest.mark.needs("ServiceSpec.networks.addresses")
async def test_addresses_that_services_swap(stacks: Stacks) -> None:
    networks = {"n": {"ipam": {"config": [{"subnet": "10.231.7.0/24"}]}}}

    def pair(one: str, two: str) -> dict[str, Any]:
        services = {"a": {"networks": {"n": {"ipv4_address": one}}}, "b": {"networks": {"n": {"ipv4_address": two}}}}
        return stacks.spec(services, networks=networks)

    await stacks.up(pair("10.231.7.5", "10.231.7.6"))
    swapped = pair("10.231.7.6", "10.231.7.5")
    await stacks.up(swapped)
    assert await left(stacks, swapped) == []


@pytest.mark.needs("op.network_attach")
async def test_a_network_that_somebody_took_away(stacks: Stacks) -> None:
    spec = stacks.spec({"a": {"networks": ["n", "m"]}, "b": {"networks": ["n"]}}, networks={"n": {}, "m": {}})
    handle = await stacks.up(spec)
    body = b'{"Container": "%s-a-1", "Force": true}' % stacks.prefix.encode()
    assert by_hand(stacks, "POST", f"/networks/{stacks.prefix}_n/disconnect", body) == 200
    await stacks.up(spec)
    assert stacks.ask(f"/containers/{stacks.prefix}-a-1/json")["NetworkSettings"]["Networks"].keys() == {
        f"{stacks.prefix}_n",
        f"{stacks.prefix}_m",
    }
    assert await left(stacks, spec) == []
    await stacks.down(handle)


async def test_a_network_that_was_pruned_and_made_anew_for_another(stacks: Stacks) -> None:
    spec = stacks.spec({"a": {}, "b": {}})
    handle = await stacks.up(spec)
    await stacks.call("stop", handle, None, None)
    by_hand(stacks, "DELETE", f"/networks/{stacks.prefix}_default")  # Not every engine lets it go: stopped containers are on it.
    await stacks.up(spec, services=["a"])
    await stacks.up(spec)
    assert set((await stacks.states(handle)).values()) == {"running"}
    assert await left(stacks, spec) == []


# -- ends -------------------------------------------------------------------------------------------


@pytest.mark.needs("op.stop_cause", native=True)
async def test_what_somebody_stopped_is_started_and_what_ended_is_not(stacks: Stacks) -> None:
    done = {"command": ["true"]}
    spec = stacks.spec({"a": {}, "b": {}, "job": done, "tried": {**done, "restart": "on-failure"}})
    handle = await stacks.up(spec)
    await stacks.call("start", handle, b'["job"]', b"{}")
    for _ in range(3):
        for name in "ab":
            assert by_hand(stacks, "POST", f"/containers/{stacks.prefix}-{name}-1/stop?t=2") == 204
        assert {row["target"] for row in await left(stacks, spec)} == {f"{stacks.prefix}-{name}-1" for name in "ab"}
        await stacks.up(spec)
        assert await left(stacks, spec) == []


async def test_a_crash_loop_is_no_success(stacks: Stacks) -> None:
    good = stacks.spec({"a": {"restart": "always"}})
    await stacks.up(good)
    loop = stacks.spec({"a": {"restart": "always", "command": ["sh", "-c", "echo again; exit 3"]}})
    error = await refused(stacks, loop, wait=True)
    assert isinstance(error, ServiceStartupFailed)
    assert "again" in error.details.get("logs", ()) or not await stacks.has("LogOptions.runs", native=True)
    assert await left(stacks, good) == []


async def test_what_one_requires_and_another_does_not(stacks: Stacks) -> None:
    ill = {"command": SERVE, "healthcheck": {"test": ["CMD", "false"], "interval": "200ms", "retries": 1}}
    healthy = {"condition": "service_healthy"}
    optional = {"depends_on": {"ill": {**healthy, "required": False}}}
    await refused(stacks, stacks.spec({"ill": ill, "a": optional, "b": {"depends_on": {"ill": healthy}}}))
    handle = await stacks.up(stacks.spec({"ill": ill, "a": optional}))
    assert (await stacks.states(handle))["a-1"] == "running"
