"""``up`` and ``down`` beside docker compose and podman-compose: in turn, on the same private engine, as ratios.

The library is measured in a host that has loaded it, as a program uses it; ``perry-compose`` as a whole process.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.figures import Figure, number
from tests.engines.private import Engines, private_engines

ROOT = Path(__file__).resolve().parents[1]
LIBRARY = Path(os.environ.get("PERRY_CONTAINER_LIBRARY") or ROOT / "build/libperry_container.so")
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
        pairs = [a / b for a, b in zip(ours, theirs)]
        detail = f"{number(median(ours))} ms beside {number(median(theirs))} ms; {len(pairs)} pairs, "
        return median(pairs), detail + f"ratios {number(min(pairs))} to {number(max(pairs))}"


class Library:
    """The shared object in a host process."""

    def __init__(self, backend: str, environ: dict[str, str]) -> None:
        command = [sys.executable, "-m", "benchmarks.stack_host", str(LIBRARY)]
        environ = {**environ, "PERRY_CONTAINER_BACKEND": backend}
        self._process = subprocess.Popen(
            command, cwd=ROOT, env=environ, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.call("js_container_list", 0)

    def call(self, *call: Any) -> tuple[float, Any]:
        """Milliseconds and the result."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(call) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
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


def figures() -> Iterator[Figure]:
    """One after the other. A peer that is not there is said so, and left out."""
    with private_engines(("docker", "podman")) as engines, tempfile.TemporaryDirectory() as folder:
        environ = {**os.environ, **engines.environ()}
        image = environ["PERRY_TEST_IMAGE"]
        yield from _docker(engines, environ, Path(folder), image)
        yield from _podman(engines, environ, Path(folder), image)


def _docker(engines: Engines, environ: dict[str, str], folder: Path, image: str) -> Iterator[Figure]:
    peer = ["docker", "compose"]
    version = _version([*peer, "version", "--short"])
    if version is None or "docker" not in engines.engines:
        print("without docker compose: the plugin or the engine is not there", file=sys.stderr)
        return
    named = f"docker compose {version}"
    times = _measure("docker", dag(image), peer, environ, folder)
    yield _figure(times, "up of 5 services in a DAG, docker", "up", "library", named, 0.85)
    yield _figure(times, "up of 5 again, nothing to do, docker", "again", "library", named, 0.25)
    yield _figure(times, "down of 5, docker", "down", "library", named, 0.85)
    yield _figure(times, "up of 5, whole process of perry-compose, docker", "up", "perry-compose", named, None)
    yield _figure(times, "up of 5 again, whole process of perry-compose, docker", "again", "perry-compose", named, None)
    yield _figure(times, "down of 5, whole process of perry-compose, docker", "down", "perry-compose", named, None)
    times = _measure("docker", flat(image), peer, environ, folder, rounds=FLAT_ROUNDS)
    yield _figure(times, "up of 20 flat services, docker", "up", "library", named, 1.0)
    yield _figure(times, "down of 20 flat services, docker", "down", "library", named, None)


def _podman(engines: Engines, environ: dict[str, str], folder: Path, image: str) -> Iterator[Figure]:
    program = shutil.which("podman-compose", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    version = _version([program, "version", "--short"]) if program else None
    if version is None or "podman" not in engines.engines:
        print("without podman-compose: it or the engine is not there (pip install podman-compose)", file=sys.stderr)
        return
    named = f"podman-compose {version}"
    # podman-compose runs the podman command, on the storage that the service has.
    own = engines.folder / "podman"
    files = {"CONTAINERS_CONF": "containers", "CONTAINERS_STORAGE_CONF": "storage", "CONTAINERS_REGISTRIES_CONF": "registries"}
    peer_environ = {**environ, **{variable: str(own / f"{file}.conf") for variable, file in files.items()}}
    peer_environ.pop("CONTAINER_HOST", None)
    times = _measure("podman", dag(image), [program or ""], environ, folder, peer_environ)
    yield _figure(times, "up of 5 services in a DAG, podman", "up", "library", named, 0.5)
    yield _figure(times, "up of 5 again, nothing to do, podman", "again", "library", named, 0.5)
    yield _figure(times, "down of 5, podman", "down", "library", named, 0.5)


def _version(command: list[str]) -> str | None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout.strip().splitlines()[-1] if done.returncode == 0 and done.stdout.strip() else None


def _figure(times: Times, name: str, verb: str, who: str, peer: str, budget: float | None) -> Figure:
    ratio, detail = times.ratio(verb, who, "peer")
    return Figure(name, ratio, f"× {peer}", detail, budget)


def _measure(
    backend: str,
    project: dict[str, Any],
    peer: list[str],
    environ: dict[str, str],
    folder: Path,
    peer_environ: dict[str, str] | None = None,
    rounds: int = ROUNDS,
) -> Times:
    """Brings the project up, up again and down, in turn by each, after one round that is not counted.

    Each begins a round in turn: an engine still clears away what the one before took down.
    """
    (folder / "compose.yaml").write_text(json.dumps(project))
    own = [sys.executable, "-m", "perry_ffi.cli.main"]
    own_environ = {**environ, "PERRY_CONTAINER_BACKEND": backend, "PYTHONPATH": str(ROOT / "src")}
    library = Library(backend, environ)
    times = Times({})
    try:
        for round_ in range(rounds + 1):
            counted = times if round_ else Times({})
            contestants: list[Callable[[], None]] = [
                lambda: _library_round(library, project, counted),
                lambda: _process_round(own, own_environ, folder, "perry-compose", counted),
                lambda: _process_round(peer, peer_environ or environ, folder, "peer", counted),
            ]
            first = round_ % len(contestants)
            for measure in contestants[first:] + contestants[:first]:
                measure()
    finally:
        library.close()
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
