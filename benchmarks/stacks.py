"""``up`` and ``down`` beside docker compose and podman-compose: in turn, on the same private engine, as ratios.

The library is measured in a host that has loaded it, as a program uses it; ``perry-compose`` as a whole process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.engines import on_engine
from benchmarks.figures import Figure, number
from benchmarks.measure import Measure
from benchmarks.peers import Peer, docker_compose, podman_compose
from benchmarks.program import library
from tests.engines.private import Engines

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 12
FLAT_ROUNDS = 6


@dataclass
class Times:
    """Milliseconds of each round, by what was done and by whom."""

    rows: dict[tuple[str, str], list[float]]

    def add(self, verb: str, who: str, ms: float) -> None:
        self.rows.setdefault((verb, who), []).append(ms)

    def ratio(self, verb: str, who: str, peer: str) -> tuple[float, str]:
        """The median of the pairwise ratios, and both medians in words."""
        ours, theirs = self.rows[verb, who], self.rows[verb, peer]
        pairs = [a / b for a, b in zip(ours, theirs, strict=False)]
        detail = f"{number(median(ours))} ms beside {number(median(theirs))} ms; {len(pairs)} pairs, "
        return median(pairs), detail + f"ratios {number(min(pairs))} to {number(max(pairs))}"


class Library:
    """The shared object in a host process."""

    def __init__(self, backend: str, environ: dict[str, str]) -> None:
        command = [sys.executable, "-m", "benchmarks.stack_host", str(library())]
        environ = {**environ, "PERRY_CONTAINER_BACKEND": backend}
        self._process = subprocess.Popen(command, cwd=ROOT, env=environ, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.call("js_container_list", 0)

    def call(self, *call: Any) -> tuple[float, Any]:
        """Milliseconds and the result."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{call[0]}: the host of the library ended with status {self._process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise RuntimeError(f"{call[0]}: {answer['error']}")
        return answer["ms"], answer["result"]

    def close(self) -> None:
        self._process.communicate(timeout=60)


def dag(image: str) -> dict[str, Any]:
    """a; b and c on a; d on b and c; e."""
    base = {"image": image, "command": ["sleep", "600"], "stop_grace_period": "0s"}
    needs = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c"], "e": []}
    return {"name": "bench5", "services": {name: {**base, "depends_on": rows} for name, rows in needs.items()}}


def flat(image: str, count: int = 20) -> dict[str, Any]:
    base = {"image": image, "command": ["sleep", "600"], "stop_grace_period": "0s"}
    return {"name": "bench20", "services": {f"s{number:02}": base for number in range(count)}}


def timed(command: list[str], environ: dict[str, str], folder: Path) -> float:
    """Milliseconds of a whole process, which must succeed."""
    began = time.perf_counter()
    done = subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True, check=False)
    took = (time.perf_counter() - began) * 1000
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr[-2000:]}")
    return took


Verbs = dict[str, tuple[str, str, float | None]]
"""By the name of a figure: what is done, by whom, and the budget of its ratio to the peer's time."""

DOCKER_DAG: Verbs = {
    "up of 5 services in a DAG, docker": ("up", "library", 0.85),
    "up of 5 again, nothing to do, docker": ("again", "library", 0.25),
    "down of 5, docker": ("down", "library", 0.85),
    "up of 5, whole process of perry-compose, docker": ("up", "perry-compose", None),
    "up of 5 again, whole process of perry-compose, docker": ("again", "perry-compose", None),
    "down of 5, whole process of perry-compose, docker": ("down", "perry-compose", None),
}
DOCKER_FLAT: Verbs = {
    "up of 20 flat services, docker": ("up", "library", 1.0),
    "down of 20 flat services, docker": ("down", "library", None),
}
PODMAN_DAG: Verbs = {
    "up of 5 services in a DAG, podman": ("up", "library", 0.5),
    "up of 5 again, nothing to do, podman": ("again", "library", 0.5),
    "down of 5, podman": ("down", "library", 0.5),
}


def measures() -> Iterator[Measure]:
    """On one engine after the other. Without a peer the library's own times are told."""
    of_dag = partial(_beside, "docker", dag, DOCKER_DAG)
    of_flat = partial(_beside, "docker", flat, DOCKER_FLAT, rounds=FLAT_ROUNDS)
    yield from on_engine("docker", [(tuple(DOCKER_DAG), of_dag), (tuple(DOCKER_FLAT), of_flat)])
    yield from on_engine("podman", [(tuple(PODMAN_DAG), partial(_beside, "podman", dag, PODMAN_DAG))])


def _beside(
    backend: str, project: Callable[[str], dict[str, Any]], verbs: Verbs, engines: Engines, rounds: int = ROUNDS
) -> Iterator[Figure]:
    environ = {**os.environ, **engines.environ()}
    peer = docker_compose() if backend == "docker" else podman_compose()
    with tempfile.TemporaryDirectory() as folder:
        times = _measure(backend, project(environ["PERRY_TEST_IMAGE"]), peer, engines, environ, Path(folder), rounds)
    for name, (verb, who, budget) in verbs.items():
        if isinstance(peer, str):
            yield Figure(name, median(times.rows[verb, who]), "ms", f"alone: {peer}")
        else:
            ratio, detail = times.ratio(verb, who, "peer")
            yield Figure(name, ratio, f"× {peer.name}", detail, budget)


def _peer_environ(backend: str, engines: Engines, environ: dict[str, str]) -> dict[str, str]:
    """podman-compose runs the podman command, on the storage that the service has."""
    if backend == "docker":
        return environ
    own = engines.folder / "podman"
    files = {"CONTAINERS_CONF": "containers", "CONTAINERS_STORAGE_CONF": "storage", "CONTAINERS_REGISTRIES_CONF": "registries"}
    found = {**environ, **{variable: str(own / f"{file}.conf") for variable, file in files.items()}}
    found.pop("CONTAINER_HOST", None)
    return found


def _measure(
    backend: str,
    project: dict[str, Any],
    peer: Peer | str,
    engines: Engines,
    environ: dict[str, str],
    folder: Path,
    rounds: int,
) -> Times:
    """Brings the project up, up again and down, in turn by each, after one round that is not counted.

    Each begins a round in turn: an engine still clears away what the one before took down.
    """
    (folder / "compose.yaml").write_text(json.dumps(project))
    own = [sys.executable, "-m", "perry_ffi.cli.main"]
    own_environ = {**environ, "PERRY_CONTAINER_BACKEND": backend, "PYTHONPATH": str(ROOT / "src")}
    host = Library(backend, environ)
    times = Times({})
    try:
        for round_ in range(rounds + 1):
            counted = times if round_ else Times({})
            contestants: list[Callable[[], None]] = [
                partial(_library_round, host, project, counted),
                partial(_process_round, own, own_environ, folder, "perry-compose", counted),
            ]
            if isinstance(peer, Peer):
                beside = partial(_process_round, list(peer.command), _peer_environ(backend, engines, environ), folder, "peer")
                contestants.append(partial(beside, counted))
            first = round_ % len(contestants)
            for measure in contestants[first:] + contestants[:first]:
                measure()
    finally:
        host.close()
    return times


def _library_round(library: Library, project: dict[str, Any], times: Times) -> None:
    ms, handle = library.call("js_compose_up", project, None)
    times.add("up", "library", ms)
    ms, _ = library.call("js_compose_up", project, None)
    times.add("again", "library", ms)
    ms, _ = library.call("js_compose_down", handle, {"timeout": 0})
    times.add("down", "library", ms)


def _process_round(command: list[str], environ: dict[str, str], folder: Path, who: str, times: Times) -> None:
    step: Callable[..., float] = lambda *words: timed([*command, *words], environ, folder)  # noqa: E731
    times.add("up", who, step("up", "-d"))
    times.add("again", who, step("up", "-d"))
    times.add("down", who, step("down", "-t", "0"))
