"""Configs, secrets and networks, before a scripted manager."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from anyio.abc import SocketStream

from perry_ffi.backends.engine_api.swarm import calls, objects
from perry_ffi.errors import BackendNotAvailable, Conflict, Unsupported, ValidationError
from perry_ffi.model.network import NetworkSpec
from tests.engines.scripted import Asked, document
from tests.unit.backends.engine_api.routes import query
from tests.unit.backends.engine_api.swarm.recorded import SAID
from tests.unit.backends.engine_api.swarm.test_services import manager, sent

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("kind", ["config", "secret"])
async def test_a_file_is_made(tmp_path: Path, kind: str) -> None:
    async with manager(tmp_path, {f"POST /{kind}s/create": document({"ID": "i"}, "201 Created")}) as (backend, engine):
        assert await backend.services.create_file(kind, "p_x", b"\0s3cret", {"a": "b"}) == "i"
        assert sent(engine) == {"Name": "p_x", "Labels": {"a": "b"}, "Data": base64.b64encode(b"\0s3cret").decode()}


@pytest.mark.parametrize(
    ("kind", "name", "size"),
    [("secret", "x", 0), ("secret", "x", 512_000), ("config", "x", 1_024_000), ("config", "x" * 65, 1)],
)
async def test_a_file_that_no_swarm_takes_is_not_sent(tmp_path: Path, kind: str, name: str, size: int) -> None:
    async with manager(tmp_path, {}) as (backend, engine):
        with pytest.raises(ValidationError):
            await backend.services.create_file(kind, name, b"s" * size, {})
        assert engine.asked == []


async def test_the_largest_files_are_sent(tmp_path: Path) -> None:
    routes = {f"POST /{kind}s/create": document({"ID": "i"}, "201 Created") for kind in ("config", "secret")}
    async with manager(tmp_path, routes) as (backend, _):
        await backend.services.create_file("secret", "x", b"s" * 511_999, {})
        await backend.services.create_file("config", "x", b"s" * 1_023_999, {})


async def test_a_file_whose_name_is_taken_tells_nothing_of_its_content(tmp_path: Path) -> None:
    status, words = SAID["refusals"]["secret dup"]
    async with manager(tmp_path, {"POST /secrets/create": document({"message": words}, f"{status} no")}) as (backend, _):
        with pytest.raises(Conflict) as caught:
            await backend.services.create_file("secret", "p_x", b"s3cret", {})
        assert base64.b64encode(b"s3cret").decode() not in json.dumps(caught.value.to_dict())


@pytest.mark.parametrize(
    ("kind", "route", "filters"),
    [
        ("config", "configs", {"label": ["perry.compose.project=p"]}),
        ("network", "networks", {"scope": ["swarm"], "label": ["perry.compose.project=p"]}),
    ],
)
async def test_lists_by_label(tmp_path: Path, kind: str, route: str, filters: dict[str, Any]) -> None:
    routes = {"GET /configs": document([]), f"GET /{route}": document(SAID[route])}
    async with manager(tmp_path, routes) as (backend, engine):
        found = await backend.services.objects(kind, {"perry.compose.project": "p"})
        assert len(found) == 2 and json.loads(query(engine.asked[0])["filters"]) == filters


async def test_a_network_over_all_nodes(tmp_path: Path) -> None:
    """Without a look for its name, which one that goes may have still."""
    async with manager(tmp_path, {"POST /networks/create": document({"Id": "n"}, "201 Created")}) as (backend, engine):
        spec = NetworkSpec.model_validate(
            {"labels": {"a": "b"}, "internal": True, "ipam": {"config": [{"subnet": "10.9.0.0/16"}]}}
        )
        assert await backend.services.create_network("p_n", spec) == "n"
        assert sent(engine) == {
            "Name": "p_n", "CheckDuplicate": False, "Driver": "overlay", "Internal": True, "Attachable": False, "EnableIPv6": False,
            "Labels": {"a": "b"}, "IPAM": {"Config": [{"Subnet": "10.9.0.0/16"}]},
        }  # fmt: skip
        with pytest.raises(Unsupported) as caught:
            await backend.services.create_network("p_n", NetworkSpec(driver="macvlan"))
        assert caught.value.details["member"] == "NetworkSpec.driver"


async def test_what_is_in_use_stays(tmp_path: Path) -> None:
    status, words = SAID["refusals"]["net in use"]
    async with manager(tmp_path, {"DELETE /networks/n": document({"message": words}, f"{status} no")}) as (backend, _):
        with pytest.raises(Conflict):
            await backend.services.remove_object("network", "n")


@pytest.mark.parametrize("chosen", [True, False])
async def test_a_network_that_was_just_made_is_told_with_its_addresses(
    tmp_path: Path, chosen: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is a moment in which it has none, and not even its driver; it is told in any case."""
    monkeypatch.setattr(objects, "CHOOSING_SECONDS", 10.0 if chosen else 0.05)
    whole = next(item for item in SAID["networks"] if item["Name"] == "p_net")
    young = {**whole, "Driver": "", "IPAM": {"Driver": "", "Options": None, "Config": None}}
    asked: list[str] = []

    async def networks(request: Asked, stream: SocketStream) -> None:
        asked.append(request.target)
        await stream.send(document([whole if chosen and len(asked) > 2 else young]))

    async with manager(tmp_path, {"GET /networks": networks, "GET /configs": document([])}) as (backend, _):
        (found,) = await backend.services.objects("network")
        expected = ("p_net", "overlay", 1) if chosen else ("p_net", "", 0)
        assert (found.name, found.driver, len(found.subnets)) == expected
        assert len(asked) == 3 if chosen else len(asked) > 1


@pytest.mark.parametrize("there", ["going", "another", "a local one"])
async def test_a_name_of_a_network_that_is_going_is_waited_for(
    tmp_path: Path, there: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From API 1.44 on an engine has no two networks of one name, also where one was removed."""
    monkeypatch.setattr(objects, "PAUSES", (0.001, 0.01))
    going = {**next(item for item in SAID["networks"] if item["Name"] == "ling"), "Name": "p_n"}
    row = {"going": going, "another": {**going, "Containers": None, "Peers": None}, "a local one": {**going, "Scope": "local"}}[
        there
    ]
    asked: list[str] = []

    async def create(request: Asked, stream: SocketStream) -> None:
        asked.append(request.method)
        taken = document({"message": "network with name p_n already exists"}, "409 no")
        await stream.send(taken if len(asked) < 3 else document({"Id": "n"}, "201 Created"))

    async with manager(tmp_path, {"POST /networks/create": create, "GET /networks": document([row])}) as (backend, _):
        if there == "going":
            assert await backend.services.create_network("p_n", NetworkSpec()) == "n" and len(asked) == 3
        else:
            with pytest.raises(Conflict):
                await backend.services.create_network("p_n", NetworkSpec())
            assert len(asked) == 1


@pytest.mark.parametrize("back", [True, False], ids=["a leader comes", "none comes"])
async def test_an_engine_without_a_leader_that_lists_no_networks_is_not_believed(
    tmp_path: Path, back: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It leaves those of the swarm out, and says nothing of it."""
    monkeypatch.setattr(calls, "LEADER_SECONDS", 5.0 if back else 0.05)
    monkeypatch.setattr(objects, "LEADING_SECONDS", 0.05)
    asked: list[str] = []

    def led() -> bool:
        return back and asked.count("configs") > 1

    async def networks(request: Asked, stream: SocketStream) -> None:
        asked.append("networks")
        await stream.send(document(SAID["networks"] if led() else []))

    async def configs(request: Asked, stream: SocketStream) -> None:
        asked.append("configs")
        none = {"message": "rpc error: code = Unknown desc = The swarm does not have a leader."}
        await stream.send(document([]) if led() else document(none, "500 no"))

    async with manager(tmp_path, {"GET /networks": networks, "GET /configs": configs}) as (backend, _):
        if back:
            assert "p_net" in {row.name for row in await backend.services.objects("network")}
        else:
            with pytest.raises(BackendNotAvailable):
                await backend.services.objects("network")
