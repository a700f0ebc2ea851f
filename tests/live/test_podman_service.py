"""Podman without a socket: its service is started when it is needed."""

from __future__ import annotations

import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from perry_ffi.backends.detect import connect, detect
from perry_ffi.backends.engine_api.drivers.podman_service import PodmanService, private_directory
from perry_ffi.backends.engine_api.engine import EngineBackend
from perry_ffi.backends.engine_api.transport.http import HttpClient
from perry_ffi.backends.engine_api.transport.version import negotiate
from perry_ffi.errors import BackendNotAvailable, ContainerError
from perry_ffi.model.container import ContainerSpec, LogOptions
from perry_ffi.settings import Settings
from tests.engines import image
from tests.engines.private import Engines
from tests.live.conftest import IMAGE, missing

pytestmark = pytest.mark.anyio


@pytest.fixture
def place(engines: Engines) -> Iterator[Settings]:
    """Settings of a user who has podman and no socket of it."""
    if not engines.service_environ:
        missing(engines.missing.get("podman", "a podman on storage of its own needs root"))
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / "run").mkdir()
        own = {"HOME": home, "XDG_RUNTIME_DIR": f"{home}/run", "PATH": os.environ["PATH"], "LISTEN_FDS": "1"}
        yield Settings.from_environ({**own, **engines.service_environ, "PERRY_CONTAINER_PROBE_TIMEOUT": "60"})


def left_over(place: Settings) -> list[str]:
    assert place.runtime_dir is not None
    return sorted(str(path) for path in place.runtime_dir.rglob("*"))


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not waited for counts too."""
    return Path(f"/proc/{pid}").exists()


async def backend_of(service: PodmanService, place: Settings) -> EngineBackend:
    client = HttpClient(service.endpoint, backend="podman", timeout=60, connect=service.connect)
    return EngineBackend(client, await negotiate(client), place, service)


async def test_it_comes_and_goes(place: Settings) -> None:
    (row,) = await detect(place, ["podman"])
    assert row.available and left_over(place) == []
    backend = await connect(place, ["podman"])
    assert backend.name == "podman"
    directory, path = left_over(place)
    status = os.lstat(directory)
    assert stat.S_IMODE(status.st_mode) == 0o700 and status.st_uid == os.getuid()
    assert stat.S_ISSOCK(os.lstat(path).st_mode)
    assert isinstance(await backend.list_images(), list)
    await backend.aclose()
    assert left_over(place) == []
    with pytest.raises(BackendNotAvailable):
        await backend.list_images()


async def test_it_ends_when_idle_and_starts_again(place: Settings) -> None:
    service = PodmanService.find(place)
    assert service is not None
    service._idle_seconds = 1
    backend = await backend_of(service, place)
    image.build(str(service.endpoint.path))
    first = service.pid
    assert first is not None
    with anyio.fail_after(30):
        while is_alive(first):
            await anyio.sleep(0.05)
    assert service.pid is None
    assert (await backend.inspect_image(IMAGE)).id
    assert service.pid not in (None, first)
    await backend.aclose()
    assert left_over(place) == []


async def test_it_stays_while_a_log_is_followed(place: Settings) -> None:
    service = PodmanService.find(place)
    assert service is not None
    service._idle_seconds = 1
    backend = await backend_of(service, place)
    image.build(str(service.endpoint.path))
    spec = ContainerSpec(image=IMAGE, cmd=["sh", "-c", "echo begin; sleep 4; echo end"], network="none")
    handle = await backend.run_container(spec)
    stream = await backend.follow_logs(handle.id, LogOptions())
    text = ""
    while (chunks := await stream.next()) is not None:
        text += "".join(chunk.text for chunk in chunks)
    assert text == "begin\nend\n"
    assert await backend.wait_container(handle.id) == 0
    await backend.remove_container(handle.id)
    await backend.aclose()


async def test_a_killed_service_is_replaced(place: Settings) -> None:
    backend = await connect(place, ["podman"])
    assert isinstance(backend, EngineBackend) and backend._service is not None
    pid = backend._service.pid
    assert pid is not None
    os.kill(pid, 9)
    with anyio.fail_after(30):
        while True:
            try:
                await backend.list_containers(all=True)
                break
            except ContainerError:
                await anyio.sleep(0.05)
    assert not is_alive(pid)
    await backend.aclose()
    assert left_over(place) == []


async def test_many_calls_start_one_service(place: Settings) -> None:
    service = PodmanService.find(place)
    assert service is not None
    client = HttpClient(service.endpoint, backend="podman", timeout=60, connect=service.connect)
    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(negotiate, client)
    backend = EngineBackend(client, await negotiate(client), place, service)
    assert len(left_over(place)) == 2
    await backend.aclose()
    assert left_over(place) == []


async def test_a_socket_that_nobody_listens_on_is_taken_away(place: Settings) -> None:
    """What a service that was killed leaves; the socket of one that lives is left alone."""
    directory = private_directory(place)
    dead, alive = directory / "podman-99999999-dead.sock", directory / "podman-99999999-alive.sock"
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as gone:
        gone.bind(str(dead))
        gone.close()
        listener.bind(str(alive))
        listener.listen()
        backend = await connect(place, ["podman"])
        await backend.aclose()
        assert not dead.exists() and alive.exists()
    alive.unlink()


def test_a_directory_of_somebody_elses_is_refused(place: Settings) -> None:
    assert place.runtime_dir is not None
    path = place.runtime_dir / "perry-container"
    path.mkdir(mode=0o777)
    path.chmod(0o777)
    with pytest.raises(BackendNotAvailable):
        private_directory(place)
    path.rmdir()
    path.symlink_to("/tmp")
    with pytest.raises(BackendNotAvailable):
        private_directory(place)
