"""Podman's new volumes are filled before a file is put into them; docker's are already."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import BackendError
from tests.engines.scripted import document
from tests.unit.backends.engine_api.routes import backend_with, query

pytestmark = pytest.mark.anyio
LIBPOD = "/v4.0.0/libpod"
NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
INSPECTED = {
    "Id": "1", "Image": "sha256:ab", "Config": {"User": "5", "Labels": {"a": "b"}},
    "Mounts": [
        {"Type": "volume", "Name": "v1", "Destination": "/data"}, {"Type": "volume", "Name": "v2", "Destination": "/kept"},
        {"Type": "bind", "Source": "/x", "Destination": "/b"},
    ],
    "HostConfig": {"Binds": ["v1:/data:rw,rbind", "v2:/kept:nocopy,rw", "/x:/b:ro"]},
}  # fmt: skip


def routes(fresh: bool = True, init: bytes = NO_CONTENT) -> dict[str, Any]:
    volume = {"Name": "v1", **({"NeedsCopyUp": True} if fresh else {})}
    return {
        "GET /containers/web/json": document(INSPECTED),
        f"GET {LIBPOD}/volumes/v1/json": document(volume),
        "POST /containers/create": document({"Id": "second"}, "201 Created"),
        f"POST {LIBPOD}/containers/second/init": init,
        "DELETE /containers/second": NO_CONTENT,
    }


async def asked(folder: Path, flavour: str, places: list[str], answers: dict[str, Any]) -> list[Any]:
    async with backend_with(folder, flavour, answers) as (backend, engine):
        await backend.fill_volumes("web", places)
        return engine.asked


MISSING = "crun: executable file `/perry` not found: No such file or directory: OCI runtime attempted to invoke a command that was not found"


@pytest.mark.parametrize(
    "init", [NO_CONTENT, document({"cause": MISSING, "message": MISSING, "response": 500}, "500 Internal Server Error")]
)
async def test_a_second_container_comes_as_far_as_its_start(tmp_path: Path, init: bytes) -> None:
    calls = await asked(tmp_path, "podman", ["/data/", "/b"], routes(init=init))
    assert [item.method for item in calls] == ["GET", "GET", "POST", "POST", "DELETE"]
    body = json.loads(calls[2].body)
    assert (body["Image"], body["User"], body["Labels"]) == ("sha256:ab", "5", {"a": "b"})
    assert body["HostConfig"] == {"NetworkMode": "none", "Binds": ["v1:/data", "v2:/kept:nocopy"]}
    assert query(calls[4])["v"] in ("0", "false"), "the volumes are the first one's"


async def test_nothing_is_done_for_what_is_not_new_or_not_to_be_filled(tmp_path: Path) -> None:
    assert len(await asked(tmp_path, "podman", ["/data"], routes(fresh=False))) == 2
    assert len(await asked(tmp_path, "podman", ["/kept", "/elsewhere"], routes())) == 1
    assert await asked(tmp_path, "docker", ["/data"], routes()) == []


async def test_another_failure_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    failing = routes(init=document({"message": "mounting volume v1: no such device"}, "500 Internal Server Error"))
    async with backend_with(tmp_path, "podman", failing) as (backend, engine):
        with pytest.raises(BackendError, match="fill the volumes of the container web: mounting volume v1"):
            await backend.fill_volumes("web", ["/data"])
        assert engine.asked[-1].method == "DELETE"
