"""What it costs to find an engine: where one answers, where nothing is installed, and where all the others hang.

On a Mac's order, for that has every name. The engine that answers is a socket that says what dockerd says, so that nothing but the
library and the programs that it starts is measured.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

import anyio

from benchmarks.figures import Figure, number
from benchmarks.measure import Measure
from perry_ffi.backends.choice import KNOWN
from perry_ffi.backends.detect import choose, detect
from perry_ffi.backends.engine_api.drivers.api_driver import ApiDriver
from perry_ffi.settings import Settings
from tests.engines.scripted import VERSION, Asked, answers, document, scripted_engine

HANG = "detection, seven of eight runtimes hang"
NOTHING = "detection, no runtime is installed, median"
ANSWERS = "detection of one that answers, median"
OTHERS = [name for name in KNOWN if name not in ("docker", "finch")]
PROGRAMS = ("nerdctl", "container", "orb", "colima", "rdctl", "limactl", "podman")
TRACES = (".orbstack", ".colima", ".rd", ".lima")
PROBE = 2.0
"""Seconds of one probe, as without any setting."""
ROUNDS, OFTEN = 3, 50


def measures() -> Iterator[Measure]:
    usual = ApiDriver.usual_sockets
    with tempfile.TemporaryDirectory(prefix="detect") as name:  # the path of a socket has to be short
        ApiDriver.usual_sockets = _own_sockets  # type: ignore[method-assign]
        try:
            yield Measure((HANG,), partial(_hang, Path(name)))
            yield Measure((NOTHING,), partial(_nothing, Path(name)))
            yield Measure((ANSWERS,), partial(_answers, Path(name)))
        finally:
            ApiDriver.usual_sockets = usual  # type: ignore[method-assign]


def _own_sockets(driver: ApiDriver, settings: Settings) -> list[str]:
    """The engines of the machine that is measured play no part."""
    return [f"{settings.home}/{driver.name}.sock"]


def _settings(home: Path, path: str) -> Settings:
    return Settings.from_environ({"HOME": str(home), "PATH": path}, platform="darwin")


def _hang(folder: Path) -> Iterator[Figure]:
    home = _home(folder, "hang")
    for program in PROGRAMS:
        (home / program).write_text("#!/bin/sh\nexec sleep 60\n")
        (home / program).chmod(0o755)
    for trace in TRACES:
        (home / trace).mkdir()
    times = [asyncio.run(_detected(home)) for _ in range(ROUNDS)]
    yield Figure(HANG, min(times), "s", f"least of {ROUNDS}, up to {number(max(times))} s; a probe has {PROBE:g} s", PROBE + 0.2)


async def _detected(home: Path) -> float:
    """Seconds until each of eight has told what became of it."""
    async with scripted_engine(home / "podman.sock", _silent), _docker(home):
        began = time.perf_counter()
        rows = await detect(_settings(home, f"{home}:/usr/bin:/bin"), [*OTHERS, "docker"])
        took = time.perf_counter() - began
    assert [row.available for row in rows] == [False] * len(OTHERS) + [True], rows
    assert all(row.reason and row.remedy for row in rows[:-1]), rows
    return took


def _nothing(folder: Path) -> Iterator[Figure]:
    async def look(home: Path) -> list[bool]:
        return [row.available for row in await detect(_settings(home, str(home)), [*OTHERS, "docker"])]

    yield _often(NOTHING, _home(folder, "nothing"), look, [False] * 8, 50)


def _answers(folder: Path) -> Iterator[Figure]:
    async def look(home: Path) -> str:
        async with _docker(home):
            began = time.perf_counter()
            choice = await choose(_settings(home, str(home)), [*OTHERS, "docker"])
            took.append(1e3 * (time.perf_counter() - began))
            await choice.backend.aclose()
            return choice.backend.name

    took: list[float] = []
    _often(ANSWERS, _home(folder, "answers"), look, "docker", None)
    yield Figure(ANSWERS, median(took), "ms", _spread(took), 50)


def _often(name: str, home: Path, look: Callable[[Path], Any], expected: Any, budget: float | None) -> Figure:
    async def run() -> list[float]:
        times = []
        for _ in range(OFTEN):
            began = time.perf_counter()
            found = await look(home)
            times.append(1e3 * (time.perf_counter() - began))
            assert found == expected, found
        return times

    times = asyncio.run(run())
    return Figure(name, median(times), "ms", _spread(times), budget)


def _spread(times: list[float]) -> str:
    return f"min {number(min(times))}, max {number(max(times))} ms; {len(times)} of them"


def _home(folder: Path, name: str) -> Path:
    home = folder / name
    home.mkdir()
    return home


@asynccontextmanager
async def _docker(home: Path) -> AsyncIterator[None]:
    async with scripted_engine(home / "docker.sock", answers(document(VERSION))):
        yield


async def _silent(asked: Asked, stream: anyio.abc.SocketStream) -> None:
    await anyio.sleep_forever()
