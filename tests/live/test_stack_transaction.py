"""Every engine call of an ``up`` made to fail in turn, and the up cancelled at it: the engine holds what it held before.

A proxy stands in front of the real socket. Every call fails: one that writes is carried out without an answer, and in
another run lost or refused; one that reads is refused. PERRY_TEST_FULL=1 lets every call fail in every way.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, get_args

import anyio.to_thread
import pytest

from perry_ffi.errors import ContainerError
from perry_ffi.model.container_values import moment
from perry_ffi.service.client import Client
from tests.engines.private import Engine
from tests.live.conftest import IMAGE
from tests.live.proxy import Mode, Proxy, proxy
from tests.live.stack_support import SERVE, Stacks, environ, nothing_of, stacks  # noqa: F401

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600)]
FULL = os.environ.get("PERRY_TEST_FULL") == "1"
ROOT = Path(__file__).resolve().parents[2]
RESTART = {"a": {"condition": "service_started", "restart": True}}
MODES: tuple[Mode, ...] = get_args(Mode)


@pytest.fixture
async def tapped(engine: Engine, tmp_path: Path) -> AsyncIterator[tuple[Stacks, Proxy]]:
    """Stacks behind a proxy."""
    async with proxy(engine.socket, tmp_path / "proxy.sock") as found:
        client = Client(environ(engine, tmp_path, str(found.socket)))
        stacks = Stacks(client, engine, f"pt{secrets.token_hex(4)}", tmp_path)
        await client.backend()
        yield stacks, found
        await client.aclose()
        await stacks.clean()


def fresh(stacks: Stacks) -> dict[str, Any]:
    """A little of everything."""
    services = {
        "a": {"volumes": ["data:/data", "/scratch"], "configs": ["c"]},
        "b": {"depends_on": ["a"]},
        "r": {"depends_on": RESTART},
        "s": {"network_mode": "service:r"},
    }
    return stacks.spec(services, volumes={"data": {}}, configs={"c": {"content": "x"}})


def edited(stacks: Stacks) -> dict[str, Any]:
    """What ``fresh`` became: one replaced, one scaled, one new with a network and a volume of its own.

    One starts again with the one that is replaced, and another with that one, whose network it is in.
    """
    services = {
        "a": {"volumes": ["data:/data", "/scratch"], "configs": ["c"], "environment": {"A": "1"}},
        "b": {"depends_on": ["a"], "scale": 2},
        "r": {"depends_on": RESTART},
        "s": {"network_mode": "service:r"},
        "n": {"networks": ["more"], "volumes": ["other:/other"]},
    }
    sections = {"volumes": {"data": {}, "other": {}}, "networks": {"more": {}}}
    return stacks.spec(services, **sections, configs={"c": {"content": "x"}})


async def count(stacks: Stacks, tap: Proxy, spec: dict[str, Any]) -> list[bool]:
    """For each call of an ``up``, whether it writes."""
    tap.arm(None)
    await stacks.up(spec)
    return [call.write for call in tap.seen]


def ways(writes: list[bool]) -> list[tuple[int, Mode]]:
    """What to have fail, and how."""
    found: list[tuple[int, Mode]] = []
    for number, writing in enumerate(writes):
        some: tuple[Mode, ...] = ("unanswered", ("lost", "refused")[number % 2]) if writing else ("refused",)
        found += [(number, mode) for mode in (MODES if FULL else some)]
    return found


def runs(stacks: Stacks, name: str) -> int:
    """Since when a container runs, in nanoseconds; 0 for one that is not there."""
    found = stacks.ask(f"/containers/{name}/json")
    return moment(found["State"]["StartedAt"]).ns if found else 0


async def attempt(stacks: Stacks, tap: Proxy, spec: dict[str, Any], number: int, mode: Mode) -> bool:
    """An ``up`` with one failing call: True if it converged all the same, False if it put everything back."""
    was, untouched = stacks.held(), runs(stacks, f"{stacks.prefix}-b-1")
    tap.arm(number, mode)
    try:
        await stacks.up(spec)
    except ContainerError as error:
        where = f"call {number} {mode}: {tap.hit}: {error.to_dict()}"
        assert stacks.held() == was, where
        assert runs(stacks, f"{stacks.prefix}-b-1") == untouched, where
        if untouched:
            of_r, of_s = (runs(stacks, f"{stacks.prefix}-{name}-1") for name in "rs")
            assert of_r < of_s, f"{where}: s is cut off from the network of r"
        assert error.details.get("rolledBack", True) is True, where
        return False
    finally:
        tap.arm(None)
    assert (await stacks.plan(spec))["steps"] == [], f"call {number} {mode}: {tap.hit}"
    return True


@pytest.mark.socket("calls are lost between the library and a socket")
async def test_a_fresh_up(tapped: tuple[Stacks, Proxy]) -> None:
    stacks, tap = tapped
    spec = fresh(stacks)
    writes = await count(stacks, tap, spec)
    await stacks.call("down_by_project", stacks.prefix, b'{"volumes": true}')
    assert sum(writes) >= 7
    put_back = 0
    for number, mode in ways(writes):
        if await attempt(stacks, tap, spec, number, mode):
            await stacks.call("down_by_project", stacks.prefix, b'{"volumes": true}')
        else:
            put_back += 1
    assert put_back >= 2 * sum(writes) - 4
    handle = await stacks.up(spec)
    assert (await stacks.plan(spec))["steps"] == []
    assert (await stacks.down(handle))["errors"] == []
    assert nothing_of(stacks.engine, stacks.prefix)


@pytest.mark.socket("calls are lost between the library and a socket")
async def test_an_up_over_what_runs(tapped: tuple[Stacks, Proxy]) -> None:
    stacks, tap = tapped
    old, new = fresh(stacks), edited(stacks)

    async def prepare() -> None:
        await stacks.call("down_by_project", stacks.prefix, b'{"volumes": true}')
        await stacks.up(old)

    await prepare()
    writes = await count(stacks, tap, new)
    assert sum(writes) >= 12
    await prepare()
    put_back = converged = 0
    for number, mode in ways(writes):
        if await attempt(stacks, tap, new, number, mode):
            converged += 1
            await prepare()
        else:
            put_back += 1
    assert put_back >= 2 * sum(writes) - 8
    handle = await stacks.up(new)
    assert (await stacks.plan(new))["steps"] == []
    assert (await stacks.down(handle))["errors"] == []
    assert nothing_of(stacks.engine, stacks.prefix)


@pytest.mark.socket("calls are counted between the library and a socket")
async def test_cancelled_at_every_call(tapped: tuple[Stacks, Proxy]) -> None:
    stacks, tap = tapped
    old, new = fresh(stacks), edited(stacks)
    await stacks.up(old)
    writes = await count(stacks, tap, new)
    await stacks.call("down_by_project", stacks.prefix, b'{"volumes": true}')
    await stacks.up(old)
    for number, writing in enumerate(writes):
        if not (writing or FULL):
            continue
        was = stacks.held()
        tap.arm(number, only_watch=True)
        task = asyncio.get_running_loop().create_task(stacks.up(new))
        await asyncio.wait([task, asyncio.ensure_future(tap.watch.wait())], return_when=asyncio.FIRST_COMPLETED)
        task.cancel()
        await asyncio.wait([task])
        hit, _ = tap.hit, tap.arm(None)
        if task.cancelled() and stacks.held() == was:
            continue
        # The removals had begun: from there on it goes through.
        assert (await stacks.plan(new))["steps"] == [], f"call {number}: {hit}"
        assert hit is not None and (hit.method == "DELETE" or not task.cancelled()), f"call {number}: {hit}"
        await stacks.call("down_by_project", stacks.prefix, b'{"volumes": true}')
        await stacks.up(old)
    await stacks.call("down_by_project", stacks.prefix, b'{"volumes": true}')
    assert nothing_of(stacks.engine, stacks.prefix)


def image_names(stacks: Stacks) -> dict[str, str]:
    """The images of the test by name."""
    rows = stacks.ask("/images/json")
    return {name: row["Id"] for row in rows for name in row["RepoTags"] or () if stacks.prefix in name}


@pytest.mark.socket("calls are lost between the library and a socket")
async def test_the_names_of_images_are_put_back(tapped: tuple[Stacks, Proxy]) -> None:
    """Every call of an up that builds anew, lost or refused; and one that built for the first time."""
    stacks, tap = tapped

    def spec(label: str) -> dict[str, Any]:
        build = {
            "context": str(stacks.folder),
            "dockerfile_inline": f"FROM {IMAGE}\nLABEL v={label}\n",
            "tags": [f"{stacks.prefix}/more:1"],
        }
        return stacks.spec(
            {"web": {"build": build, "command": SERVE}, "bad": {"command": ["/no/such/program"], "depends_on": ["web"]}}
        )

    def good(label: str) -> dict[str, Any]:
        return {**spec(label), "services": {"web": spec(label)["services"]["web"]}}

    with pytest.raises(ContainerError) as caught:
        await stacks.up(spec("first"))
    assert caught.value.details["rolledBack"] is True
    assert image_names(stacks) == {} and nothing_of(stacks.engine, stacks.prefix)
    await stacks.up(good("first"))
    was, names = stacks.held(), image_names(stacks)
    assert len(names) == 2
    tap.arm(None)
    for label in ("second", "third"):
        with pytest.raises(ContainerError) as caught:
            await stacks.up(spec(label), build=True)
        assert caught.value.details["rolledBack"] is True
        assert (stacks.held(), image_names(stacks)) == (was, names)
    handle = await stacks.up(good("second"), build=True)
    assert set(image_names(stacks).values()).isdisjoint(names.values())
    await stacks.down(handle, images="all")


async def test_container_names_that_are_swapped(stacks: Stacks) -> None:
    one, two = f"{stacks.prefix}-one", f"{stacks.prefix}-two"

    def spec(first: str, second: str, **more: Any) -> dict[str, Any]:
        return stacks.spec({"a": {"container_name": first}, "b": {"container_name": second, "depends_on": ["a"]}, **more})

    await stacks.up(spec(one, two))
    was = stacks.held()
    with pytest.raises(ContainerError):
        await stacks.up(spec(two, one, bad={"command": ["/no/such/program"], "depends_on": ["b"]}))
    assert stacks.held() == was
    handle = await stacks.up(spec(two, one))
    rows = await stacks.rows(handle)
    assert {name: row["service"] for name, row in rows.items()} == {"one": "b", "two": "a"}
    assert (await stacks.plan(spec(two, one)))["steps"] == []
    renamed = stacks.spec({"c": {"container_name": one}})
    rows = await stacks.rows(await stacks.up(renamed, removeOrphans=True))
    assert {name: row["service"] for name, row in rows.items()} == {"one": "c"}


async def test_without_rollback_the_wreck_stays(stacks: Stacks) -> None:
    services = {"a": {"volumes": ["data:/data"]}, "b": {"command": ["/no/such/program"], "depends_on": ["a"]}}
    with pytest.raises(ContainerError) as caught:
        await stacks.up(stacks.spec(services, volumes={"data": {}}), rollback=False)
    assert "rolledBack" not in caught.value.details
    names = {name: state for name, state, *_ in stacks.held()["containers"].values()}
    assert names == {f"{stacks.prefix}-a-1": "running", f"{stacks.prefix}-b-1": "stopped"}
    with pytest.raises(ContainerError):
        await stacks.up(stacks.spec(services, volumes={"data": {}}))
    assert names == {name: state for name, state, *_ in stacks.held()["containers"].values()}


async def test_a_command_line_that_is_interrupted_twice(stacks: Stacks) -> None:
    """The second interrupt comes while a container that was started in vain takes its two seconds to stop."""
    slow = {"command": ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"], "stop_grace_period": "2s"}
    sick = {"healthcheck": {"test": ["CMD", "false"], "interval": "60s", "start_period": "60s"}}
    spec = stacks.spec({"slow": slow, "sick": sick, "last": {"depends_on": {"sick": {"condition": "service_healthy"}}}})
    handle = await stacks.up({**spec, "services": {"slow": spec["services"]["slow"]}})
    await stacks.call("kill", handle, None, b'{"signal": "SIGKILL"}')
    was = stacks.held()
    (stacks.folder / "compose.yaml").write_text(json.dumps(spec))
    process = subprocess.Popen(
        [sys.executable, "-m", "perry_ffi.cli.main", "up", "-d"], cwd=stacks.folder, stderr=subprocess.PIPE,
        env={**environ(stacks.engine, stacks.folder), "PYTHONPATH": str(ROOT / "src")},
    )  # fmt: skip
    wanted = {f"{stacks.prefix}-{name}-1" for name in ("slow", "sick")}
    while wanted - {name for name, state, *_ in stacks.held()["containers"].values() if state == "running"}:
        assert process.poll() is None, process.communicate()
        await asyncio.sleep(0.1)
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        await asyncio.sleep(0.7)
    _, told = await anyio.to_thread.run_sync(process.communicate)
    assert (process.returncode, stacks.held()) == (130, was), told
    assert b"everything is as it was" in told
