"""Each state of a socket, made for real."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from perry_ffi.doctor.facts import Socket
from perry_ffi.doctor.read.places import Place
from perry_ffi.doctor.read.sockets import look_at
from tests.support.doctoring import docker, engine, mute, nobody

pytestmark = pytest.mark.anyio


async def look(path: Path, seconds: float = 5.0, **more: object) -> Socket:
    return await look_at(Place("docker", str(path), **more), seconds)  # type: ignore[arg-type]


async def test_a_socket_that_is_not_there(tmp_path: Path) -> None:
    assert (await look(tmp_path / "none.sock")).state == "missing"
    (tmp_path / "file").write_text("")
    assert (await look(tmp_path / "file/none.sock")).state == "missing"


async def test_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "docker.sock").symlink_to(tmp_path / ".colima/default/docker.sock")
    found = await look(tmp_path / "docker.sock")
    assert (found.state, found.link) == ("dangling", str(tmp_path / ".colima/default/docker.sock"))


async def test_a_folder_where_a_socket_should_be(tmp_path: Path) -> None:
    (tmp_path / "docker.sock").mkdir()
    assert (await look(tmp_path / "docker.sock")).state == "no-socket"


async def test_a_socket_that_nobody_listens_on(tmp_path: Path) -> None:
    with nobody(tmp_path / "d.sock"):
        found = await look(tmp_path / "d.sock")
    assert (found.state, found.error) == ("refused", "Connection refused")


async def test_a_socket_that_this_user_may_not_use(shared: Path) -> None:
    with engine(shared / "d.sock", docker()):
        os.chmod(shared / "d.sock", 0o600)
        assert (await look(shared / "d.sock")).state == "listening"  # loads what the other user may not read
        root = os.geteuid() == 0
        if root:
            os.seteuid(65534)
        else:
            os.chmod(shared / "d.sock", 0)
        try:
            found = await look(shared / "d.sock")
        finally:
            if root:
                os.seteuid(0)
    assert found.state == "denied" and found.mode in (0o600, 0) and found.group


async def test_something_that_never_says_a_word(tmp_path: Path) -> None:
    before = time.monotonic()
    with mute(tmp_path / "d.sock"):
        assert (await look(tmp_path / "d.sock", 0.2)).state == "silent"
        assert (await look(tmp_path / "d.sock", 5.0, speaks=False)).state == "listening"
    assert time.monotonic() - before < 2


async def test_something_that_is_no_engine(tmp_path: Path) -> None:
    with engine(tmp_path / "d.sock", lambda target: (200, b"hello")):
        found = await look(tmp_path / "d.sock")
    assert (found.state, found.error) == ("odd", "it says no version of an API")
    listening = socket.socket(socket.AF_UNIX)
    with listening:
        listening.bind(str(tmp_path / "other.sock"))
        listening.listen()
        listening.setblocking(False)
        import anyio

        async def answer() -> None:
            one, _ = await anyio.to_thread.run_sync(_accept, listening)
            one.sendall(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
            one.close()

        async with anyio.create_task_group() as group:
            group.start_soon(answer)
            found = await look(tmp_path / "other.sock")
    assert found.state == "odd" and "not HTTP" in found.error


def _accept(listening: socket.socket) -> tuple[socket.socket, object]:
    listening.settimeout(10)
    return listening.accept()


async def test_a_path_that_is_too_long_for_a_socket(tmp_path: Path) -> None:
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    here = os.getcwd()
    os.chdir(folder)
    try:
        with nobody(Path("d.sock")):
            found = await look(folder / "d.sock")
    finally:
        os.chdir(here)
    assert (found.state, found.error) == ("odd", "AF_UNIX path too long")


async def test_an_engine_that_answers(tmp_path: Path) -> None:
    (tmp_path / "root").mkdir()
    with engine(tmp_path / "d.sock", docker("1.51", DockerRootDir=str(tmp_path / "root")), ahead=120):
        (tmp_path / "link.sock").symlink_to(tmp_path / "d.sock")
        found = await look(tmp_path / "link.sock", named_by="DOCKER_HOST")
    answer = found.answer
    assert answer is not None and (answer.name, answer.version, answer.api) == ("docker", "20.10.24", "1.51")
    assert 110 < answer.skew < 130 and answer.free is not None and answer.free > 0
    assert (found.state, found.named_by, found.link) == ("listening", "DOCKER_HOST", str(tmp_path / "d.sock"))


async def test_an_engine_that_refuses_the_library(tmp_path: Path) -> None:
    said = "client version 1.41 is too old. Minimum supported API version is 1.44"
    with engine(tmp_path / "d.sock", lambda target: (400, {"message": said})):
        found = await look(tmp_path / "d.sock")
    assert found.answer is not None and (found.answer.status, found.answer.said) == (400, said)


@pytest.fixture
def shared() -> object:
    """A folder that other users may enter."""
    import shutil
    import tempfile

    folder = Path(tempfile.mkdtemp(prefix="perry-doctor-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
