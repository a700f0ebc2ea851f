"""Engines that die in the middle of a call, and come back."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import anyio
import pytest

from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.detect import connect
from perry_ffi.errors import BackendError, BackendNotAvailable, ContainerError, Timeout
from perry_ffi.model.container import ContainerHandle, ExecOptions, LogOptions
from perry_ffi.service.client import Client
from perry_ffi.settings import Settings
from tests.engines.daemon import ask
from tests.engines.private import Engine, Engines, private_engines
from tests.live.conftest import IMAGE, Bench, missing
from tests.live.stack_support import Stacks, environ

pytestmark = pytest.mark.anyio
CODED = (BackendError, BackendNotAvailable, Timeout)


@pytest.fixture
async def mortal(engine: Engine, bench: Bench) -> AsyncIterator[Bench]:
    """An engine that the test may kill, and that runs again afterwards."""
    if engine.daemon is None or engine.daemon.process is None or not engine.private:
        missing("only private engines may be killed: run the tests as root")
    yield bench
    await revive(engine)


async def revive(engine: Engine) -> None:
    daemon = engine.daemon
    assert daemon is not None
    if daemon.process is not None and daemon.process.poll() is None:
        daemon.process.send_signal(signal.SIGCONT)
    else:
        await anyio.to_thread.run_sync(daemon.revive)


def kill(engine: Engine) -> None:
    assert engine.daemon is not None and engine.daemon.process is not None
    engine.daemon.process.kill()
    engine.daemon.process.wait()


async def follow(backend: Backend, ident: str) -> None:
    stream = await backend.follow_logs(ident, LogOptions())
    while await stream.next() is not None:
        continue


async def execute(backend: Backend, ident: str) -> None:
    await backend.exec_container(ident, ["sleep", "600"], ExecOptions())


async def wait(backend: Backend, ident: str) -> None:
    await backend.wait_container(ident)


async def stop(backend: Backend, ident: str) -> None:
    await backend.stop_container(ident, 300)


CALLS: dict[str, Callable[[Backend, str], object]] = {"follow": follow, "exec": execute, "wait": wait, "stop": stop}


@pytest.mark.parametrize("call", CALLS)
async def test_an_engine_that_is_killed_in_a_call(mortal: Bench, call: str) -> None:
    backend, failed = mortal.backend, []
    # A process that ignores TERM, so that a stop takes its time.
    handle: ContainerHandle = await mortal.run("sh", "-c", "trap '' TERM; echo begun; while :; do sleep 1; done", stop_timeout=0)

    async def run() -> None:
        with pytest.raises(ContainerError) as caught:
            await CALLS[call](backend, handle.id)  # type: ignore[misc]
        failed.append(caught.value)

    with anyio.fail_after(90):
        async with anyio.create_task_group() as group:
            group.start_soon(run)
            await anyio.sleep(0.7)
            kill(mortal.engine)
        assert isinstance(failed[0], CODED), failed
        with pytest.raises(BackendNotAvailable):
            await backend.list_containers(all=True)
        await revive(mortal.engine)
        assert handle.id in {item.id for item in await backend.list_containers(all=True)}


async def test_an_engine_that_hangs(mortal: Bench, settings: Settings) -> None:
    assert mortal.engine.daemon is not None and mortal.engine.daemon.process is not None
    backend = await connect(settings, [mortal.engine.name])
    backend._client.timeout = 0.5  # type: ignore[attr-defined]
    handle = await mortal.run("sleep", "600", stop_timeout=0)
    mortal.engine.daemon.process.send_signal(signal.SIGSTOP)
    with anyio.fail_after(60):
        while not all_stopped(mortal.engine.daemon.process.pid):
            await anyio.sleep(0.01)
        for call in (
            backend.list_containers(all=True),
            backend.inspect_container(handle.id),
            backend.wait_container(handle.id),
            backend.stop_container(handle.id, 0),
            follow(backend, handle.id),
        ):
            with pytest.raises(ContainerError) as caught:
                await call
            assert isinstance(caught.value, CODED)
        await revive(mortal.engine)
        with anyio.fail_after(30):
            while True:
                try:
                    await backend.inspect_container(handle.id)
                    break
                except ContainerError as error:
                    assert isinstance(error, CODED)
    await backend.aclose()


def all_stopped(pid: int) -> bool:
    """Each thread of the process has taken note of SIGSTOP."""
    return all(path.read_text().rpartition(")")[2].split()[0] == "T" for path in Path(f"/proc/{pid}/task").glob("*/stat"))


def test_an_engine_that_ended_in_one_test_is_there_for_the_next(engine: Engine, engines: Engines) -> None:
    if engine.daemon is None or not engine.private:
        missing("only private engines may be killed: run the tests as root")
    kill(engine)
    said = engines.revive()
    assert len(said) == 1 and "(status -9)" in said[0], said
    assert ask(engine.socket, "GET", "/_ping")[0] == 200 and engines.revive() == []


def test_nothing_is_left_behind() -> None:
    """Private engines end with everything that belongs to them, also with what still runs on them."""
    if os.geteuid() != 0:
        missing("private engines need root")
    before = links()
    with private_engines(("docker", "podman")) as engines:
        if engines.missing:
            missing("; ".join(engines.missing.values()))
        for engine in engines.engines.values():
            network = f"left-{engine.name}"
            post(engine, "/networks/create", {"Name": network})
            body = {"Image": IMAGE, "Cmd": ["sleep", "600"], "HostConfig": {"NetworkMode": network}}
            post(engine, "/containers/create?name=left", body)
            post(engine, "/containers/left/start", None)
        folder = str(engines.folder)
    assert not os.path.exists(folder)
    with open("/proc/mounts") as mounts:
        assert folder not in mounts.read()
    shown = subprocess.run(["ps", "axww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    assert folder not in shown
    assert links() == before


def links() -> set[str]:
    lines = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True).stdout.splitlines()
    return {line.split(":")[1].strip() for line in lines}


def post(engine: Engine, path: str, body: object) -> None:
    status, said = ask(engine.socket, "POST", f"/v1.41{path}", json.dumps(body).encode() if body else None)
    assert status in (200, 201, 204), (status, said)


async def test_an_engine_that_is_killed_in_the_midst_of_an_up(mortal: Bench, tmp_path: Path) -> None:
    """The rollback waits for it. What docker itself ends with its own end is not the rollback's."""
    engine = mortal.engine
    client = Client(environ(engine, tmp_path))
    stacks = Stacks(client, engine, mortal.prefix, tmp_path)
    old = stacks.spec({"a": {"volumes": ["/scratch"]}})
    bad = {"healthcheck": {"test": ["CMD", "false"], "interval": "60s", "start_period": "60s"}, "networks": ["n"]}
    last = {"depends_on": {"bad": {"condition": "service_healthy"}}}
    new = stacks.spec({"a": {"volumes": ["/scratch"], "environment": {"A": "1"}}, "bad": bad, "last": last}, networks={"n": {}})
    await stacks.up(old)
    was = stacks.held()
    task = asyncio.get_running_loop().create_task(stacks.up(new, waitTimeout=5))
    with anyio.fail_after(90):
        while ((stacks.ask(f"/containers/{stacks.prefix}-bad-1/json") or {}).get("State") or {}).get("Status") != "running":
            await anyio.sleep(0.05)
        kill(engine)
        await anyio.sleep(1.0)
        await revive(engine)
        with pytest.raises(ContainerError) as caught:
            await task
    assert caught.value.details["rolledBack"] is True, caught.value.to_dict()
    assert stacks.held() == was
    await stacks.call("down_by_project", stacks.prefix, b'{"volumes": true}')
    await client.aclose()
