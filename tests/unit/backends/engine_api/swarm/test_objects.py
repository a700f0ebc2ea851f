"""Configs, secrets and networks, before a scripted manager."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import Conflict, Unsupported, ValidationError
from perry_ffi.model.network import NetworkSpec
from tests.engines.scripted import document
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
        ("network", "networks", {"driver": ["overlay"], "label": ["perry.compose.project=p"]}),
    ],
)
async def test_lists_by_label(tmp_path: Path, kind: str, route: str, filters: dict[str, Any]) -> None:
    async with manager(tmp_path, {f"GET /{route}": document(SAID[route])}) as (backend, engine):
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
            "Name": "p_n", "CheckDuplicate": False, "Driver": "overlay", "Internal": True, "Attachable": True, "EnableIPv6": False,
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
