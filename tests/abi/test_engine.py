"""C hosts and an engine over a socket: values that arrive, streams with bounded memory, an engine that goes away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import SocketStream
from anyio.from_thread import start_blocking_portal

from tests.engines.scripted import Asked, answers, document, ping, scripted_tls_engine
from tests.support.certificates import Authority
from tests.support.driver import FULFILLED, Driver
from tests.support.engine import CONTAINER, EndlessLog, address, engine, numbers, rude_engine
from tests.support.library import Host, carries

pytestmark = pytest.mark.abi

MIB = 1 << 20


@pytest.fixture
def socket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A path that is short enough for a socket."""
    return tmp_path_factory.mktemp("e") / "s"


def test_a_value_arrives(host: Host, socket: Path) -> None:
    with engine(socket, answers(document(CONTAINER))), Driver(host, **address(socket)) as driver:
        found = driver.value("js_container_inspect", "web")
        assert (found["id"], found["name"], found["status"]) == (CONTAINER["Id"], "web", "exited")
        assert driver.value("js_container_detectBackend")[0]["available"] is True
        assert driver.call("js_container_getBackend")[1] == "docker"
        driver.assert_nothing_left()


def openssl(driver: Driver) -> bool:
    """Whether a process has it in memory."""
    return any(name in Path(f"/proc/{driver.pid}/maps").read_text() for name in ("libcrypto", "libssl", "_hashlib", "/_ssl."))


def test_a_container_of_a_local_engine_is_started_without_openssl(host: Host, socket: Path) -> None:
    async def answer(asked: Asked, stream: Any) -> None:
        await stream.send(b"HTTP/1.1 204 No Content\r\n\r\n" if asked.target.endswith("/start") else document(CONTAINER))

    with engine(socket, answer) as serving, Driver(host, **address(socket)) as driver:
        assert driver.call("js_container_start", "web")[0] == FULFILLED
        assert any(asked.target.endswith("/web/start") for asked in serving.asked)
        assert not openssl(driver)


def test_a_value_arrives_through_tls(host: Host, tmp_path: Path) -> None:
    """The library's own interpreter starts without OpenSSL, and has it when it is needed."""
    ours = Authority.new(tmp_path)

    async def answer(asked: Asked, stream: Any) -> None:
        await stream.send(ping() if asked.target == "/_ping" else document(CONTAINER))

    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(scripted_tls_engine(ours.server_context(), answer)) as (_, port),
        Driver(
            host, PERRY_CONTAINER_BACKEND="docker", DOCKER_HOST=f"tcp://127.0.0.1:{port}", DOCKER_TLS_VERIFY="1",
            DOCKER_CERT_PATH=str(ours.folder_of("me", tmp_path / "c")),
        ) as driver,
    ):  # fmt: skip
        assert driver.value("js_container_inspect", "web")["id"] == CONTAINER["Id"]
        assert openssl(driver) or carries(host.library)
        driver.assert_nothing_left()


@pytest.fixture
def followed(plain_host: Host, socket: Path) -> Iterator[tuple[Driver, EndlessLog, int]]:
    """(host, engine's log, handle of the stream that follows it)."""
    log = EndlessLog()
    with engine(socket, log), Driver(plain_host, **address(socket)) as driver:
        yield driver, log, driver.value("js_container_followLogs", "web", None)


def resident(driver: Driver) -> int:
    status = Path(f"/proc/{driver.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) * 1024


def settled(log: EndlessLog) -> int:
    """How much has been sent once nothing more goes."""
    sent = -1
    for _ in range(600):
        if log.sent == sent:
            return sent
        sent = log.sent
        time.sleep(0.1)
    raise AssertionError(f"the engine goes on sending: {sent}")


def test_a_slow_reader_slows_the_engine_and_loses_nothing(followed: tuple[Driver, EndlessLog, int]) -> None:
    driver, log, stream = followed
    first, rest = numbers(driver.value("js_container_streamNext", stream))
    before = resident(driver)
    held = settled(log)
    assert held < 16 * MIB
    assert resident(driver) < before + 16 * MIB
    seen = first
    while len(seen) < 200_000:  # 20 MB, in the reader's own time
        more, rest = numbers(driver.value("js_container_streamNext", stream), rest)
        seen += more
    assert seen == list(range(len(seen)))
    assert resident(driver) < before + 16 * MIB
    assert driver.value("js_container_streamClose", stream) is None
    driver.assert_nothing_left()


def test_closing_a_stream_gives_the_connection_back(followed: tuple[Driver, EndlessLog, int]) -> None:
    driver, log, stream = followed
    driver.value("js_container_streamNext", stream)
    assert driver.value("js_container_streamClose", stream) is None
    for _ in range(300):
        if log.closed.is_set():
            break
        time.sleep(0.1)
    assert log.closed.is_set()
    assert driver.rejection("js_container_streamNext", stream)["code"] == 404
    assert driver.rejection("js_container_streamClose", stream)["code"] == 404


def test_an_engine_that_goes_away_while_it_is_written_to(host: Host, socket: Path, tmp_path: Path) -> None:
    """EPIPE is an answer, not a signal: a C host that leaves SIGPIPE as it is lives on, and the next call works."""
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    with (tmp_path / "large").open("wb") as large:
        large.truncate(64 * MIB)

    spec = f'{{"context": "{tmp_path}"}}'
    with Driver(host, **address(socket)) as driver:
        with engine(socket, answers(document(CONTAINER))):
            assert driver.value("js_container_inspect", "web")["name"] == "web"
        with rude_engine(socket):
            for _ in range(5):
                assert driver.rejection("js_container_build", spec, "name")["code"] in (500, 503)
        assert driver.rejection("js_container_inspect", "web")["code"] in (500, 503)
        with engine(socket, answers(document(CONTAINER))):
            assert driver.value("js_container_inspect", "web")["name"] == "web"
        driver.assert_nothing_left()


@pytest.mark.parametrize(
    "raw",
    [b"\0" * 100, b"HTTP/1.1 200 OK\r\n\r\nno json", b"HTTP/1.1 999 ?\r\n\r\n", b"SSH-2.0-x\r\n", document([]), document("x")],
    ids=["zeros", "no JSON", "a status that is none", "another protocol", "a list", "a text"],
)
def test_an_engine_that_answers_garbage(host: Host, socket: Path, raw: bytes) -> None:
    with Driver(host, **address(socket)) as driver:
        with engine(socket, answers(raw, then="close")):
            error = driver.rejection("js_container_inspect", "web")
            assert error["code"] == 500 and error["kind"] == "BackendError", error
        with engine(socket, answers(document(CONTAINER))):
            assert driver.value("js_container_inspect", "web")["name"] == "web"
        driver.assert_nothing_left()


def test_an_engine_that_hangs(host: Host, socket: Path) -> None:
    async def hang(asked: Asked, stream: SocketStream) -> None:
        await anyio.sleep_forever()

    with Driver(host, **address(socket), PERRY_CONTAINER_ENGINE_TIMEOUT="0.3") as driver:
        with engine(socket, hang):
            error = driver.rejection("js_container_inspect", "web")
            assert (error["code"], error["kind"]) == (504, "Timeout")
        with engine(socket, answers(document(CONTAINER))):
            assert driver.value("js_container_inspect", "web")["name"] == "web"
        driver.assert_nothing_left()
