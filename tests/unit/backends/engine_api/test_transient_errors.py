"""What an engine says in the moment in which something goes away: it is asked again, within a bound, wherever it is read."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from anyio.abc import SocketStream

from perry_ffi.backends.engine_api import transient_errors
from perry_ffi.backends.engine_api.engine import EngineBackend
from perry_ffi.backends.engine_api.transient_errors import is_momentary
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.errors import BackendError, Conflict, ContainerError, NotFound
from perry_ffi.model.container import ExecOptions, LogOptions
from tests.engines.scripted import Answer, Asked, document
from tests.unit.backends.engine_api.routes import STREAMED, backend_with, chunk

pytestmark = pytest.mark.anyio

IDENT = "c" * 64
# As podman 4.3 and docker 20.10 said them while many containers began and ended, and as their trackers have them.
MOMENTARY = [
    ("podman", 500, "read /proc/26022/cgroup: no such process"),
    ("podman", 500, "open /proc/26022/cgroup: no such file or directory"),
    ("podman", 500, f"cannot get cgroup path unless container {IDENT} is running: container is stopped"),
    ("podman", 500, "unable to load cgroup at /libpod_parent/libpod-cc: cgroup deleted"),
    ("podman", 500, "open /sys/fs/cgroup/machine.slice/libpod-cc.scope/memory.stat: no such device"),
    ("podman", 500, f"container {IDENT} does not exist in database: no such container"),
    ("podman", 500, "container has already been removed"),
    ("podman", 500, "error getting graph driver info: stat /x/merged: no such file or directory"),
    ("podman", 500, "beginning transaction: database is locked"),
    ("podman", 500, ""),
    ("docker", 409, "can not get logs from container which is dead or marked for removal"),
    ("docker", 500, "runc did not terminate successfully: exit status 1: container does not exist\n: unknown"),
    ("docker", 500, "ttrpc: closed: unknown"),
]
LASTING = [
    (404, "No such container: c"), (404, f'no container with name or ID "{IDENT}" found: no such container'), (409, "Container c is not running"),
    (500, "container state improper"), (500, "open /var/lib/x: no such file or directory"), (200, "read /proc/1/cgroup: no such process"),
]  # fmt: skip


def said(status: int, words: str) -> bytes:
    body = document({"message": words, "cause": words, "response": status}, f"{status} X")
    return body if words else f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode()


def look(*path: str) -> Request:
    return Request("GET", path or ("containers", Name("c"), "json"), "look")


@pytest.mark.parametrize(("flavour", "status", "words"), MOMENTARY)
def test_the_words(flavour: str, status: int, words: str) -> None:
    body = json.dumps({"message": words, "cause": ""}).encode() if words else b""
    assert is_momentary(status, body, look())


@pytest.mark.parametrize(("status", "words"), LASTING)
def test_other_words(status: int, words: str) -> None:
    assert not is_momentary(status, json.dumps({"message": words}).encode(), look())


def test_a_list_is_about_nothing_that_could_be_missing() -> None:
    for words in ("No such container: c", "no such image", "network x not found", "layer not known"):
        assert is_momentary(404, json.dumps({"message": words}).encode(), look("containers", "json"))


INSPECTED = {
    "Id": IDENT, "Name": "/c", "Image": "sha256:1", "Created": "2026-01-01T00:00:00Z", "Config": {"Image": "bb", "Tty": False},
    "State": {"Status": "exited", "Running": False, "ExitCode": 3, "StartedAt": "2026-01-01T00:00:01Z"},
}  # fmt: skip
FRAME = b"\x01\0\0\0\0\0\0\x03hi\n"
LOG = STREAMED + chunk(FRAME) + chunk(b"")
Call = Callable[[EngineBackend], Awaitable[Any]]


async def followed(backend: EngineBackend) -> str:
    stream, text = await backend.follow_logs("c", LogOptions()), ""
    while (chunks := await stream.next()) is not None:
        text += "".join(one.text for one in chunks)
    return text


async def stats_of_what_ended(backend: EngineBackend) -> None:
    with pytest.raises(Conflict):
        await backend.container_stats("c")


READS: dict[str, tuple[str, bytes, Call]] = {
    "inspect": ("GET /containers/c/json", document(INSPECTED), lambda b: b.inspect_container("c")),
    "list": ("GET /containers/json", document([]), lambda b: b.list_containers(all=True)),
    "stats": ("GET /containers/c/stats", document(None), lambda b: stats_of_what_ended(b)),
    "logs": (f"GET /containers/{IDENT}/logs", LOG, lambda b: b.container_logs("c", LogOptions())),
    "follow": (f"GET /containers/{IDENT}/logs", LOG, followed),
    "images": ("GET /images/json", document([]), lambda b: b.list_images()),
    "networks": ("GET /networks", document([]), lambda b: b.list_networks()),
    "exec inspect": (
        "GET /exec/e/json",
        document({"Running": False, "ExitCode": 4}),
        lambda b: b.exec_container("c", ["x"], ExecOptions()),
    ),
    "wait": ("GET /containers/c/json", document(INSPECTED), lambda b: b.wait_container("c")),
}
OTHERS = {
    "GET /containers/c/json": document(INSPECTED), f"GET /containers/{IDENT}/json": document(INSPECTED),
    "POST /containers/c/exec": document({"Id": "e"}, "201 Created"), "POST /exec/e/start": STREAMED + chunk(b""),
    "POST /containers/c/wait": document({"StatusCode": 3}),
}  # fmt: skip


def at_first(count: int, refusal: bytes, answer: bytes) -> Answer:
    """A refusal so many times, then the answer."""
    left = [count]

    async def say(asked: Asked, stream: SocketStream) -> None:
        left[0] -= 1
        await stream.send(refusal if left[0] >= 0 else answer)

    return say


@pytest.mark.parametrize("read", list(READS))
@pytest.mark.parametrize(("flavour", "status", "words"), MOMENTARY)
async def test_it_is_asked_again(tmp_path: Path, read: str, flavour: str, status: int, words: str) -> None:
    path, answer, call = READS[read]
    running = {**INSPECTED, "State": {**INSPECTED["State"], "Status": "running"}}  # type: ignore[dict-item]
    others = {**OTHERS, "GET /containers/c/json": document(running)} if read == "follow" else OTHERS
    async with backend_with(tmp_path, flavour, {**others, path: at_first(2, said(status, words), answer)}) as (backend, _):
        await call(backend)


async def test_there_is_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transient_errors, "PATIENCE_SECONDS", 0.2)
    words = "read /proc/1/cgroup: no such process"
    async with backend_with(tmp_path, "podman", {**OTHERS, "GET /containers/c/json": said(500, words)}) as (backend, engine):
        for call in (backend.inspect_container("c"), backend.wait_container("c"), backend.container_logs("c", LogOptions())):
            engine.asked.clear()
            with pytest.raises(BackendError, match=words):
                await call
            assert 3 <= len(engine.asked) <= 8


async def test_an_engine_that_takes_all_that_time_for_an_answer_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transient_errors, "PATIENCE_SECONDS", 0.0)
    busy = at_first(4, said(500, "read /proc/1/cgroup: no such process"), document(INSPECTED))
    async with backend_with(tmp_path, "podman", {"GET /containers/c/json": busy}) as (backend, engine):
        await backend.inspect_container("c")
        assert len(engine.asked) == 5


async def test_it_may_end_in_absence(tmp_path: Path) -> None:
    gone = said(404, "no such container")
    routes = {
        "GET /containers/c/json": at_first(1, said(500, f"container {IDENT} does not exist in database: no such container"), gone)
    }
    async with backend_with(tmp_path, "podman", routes) as (backend, _):
        with pytest.raises(NotFound):
            await backend.inspect_container("c")


async def test_what_changes_something_is_not_asked_again(tmp_path: Path) -> None:
    routes = {**OTHERS, "POST /containers/c/restart": said(500, "read /proc/1/cgroup: no such process")}
    async with backend_with(tmp_path, "podman", routes) as (backend, engine):
        with pytest.raises(BackendError):
            await backend.restart_container("c")
        assert len(engine.asked) == 1


BUSY = said(
    500,
    f"cannot remove container {IDENT} as it could not be stopped: sending SIGKILL to container {IDENT}: container state improper: stopped",
)


@pytest.mark.parametrize("then", [b"HTTP/1.1 204 X\r\n\r\n", said(404, "no such container")])
async def test_a_forced_removal_meets_the_end(tmp_path: Path, then: bytes) -> None:
    """Somebody else may have removed it by then: it is gone, as asked."""
    async with backend_with(tmp_path, "podman", {"DELETE /v4.0.0/libpod/containers/c": at_first(1, BUSY, then)}) as (
        backend,
        engine,
    ):
        await backend.remove_container("c", force=True)
        assert len(engine.asked) == 2


async def test_a_removal_without_force_is_asked_once(tmp_path: Path) -> None:
    for answer, kind in ((BUSY, Conflict), (said(404, "no such container"), NotFound)):
        async with backend_with(tmp_path, "podman", {"DELETE /containers/c": answer}) as (backend, engine):
            with pytest.raises(kind):
                await backend.remove_container("c")
            assert len(engine.asked) == 1
    async with backend_with(tmp_path, "podman", {"DELETE /containers/c": said(404, "no such container")}) as (backend, _):
        with pytest.raises(NotFound):
            await backend.remove_container("c", force=True)


@pytest.mark.parametrize("terminal", [False, True])
@pytest.mark.parametrize("follow", [False, True])
async def test_podman_s_log_that_is_an_error(tmp_path: Path, terminal: bool, follow: bool) -> None:
    """Its status is 200: podman inspects the container after it has said that."""

    def log(words: str) -> bytes:
        error = {"cause": words, "message": f"failed to obtain logs for Container '{IDENT}': {words}", "response": 500}
        return STREAMED + chunk(json.dumps(error, separators=(",", ":")).encode() + b"\n") + chunk(b"")

    good = LOG
    state = {"Status": "running" if follow else "exited", "StartedAt": "2026-01-01T00:00:01Z"}
    found = document({**INSPECTED, "Config": {"Image": "bb", "Tty": terminal}, "State": state})

    async def text(backend: EngineBackend) -> str:
        return await followed(backend) if follow else (await backend.container_logs("c", LogOptions())).stdout

    own = "/v4.0.0/libpod" if terminal else ""
    path, ended = f"GET {own}/containers/{IDENT}/logs", {f"GET /containers/{IDENT}/json": document(INSPECTED)}
    routes = {"GET /containers/c/json": found, **ended, path: at_first(2, log("read /proc/7/cgroup: no such process"), good)}
    async with backend_with(tmp_path, "podman", routes) as (backend, _):
        assert await text(backend) == "hi\n"
    async with backend_with(tmp_path, "podman", {**routes, path: log("no such container")}) as (backend, _):
        with pytest.raises(ContainerError):
            await text(backend)
