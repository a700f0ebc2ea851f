"""What a hardened run costs beside the same calls to the engine's API made bare: create, attach, start, wait, remove."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import time
from collections.abc import Iterator
from functools import partial
from statistics import median
from typing import Any

from benchmarks.engines import on_engine
from benchmarks.figures import Figure, number
from benchmarks.measure import Measure
from perry_ffi.backends.contract.sandbox_records import SandboxSpec
from perry_ffi.backends.engine_api.engine import EngineBackend
from perry_ffi.model.base import validate
from perry_ffi.model.capability import CapabilitySpec
from perry_ffi.model.container_info import ContainerHandle
from perry_ffi.service import capability
from perry_ffi.service.client import Client
from tests.engines.daemon import ask
from tests.engines.private import Engine, Engines
from tests.live.conftest import IMAGE

PAIRS = 20
BUDGET = 1.15
END = "time from the bound of a run to its end, {engine}"


def _name(engine: str) -> str:
    return f"an empty hardened run, {engine}"


ENGINES = ("docker", "podman")
NAMES = tuple(name for engine in ENGINES for name in (_name(engine), END.format(engine=engine)))


def measures() -> Iterator[Measure]:
    """On each engine in turn."""
    for name in ENGINES:
        yield from on_engine(name, [((_name(name), END.format(engine=name)), partial(_run, name))])


def _run(name: str, engines: Engines) -> list[Figure]:
    return asyncio.run(_measured(engines.engines[name]))


async def _measured(engine: Engine) -> list[Figure]:
    variable = "DOCKER_HOST" if engine.name == "docker" else "CONTAINER_HOST"
    client = Client(
        {"HOME": "/nonexistent", "PATH": os.environ["PATH"], variable: engine.host, "PERRY_CONTAINER_TRUST_CACHE": "off"}
    )
    try:
        backend = await client.backend()
        assert isinstance(backend, EngineBackend)
        ident = (await backend.inspect_image(IMAGE)).id
        document: dict[str, Any] = {"image": IMAGE, "cmd": ["true"], "verify": {"id": ident}}
        spec = validate(CapabilitySpec, document)
        body = await _body_of(client, backend, spec)
        ours, bare = [], []
        for number_of in range(PAIRS + 1):
            began = time.perf_counter()
            await capability.run(client, spec)
            middle = time.perf_counter()
            await asyncio.to_thread(_bare, engine, body, number_of)
            if number_of:  # The first finds caches cold.
                ours.append(middle - began)
                bare.append(time.perf_counter() - middle)
        late = []
        for _ in range(5):
            held = validate(CapabilitySpec, {**document, "cmd": ["sleep", "600"], "timeout": 1})
            began = time.perf_counter()
            await capability.run(client, held)
            late.append(time.perf_counter() - began - 1 - median(ours))
    finally:
        await client.aclose()
    said = f"{number(1000 * median(ours))} ms beside {number(1000 * median(bare))} ms; {PAIRS} pairs"
    return [
        Figure(_name(engine.name), median(ours) / median(bare), "× the bare calls", said, BUDGET),
        Figure(END.format(engine=engine.name), max(0.0, max(late)), "s", "beyond what an empty run takes, the worst of 5", 2),
    ]


async def _body_of(client: Client, backend: EngineBackend, spec: CapabilitySpec) -> dict[str, Any]:
    """What the runner sends to create it."""
    sent: list[dict[str, Any]] = []
    made = backend.create_sandbox

    async def create(sandbox: SandboxSpec) -> ContainerHandle:
        sent.append((await backend._creation(sandbox, "")).document)
        return await made(sandbox)

    backend.create_sandbox = create  # type: ignore[method-assign]
    try:
        await capability.run(client, spec)
    finally:
        backend.create_sandbox = made  # type: ignore[method-assign]
    return sent[0]


def _bare(engine: Engine, body: dict[str, Any], count: int) -> None:
    """The five calls, each on a connection that is new, the output read to its end before the wait."""
    prefix = "/v1.41" if engine.name == "docker" else "/v4.0.0/libpod"
    name, text = f"bare-{count}", json.dumps({**body, "name": f"bare-{count}"}).encode()
    status, made = ask(engine.socket, "POST", f"{prefix}/containers/create?name={name}", text, "application/json")
    assert status == 201, made
    ident = json.loads(made)["Id"]
    with socket.socket(socket.AF_UNIX) as attached:
        attached.connect(engine.socket)
        path = f"/v1.41/containers/{ident}/attach?stream=1&stdout=1&stderr=1"
        attached.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
        assert attached.recv(65536)
        assert ask(engine.socket, "POST", f"{prefix}/containers/{ident}/start")[0] in (200, 204)
        while attached.recv(65536):
            continue
    assert ask(engine.socket, "POST", f"{prefix}/containers/{ident}/wait")[0] == 200
    words = "v=1&force=1" if engine.name == "docker" else "volumes=true&force=true&timeout=0"
    ask(engine.socket, "DELETE", f"{prefix}/containers/{ident}?{words}")


__all__ = ["measures"]
