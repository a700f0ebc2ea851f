"""Podman's log of a container that goes while it is read: the engine answers 200, and then it says that there is none."""

from __future__ import annotations

from pathlib import Path

import pytest
from anyio.abc import SocketStream

from perry_ffi.errors import NotFound
from perry_ffi.model.container import LogOptions
from tests.engines.scripted import Asked, document
from tests.unit.backends.engine_api.routes import STREAMED, backend_with, chunk, query

pytestmark = pytest.mark.anyio

IDENT = "c" * 64
GONE = b'{"cause":"no such container","message":"failed to obtain logs: no such container","response":500}\n'
END = chunk(b"")


def frame(text: bytes) -> bytes:
    return b"\x01\0\0\0" + len(text).to_bytes(4, "big") + text


def inspected(status: str, began: str = "2030-01-02T03:04:05.000000001Z") -> bytes:
    return document({"Id": IDENT, "Config": {"Tty": False}, "State": {"Status": status, "StartedAt": began}})


async def test_a_log_of_what_has_gone_is_not_found(tmp_path: Path) -> None:
    routes = {
        "GET /containers/c/json": inspected("exited"),
        f"GET /containers/{IDENT}/logs": STREAMED + chunk(GONE) + END,
    }
    async with backend_with(tmp_path, "podman", routes) as (backend, _):
        with pytest.raises(NotFound):
            await backend.container_logs("c", LogOptions())


async def test_a_followed_log_of_what_goes_meanwhile_keeps_its_lines_and_ends(tmp_path: Path) -> None:
    async def logs(asked: Asked, stream: SocketStream) -> None:
        followed = query(asked).get("follow") == "1"
        await stream.send(STREAMED + chunk(frame(b"one\n") + frame(b"two\n") if followed else GONE) + END)

    routes = {
        "GET /containers/c/json": inspected("running"),
        f"GET /containers/{IDENT}/json": inspected("removing"),
        f"GET /containers/{IDENT}/logs": logs,
    }
    async with backend_with(tmp_path, "podman", routes) as (backend, _):
        stream = await backend.follow_logs("c", LogOptions())
        text = ""
        while (chunks := await stream.next()) is not None:
            text += "".join(chunk.text for chunk in chunks)
        assert text == "one\ntwo\n"


async def test_a_log_that_looks_like_an_error_is_a_log(tmp_path: Path) -> None:
    routes = {
        "GET /containers/c/json": inspected("exited"),
        f"GET /containers/{IDENT}/logs": STREAMED + chunk(frame(GONE)) + END,
    }
    async with backend_with(tmp_path, "podman", routes) as (backend, _):
        assert (await backend.container_logs("c", LogOptions())).stdout == GONE.decode()


async def test_the_stream_of_one_run_is_not_believed_in_the_next(tmp_path: Path) -> None:
    """Podman drops lines of the next run from it: they come from the log."""

    async def logs(asked: Asked, stream: SocketStream) -> None:
        followed = query(asked).get("follow") == "1"
        whole = frame(b"one\n") + frame(b"two\n") + frame(b"three\n")
        await stream.send(STREAMED + chunk(frame(b"one\n") + frame(b"three\n") if followed else whole) + END)

    routes = {
        "GET /containers/c/json": inspected("running"),
        f"GET /containers/{IDENT}/json": inspected("running", "2030-01-02T03:04:06.000000001Z"),
        f"GET /containers/{IDENT}/logs": logs,
    }
    async with backend_with(tmp_path, "podman", routes) as (backend, _):
        stream = await backend.follow_logs("c", LogOptions())
        text = ""
        while (chunks := await stream.next()) is not None:
            text += "".join(chunk.text for chunk in chunks)
        assert text == "one\ntwo\nthree\n"


async def test_lines_of_the_very_moments_are_asked_for(tmp_path: Path) -> None:
    """Podman leaves out what was written at ``since`` and ``until`` themselves; the other engines do not."""
    asked_for: list[dict[str, str]] = []

    async def logs(asked: Asked, stream: SocketStream) -> None:
        asked_for.append(query(asked))
        await stream.send(STREAMED + END)

    routes = {"GET /containers/c/json": inspected("exited"), f"GET /containers/{IDENT}/logs": logs}
    async with backend_with(tmp_path, "podman", routes) as (backend, _):
        await backend.container_logs("c", LogOptions.model_validate({"since": "5.000000000", "until": "6.999999999"}))
    assert [(one["since"], one["until"]) for one in asked_for] == [
        ("1970-01-01T00:00:04.999999999Z", "1970-01-01T00:00:07.000000000Z")
    ]
