"""The HTTP client against an engine that says anything."""

from __future__ import annotations

from pathlib import Path

import anyio
import pytest
from anyio.abc import SocketStream

from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.backends.engine_api.transport.http import HttpClient, Reply, Request
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.errors import BackendError, BackendNotAvailable, ContainerError, Timeout, ValidationError
from tests.engines.scripted import Asked, answers, document, scripted_engine

pytestmark = pytest.mark.anyio


GET = Request("GET", ("info",), "ask for the info")


POST = Request("POST", ("containers", Name("c"), "start"), "start container c")


def client(socket: Path, timeout: float = 5.0, limit: int | None = None) -> HttpClient:
    return HttpClient(Endpoint.unix(socket), backend="docker", timeout=timeout, limit=limit)


async def failure(http: HttpClient, request: Request = GET) -> ContainerError:
    with pytest.raises(ContainerError) as caught:
        await http.exchange(request)
    return caught.value


async def test_one_connection_serves_many_requests(tmp_path: Path) -> None:
    async with scripted_engine(tmp_path / "s", answers(document({"a": 1}))) as engine:
        http = client(tmp_path / "s")
        for _ in range(5):
            assert (await http.exchange(GET)).document() == {"a": 1}
        assert engine.connections == 1 and engine.asked[0].target == "/info"
        http.close()


async def test_a_document_is_sent_as_json(tmp_path: Path) -> None:
    async with scripted_engine(tmp_path / "s", answers(document({}))) as engine:
        http = client(tmp_path / "s")
        await http.exchange(Request("POST", ("x",), "x", document={"k": "ü\n\ud800"}, headers={"X-A": "b"}))
        http.close()
    assert engine.asked[0].body == b'{"k":"\\u00fc\\n\\ud800"}'
    assert engine.asked[0].headers["x-a"] == "b"


async def test_a_header_value_breaks_out_of_nothing(tmp_path: Path) -> None:
    async with scripted_engine(tmp_path / "s", answers(document({}))) as engine:
        http = client(tmp_path / "s")
        error = await failure(http, Request("POST", ("x",), "x", headers={"X-A": "b\r\nX-B: c"}))
        assert isinstance(error, ValidationError) and not engine.asked
        await http.exchange(GET)
        http.close()


async def test_a_streamed_body_arrives_whole(tmp_path: Path) -> None:
    async def body():
        for number in range(50):
            yield bytes([number]) * 5000

    async with scripted_engine(tmp_path / "s", answers(document({}))) as engine:
        http = client(tmp_path / "s")
        await http.exchange(Request("POST", ("build",), "build", body=body()))
        http.close()
    assert engine.asked[0].body == b"".join(bytes([n]) * 5000 for n in range(50))


async def test_an_answer_to_half_a_body_is_read(tmp_path: Path) -> None:
    """An engine that refuses a build answers before it has read the context, and closes."""

    async def early(stream: SocketStream) -> None:
        await stream.receive(100)
        await stream.send(document({"message": "no"}, "400 Bad Request"))
        await stream.aclose()

    async def body():
        for _ in range(2000):
            yield b"x" * 10_000

    async with anyio.create_task_group() as group:
        listener = await anyio.create_unix_listener(tmp_path / "s")
        group.start_soon(listener.serve, early)
        http = client(tmp_path / "s")
        reply = await http.exchange(Request("POST", ("build",), "build", body=body()))
        assert (reply.status, reply.document()) == (400, {"message": "no"})
        http.close()
        group.cancel_scope.cancel()


@pytest.mark.parametrize("request_", [GET, POST])
async def test_a_connection_that_went_stale_is_replaced(tmp_path: Path, request_: Request) -> None:
    async def once(asked: Asked, stream: SocketStream) -> None:
        if asked.connection == 1 and len(seen) == 1:
            await stream.aclose()
            return
        seen.append(asked)
        await stream.send(document({"n": len(seen)}))

    seen: list[Asked] = []
    async with scripted_engine(tmp_path / "s", once) as engine:
        http = client(tmp_path / "s")
        assert (await http.exchange(GET)).document() == {"n": 1}
        assert (await http.exchange(request_)).document() == {"n": 2}
        assert engine.connections == 2
        http.close()


async def test_a_request_with_an_effect_is_not_sent_twice_on_a_fresh_connection(tmp_path: Path) -> None:
    async with scripted_engine(tmp_path / "s", answers(b"", then="close")) as engine:
        http = client(tmp_path / "s")
        assert isinstance(await failure(http, POST), BackendError)
        assert len(engine.asked) == 1
        assert isinstance(await failure(http, GET), BackendError)
        assert len(engine.asked) == 3
        http.close()


FAULTS = {
    "garbage": (b"\x00\x01garbage\r\n\r\n" * 10, "close", BackendError),
    "not even a line": (b"x" * 200_000, "hang", BackendError),
    "closed at once": (b"", "close", BackendError),
    "closed in the head": (b"HTTP/1.1 200 OK\r\nConte", "close", BackendError),
    "closed in the body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "close", BackendError),
    "truncated chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc", "close", BackendError),
    "bad chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc", "hang", BackendError),
    "huge header": (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000 + b"\r\n\r\n", "close", BackendError),
    "many headers": (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000 + b"\r\n", "close", BackendError),
    "silence": (b"", "hang", Timeout),
    "silence in the head": (b"HTTP/1.1 200 OK\r\n", "hang", Timeout),
    "silence in the body": (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "hang", Timeout),
    "body is not JSON": (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{{{", "keep", BackendError),
    "deep JSON": (
        b"HTTP/1.1 200 OK\r\nContent-Length: 200000\r\n\r\n" + b"[" * 200_000, "keep", BackendError
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
async def test_faults_are_coded_and_the_next_call_works(tmp_path: Path, fault: str) -> None:
    raw, then, kind = FAULTS[fault]
    async with scripted_engine(tmp_path / "s", answers(raw, then=then)) as engine:
        http = client(tmp_path / "s", timeout=0.3)
        with pytest.raises(kind) as caught:
            (await http.exchange(GET)).document()
        assert caught.value.details["operation"] == "ask for the info"
        engine.answer = answers(document({"back": True}))
        assert (await http.exchange(GET)).document() == {"back": True}
        http.close()
        assert http.pool.open_connections == 0


async def test_a_slow_drip_ends_at_the_bound(tmp_path: Path) -> None:
    async def drip(asked: Asked, stream: SocketStream) -> None:
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
        while True:
            await stream.send(b" ")
            await anyio.sleep(0.02)

    async with scripted_engine(tmp_path / "s", drip):
        http = client(tmp_path / "s", timeout=0.3)
        with anyio.fail_after(5):
            assert isinstance(await failure(http), Timeout)
        http.close()


async def test_an_engine_that_is_gone_and_comes_back(tmp_path: Path) -> None:
    http = client(tmp_path / "s")
    missing = await failure(http)
    assert isinstance(missing, BackendNotAvailable) and "does not exist" in missing.message
    assert missing.details["remedy"]
    async with scripted_engine(tmp_path / "s", answers(document({}))) as engine:
        await http.exchange(GET)
        engine.stop()
        await anyio.sleep(0.05)
        assert isinstance(await failure(http), BackendNotAvailable)
    async with scripted_engine(tmp_path / "s", answers(document({}))):
        await http.exchange(GET)
    http.close()
    assert isinstance(await failure(http), BackendNotAvailable)


FOLLOW = Request("GET", ("containers", Name("c"), "logs"), "follow c", patient=True)


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


async def test_a_patient_stream_stays_while_the_engine_lives_and_ends_when_it_does_not(tmp_path: Path) -> None:
    alive = True

    async def answer(asked: Asked, stream: SocketStream) -> None:
        if asked.target == "/_ping":
            if not alive:
                await anyio.sleep_forever()
            pings.append(asked)
            await stream.send(document("OK"))
            return
        await stream.send(CHUNKED + b"2\r\nab\r\n")
        await anyio.sleep(0.5)
        await stream.send(b"2\r\ncd\r\n")
        await anyio.sleep_forever()

    pings: list[Asked] = []
    async with scripted_engine(tmp_path / "s", answer):
        http = client(tmp_path / "s", timeout=0.1)
        stream = await http.open(FOLLOW)
        assert await stream.read() == b"ab"
        assert await stream.read() == b"cd" and pings
        alive = False
        with pytest.raises(Timeout):
            await stream.read()
        stream.close()
        http.close()


async def test_a_cancelled_read_loses_nothing(tmp_path: Path) -> None:
    async def answer(asked: Asked, stream: SocketStream) -> None:
        await stream.send(CHUNKED)
        for number in range(200):
            await stream.send(b"3\r\n%03d\r\n" % number)
            await anyio.sleep(0.001)
        await stream.send(b"0\r\n\r\n")

    async with scripted_engine(tmp_path / "s", answer):
        http = client(tmp_path / "s")
        stream = await http.open(FOLLOW)
        received, cancelled, ended = b"", 0, False
        while not ended:
            with anyio.move_on_after(0.0005) as scope:
                piece = await stream.read()
                received += piece or b""
                ended = piece is None
            cancelled += scope.cancelled_caught
        assert received == b"".join(b"%03d" % n for n in range(200)) and cancelled
        stream.close()
        http.close()


async def test_close_ends_a_pending_read_of_another_task(tmp_path: Path) -> None:
    async with scripted_engine(tmp_path / "s", answers(CHUNKED, then="hang")):
        http = client(tmp_path / "s")
        stream = await http.open(FOLLOW)
        read: list[bytes | None] = []

        async def reader() -> None:
            read.append(await stream.read())

        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                group.start_soon(reader)
                await anyio.sleep(0.05)
                stream.close()
                stream.close()
        assert read == [None] and await stream.read() is None
        assert http.pool.open_connections == 0
        http.close()


async def test_closing_the_client_ends_what_is_in_flight(tmp_path: Path) -> None:
    async with scripted_engine(tmp_path / "s", answers(b"", then="hang")):
        http = client(tmp_path / "s", timeout=30)
        failed: list[ContainerError] = []

        async def call() -> None:
            failed.append(await failure(http))

        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                group.start_soon(call)
                await anyio.sleep(0.05)
                http.close()
        assert isinstance(failed[0], ContainerError)


async def test_long_requests_keep_no_short_one_waiting(tmp_path: Path) -> None:
    async def answer(asked: Asked, stream: SocketStream) -> None:
        if asked.target != "/info":
            await anyio.sleep_forever()
        await stream.send(document({}))

    async with scripted_engine(tmp_path / "s", answer):
        http = client(tmp_path / "s", limit=2)
        wait = Request("POST", ("containers", Name("c"), "wait"), "wait for c", patient=True)
        with anyio.fail_after(5):
            async with anyio.create_task_group() as group:
                for _ in range(20):
                    group.start_soon(http.exchange, wait)
                await anyio.sleep(0.05)
                for _ in range(20):
                    await http.exchange(GET)
                group.cancel_scope.cancel()
        http.close()
        assert http.pool.open_connections == 0


async def test_short_requests_are_bounded(tmp_path: Path) -> None:
    running, most = 0, 0

    async def answer(asked: Asked, stream: SocketStream) -> None:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await anyio.sleep(0.005)
        running -= 1
        await stream.send(document({}))

    async with scripted_engine(tmp_path / "s", answer):
        http = client(tmp_path / "s", limit=3)
        replies: list[Reply] = []

        async def call() -> None:
            replies.append(await http.exchange(GET))

        async with anyio.create_task_group() as group:
            for _ in range(40):
                group.start_soon(call)
        assert len(replies) == 40 and most == 3
        http.close()


async def test_a_cancelled_call_gives_its_place_and_its_connection_back(tmp_path: Path) -> None:
    async with scripted_engine(tmp_path / "s", answers(b"", then="hang")) as engine:
        http = client(tmp_path / "s", limit=1)
        for _ in range(3):
            with anyio.move_on_after(0.02):
                await http.exchange(GET)
        assert http.pool.open_connections == 0
        engine.answer = answers(document({}))
        with anyio.fail_after(5):
            await http.exchange(GET)
        http.close()
