"""Docker's BuildKit: what it is told, what it may ask, and what becomes of its records (of dockerd 20.10)."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import h2.config
import h2.connection
import h2.events
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perry_ffi.backends.engine_api.build.buildkit import protobuf
from perry_ffi.backends.engine_api.build.buildkit.choice import needs_buildkit
from perry_ffi.backends.engine_api.build.buildkit.grpc_server import GrpcServer, Handler
from perry_ffi.backends.engine_api.build.buildkit.services import session_handlers
from perry_ffi.backends.engine_api.build.buildkit.trace import Trace, record_of
from perry_ffi.backends.engine_api.build.secrets import MAX_SECRET, agent_sockets, read_secrets
from perry_ffi.backends.engine_api.requests.queries import buildkit_query
from perry_ffi.backends.engine_api.transport.socket_stream import SocketStream
from perry_ffi.errors import NotFound, Unsupported, ValidationError
from perry_ffi.model.base import validate
from perry_ffi.model.build_values import BuildAgent, BuildSecret
from perry_ffi.model.image import BuildSpec

RECORDED = Path(__file__).parents[1] / "recorded"
SECRET = "hunter2-very-secret"


def build(**members: Any) -> BuildSpec:
    return validate(BuildSpec, members)


# -- protocol buffers -------------------------------------------------------------------------------


def test_a_message_as_the_format_has_it() -> None:
    assert protobuf.encode({1: "id", 2: 300, 3: b"", 4: 0}) == b"\x0a\x02id\x10\xac\x02"
    found = protobuf.decode(b"\x0a\x02id\x10\xac\x02\x0a\x01x\x1d\0\0\0\0\x21\0\0\0\0\0\0\0\0")
    assert protobuf.text(found, 1) == "x" and protobuf.whole(found, 2) == 300
    assert protobuf.messages(found, 1) == [b"id", b"x"] and protobuf.text(found, 9) == "" and protobuf.whole(found, 1) == 0


@given(st.dictionaries(st.integers(1, 1000), st.integers(1, 2**64 - 1) | st.binary(min_size=1), max_size=5))
def test_what_is_written_is_read(fields: dict[int, int | bytes]) -> None:
    assert protobuf.decode(protobuf.encode(fields)) == {number: [value] for number, value in fields.items()}


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_malformed(data: bytes) -> None:
    try:
        protobuf.decode(data)
    except protobuf.Malformed:
        return


# -- the session ------------------------------------------------------------------------------------


class Client:
    """The engine's side of a session."""

    def __init__(self, stream: SocketStream) -> None:
        self._stream = stream
        self.http = h2.connection.H2Connection(h2.config.H2Configuration(client_side=True, header_encoding="utf-8"))
        self.http.initiate_connection()
        self._next = 1

    async def flush(self) -> None:
        if data := self.http.data_to_send():
            await self._stream.send(data)

    async def begin(self, path: str, **metadata: str | list[str]) -> int:
        ident, self._next = self._next, self._next + 2
        more = [
            (name.replace("dir_name", "dir-name").replace("_", "."), value)
            for name, values in metadata.items()
            for value in ([values] if isinstance(values, str) else values)
        ]
        self.http.send_headers(ident, [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", "x"), *more])
        await self.flush()
        return ident

    async def send(self, ident: int, message: bytes, *, last: bool = False) -> None:
        self.http.send_data(ident, b"\0" + len(message).to_bytes(4, "big") + message, end_stream=last)
        await self.flush()

    async def events(self) -> list[h2.events.Event]:
        events = self.http.receive_data(await self._stream.receive())
        for event in events:
            if isinstance(event, h2.events.DataReceived):
                self.http.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        await self.flush()
        return events

    async def ending(self, ident: int) -> tuple[bytes, str]:
        """The frames that were answered, and the status of gRPC."""
        data, status = b"", ""
        while not status:
            for event in await self.events():
                if isinstance(event, h2.events.DataReceived) and event.stream_id == ident:
                    data += event.data
                if isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived) and event.stream_id == ident:
                    status = dict(event.headers).get("grpc-status", "")
        return data, status

    async def ask(self, path: str, message: bytes = b"") -> tuple[bytes, str]:
        ident = await self.begin(path)
        await self.send(ident, message, last=True)
        data, status = await self.ending(ident)
        return data[5:], status


def said(data: bytes) -> bytes:
    """What an agent's answers hold, one after the other."""
    found = b""
    while data:
        length = int.from_bytes(data[1:5], "big")
        found += protobuf.message(protobuf.decode(data[5 : 5 + length]), 1)
        data = data[5 + length :]
    return found


@asynccontextmanager
async def served(
    secrets: dict[str, bytes] | None = None, agents: dict[str, str] | None = None, more: dict[str, Handler] | None = None
) -> AsyncIterator[Client]:
    async def credentials(host: str) -> tuple[str, str]:
        if host == "broken":
            raise RuntimeError(SECRET)
        return ("user", "password") if host == "reg:5000" else ("", "")

    ours, theirs = socket.socketpair()
    for end in (ours, theirs):
        end.setblocking(False)
    stream, other = SocketStream(ours), SocketStream(theirs)
    handlers = {**session_handlers(secrets or {}, agents or {}, credentials), **(more or {})}
    server = GrpcServer(stream, b"", handlers)
    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            group.start_soon(server.serve)
            yield Client(other)
            other.close()  # The server ends by itself when its client goes.
        stream.close()


@pytest.mark.anyio
async def test_the_engine_gets_what_the_build_names_and_nothing_else() -> None:
    async with served({"token": SECRET.encode()}) as client:
        ask = client.ask
        data, status = await ask("/moby.buildkit.secrets.v1.Secrets/GetSecret", protobuf.encode({1: "token"}))
        assert (protobuf.text(protobuf.decode(data), 1), status) == (SECRET, "0")
        assert await ask("/moby.buildkit.secrets.v1.Secrets/GetSecret", protobuf.encode({1: "other"})) == (b"", "5")
        assert await ask("/grpc.health.v1.Health/Check") == (protobuf.encode({1: 1}), "0")
        data, _ = await ask("/moby.filesync.v1.Auth/Credentials", protobuf.encode({1: "reg:5000"}))
        assert data == protobuf.encode({1: "user", 2: "password"})
        assert await ask("/moby.filesync.v1.Auth/Credentials", protobuf.encode({1: "elsewhere"})) == (b"", "0")
        assert await ask("/moby.filesync.v1.Auth/FetchToken") == (b"", "12")
        assert await ask("/moby.sshforward.v1.SSH/CheckAgent") == (b"", "12")


@pytest.mark.anyio
async def test_a_failing_call_fails_alone_and_keeps_its_words_to_itself() -> None:
    async with served() as client:
        ident = await client.begin("/moby.filesync.v1.Auth/Credentials")
        await client.send(ident, protobuf.encode({1: "broken"}), last=True)
        words = ""
        while not words:
            for event in await client.events():
                words = str(dict(getattr(event, "headers", None) or {}).get("grpc-message", words))
        assert "RuntimeError" in words and SECRET not in words
        assert (await client.ask("/grpc.health.v1.Health/Check"))[1] == "0"
        assert (await client.ask("/moby.filesync.v1.Auth/Credentials", b"\xff"))[1] == "13"


@pytest.mark.anyio
async def test_a_secret_that_is_larger_than_the_window() -> None:
    content = os.urandom(MAX_SECRET)
    async with served({"big": content}) as client:
        data, status = await client.ask("/moby.buildkit.secrets.v1.Secrets/GetSecret", protobuf.encode({1: "big"}))
        assert status == "0" and protobuf.message(protobuf.decode(data), 1) == content


@pytest.mark.anyio
async def test_a_conversation_with_an_ssh_agent(tmp_path: Path) -> None:
    path = str(tmp_path / "agent")

    async def echo(stream: Any) -> None:
        async with stream:
            async for data in stream:
                await stream.send(data.upper())

    async with await anyio.create_unix_listener(path) as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, echo)
        async with served(agents={"default": path, "gone": str(tmp_path / "none")}) as client:
            check = "/moby.sshforward.v1.SSH/CheckAgent"
            assert (await client.ask(check))[1] == "0"
            assert (await client.ask(check, protobuf.encode({1: "other"})))[1] == "5"
            ident = await client.begin("/moby.sshforward.v1.SSH/ForwardAgent", buildkit_ssh_id="default")
            await client.send(ident, protobuf.encode({1: b"sign "}))
            await client.send(ident, protobuf.encode({1: b"this"}), last=True)
            data, status = await client.ending(ident)
            assert status == "0" and said(data) == b"SIGN THIS"
            ident = await client.begin("/moby.sshforward.v1.SSH/ForwardAgent", buildkit_ssh_id="gone")
            assert await client.ending(ident) == (b"", "14")
        group.cancel_scope.cancel()


@pytest.mark.anyio
async def test_a_call_that_is_given_up_and_a_client_that_talks_nonsense(tmp_path: Path) -> None:
    async with served({"big": os.urandom(MAX_SECRET)}) as client:
        ident = await client.begin("/moby.buildkit.secrets.v1.Secrets/GetSecret")
        await client.send(ident, protobuf.encode({1: "big"}), last=True)
        client.http.reset_stream(ident)
        await client.flush()
        assert (await client.ask("/grpc.health.v1.Health/Check"))[1] == "0"
    async with served() as client:
        await client._stream.send(b"GET / HTTP/1.1\r\n\r\n")


# -- secrets and agents -----------------------------------------------------------------------------


def test_secrets_are_read_when_the_build_begins(tmp_path: Path) -> None:
    (tmp_path / "file").write_text(SECRET)
    wanted = build(secrets=[f"id=a,src={tmp_path}/file", {"id": "b", "environment": "B"}, {"id": "c", "content": "3"}]).secrets
    assert read_secrets(wanted, {"B": "2"}) == {"a": SECRET.encode(), "b": b"2", "c": b"3"}
    assert "3" not in repr(BuildSecret("c", content=b"3"))


@pytest.mark.parametrize(
    ("secret", "error"),
    [
        (BuildSecret("a", file="/nowhere/at/all", where="services.x.build.secrets[0]"), NotFound),
        (BuildSecret("a", file="/etc", where="services.x.build.secrets[0]"), ValidationError),
        (BuildSecret("a", file="fifo", where="services.x.build.secrets[0]"), ValidationError),
        (BuildSecret("a", file="/dev/zero", where="services.x.build.secrets[0]"), ValidationError),
        (BuildSecret("a", environment="NONE", where="services.x.build.secrets[0]"), ValidationError),
        (BuildSecret("a", content=bytes(MAX_SECRET + 1), where="services.x.build.secrets[0]"), ValidationError),
    ],
)
def test_a_secret_that_cannot_be_had_is_named(secret: BuildSecret, error: type[Exception], tmp_path: Path) -> None:
    if secret.file == "fifo":
        os.mkfifo(tmp_path / "fifo")
        secret = replace(secret, file=str(tmp_path / "fifo"))
    with pytest.raises(error, match=r"^services\.x\.build\.secrets\[0\]: ") as caught:
        read_secrets([secret], {})
    assert caught.value.details["path"] == "services.x.build.secrets[0]"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "secrets", [["token"], ["id=a"], ["id=a,src=/x,env=Y"], ["id=a,src=/x,src=/y"], [{"id": "a,b", "file": "/x"}], [{"id": "a"}],
    ["id=a,type=env,src=x"], [{"id": "a", "content": 1}], [7], [{"id": "a", "file": "/x", "uid": 1}]],
)  # fmt: skip
def test_a_secret_that_cannot_be_meant(secrets: list[Any]) -> None:
    with pytest.raises(ValidationError, match=r"^BuildSpec\.secrets\[0\]"):
        build(secrets=secrets)


def test_one_secret_of_each_id() -> None:
    with pytest.raises(ValidationError, match=r"^BuildSpec\.secrets\[1\]"):
        read_secrets(build(secrets=[{"id": "a", "content": "1"}, {"id": "a", "content": "2"}]).secrets, {})


def test_agents(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(tmp_path / "agent"))
        (tmp_path / "key").write_text(SECRET)
        wanted = build(ssh=["default", f"other={tmp_path}/agent"]).ssh
        assert agent_sockets(wanted, str(tmp_path / "agent")) == {i: str(tmp_path / "agent") for i in ("default", "other")}
    with pytest.raises(ValidationError, match=r"^BuildSpec\.ssh\[0\].*SSH_AUTH_SOCK"):
        agent_sockets([BuildAgent("default")], None)
    with pytest.raises(Unsupported, match="private key") as caught:
        agent_sockets([BuildAgent("default", str(tmp_path / "key"))], None)
    assert SECRET not in str(caught.value.to_dict())
    with pytest.raises(NotFound):
        agent_sockets([BuildAgent("default", str(tmp_path / "none"))], None)
    with pytest.raises(ValidationError, match=r"^BuildSpec\.ssh\[0\]"):
        build(ssh=["other"])


# -- the choice and the query -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dockerfile", "why"),
    [
        ("FROM a\nRUN x\nCOPY --from=0 --chown=1 a b\nADD --chown=1 a b\nHEALTHCHECK --interval=1s CMD x\n", None),
        ("FROM --platform=linux/amd64 a\nARG VERSION\nRUN echo $((1<<3)) 1<<3 <<< x\n", None),
        ("FROM a\n# RUN --mount=type=cache x\nRUN echo \\\n# --mount\n --mount=x\nCMD cat <<EOF\nCMD x\n", None),
        ('FROM a\nRUN ["cat", "<<EOF"]\nCMD x\nRUN cat <<EOF\nCMD nobody closes it\n', None),
        ("FROM a\n# syntax=docker/dockerfile:1\n", None),
        ("# syntax=docker/dockerfile:1\nFROM a\n", "a # syntax= line"),
        ("#escape=`\n# SYNTAX = x\nFROM a\n", "a # syntax= line"),
        ("FROM a\nRUN --mount=type=cache,target=/c x\n", "RUN --mount"),
        ("FROM a\nrun \\\n  \\\n  # why\n\n  --network=none \\\n x\n", "RUN --network"),
        ("# escape=`\nFROM a\nRUN `\n --security=insecure x\n", "RUN --security"),
        ("FROM a\nONBUILD RUN --mount=type=cache,target=/c x\n", "RUN --mount"),
        ("FROM a\nCOPY --from=b --link x y\n", "COPY --link"),
        ("FROM a\r\nADD --chmod=700 x y\r\n", "ADD --chmod"),
        ("FROM a\nRUN <<EOF\necho\nEOF\n", "a here-document of RUN"),
        ("FROM a\nCOPY <<-'one' <<two /x/\n\tone\n two\ntwo\nRUN x\n", "a here-document of COPY"),
        ("FROM --platform=$BUILDPLATFORM a\n", "FROM --platform with a variable"),
        ("FROM a\nARG TARGETARCH\n", "ARG TARGETARCH"),
        ("", None),
    ],
)  # fmt: skip
def test_buildkit_is_for_what_the_classic_builder_does_not_know(dockerfile: str, why: str | None) -> None:
    assert needs_buildkit(build(), dockerfile) == why


def test_buildkit_is_for_what_only_a_session_brings() -> None:
    assert needs_buildkit(build(secrets=[{"id": "a", "content": "1"}]), "FROM a") == "secrets"
    assert needs_buildkit(build(ssh=["default"]), "FROM a") == "ssh"


@given(st.text(alphabet="FROM RUNCOPY<-E\\\n#`= a", max_size=80))
def test_any_dockerfile_is_read(text: str) -> None:
    needs_buildkit(build(), text)


def test_the_query_of_a_build() -> None:
    spec = build(
        secrets=[{"id": "a", "content": SECRET}], cache_from=["c", "type=registry,ref=d"], network="host", args={"A": "b"}
    )
    query = buildkit_query(spec, "x:1", "s1", (1, 41))
    assert query == {
        "rm": "1", "forcerm": "1", "t": "x:1", "networkmode": "host", "buildargs": '{"A":"b"}', "cachefrom": '["c", "d"]',
        "version": "2", "remote": "client-session", "session": "s1", "buildid": "s1",
    }  # fmt: skip
    assert SECRET not in str(query) + repr(spec)


@pytest.mark.parametrize(
    ("members", "api", "refused"),
    [
        ({"network": "mine"}, (1, 45), True), ({"network": "none"}, (1, 41), False),
        ({"shm_size": "1m"}, (1, 41), True), ({"shm_size": "1m"}, (1, 42), False),
        ({"ulimits": {"nofile": 1}}, (1, 41), True), ({"cache_from": ["type=gha"]}, (1, 45), True),
        ({"platforms": ["linux/amd64", "linux/arm64"]}, (1, 45), True), ({"privileged": True}, (1, 45), True),
    ],
)  # fmt: skip
def test_what_buildkit_would_drop_is_refused_by_name(members: dict[str, Any], api: tuple[int, int], refused: bool) -> None:
    try:
        buildkit_query(build(**members), None, "s", api)
    except Unsupported as error:
        assert refused and error.details["member"] == f"BuildSpec.{next(iter(members))}"
    else:
        assert not refused


# -- the records of a build -------------------------------------------------------------------------


def recorded(name: str) -> tuple[Trace, list[dict[str, Any]]]:
    trace, found = Trace(), []
    for line in (RECORDED / f"buildkit-{name}.jsonl").read_text().splitlines():
        if (record := record_of(json.loads(line))) is not None:
            found += trace.add(record)
    return trace, found


def test_a_build_is_told_step_by_step() -> None:
    trace, found = recorded("good")
    text = "".join(event.get("text", "") for event in found)
    steps = ["[internal] load remote build context", "[2/3] COPY --chmod=700 f /f", "said", "exporting to image"]
    assert [line for line in text.split("\n") if line in steps] == steps
    assert found[-1] == {"status": "working: done", "id": "naming to localhost/try:1"}
    assert trace.step == ""


def test_the_step_that_failed_and_what_it_said() -> None:
    trace, _ = recorded("failed")
    assert trace.step.startswith("[2/2] RUN --mount=type=secret,id=tok echo first")
    assert sorted(trace.output().split("\n")) == ["first", "the reason"]


@pytest.mark.parametrize("record", ["?", "AAA", "CgX/"])
def test_a_record_that_is_none(record: str) -> None:
    with pytest.raises(protobuf.Malformed):
        Trace().add(record)
