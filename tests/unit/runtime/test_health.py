"""What an old record of a health check says where the library runs the probes: nothing."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.fake import Behaviour
from perry_ffi.errors import ServiceStartupFailed
from perry_ffi.model.container import ContainerInfo
from perry_ffi.model.container_facts import HealthCheckInfo, Probe
from perry_ffi.runtime.health import known_health, last_passed, seconds_to_probe
from perry_ffi.runtime.probes import Believed, Probing, current_health
from perry_ffi.stack.status import ps, status
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio
NOW = 1_800_000_000.0


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def text(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def info(*probes: tuple[float, int], started: float = -1000, said: str = "healthy", **check: Any) -> ContainerInfo:
    """A container that runs. probes: when each ended, and its exit code; times in seconds from now. check: in seconds."""
    return ContainerInfo(
        id="i", name="n", image="i", status="running", created="", health=said, started_at=text(NOW + started),
        health_check=HealthCheckInfo(test=["CMD", "x"], **{"interval": 10, "timeout": 1, "retries": 2, **check}),
        probes=[Probe(NOW + at, code == 0) for at, code in probes],
    )  # fmt: skip


KNOWN = [
    (info((-5, 0)), "healthy"), (info((-11, 0)), None), (info((-3600, 0)), None),
    (info((-15, 0), started=-12), None), (info((-15, 0), started=-5), "starting"), (info(started=-5), "starting"), (info(started=-50), None),
    (info((-5, 1)), "starting"), (info((-15, 1), (-5, 1), said="unhealthy"), "unhealthy"),
    (info((-15, 1), (-5, 1), said="starting"), "unhealthy"), (info((-15, 0), (-5, 1)), "healthy"),
    (info((-3600, 0), (-5, 1)), "starting"), (info((-3600, 1), (-5, 1), said="unhealthy"), "starting"),
    (info((-25, 0), (-15, 1), (-5, 1), said="unhealthy"), "unhealthy"), (info((-15, 1), (-5, 0), said="starting"), "healthy"),
    (info((-15, 1), (-5, 1), started=-20, start_period=60), "starting"),
    (info((-18, 0), (-9, 1), (-5, 1), started=-20, start_period=60), "unhealthy"),
    (info(*((-5 - 10 * n, 1) for n in range(4, -1, -1)), retries=9), "starting"),
    (info(*((-5 - 10 * n, 1) for n in range(4, -1, -1)), retries=9, said="unhealthy"), "unhealthy"),
    (info((60, 0)), None), (info((1, 0)), "healthy"),
]  # fmt: skip


@pytest.mark.parametrize(("found", "health"), KNOWN)
def test_what_is_known(found: ContainerInfo, health: str | None) -> None:
    assert known_health(found, NOW) == health


def test_somebody_who_is_at_it_may_be_a_little_late() -> None:
    assert known_health(info((-14, 0)), NOW, since=NOW - 60) == "healthy"
    assert known_health(info((-30, 0)), NOW, since=NOW - 60) is None
    assert known_health(info((-14, 0)), NOW, since=NOW - 2) is None, "that one said nothing any more when they came"
    assert known_health(info((-11, 0)), NOW, since=NOW - 2) == "healthy", "that one still did"
    assert known_health(info((-3600, 0), started=-4000), None) == "healthy", "it is known to be of the present"


def test_without_a_check_nothing_is_known() -> None:
    assert known_health(info((-5, 0)).model_copy(update={"health_check": None}), NOW) is None


def test_a_probe_is_due_an_interval_after_the_last_one_of_this_run() -> None:
    assert seconds_to_probe(info((-4, 0)), NOW) == 6 and seconds_to_probe(info((-11, 0)), NOW) == 0
    assert seconds_to_probe(info((-40, 0), started=-3), NOW) == 7 and last_passed(info((-40, 0), started=-3)) is False


# -- the verbs, on an engine that runs none ------------------------------------------------------------

CHECK = {"healthcheck": {"test": ["CMD", "x"], "interval": "30ms", "retries": 2}}
HEALTHY = {"condition": "service_healthy"}


def services(revision: int) -> Any:
    return project({"cache": CHECK, "app": {"depends_on": {"cache": HEALTHY}, "environment": {"REV": str(revision)}}})


async def test_an_old_healthy_decides_nothing(tmp_path: Path) -> None:
    """What runs unchanged is probed anew, and after as many failures as its check says it is unhealthy."""
    rig = Rig(tmp_path, cache=Behaviour(health=(True, False)))
    await rig.up(services(1))
    before = rig.state()
    with pytest.raises(ServiceStartupFailed, match="services.cache: p-cache-1: it is unhealthy"):
        await rig.up(services(2))
    assert rig.state() == before
    assert [one.exit_code for one in rig.box("p-cache-1").probes] == [0, 1, 1]


async def test_an_old_unhealthy_decides_nothing(tmp_path: Path) -> None:
    rig = Rig(tmp_path, cache=Behaviour(health=(True, False, False, True)))
    await rig.up(services(1))
    with pytest.raises(ServiceStartupFailed):
        await rig.up(services(2))
    assert rig.box("p-cache-1").health == "unhealthy"
    await rig.up(services(2))
    assert rig.box("p-cache-1").health == "healthy"


@pytest.mark.parametrize("how", ["wait", "no condition"])
async def test_up_with_wait(tmp_path: Path, how: str) -> None:
    rig = Rig(tmp_path, cache=Behaviour(health=(True, False)))
    await rig.up(project({"cache": CHECK}), wait=True)
    if how == "wait":
        with pytest.raises(ServiceStartupFailed, match="unhealthy"):
            await rig.up(project({"cache": CHECK}), wait=True)
    else:
        await rig.up(project({"cache": CHECK}))
        assert len(rig.box("p-cache-1").probes) == 1, "nobody asked for its health"


async def test_a_frozen_one(tmp_path: Path) -> None:
    """Up lets it run on, and then asks; who only waits for it waits until somebody does."""
    rig = Rig(tmp_path, cache=Behaviour(health=(True, False)))
    await rig.up(services(1))
    box = rig.box("p-cache-1")
    await rig.backend.pause_container(box.id)

    async def look() -> ContainerInfo:
        return await rig.backend.inspect_container(box.id)

    found, pause = await Believed(rig.backend, box.id).look(await look(), look)
    assert (found.status, found.health, pause, len(box.probes)) == ("paused", "starting", None, 1)
    with pytest.raises(ServiceStartupFailed, match="unhealthy"):
        await rig.up(services(2))


async def test_what_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Health is shown where it is known; what the engine noted long ago is not."""
    rig = Rig(tmp_path)
    rig.backend.lists_health = False
    await rig.up(services(1))
    assert set(rig.context.probed) == {rig.box("p-cache-1").id}, "whoever goes on has an open handle"
    rig.context.probed.clear()
    clock = [1_700_000_000.0]
    monkeypatch.setattr(time, "time", lambda: clock[0])

    async def shown() -> tuple[Any, Any]:
        rows = {row["service"]: row["health"] for row in await ps(rig.context, "p")}
        found = await status(rig.context, "p", services(1), {})
        return rows["cache"], found["services"]["cache"]["health"]

    ended = rig.box("p-cache-1").probe_ends[-1]
    clock[0] = datetime.fromisoformat(ended).timestamp() + 0.01
    assert await shown() == ("healthy", "healthy")
    held = Probing(rig.backend, rig.box("p-cache-1").id)
    clock[0] += 1
    assert await shown() == ("healthy", "healthy"), "somebody came while it was known, and is a little late"
    del held
    held = Probing(rig.backend, rig.box("p-cache-1").id)
    assert await shown() == (None, None), "somebody came later, and has not probed yet"
    del held
    clock[0] -= 2
    held = Probing(rig.backend, rig.box("p-cache-1").id)
    clock[0] += 2
    assert await shown() == ("healthy", "healthy"), "somebody is at it, and a little late"
    del held
    assert await shown() == (None, None)


async def test_on_an_engine_that_runs_them_its_word_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rig = Rig(tmp_path)
    await rig.up(services(1))

    async def yes() -> bool:
        return True

    monkeypatch.setattr(rig.backend, "health_probes_run_by_engine", yes)
    await rig.up(services(2))
    assert len(rig.box("p-cache-1").probes) == 1
    assert await current_health(rig.backend, await rig.backend.inspect_container("p-cache-1")) == "healthy"


async def test_an_engine_with_another_clock(tmp_path: Path) -> None:
    """The engine in memory is years behind: what came while it was waited for counts."""
    rig = Rig(tmp_path, cache=Behaviour(health=(False, True)))
    await rig.up(project({"cache": CHECK}))
    box = rig.box("p-cache-1")
    believed = Believed(rig.backend, box.id)

    async def look() -> ContainerInfo:
        return await rig.backend.inspect_container(box.id)

    seen = []
    for _ in range(2):
        found, pause = await believed.look(await look(), look)
        seen.append((found.health, pause is None))
        if pause:
            await anyio.sleep(pause)
    assert seen == [("starting", False), ("healthy", True)]
