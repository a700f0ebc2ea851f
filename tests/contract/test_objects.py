"""Networks and volumes."""

from __future__ import annotations

import pytest

from perry_ffi.errors import Conflict, ContainerError, NotFound
from perry_ffi.model.base import validate
from perry_ffi.model.endpoint import EndpointSpec
from perry_ffi.model.network import NetworkSpec
from perry_ffi.model.volume import VolumeSpec
from tests.contract.support import need
from tests.live.conftest import Bench

pytestmark = pytest.mark.anyio


async def test_networks(bench: Bench) -> None:
    backend, name = bench.backend, bench.name("net")
    subnet = "10.88.77.0/24"
    spec = validate(NetworkSpec, {"labels": {"a": bench.prefix}, "internal": True, "ipam": {"config": [{"subnet": subnet}]}})
    made = await backend.create_network(name, spec)
    assert (made.name, made.internal, made.subnets, made.labels) == (name, True, [subnet], {"a": bench.prefix})
    with pytest.raises(Conflict):
        await backend.create_network(name, NetworkSpec())
    assert [item.name for item in await backend.list_networks({"a": bench.prefix})] == [name]
    assert name in {item.name for item in await backend.list_networks()}
    handle = await bench.run("sleep", "600", network=name, stop_timeout=0)
    assert handle.id in (await backend.inspect_network(name)).containers
    with pytest.raises(Conflict, match=f"remove the network {name}: {handle.name} is on it") as caught:
        await backend.remove_network(name)
    assert caught.value.details["containers"] == [handle.name]
    if bench.podman:
        await backend.stop_container(handle.id, 0)
        with pytest.raises(Conflict, match=f"{handle.name} is on it"):
            await backend.remove_network(name)
    await backend.remove_container(handle.id, force=True)
    await backend.remove_network(name)
    with pytest.raises(NotFound):
        await backend.inspect_network(name)


async def test_a_network_that_is_not_there(bench: Bench) -> None:
    spec = bench.spec("true", network=bench.name("missing"))
    with pytest.raises(ContainerError):
        await bench.backend.run_container(spec)
    with pytest.raises(NotFound):
        await bench.backend.inspect_container(spec.name or "")


async def test_anonymous_volumes_go_with_their_container(bench: Bench) -> None:
    backend = bench.backend
    before = {item.name for item in await backend.list_volumes()}
    handle = await bench.run("true", volumes=["/data"])
    await backend.wait_container(handle.id)
    assert len({item.name for item in await backend.list_volumes()} - before) == 1
    await backend.remove_container(handle.id)
    assert {item.name for item in await backend.list_volumes()} == before


async def test_labels_by_value_by_empty_value_and_by_key(bench: Bench) -> None:
    backend, key = bench.backend, f"{bench.prefix}.key"
    for what, labels in (("full", {key: "v"}), ("empty", {key: ""}), ("none", {})):
        await backend.create_container(bench.spec("true", name=bench.name(what), labels=labels))
        await backend.create_network(bench.name(what), validate(NetworkSpec, {"labels": labels}))
        await backend.create_volume(bench.name(what), validate(VolumeSpec, {"labels": labels}))
    for wanted, names in (("v", {"full"}), ("", {"empty"}), (None, {"full", "empty"}), ("w", set())):
        expected = {bench.name(name) for name in names}
        assert {c.name for c in await backend.list_containers(all=True, labels={key: wanted})} == expected
        assert {n.name for n in await backend.list_networks({key: wanted})} == expected
        assert {v.name for v in await backend.list_volumes({key: wanted})} == expected


async def test_leaving_a_network(bench: Bench) -> None:
    need(bench, "op.network_attach")
    backend = bench.backend
    ipam = {"config": [{"subnet": "10.219.7.0/24"}]}
    network = (await backend.create_network(bench.name("net"), validate(NetworkSpec, {"ipam": ipam}))).name
    first = await backend.create_network(bench.name("first"), NetworkSpec())
    handle = await bench.run("sleep", "600", network=first.name)
    await backend.connect_network(network, handle.name or "", EndpointSpec())
    assert set((await backend.inspect_container(handle.id)).networks) == {network, first.name}
    await backend.disconnect_network(network, handle.name or "")
    assert set((await backend.inspect_container(handle.id)).networks) == {first.name}
    with pytest.raises(Conflict):
        await backend.disconnect_network(network, handle.id)
    for call in (
        backend.connect_network(bench.name("no"), handle.id, EndpointSpec()),
        backend.connect_network(network, bench.name("no"), EndpointSpec()),
        backend.disconnect_network(bench.name("no"), handle.id),
        backend.disconnect_network(network, bench.name("no")),
    ):
        with pytest.raises(NotFound):
            await call
