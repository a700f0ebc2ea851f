"""Networks, volumes and images on real engines."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.errors import Conflict, ContainerError, NotFound
from perry_ffi.model.container import ExecOptions
from perry_ffi.model.network import NetworkSpec
from perry_ffi.model.volume import VolumeSpec
from tests.live.conftest import IMAGE, Bench

pytestmark = pytest.mark.anyio


async def test_two_networks_and_aliases(bench: Bench) -> None:
    backend, names = bench.backend, [bench.name("n1"), bench.name("n2")]
    for name in names:
        await backend.create_network(name, NetworkSpec())
    server = await bench.run("sleep", "600", network=None, networks=names, aliases=["server"], stop_timeout=0)
    assert set((await backend.inspect_container(server.id)).networks) == set(names)
    for name in names:
        client = await bench.run("sleep", "600", network=name, stop_timeout=0)
        done = await backend.exec_container(client.id, ["nslookup", "server"], ExecOptions())
        address = (await backend.inspect_container(server.id)).networks[name].ip_address
        assert address and address in done.stdout, (done, address)


async def test_volumes(bench: Bench) -> None:
    backend, name = bench.backend, bench.name("vol")
    made = await backend.create_volume(name, VolumeSpec(labels={"a": bench.prefix}))
    assert (made.name, made.driver, made.labels) == (name, "local", {"a": bench.prefix})
    with pytest.raises(Conflict):
        await backend.create_volume(name, VolumeSpec())
    assert [item.name for item in await backend.list_volumes({"a": bench.prefix})] == [name]
    handle = await bench.run("sh", "-c", "echo kept > /data/file", volumes=[f"{name}:/data"])
    await backend.wait_container(handle.id)
    for force in (False, True):
        with pytest.raises(Conflict):
            await backend.remove_volume(name, force=force)
    await backend.remove_container(handle.id)
    again = await bench.run("sleep", "600", volumes=[f"{name}:/data"], stop_timeout=0)
    assert (await backend.exec_container(again.id, ["cat", "/data/file"], ExecOptions())).stdout == "kept\n"
    await backend.remove_container(again.id, force=True)
    await backend.remove_volume(name)
    with pytest.raises(NotFound):
        await backend.inspect_volume(name)


@pytest.mark.parametrize("name", ["-v", "../x", "a b", "a\nb", "a/b", "", '"', "a?b"])
async def test_names_that_no_object_may_bear(bench: Bench, name: str) -> None:
    """Docker's networks bear any name that is a line of its own."""
    backend = bench.backend
    before = len(await backend.list_networks()), len(await backend.list_volumes())
    makes: list[Any] = [lambda: backend.create_volume(name, VolumeSpec())]
    if bench.podman or not name.strip() or not name.isprintable():
        makes.append(lambda: backend.create_network(name, NetworkSpec()))
    for make in makes:
        with pytest.raises(ContainerError) as caught:
            await make()
        assert caught.value.code in (400, 500), caught.value.to_dict()
    assert (len(await backend.list_networks()), len(await backend.list_volumes())) == before


@pytest.mark.parametrize("name", ["-v", "../x", "a b", "a/b", '"', "a?b", "ü#%2F"])
async def test_names_that_dockers_networks_may_bear(bench: Bench, name: str) -> None:
    if bench.podman:
        pytest.skip("podman's networks have names like containers")
    backend = bench.backend
    made = await backend.create_network(name, NetworkSpec())
    try:
        assert made.name == name and (await backend.inspect_network(name)).id == made.id
        handle = await bench.run("sleep", "600", network=name, stop_timeout=0)
        assert list((await backend.inspect_container(handle.id)).networks) == [name]
        await backend.remove_container(handle.id, force=True)
    finally:
        await backend.remove_network(name)
    with pytest.raises(NotFound):
        await backend.inspect_network(name)


async def test_images(bench: Bench) -> None:
    details = await bench.backend.inspect_image(IMAGE)
    assert details.raw and details.cmd == ["sh"] and details.size > 0
    rows = [item for item in await bench.backend.list_images() if f"{item.repository}:{item.tag}" == IMAGE]
    assert [row.id for row in rows] == [details.id]
    other = f"localhost/{bench.prefix}-copy:2"
    await bench.backend.tag_image(IMAGE, other)
    assert (await bench.backend.inspect_image(other)).id == details.id
    await bench.backend.remove_image(other)
    with pytest.raises(NotFound):
        await bench.backend.inspect_image(other)
    assert (await bench.backend.inspect_image(details.id)).id == details.id
