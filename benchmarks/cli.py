"""``perry-compose`` as a whole process beside docker compose: in turn, on one engine, as ratios of the same command.

The program is the one that stands beside the Python that measures: what ``make build`` leaves, or PERRY_COMPOSE names.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.engines import on_engine
from benchmarks.figures import Figure
from benchmarks.measure import Measure, Unavailable
from benchmarks.peers import Peer, docker_compose
from benchmarks.stacks import Times, dag, flat, timed
from tests.engines.private import Engines

ROUNDS = 15
CHANGING_ROUNDS = 6

READS: dict[str, tuple[Sequence[str], Sequence[str], float | None]] = {
    "version": (["version"], ["version"], 1.0),
    "--help": (["--help"], ["--help"], 1.0),
    "completion of services": (["complete", "services"], ["__complete", "ps", ""], 1.0),
    "ps, 5 containers": (["ps"], ["ps"], 1.0),
    "ps -p": (["-p", "bench5", "ps"], ["-p", "bench5", "ps"], 1.0),
    "ls": (["ls"], ["ls"], 1.0),
    "images": (["images"], ["images"], 1.0),
    "port": (["port", "e", "80"], ["port", "e", "80"], 1.0),
    "volumes": (["volumes"], ["volumes"], 1.0),
    "config": (["config"], ["config"], 1.0),
    "up -d, nothing to do": (["up", "-d"], ["up", "-d"], 1.0),
}
"""By the name of a command: what is typed of ours, what of docker compose, and the budget of the ratio of their times."""
CHANGES: dict[str, tuple[Callable[[str], dict[str, Any]], float]] = {"5": (dag, 0.9), "20 flat": (flat, 1.0)}
"""By how many services: the project, and the budget of the ratios."""


def measures() -> Iterator[Measure]:
    """On docker, which both programs speak to."""
    names = tuple(f"{name}, whole process" for name in READS)
    changing = tuple(f"{verb} of {what}, whole process" for what in CHANGES for verb in ("up -d", "down"))
    yield from on_engine("docker", [(names, _reads), (changing, _changes)])


def program() -> list[str]:
    """How perry-compose is called. Raises Unavailable."""
    found = os.environ.get("PERRY_COMPOSE") or shutil.which("perry-compose", path=str(Path(sys.executable).parent))
    if not found:
        raise Unavailable("perry-compose is not beside this Python: make build makes it")
    return [found]


def _peer() -> Peer:
    peer = docker_compose()
    if isinstance(peer, str):
        raise Unavailable(peer)
    return peer


def _environ(engines: Engines) -> dict[str, str]:
    """Both programs are told the same server, and need not look for one; nothing else is said, as on most machines."""
    found = {**os.environ, **engines.environ(), "DOCKER_HOST": engines.engines["docker"].host}
    return {name: value for name, value in found.items() if not name.startswith("PERRY_CONTAINER_")}


def _reads(engines: Engines) -> Iterator[Figure]:
    peer, environ = _peer(), _environ(engines)
    project = dag(environ["PERRY_TEST_IMAGE"])
    project["services"]["e"] = {**project["services"]["e"], "ports": ["127.0.0.1::80"], "volumes": ["data:/data"]}
    project["volumes"] = {"data": {}}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "compose.yaml").write_text(json.dumps(project))
        with _up([*peer.command], environ, Path(folder)) as again:
            for name, (ours, theirs, budget) in READS.items():
                times = Times({})
                with _beside(name, peer, environ, Path(folder), again) as words:
                    for _ in range(ROUNDS):
                        times.add(name, "perry-compose", timed([*program(), *ours], environ, Path(folder)))
                        times.add(name, "peer", timed(_called(peer, [*words, *theirs]), environ, Path(folder)))
                ratio, detail = times.ratio(name, "perry-compose", "peer")
                yield Figure(f"{name}, whole process", ratio, f"× {peer.name}", detail, budget)


@contextmanager
def _beside(
    name: str, peer: Peer, environ: dict[str, str], folder: Path, again: Callable[[list[str]], None]
) -> Iterator[Sequence[str]]:
    """The words that name the peer's stack: one of its own beside ours for ``up``, by which each would make the other's anew."""
    if not name.startswith("up "):
        yield ()
        return
    again(program())
    own = ("-p", "bench5peer")
    with _up([*peer.command, *own], environ, folder):
        yield own


def _called(peer: Peer, words: Sequence[str]) -> list[str]:
    """Completion goes through the program whose plugin it may be."""
    if words[0] == "__complete":
        return [peer.command[0], words[0], *peer.command[1:], *words[1:]]
    return [*peer.command, *words]


class _up:
    """A stack that is up while it is entered; what it gives brings it up by another program."""

    def __init__(self, command: list[str], environ: dict[str, str], folder: Path) -> None:
        self._command, self._run = command, partial(timed, environ=environ, folder=folder)

    def __enter__(self) -> Callable[[list[str]], None]:
        self._run([*self._command, "up", "-d"])
        return self._again

    def _again(self, command: list[str]) -> None:
        self.__exit__()
        self._command = command
        self._run([*command, "up", "-d"])

    def __exit__(self, *_: object) -> None:
        self._run([*self._command, "down", "-v", "-t", "0"])


def _changes(engines: Engines) -> Iterator[Figure]:
    peer, environ = _peer(), _environ(engines)
    for what, (project, budget) in CHANGES.items():
        times = Times({})
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "compose.yaml").write_text(json.dumps(project(environ["PERRY_TEST_IMAGE"])))
            contestants = [("perry-compose", program()), ("peer", [*peer.command])]
            for _ in range(CHANGING_ROUNDS):
                for who, command in contestants:
                    times.add("up -d", who, timed([*command, "up", "-d"], environ, Path(folder)))
                    times.add("down", who, timed([*command, "down", "-t", "0"], environ, Path(folder)))
                contestants.reverse()  # An engine still clears away what the one before took down.
        for verb in ("up -d", "down"):
            ratio, detail = times.ratio(verb, "perry-compose", "peer")
            yield Figure(f"{verb} of {what}, whole process", ratio, f"× {peer.name}", detail, budget)
