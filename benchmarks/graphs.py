"""What a graph of jobs costs beside the same calls to the engine's API made bare: a network, create, start, wait."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from statistics import median
from typing import Any

from benchmarks.engines import on_engine
from benchmarks.figures import Figure, number
from benchmarks.measure import Measure
from perry_ffi.api import workloads
from perry_ffi.service.client import Client
from tests.engines.daemon import ask
from tests.engines.private import Engine, Engines
from tests.live.conftest import IMAGE

JOBS = 20
PAIRS = 9
BUDGET = 1.1
NAME = f"{JOBS} jobs side by side, docker"
GRAPH = "bench-graph"


def measures() -> Iterator[Measure]:
    """On docker."""
    yield from on_engine("docker", [((NAME,), partial(_run, "docker"))])


def _run(name: str, engines: Engines) -> list[Figure]:
    return asyncio.run(_measured(engines.engines[name]))


async def _measured(engine: Engine) -> list[Figure]:
    client = Client({"HOME": "/nonexistent", "PATH": os.environ["PATH"], "DOCKER_HOST": engine.host})
    nodes = {f"job{count}": {"image": IMAGE, "kind": "job", "cmd": ["true"]} for count in range(JOBS)}
    document = json.dumps({"name": GRAPH, "nodes": nodes}).encode()
    ours, bare = [], []
    try:
        await client.backend()
        for count in range(PAIRS + 1):
            began = time.perf_counter()
            handle = await workloads.run_graph(client, document, b'{"strategy": "maxParallel"}')
            took = time.perf_counter() - began
            status = await workloads.status(client, handle)
            assert status["healthy"], status
            await workloads.down(client, handle, None)
            other = await asyncio.to_thread(_bare, engine)
            if count:  # The first finds caches cold.
                ours.append(took)
                bare.append(other)
    finally:
        await client.aclose()
    ratio = median(mine / other for mine, other in zip(ours, bare, strict=True))
    said = f"{number(median(ours))} s beside {number(median(bare))} s; {PAIRS} pairs"
    return [Figure(NAME, ratio, "× the bare calls", said, BUDGET)]


def _bare(engine: Engine) -> float:
    """Seconds for the same, each call on a connection of its own, all jobs at once."""
    names = [f"bare-{count}" for count in range(JOBS)]
    began = time.perf_counter()
    _asked(engine, "POST", "/networks/create", {"Name": "bare"})
    with ThreadPoolExecutor(JOBS) as pool:
        list(pool.map(partial(_job, engine), names))
    took = time.perf_counter() - began
    for name in names:
        _asked(engine, "DELETE", f"/containers/{name}?force=1")
    _asked(engine, "DELETE", "/networks/bare")
    return took


def _job(engine: Engine, name: str) -> None:
    body = {"Image": IMAGE, "Cmd": ["true"], "HostConfig": {"NetworkMode": "bare"}}
    _asked(engine, "POST", f"/containers/create?name={name}", body)
    _asked(engine, "POST", f"/containers/{name}/start")
    assert _asked(engine, "POST", f"/containers/{name}/wait")["StatusCode"] == 0


def _asked(engine: Engine, method: str, target: str, body: dict[str, Any] | None = None) -> Any:
    text = b"" if body is None else json.dumps(body).encode()
    status, answer = ask(engine.socket, method, f"/v1.41{target}", text, "application/json")
    assert status < 300, answer
    return json.loads(answer) if answer.strip() else None
