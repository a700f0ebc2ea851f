"""``perry-compose`` as a whole process beside docker compose as it is typed: in turn, on one engine, as ratios of the same command.

The program is the one that stands beside the Python that measures, which ``make build`` leaves, or the one that PERRY_COMPOSE names:
``PERRY_COMPOSE=build/static/perry-compose`` is the wheel's, after ``make packages``.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import cycle, islice, permutations
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.engines import on_engine
from benchmarks.figures import Figure, number
from benchmarks.measure import Measure, Unavailable
from benchmarks.peers import Peer, typed_docker_compose
from benchmarks.stacks import Times, dag, flat, timed
from tests.engines.private import Engines

ROUNDS = 15
CHANGING_ROUNDS = 6

READS: dict[str, tuple[Sequence[str], Sequence[str], float | None]] = {
    "version": (["version"], ["version"], 0.2),
    "--help": (["--help"], ["--help"], 0.2),
    "completion of services": (["complete", "services"], ["__complete", "ps", ""], 0.2),
    "ps, 5 containers": (["ps"], ["ps"], 0.8),
    "ps -p": (["-p", "bench5", "ps"], ["-p", "bench5", "ps"], 0.8),
    "ls": (["ls"], ["ls"], 0.8),
    "images": (["images"], ["images"], 0.8),
    "port": (["port", "e", "80"], ["port", "e", "80"], 0.8),
    "volumes": (["volumes"], ["volumes"], 0.8),
    "config": (["config"], ["config"], 0.8),
    "up -d, nothing to do": (["up", "-d"], ["up", "-d"], 1.0),
}
"""By the name of a command: what is typed of ours, what of docker compose, and the budget of the ratio of their times."""
CHANGES: dict[str, tuple[Callable[[str], dict[str, Any]], float]] = {"5": (dag, 0.9), "20 flat": (flat, 1.0)}
"""By how many services: the project, and the budget of the ratios."""
OURS, TYPED, PLUGIN = "perry-compose", "docker compose", "the plugin by itself"


@dataclass(frozen=True)
class Contestant:
    """A program: how it is called, and what it is told."""

    who: str
    command: tuple[str, ...]
    environ: dict[str, str]

    def timed(self, words: Sequence[str], folder: Path) -> float:
        """Milliseconds of a command. Completion goes through the program whose plugin it may be."""
        program, *rest = self.command
        line = [program, words[0], *rest, *words[1:]] if words[0] == "__complete" else [program, *rest, *words]
        return timed(line, self.environ, folder)


def measures() -> Iterator[Measure]:
    """On docker, which both programs speak to."""
    names = tuple(f"{name}, whole process" for name in READS)
    changing = tuple(f"{verb} of {what}, whole process" for what in CHANGES for verb in ("up -d", "down"))
    yield from on_engine("docker", [(names, _reads), (changing, _changes)])


def program() -> str:
    """Where perry-compose is. Raises Unavailable."""
    named = os.environ.get("PERRY_COMPOSE")
    found = shutil.which(Path(named).absolute() if named else "perry-compose", path=str(Path(sys.executable).parent))
    if not found:
        raise Unavailable(
            f"{named or 'perry-compose beside this Python'} is not there: make build makes one, make packages the wheel's"
        )
    return found


def _environ(engines: Engines) -> dict[str, str]:
    """All programs are told the same server, and need not look for one; nothing else is said, as on most machines."""
    found = {**os.environ, **engines.environ(), "DOCKER_HOST": engines.engines["docker"].host}
    return {name: value for name, value in found.items() if not name.startswith("PERRY_CONTAINER_")}


@contextmanager
def _contestants(environ: dict[str, str]) -> Iterator[tuple[str, list[Contestant]]]:
    """The peer's name, and ours, the peer as it is typed, its plugin. Raises Unavailable."""
    with typed_docker_compose() as found:
        if isinstance(found, str):
            raise Unavailable(found)
        peers: list[tuple[str, Peer]] = [(who, peer) for who, peer in zip((TYPED, PLUGIN), found, strict=True) if peer]
        others = [Contestant(who, peer.command, {**environ, **peer.environ}) for who, peer in peers]
        yield peers[0][1].name, [Contestant(OURS, (program(),), environ), *others]


def _figure(name: str, verb: str, times: Times, peer: str, budget: float | None) -> Figure:
    """Ours beside what is typed counts; what the plugin takes by itself is told."""
    ratio, detail = times.ratio(verb, OURS, TYPED)
    if (verb, PLUGIN) in times.rows:
        alone, _ = times.ratio(verb, OURS, PLUGIN)
        detail += f"; {PLUGIN} {number(median(times.rows[verb, PLUGIN]))} ms, × {number(alone)}"
    return Figure(f"{name}, whole process", ratio, f"× {peer}", detail, budget)


def _reads(engines: Engines) -> Iterator[Figure]:
    environ = _environ(engines)
    project = dag(environ["PERRY_TEST_IMAGE"])
    project["services"]["e"] = {**project["services"]["e"], "ports": ["127.0.0.1::80"], "volumes": ["data:/data"]}
    project["volumes"] = {"data": {}}
    with tempfile.TemporaryDirectory() as name, _contestants(environ) as (peer, contestants):
        folder = Path(name)
        (folder / "compose.yaml").write_text(json.dumps(project))
        ours, typed, *_ = contestants
        with _up(typed, folder) as again:
            for verb, (words, theirs, budget) in READS.items():
                times = Times({})
                with _beside(verb, ours, typed, folder, again) as own:
                    for _ in range(ROUNDS):
                        times.add(verb, OURS, ours.timed(words, folder))
                        for other in contestants[1:]:
                            times.add(verb, other.who, other.timed([*own, *theirs], folder))
                yield _figure(verb, verb, times, peer, budget)


@contextmanager
def _beside(
    verb: str, ours: Contestant, peer: Contestant, folder: Path, again: Callable[[Contestant], None]
) -> Iterator[Sequence[str]]:
    """The words that name the peer's stack: one of its own beside ours for ``up``, by which each would make the other's anew."""
    if not verb.startswith("up "):
        yield ()
        return
    again(ours)
    own = ("-p", "bench5peer")
    with _up(peer, folder, own):
        yield own


class _up:
    """A stack that is up while it is entered; what it gives brings it up by another program."""

    def __init__(self, by: Contestant, folder: Path, words: Sequence[str] = ()) -> None:
        self._by, self._folder, self._words = by, folder, words

    def __enter__(self) -> Callable[[Contestant], None]:
        self._by.timed([*self._words, "up", "-d"], self._folder)
        return self._again

    def _again(self, by: Contestant) -> None:
        self.__exit__()
        self._by = by
        self.__enter__()

    def __exit__(self, *_: object) -> None:
        self._by.timed([*self._words, "down", "-v", "-t", "0"], self._folder)


def _changes(engines: Engines) -> Iterator[Figure]:
    environ = _environ(engines)
    for what, (project, budget) in CHANGES.items():
        times = Times({})
        with tempfile.TemporaryDirectory() as folder, _contestants(environ) as (peer, contestants):
            Path(folder, "compose.yaml").write_text(json.dumps(project(environ["PERRY_TEST_IMAGE"])))
            # In every order: an engine still clears away what the one before took down.
            for order in islice(cycle(permutations(contestants)), CHANGING_ROUNDS):
                for one in order:
                    times.add("up -d", one.who, one.timed(["up", "-d"], Path(folder)))
                    times.add("down", one.who, one.timed(["down", "-t", "0"], Path(folder)))
        for verb in ("up -d", "down"):
            yield _figure(f"{verb} of {what}", verb, times, peer, budget)
