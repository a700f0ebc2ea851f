"""Stacks on a real engine, asked for as a program asks: JSON in, JSON out."""

from __future__ import annotations

import inspect
import json
import os
import secrets
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.api import stacks as operations
from perry_ffi.api import streams
from perry_ffi.api.results import encode as result_text
from perry_ffi.backends.contract.capability import Support
from perry_ffi.service.client import Client
from tests.engines.private import ROUNDS, Engine
from tests.engines.seen import API, Answer, seen
from tests.live.conftest import IMAGE

SERVE = ["sh", "-c", "trap 'exit 0' TERM; while :; do sleep 1 & wait $$!; done"]
"""A process that ends at once when it is told to."""
IDLE = ["sleep", "600"]
MISCOUNTED = "docker counts containers on it though none is"
"""In the words about a network that stays until the engine starts anew."""


def encode(value: Any) -> bytes | None:
    return None if value is None else json.dumps(value).encode()


def environ(engine: Engine, folder: Path, socket: str | None = None) -> dict[str, str]:
    """The environment of a program that finds only ``engine``, and keeps its locks in ``folder``."""
    own = {"HOME": str(folder), "XDG_RUNTIME_DIR": str(folder), "PATH": os.environ["PATH"]}
    patience = {f"PERRY_CONTAINER_{what}_TIMEOUT": "60" for what in ("ENGINE", "PROBE")}
    found = {**own, **patience, "PERRY_CONTAINER_BACKEND": engine.name}
    if not engine.socket:
        return {**found, **{key: value for key, value in engine.environ.items() if key != "HOME"}}
    variable = "DOCKER_HOST" if engine.name == "docker" else "CONTAINER_HOST"
    return {**found, variable: engine.host if socket is None else f"unix://{socket}"}


@dataclass
class Stacks:
    """A client on one engine, and projects whose names begin with the test's own."""

    client: Client
    engine: Engine
    prefix: str
    folder: Path

    @property
    def podman(self) -> bool:
        return self.engine.name == "podman"

    def spec(self, services: dict[str, Any], **sections: Any) -> dict[str, Any]:
        """A document; services have the test image, no grace and a process that ends when it is told to."""
        filled = {}
        for name, members in services.items():
            plain = {"stop_grace_period": "1s"} | ({} if "build" in members else {"image": IMAGE, "command": SERVE})
            filled[name] = {**plain, **members}
        return {"name": self.prefix, "services": filled, **sections}

    async def up(self, spec: dict[str, Any], **options: Any) -> int:
        return await operations.up(self.client, encode(spec), encode(options))

    async def plan(self, spec: dict[str, Any], **options: Any) -> dict[str, Any]:
        return await self.call("plan", encode(spec), encode(options))

    async def call(self, name: str, *arguments: Any) -> Any:
        """An operation by its name; the result as the JSON that a program gets."""
        result = getattr(operations, name)(self.client, *arguments)
        if inspect.isawaitable(result):
            result = await result
        return json.loads(result_text(result))

    async def down(self, handle: int, **options: Any) -> dict[str, Any]:
        return await self.call("down", handle, encode({"volumes": True, "timeout": 1, **options}))

    async def gone(self, handle: int) -> None:
        """Takes a project down at once. What stays is a fault, but for a network whose places docker before 28.1 lost count of."""
        report = await self.down(handle, timeout=0)
        assert [row for row in report["errors"] if MISCOUNTED not in str(row)] == []

    async def records(self, stream: int) -> Any:
        """The next batch of a stream; ``None`` at its end."""
        return json.loads(result_text(await streams.next_(self.client, stream)))

    async def close(self, stream: int) -> None:
        await streams.close(self.client, stream)

    async def exec(self, handle: int, service: str, *command: str, **options: Any) -> Any:
        return await self.call("exec_", handle, service, encode(list(command)), encode(options))

    async def out(self, handle: int, service: str, *command: str) -> str:
        """What a command says that has to succeed."""
        result = await self.exec(handle, service, *command)
        assert result["exitCode"] == 0, result
        return result["stdout"]

    async def rows(self, handle: int) -> dict[str, Any]:
        """Name, without the project's, to row of ``ps``."""
        return {row["name"].removeprefix(self.prefix + "-"): row for row in await self.call("ps", handle)}

    async def states(self, handle: int) -> dict[str, str]:
        return {name: row["status"] for name, row in (await self.rows(handle)).items()}

    async def made(self, handle: int) -> dict[str, Any]:
        """Name to what tells a container from its successor. Some engines tell that by the second alone: it is over then."""
        rows = await self.rows(handle)
        found = {name: (row["id"], self.ask(f"/containers/{row['id']}/json")["Created"]) for name, row in rows.items()}
        if any(ident == f"{self.prefix}-{name}" for name, (ident, _) in found.items()):
            await anyio.sleep(1)
        return found

    async def has(self, name: str, *, native: bool = False) -> bool:
        """Whether the engine declares a capability: in whatever way, or as its own."""
        support = (await self.client.backend()).capabilities.of(name).support
        return support is Support.NATIVE if native else support is not Support.UNSUPPORTED

    def ask(self, target: str, api: str = API) -> Any:
        """A question to the engine itself, in a version of its API."""
        status, body = seen(self.engine, "GET", target, api=api)
        return json.loads(body) if status == 200 else None

    def asked(self, method: str, target: str, body: bytes | None = None) -> Answer:
        """Something that is done behind the library's back."""
        return seen(self.engine, method, target, body)

    def remove(self, name: str) -> None:
        """Removes a container of the project behind the library's back."""
        assert self.asked("DELETE", f"/containers/{self.prefix}-{name}?force=1")[0] in (200, 204)

    def held(self) -> dict[str, Any]:
        """All that the engine holds of the test, as far as a user can tell."""
        return held(self.engine, self.prefix)

    async def clean(self) -> None:
        """Takes every project down whose name begins with the prefix, and checks nothing."""
        for _ in range(ROUNDS):
            for row in self.ask("/containers/json?all=1") or []:
                if (row["Names"] or [""])[0].lstrip("/").startswith(self.prefix) or self.prefix in str(row["Labels"]):
                    self.asked("DELETE", f"/containers/{row['Id']}?force=1&v=1")
        for row in self.ask("/networks"):
            if row["Name"].startswith(self.prefix):
                self.asked("DELETE", f"/networks/{row['Name']}")
        for row in self.ask("/volumes")["Volumes"] or []:
            if row["Name"].startswith(self.prefix):
                self.asked("DELETE", f"/volumes/{row['Name']}")


def held(engine: Engine, prefix: str) -> dict[str, Any]:
    """Containers with names, states, mounts and networks by id; networks by id; volumes."""

    def get(target: str) -> Any:
        status, body = seen(engine, "GET", target)
        return json.loads(body) if status == 200 else {}

    containers = {}
    for row in get("/containers/json?all=1"):
        name = (row["Names"] or [""])[0].lstrip("/")
        if name.startswith(prefix):
            mounts = sorted((m.get("Name") or m.get("Source") or "", m["Destination"]) for m in _mounts(get, row))
            networks = sorted((row.get("NetworkSettings") or {}).get("Networks") or {})
            state = "stopped" if row["State"] in ("exited", "created") else row["State"]
            containers[row["Id"]] = (name, state, tuple(mounts), tuple(networks))
    networks = {row["Id"]: row["Name"] for row in get("/networks") if row["Name"].startswith(prefix)}
    volumes = sorted(row["Name"] for row in get("/volumes")["Volumes"] or [])
    return {"containers": containers, "networks": networks, "volumes": volumes}


def _mounts(get: Any, row: dict[str, Any]) -> list[dict[str, Any]]:
    return get(f"/containers/{row['Id']}/json").get("Mounts") or []


def nothing_of(engine: Engine, prefix: str) -> bool:
    """Whether the engine holds no container, network or volume of the test."""
    found = held(engine, prefix)
    return not found["containers"] and not found["networks"] and not any(v.startswith(prefix) for v in found["volumes"])


@pytest.fixture
async def stacks(request: pytest.FixtureRequest, engine: Engine, tmp_path: Path) -> AsyncIterator[Stacks]:
    """A client on the engine, or the one that the test has put in its place; what the test made is removed.

    What the engine lacks of ``needs`` skips the test.
    """
    found = Stacks(Client(environ(engine, tmp_path)), engine, f"ps{secrets.token_hex(4)}", tmp_path)
    try:
        await _needed(found.client, request.node)
        yield found
        await found.client.aclose()
        await found.clean()
    finally:
        await found.client.aclose()


async def _needed(client: Client, node: pytest.Item) -> None:
    """Skips a test for what it ``needs`` of capabilities that the engine declares, or of programs beside it."""
    backend = await client.backend()
    for mark in node.iter_markers("needs"):
        for name in mark.args:
            declared = backend.capabilities.of(name)
            if declared.support is Support.UNSUPPORTED or (mark.kwargs.get("native") and declared.support is not Support.NATIVE):
                pytest.skip(f"{backend.name} has no {name}: {declared.reason}")
        if "op.build" in mark.args and backend.name == "nerdctl" and shutil.which("buildctl") is None:
            pytest.skip("nerdctl builds with buildctl, which is not on the search path")


__all__ = ["IDLE", "SERVE", "Stacks", "encode", "environ", "held", "nothing_of", "stacks"]
