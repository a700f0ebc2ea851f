"""Containers between start and end, and the sessions with them, against an engine that says anything."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import SocketStream

from perry_ffi.errors import BackendError, Conflict, ContainerError, NotFound, Unsupported, ValidationError
from perry_ffi.model.container import ExecOptions
from perry_ffi.model.endpoint import EndpointSpec
from tests.engines.scripted import Asked, document
from tests.unit.backends.engine_api.routes import backend_with, query, route

pytestmark = pytest.mark.anyio
DONE = b"HTTP/1.1 204 No Content\r\n\r\n"
HIJACKED = b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"


def failing(message: str, status: str = "500 Internal Server Error") -> bytes:
    return document({"message": message}, status)


def container(status: str = "running", **config: Any) -> bytes:
    state = {"Status": status, "Running": status in ("running", "paused"), "ExitCode": 0}
    return document(
        {
            "Id": "1",
            "Name": "/web",
            "Image": "sha256:1",
            "Created": "2026-01-01T00:00:00Z",
            "Config": {"Image": "bb", **config},
            "State": state,
        }
    )


async def test_values_stay_values(tmp_path: Path) -> None:
    routes = {f"POST /containers/web/{verb}": DONE for verb in ("rename", "kill", "restart", "pause")}
    async with backend_with(tmp_path, "docker", routes) as (backend, engine):
        await backend.rename_container("web", "--force&name=x")
        assert query(engine.asked[-1]) == {"name": "--force&name=x"}
        await backend.kill_container("web", "HUP")
        assert query(engine.asked[-1]) == {"signal": "HUP"}
        await backend.restart_container("web", 1.2)
        assert query(engine.asked[-1]) == {"t": "2"}
        await backend.restart_container("web")
        assert query(engine.asked[-1]) == {}
        count = len(engine.asked)
        for hostile in ("../x/rename?name=y#", "a/b", ".."):
            with pytest.raises(NotFound):
                await backend.pause_container(hostile)
        for signal in ("", "-9", "SIG KILL", "KILL&all=1", "0"):
            with pytest.raises(ValidationError):
                await backend.kill_container("web", signal)
        assert len(engine.asked) == count
        await backend.pause_container("web")


@pytest.mark.parametrize(
    ("verb", "said", "status", "expected"),
    [
        ("pause", failing("Container 1 is already paused", "409 Conflict"), "paused", None),
        ("pause", failing("Container 1 is not running", "409 Conflict"), "exited", Conflict),
        ("pause", failing("cgroup gone"), "running", BackendError),
        ("unpause", failing("Container 1 is not paused"), "running", None),
        ("unpause", failing("Container 1 is not paused"), "exited", Conflict),
        ("unpause", failing("cgroup gone"), "running", BackendError),
    ],
)
async def test_freezing_what_is_frozen(
    tmp_path: Path, verb: str, said: bytes, status: str, expected: type[ContainerError] | None
) -> None:
    routes = {f"POST /containers/web/{verb}": said, "GET /containers/web/json": container(status)}
    async with backend_with(tmp_path, "docker", routes) as (backend, _):
        call = backend.pause_container if verb == "pause" else backend.unpause_container
        if expected is None:
            await call("web")
            return
        with pytest.raises(ContainerError) as caught:
            await call("web")
        assert type(caught.value) is expected


# -- networks ---------------------------------------------------------------------------------------

FULL = EndpointSpec(("db",), "10.1.0.7", "fd00::7", ("169.254.1.1",), "", {"o": "1"}, 5)


async def test_all_that_an_endpoint_has(tmp_path: Path) -> None:
    async with backend_with(tmp_path, "docker", {"POST /networks/net/connect": DONE}) as (backend, engine):
        await backend.connect_network("net", "web", FULL)
        ipam = {"IPv4Address": "10.1.0.7", "IPv6Address": "fd00::7", "LinkLocalIPs": ["169.254.1.1"]}
        endpoint = {"Aliases": ["db"], "IPAMConfig": ipam, "DriverOpts": {"o": "1"}}
        assert json.loads(engine.asked[-1].body) == {"Container": "web", "EndpointConfig": endpoint}


@pytest.mark.parametrize(
    ("flavour", "endpoint", "member"),
    [
        ("docker", EndpointSpec(mac_address="02:00:00:00:00:01"), "mac_address"),
        ("podman", EndpointSpec(link_local_ips=("169.254.1.1",)), "link_local_ips"),
        ("podman", EndpointSpec(driver_opts={"a": "b"}), "driver_opts"),
    ],
)
async def test_what_an_engine_would_drop_is_refused(tmp_path: Path, flavour: str, endpoint: EndpointSpec, member: str) -> None:
    async with backend_with(tmp_path, flavour, {"POST /networks/net/connect": DONE}) as (backend, engine):
        with pytest.raises(Unsupported) as caught:
            await backend.connect_network("net", "web", endpoint)
        assert caught.value.details["member"].endswith(f"net.{member}") and not engine.asked


@pytest.mark.parametrize(("flavour", "called", "expected"), [
    ("docker", "broker", ["db"]),  # It makes the host name an alias by itself.
    ("podman", "broker", ["db", "broker"]),
    ("podman", "db", ["db"]),
    ("podman", "1", ["db"]),  # The beginning of its id: nobody named it.
])  # fmt: skip
async def test_a_container_answers_to_its_host_name(tmp_path: Path, flavour: str, called: str, expected: list[str]) -> None:
    routes = {"POST /networks/net/connect": DONE, "GET /containers/web/json": container(Hostname=called)}
    async with backend_with(tmp_path, flavour, routes) as (backend, engine):
        await backend.connect_network("net", "web", EndpointSpec(("db",)))
        assert json.loads(engine.asked[-1].body)["EndpointConfig"]["Aliases"] == expected


async def test_leaving_what_was_never_joined(tmp_path: Path) -> None:
    routes = {"POST /networks/net/disconnect": failing("container 1 is not connected to network net")}
    async with backend_with(tmp_path, "docker", routes) as (backend, engine):
        with pytest.raises(Conflict):
            await backend.disconnect_network("net", "web", force=True)
        assert json.loads(engine.asked[-1].body) == {"Container": "web", "Force": True}


# -- images -------------------------------------------------------------------------------------------


async def test_only_not_found_is_no_image(tmp_path: Path) -> None:
    for said, error in ((failing("no such image", "404 Not Found"), None), (failing("disk on fire"), BackendError)):
        async with backend_with(tmp_path, "docker", {"GET /images/a:1/json": said}) as (backend, _):
            if error is None:
                assert await backend.image_id("a:1") is None
                continue
            with pytest.raises(error):
                await backend.image_id("a:1")


async def test_a_tag_is_split_where_it_begins(tmp_path: Path) -> None:
    async with backend_with(tmp_path, "docker", {"POST /images/a:1/tag": DONE}) as (backend, engine):
        for reference, repository, tag in (
            ("host:5000/team/app:v2", "host:5000/team/app", "v2"), ("host:5000/app", "host:5000/app", "latest"),
        ):  # fmt: skip
            await backend.tag_image("a:1", reference)
            assert query(engine.asked[-1]) == {"repo": repository, "tag": tag}
        with pytest.raises(ValidationError):
            await backend.tag_image("a:1", f"app@sha256:{'a' * 64}")


# -- sessions -------------------------------------------------------------------------------------------


def frame(stream: int, data: bytes) -> bytes:
    return bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data


async def test_a_session_with_input_goes_both_ways(tmp_path: Path) -> None:
    heard: list[bytes] = []

    async def answer(asked: Asked, stream: SocketStream) -> None:
        await stream.send(HIJACKED + frame(1, b"hi ")[:5])
        await stream.send(frame(1, b"hi ")[5:])
        while (data := await _more(stream)) is not None:
            heard.append(data)
            await stream.send(frame(2, data))
        await stream.send(frame(1, b"bye"))
        await stream.aclose()

    routes = {"GET /containers/web/json": container(OpenStdin=True), "POST /containers/web/attach": answer}
    async with backend_with(tmp_path, "docker", routes) as (backend, engine):
        session = await backend.attach_container("web", stdin=True)
        assert query(engine.asked[-1]).get("stdin") == "1"
        await session.send(b"one")
        said = ""
        while "one" not in said:
            said += "".join(chunk.text for chunk in await session.output.next() or ())
        await session.end_input()
        while (chunks := await session.output.next()) is not None:
            said += "".join(chunk.text for chunk in chunks)
        assert said == "hi onebye" and heard == [b"one"]
        await session.aclose()
        assert backend._client.pool.open_connections <= 1


async def _more(stream: SocketStream) -> bytes | None:
    try:
        return await stream.receive()
    except anyio.EndOfStream:
        return None


async def test_an_engine_that_takes_no_input(tmp_path: Path) -> None:
    plain = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
    routes = {
        "POST /containers/web/exec": document({"Id": "e1"}, "201 Created"), "POST /exec/e1/start": plain,
        "GET /containers/web/json": container(OpenStdin=True), "POST /containers/web/attach": plain,
    }  # fmt: skip
    async with backend_with(tmp_path, "docker", routes) as (backend, _):
        for opening in (
            backend.exec_stream("web", ["cat"], ExecOptions(), stdin=True),
            backend.exec_stream("web", ["cat"], ExecOptions(stdin="x")),
            backend.attach_container("web", stdin=True),
        ):
            with pytest.raises(BackendError):
                await opening


async def test_a_cut_frame_is_not_the_end(tmp_path: Path) -> None:
    async def answer(asked: Asked, stream: SocketStream) -> None:
        await stream.send(HIJACKED + frame(1, b"half")[:-1])
        await stream.aclose()

    routes = {"POST /containers/web/exec": document({"Id": "e1"}, "201 Created"), "POST /exec/e1/start": answer}
    async with backend_with(tmp_path, "docker", routes) as (backend, engine):
        execution = await backend.exec_stream("web", ["cat"], ExecOptions(), stdin=True)
        assert json.loads(engine.asked[0].body)["AttachStdin"] is True and route(engine.asked[1]).endswith("/start")
        with pytest.raises(BackendError):
            while await execution.output.next() is not None:
                continue
        await execution.aclose()


async def test_a_terminal_has_no_frames(tmp_path: Path) -> None:
    async def answer(asked: Asked, stream: SocketStream) -> None:
        await stream.send(b"HTTP/1.1 200 OK\r\n\r\n\x01\x00plain")
        await stream.aclose()

    routes = {"GET /containers/web/json": container(Tty=True), "POST /containers/web/attach": answer}
    async with backend_with(tmp_path, "docker", routes) as (backend, _):
        session = await backend.attach_container("web")
        chunks = await session.output.next()
        assert chunks and [(chunk.stream, chunk.text) for chunk in chunks] == [("stdout", "\x01\x00plain")]
        assert await session.output.next() is None
        await session.aclose()
