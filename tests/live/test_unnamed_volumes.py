"""Anonymous volumes of containers that were created with a bind of a place alone, as an earlier version did.

Docker 25.0.8, and 27.4 and later, keeps no name of such a volume: it hands it on to nobody, and neither starts its container
nor removes it once it was restarted. Other engines know the name, and the same holds there.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import BackendError
from perry_ffi.service.client import Client
from tests.engines.daemon import ask
from tests.live.conftest import IMAGE, Bench
from tests.live.stack_support import SERVE, Stacks, encode, environ, stacks  # noqa: F401
from tests.live.test_faults import kill, mortal, revive  # noqa: F401

pytestmark = pytest.mark.anyio
WRITE = "echo mine >/keep/f"


def post(stacks: Stacks, target: str, document: Any = None) -> Any:
    body = None if document is None else json.dumps(document).encode()
    status, answer = ask(stacks.engine.socket, "POST", f"/v1.41{target}", body)
    assert status in (200, 201, 204, 304), (status, answer)
    return json.loads(answer or b"null")


async def age(stacks: Stacks, spec: dict[str, Any], service: str) -> str:
    """Brings ``spec`` up, puts an old container in the place of the one of ``service``, and gives its volume's name.

    The data in it, ``/keep/f``, is there once.
    """
    await stacks.up(spec)
    name = f"{stacks.prefix}-{service}-1"
    found = stacks.ask(f"/containers/{name}/json")
    ask(stacks.engine.socket, "DELETE", f"/v1.41/containers/{name}?force=1&v=1")
    network = f"{stacks.prefix}_default"
    command = [step.replace("$$", "$") for step in SERVE]
    document = {
        "Image": IMAGE, "Cmd": command, "Labels": found["Config"]["Labels"],
        "HostConfig": {"Binds": ["/keep"], "NetworkMode": network},
        "NetworkingConfig": {"EndpointsConfig": {network: {"Aliases": [service]}}},
    }  # fmt: skip
    post(stacks, f"/containers/create?name={name}", document)
    post(stacks, f"/containers/{name}/start")
    row = post(stacks, f"/containers/{name}/exec", {"Cmd": ["sh", "-c", WRITE], "AttachStdout": True})
    post(stacks, f"/exec/{row['Id']}/start", {"Detach": False})
    return volume_of(stacks, name)


def volume_of(stacks: Stacks, name: str) -> str:
    (row,) = [row for row in stacks.ask(f"/containers/{name}/json")["Mounts"] if row["Destination"] == "/keep"]
    return row.get("Name") or Path(row["Source"]).parent.name


async def test_an_old_container_hands_its_data_on(stacks: Stacks) -> None:
    volumes = set(stacks.held()["volumes"])
    service: dict[str, Any] = {"volumes": ["/keep"]}
    old = await age(stacks, stacks.spec({"db": service}), "db")
    for value in ("1", "2"):
        service["environment"] = {"V": value}
        handle = await stacks.up(stacks.spec({"db": service}))
        assert await stacks.out(handle, "db", "sh", "-c", "cat /keep/f; echo $V") == f"mine\n{value}\n"
        assert stacks.ask(f"/containers/{stacks.prefix}-db-1/json")["Mounts"][0]["Name"] == old
        assert (await stacks.plan(stacks.spec({"db": service})))["steps"] == []
    await stacks.down(handle)
    assert set(stacks.held()["volumes"]) == volumes


async def test_the_next_up_gives_the_volume_its_name_back(stacks: Stacks) -> None:
    """Also where nothing else changed: until then its container would not come back with the engine."""
    alone = {"db": {"volumes": ["/keep"]}}
    spec = stacks.spec({**alone, "reader": {"volumes_from": ["db:ro"]}})
    old = await age(stacks, stacks.spec(alone), "db")
    (row,) = stacks.ask(f"/containers/{stacks.prefix}-db-1/json")["Mounts"]
    causes = {step["cause"] for step in (await stacks.plan(spec))["steps"] if step["target"] == f"{stacks.prefix}-db-1"}
    unnamed = "Name" not in row
    assert any("no names of its anonymous volumes" in cause for cause in causes) is unnamed
    handle = await stacks.up(spec)
    assert await stacks.out(handle, "reader", "cat", "/keep/f") == "mine\n"
    assert volume_of(stacks, f"{stacks.prefix}-db-1") == old
    assert (await stacks.plan(spec))["steps"] == []
    await stacks.down(handle)


async def test_a_container_has_its_volumes_from_an_old_one(stacks: Stacks) -> None:
    spec = stacks.spec({"db": {"volumes": ["/keep"]}, "reader": {"volumes_from": ["db:ro"], "scale": 0}})
    await age(stacks, spec, "db")
    handle = await stacks.up(spec, noRecreate=True)
    said = await stacks.call("run", handle, "reader", encode({"cmd": ["sh", "-c", "cat /keep/f; echo no >/keep/f"]}))
    assert said["stdout"] == "mine\n" and "Read-only" in said["stderr"], said
    await stacks.down(handle)


async def test_an_old_container_after_the_engine_s_restart(mortal: Bench, tmp_path: Path) -> None:
    client = Client(environ(mortal.engine, tmp_path))
    stacks = Stacks(client, mortal.engine, mortal.prefix, tmp_path)
    spec = stacks.spec({"db": {"volumes": ["/keep"]}})
    volumes = set(stacks.held()["volumes"])
    for changed in ({}, {"environment": {"V": "1"}}):
        old = await age(stacks, spec, "db")
        kill(mortal.engine)
        await revive(mortal.engine)
        handle = await stacks.up(stacks.spec({"db": {"volumes": ["/keep"], **changed}}))
        assert await stacks.out(handle, "db", "cat", "/keep/f") == "mine\n"
        assert volume_of(stacks, f"{stacks.prefix}-db-1") == old
        await stacks.down(handle)
        assert set(stacks.held()["volumes"]) == volumes
    await client.aclose()


async def test_what_is_left_of_old_containers_goes_with_them(mortal: Bench, tmp_path: Path) -> None:
    """The engine itself removes such a volume only until its restart; what another container has stays."""
    client = Client(environ(mortal.engine, tmp_path))
    stacks = Stacks(client, mortal.engine, mortal.prefix, tmp_path)
    volumes = set(stacks.held()["volumes"])
    await age(stacks, stacks.spec({"db": {"volumes": ["/keep"]}}), "db")
    single, other = mortal.name("single"), mortal.name("other")
    post(stacks, f"/containers/create?name={single}", {"Image": IMAGE, "Cmd": SERVE, "HostConfig": {"Binds": ["/keep"]}})
    shared = volume_of(stacks, single)
    several = mortal.name("several")
    document = {"Image": IMAGE, "Volumes": {f"/of-image-{n}": {} for n in range(4)}, "HostConfig": {"Binds": ["/keep"]}}
    post(stacks, f"/containers/create?name={several}", document)
    post(stacks, f"/containers/create?name={other}", {"Image": IMAGE, "HostConfig": {"VolumesFrom": [single]}})
    kill(mortal.engine)
    await revive(mortal.engine)
    await stacks.call("down_by_project", stacks.prefix, b'{"volumes": true}')
    await mortal.backend.remove_container(several, force=True)
    assert set(stacks.held()["volumes"]) - volumes == {shared}
    unnamed = "Name" not in stacks.ask(f"/containers/{single}/json")["Mounts"][0]
    if unnamed:
        with pytest.raises(BackendError) as caught:
            await mortal.backend.start_container(single)
        assert "its data is in the volume" in caught.value.details["remedy"]
    await mortal.backend.remove_container(single, force=True)
    assert shared in stacks.held()["volumes"], "the other has it"
    await mortal.backend.remove_container(other, force=True)
    if unnamed:
        assert shared not in stacks.held()["volumes"]
    ask(mortal.engine.socket, "DELETE", f"/v1.41/volumes/{shared}")
    await client.aclose()
