"""Files in and out, against an engine that says anything."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import SocketStream

from perry_ffi.backends.engine_api import transient_errors
from perry_ffi.errors import BackendError, Conflict, ContainerError, NotFound
from tests.engines.scripted import Asked, document
from tests.unit.backends.engine_api.routes import STREAMED, backend_with, chunk, query

pytestmark = pytest.mark.anyio
PATH = "/containers/web/archive"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
DIRECTORY = 0o755 | 1 << 31


def stat(value: Any) -> bytes:
    """The answer to HEAD."""
    told = base64.b64encode(json.dumps(value).encode()).decode()
    return f"HTTP/1.1 200 OK\r\nX-Docker-Container-Path-Stat: {told}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()


def failing(message: str, status: str = "500 Internal Server Error") -> bytes:
    return document({"message": message}, status)


async def put(folder: Path, flavour: str, routes: dict[str, Any]) -> list[Asked]:
    async with backend_with(folder, flavour, routes) as (backend, engine):
        await backend.put_archive("web", "/run/a b&c=d", b"tar" * 200_000)
        return engine.asked


async def refused(folder: Path, flavour: str, routes: dict[str, Any]) -> ContainerError:
    async with backend_with(folder, flavour, routes) as (backend, _):
        with pytest.raises(ContainerError) as caught:
            await backend.put_archive("web", "/run", b"tar" * 200_000)
        return caught.value


async def test_the_tar_arrives_whole_and_the_directory_is_one_value(tmp_path: Path) -> None:
    for flavour, calls in (("docker", ["PUT"]), ("podman", ["HEAD", "PUT"])):
        routes = {f"PUT {PATH}": OK, f"HEAD {PATH}": stat({"mode": DIRECTORY})}
        asked = await put(tmp_path, flavour, routes)
        assert [item.method for item in asked] == calls
        assert asked[-1].body == b"tar" * 200_000 and asked[-1].headers["content-type"] == "application/x-tar"
        assert all(query(item) == {"path": "/run/a b&c=d"} for item in asked)


async def test_podman_is_not_let_make_a_directory(tmp_path: Path) -> None:
    missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 40\r\n\r\n"
    for found in (missing, stat({"mode": 0o644})):
        routes = {f"HEAD {PATH}": found, "GET /containers/web/json": document({"Id": "1"})}
        async with backend_with(tmp_path, "podman", routes) as (backend, engine):
            with pytest.raises(NotFound) as caught:
                await backend.put_archive("web", "/nope", b"")
            assert "no such directory" in caught.value.message
            assert "PUT" not in {item.method for item in engine.asked}


async def test_a_container_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 40\r\n\r\n"
    routes = {f"HEAD {PATH}": missing, "GET /containers/web/json": failing("no such container", "404 Not Found")}
    error = await refused(tmp_path, "podman", routes)
    assert isinstance(error, NotFound) and "no such container" in error.message


@pytest.mark.parametrize("told", [stat({}), stat([]), stat({"mode": "x"}), stat(7), OK])
async def test_an_engine_that_does_not_say_what_is_there(tmp_path: Path, told: bytes) -> None:
    error = await refused(tmp_path, "podman", {f"HEAD {PATH}": told, f"PUT {PATH}": OK})
    assert type(error) in (BackendError, NotFound)


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("extraction point is not a directory", NotFound),
        ("copier: put: /etc/passwd: exists but is not a directory", NotFound),
        ("container rootfs is marked read-only", Conflict),
        ("unlinkat /etc/f: read-only file system", Conflict),
        ("archive/tar: invalid tar header", BackendError),
    ],
)
async def test_refusals(tmp_path: Path, message: str, kind: type[ContainerError]) -> None:
    error = await refused(tmp_path, "docker", {f"PUT {PATH}": failing(message)})
    assert type(error) is kind


async def test_a_file_comes_piece_by_piece_and_whole_although_reads_are_cancelled(tmp_path: Path) -> None:
    go = anyio.Event()

    async def answer(asked: Asked, stream: SocketStream) -> None:
        await stream.send(STREAMED + chunk(b"one"))
        await go.wait()
        await stream.send(chunk(b"two") + b"0\r\n\r\n")

    async with backend_with(tmp_path, "docker", {f"GET {PATH}": answer}) as (backend, _):
        stream = await backend.get_archive("web", "/f")
        assert await stream.next() == [b"one"]
        with anyio.move_on_after(0.02):
            await stream.next()
        go.set()
        assert [await stream.next(), await stream.next(), await stream.next()] == [[b"two"], None, None]
        assert backend._client.pool.open_connections == 1


async def test_a_file_that_is_cut_is_no_whole_one(tmp_path: Path) -> None:
    async def answer(asked: Asked, stream: SocketStream) -> None:
        await stream.send(STREAMED + chunk(b"one"))
        await stream.aclose()

    async with backend_with(tmp_path, "docker", {f"GET {PATH}": answer}) as (backend, _):
        stream = await backend.get_archive("web", "/f")
        assert await stream.next() == [b"one"]
        with pytest.raises(BackendError):
            await stream.next()


async def test_a_path_below_a_file_is_not_there(tmp_path: Path) -> None:
    routes = {f"GET {PATH}": failing("lstat /x/etc/passwd/f: not a directory")}
    async with backend_with(tmp_path, "docker", routes) as (backend, _):
        with pytest.raises(NotFound):
            await backend.get_archive("web", "/etc/passwd/f")


async def test_an_answer_with_nothing_is_asked_for_again_and_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Podman 5 answers so in the moment after a container's end."""
    empty, told = STREAMED + chunk(b""), iter((STREAMED + chunk(b""), STREAMED + chunk(b"tar") + chunk(b"")))

    async def answer(asked: Asked, stream: SocketStream) -> None:
        await stream.send(next(told))

    async with backend_with(tmp_path, "podman", {f"GET {PATH}": answer}) as (backend, engine):
        stream = await backend.get_archive("web", "/f")
        assert [await stream.next(), await stream.next()] == [[b"tar"], None] and len(engine.asked) == 2
        assert backend._client.pool.open_connections == 1
    monkeypatch.setattr(transient_errors, "PATIENCE_SECONDS", 0.1)
    async with backend_with(tmp_path, "podman", {f"GET {PATH}": empty}) as (backend, engine):
        with pytest.raises(BackendError, match="nothing"):
            await backend.get_archive("web", "/f")
        assert len(engine.asked) > 2


async def test_a_file_that_another_writes_at_that_moment_is_put_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines remove the file that is there and make theirs, and do not expect another in between."""
    crossed = [
        failing(f"error during bulk transfer for copier.request{{{'x' * 3000}}}: copier: put: error opening file: open /b: file exists"),
        failing('failed to Lchown "/b" for UID 0, GID 0: lchown /b: no such file or directory'),
    ]  # fmt: skip
    for flavour in ("docker", "podman"):
        told = iter((*crossed, OK))

        async def answer(asked: Asked, stream: SocketStream, told: Iterator[bytes] = told) -> None:
            await stream.send(next(told))

        asked = await put(tmp_path, flavour, {f"PUT {PATH}": answer, f"HEAD {PATH}": stat({"mode": DIRECTORY})})
        assert [item.body for item in asked if item.method == "PUT"] == [b"tar" * 200_000] * 3
    monkeypatch.setattr(transient_errors, "PATIENCE_SECONDS", 0.1)
    error = await refused(tmp_path, "podman", {f"PUT {PATH}": crossed[0], f"HEAD {PATH}": stat({"mode": DIRECTORY})})
    assert error.message.endswith("file exists")
