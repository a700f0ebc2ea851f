"""TLS to an engine: what is trusted, what is not, and that a stream keeps its promises above it."""

from __future__ import annotations

import functools
import shutil
import ssl
import tempfile
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from anyio.streams.tls import TLSListener, TLSStream

from perry_ffi.backends.detect import detect
from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.backends.engine_api.transport.http import HttpClient, Request
from perry_ffi.backends.engine_api.transport.tls import Tls
from perry_ffi.net.refusal import Unreachable
from perry_ffi.settings import Settings
from tests.engines.scripted import VERSION, answers, document, scripted_tls_engine, telling
from tests.support.certificates import Authority

pytestmark = pytest.mark.anyio


@functools.lru_cache(maxsize=1)
def authorities() -> tuple[Authority, Authority]:
    """Ours and a stranger's: made once, for keys cost time."""
    folder = Path(tempfile.mkdtemp(prefix="perry-certificates-"))
    return Authority.new(folder), Authority.new(folder, "stranger")


@pytest.fixture(scope="module", autouse=True)
def no_trace() -> Iterator[None]:
    yield
    shutil.rmtree(authorities()[0].folder)
    authorities.cache_clear()


async def asked(port: int, folder: Path, **environ: str) -> tuple[bool, str, str]:
    """What detection tells of the engine at ``port``: available, reason, remedy."""
    said = {"HOME": "/nowhere", "DOCKER_HOST": f"tcp://127.0.0.1:{port}", "DOCKER_CERT_PATH": str(folder)}
    settings = Settings.from_environ({**said, "DOCKER_TLS_VERIFY": "1", **environ})
    (found,) = await detect(settings, ["docker"])
    return found.available, found.reason, found.remedy or ""


async def test_an_engine_behind_tls_with_a_client_certificate(tmp_path: Path) -> None:
    ours, _ = authorities()
    async with scripted_tls_engine(ours.server_context(), telling(VERSION)) as (engine, port):
        assert (await asked(port, ours.folder_of("me", tmp_path)))[0]
        assert [item.target for item in engine.asked] == ["/_ping", "/v1.41/info", "/_ping", "/v1.41/info"]


async def test_a_connection_is_kept(tmp_path: Path) -> None:
    """The tickets that a server sends of its own accord are no answer out of turn."""
    ours, _ = authorities()
    tls = Tls.of_folder(ours.folder_of("me", tmp_path))
    async with scripted_tls_engine(ours.server_context(), answers(document([1]))) as (engine, port):
        client = HttpClient(Endpoint(host="127.0.0.1", port=port, tls=tls), backend="docker", timeout=5)
        for _ in range(5):
            assert (await client.exchange(Request("GET", ("x",), "ask"))).document() == [1]
        client.close()
        assert engine.connections == 1


async def test_a_long_answer_is_whole(tmp_path: Path) -> None:
    ours, _ = authorities()
    value = ["x" * 1000] * 3000
    tls = Tls.of_folder(ours.folder_of("me", tmp_path))
    async with scripted_tls_engine(ours.server_context(), answers(document(value))) as (_, port):
        client = HttpClient(Endpoint(host="127.0.0.1", port=port, tls=tls), backend="docker", timeout=5)
        reply = await client.exchange(Request("POST", ("x",), "ask", document=value))
        client.close()
        assert reply.document() == value


WRONG: dict[str, tuple[dict[str, object], str, str]] = {
    "another authority": ({"trust": "stranger"}, "does not vouch for", "ca.pem"),
    "another host": ({"names": "DNS:elsewhere"}, "another host", "host name"),
    "expired": ({"days": -1}, "not valid now", "renew"),
    "no client certificate": ({"client": ""}, "refuses this side, which shows no client certificate", "cert.pem"),
    "a stranger's client certificate": ({"client": "stranger"}, "refuses this side", "cert.pem"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_wrong_certificates_are_told_with_what_helps(tmp_path: Path, case: str) -> None:
    how, reason, remedy = WRONG[case]
    ours, stranger = authorities()
    folder = (stranger if how.get("client") == "stranger" else ours).folder_of("me", tmp_path)
    trusted = stranger if how.get("trust") == "stranger" else ours
    (folder / "ca.pem").write_bytes(trusted.certificate.read_bytes())
    if how.get("client") == "":
        (folder / "cert.pem").unlink()
        (folder / "key.pem").unlink()
    names, days = str(how.get("names", "IP:127.0.0.1")), int(str(how.get("days", 2)))
    async with scripted_tls_engine(ours.server_context(names, days=days), telling(VERSION)) as (_, port):
        available, told, helps = await asked(port, folder)
    assert not available and reason in told and remedy in helps, (told, helps)


async def test_without_verification_any_certificate_will_do(tmp_path: Path) -> None:
    ours, stranger = authorities()
    context = stranger.server_context("DNS:elsewhere", clients=False)
    async with scripted_tls_engine(context, telling(VERSION)) as (_, port):
        assert (await asked(port, ours.folder_of("me", tmp_path), DOCKER_TLS_VERIFY="", DOCKER_TLS="1"))[0]


async def test_files_that_are_missing_or_odd(tmp_path: Path) -> None:
    ours, _ = authorities()
    folder = ours.folder_of("me", tmp_path)

    async def told() -> str:
        available, reason, remedy = await asked(1, folder)
        assert not available and remedy
        return reason

    for name in ("ca.pem", "cert.pem", "key.pem"):
        kept = (folder / name).read_bytes()
        (folder / name).unlink()
        assert f"{folder / name} does not exist" in await told()
        (folder / name).write_bytes(kept)


async def test_files_that_cannot_be_used(tmp_path: Path) -> None:
    ours, stranger = authorities()
    folder = ours.folder_of("me", tmp_path)
    async with scripted_tls_engine(ours.server_context(), telling(VERSION)) as (_, port):
        good = (folder / "key.pem").read_bytes()
        for odd, words in ((stranger.key.read_bytes(), "another certificate's"), (b"s3cret", "no PEM")):
            (folder / "key.pem").write_bytes(odd)
            _, reason, remedy = await asked(port, folder)
            assert words in reason and str(folder / "key.pem") in reason and remedy and "s3cret" not in reason + remedy
        (folder / "key.pem").write_bytes(good)
        (folder / "ca.pem").write_text("x")
        _, reason, _ = await asked(port, folder)
        assert f"{folder / 'ca.pem'} cannot be used" in reason


async def test_a_key_with_a_passphrase_asks_nobody(tmp_path: Path) -> None:
    ours, _ = authorities()
    folder = ours.folder_of("me", tmp_path)
    command = [
        "openssl",
        "pkey",
        "-in",
        str(folder / "key.pem"),
        "-aes128",
        "-passout",
        "pass:s3cret",
        "-out",
        str(tmp_path / "k"),
    ]
    await anyio.run_process(command)
    (tmp_path / "k").rename(folder / "key.pem")
    async with scripted_tls_engine(ours.server_context(), telling(VERSION)) as (_, port):
        _, reason, remedy = await asked(port, folder)
    assert "needs a passphrase" in reason and "openssl pkey" in remedy


async def test_a_server_without_tls(tmp_path: Path) -> None:
    ours, _ = authorities()

    async def plain(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, plain)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        _, reason, remedy = await asked(port, ours.folder_of("me", tmp_path))
        assert "does not speak TLS" in reason and "2376" in remedy
        group.cancel_scope.cancel()


async def test_a_server_that_wants_tls() -> None:
    """As Go's library answers."""

    async def go(stream: anyio.abc.SocketStream) -> None:
        async with stream:
            await stream.receive()
            await stream.send(b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n")

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, go)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        _, reason, remedy = await asked(port, Path("/nowhere"), DOCKER_TLS_VERIFY="")
        assert "speaks TLS only" in reason and "DOCKER_TLS_VERIFY" in remedy
        group.cancel_scope.cancel()


async def test_one_that_never_answers_the_handshake_ends_with_the_probe(tmp_path: Path) -> None:
    ours, _ = authorities()

    async def mute(stream: anyio.abc.SocketStream) -> None:
        await anyio.sleep_forever()

    async with await anyio.create_tcp_listener(local_host="127.0.0.1") as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, mute)
        port = listener.extra(anyio.abc.SocketAttribute.local_port)
        with anyio.fail_after(2):
            _, reason, _ = await asked(port, ours.folder_of("me", tmp_path), PERRY_CONTAINER_PROBE_TIMEOUT="0.3")
        assert "does not answer within 0.3 s" in reason
        group.cancel_scope.cancel()


# -- the stream ---------------------------------------------------------------------------------------


async def echoing(stream: TLSStream) -> None:
    """Sends back what comes; after the end of that, a last word."""
    async with stream:
        try:
            while True:
                await stream.send(await stream.receive())
        except anyio.EndOfStream:
            await stream.send(b"the end")


async def pair(tmp_path: Path, group: anyio.abc.TaskGroup, serve: object = echoing) -> Endpoint:
    ours, _ = authorities()
    context: ssl.SSLContext = ours.server_context()
    listener = await anyio.create_tcp_listener(local_host="127.0.0.1")
    group.start_soon(TLSListener(listener, context, standard_compatible=True).serve, serve)
    tls = Tls.of_folder(ours.folder_of("me", tmp_path))
    return Endpoint(host="127.0.0.1", port=listener.extra(anyio.abc.SocketAttribute.local_port), tls=tls)


async def test_a_side_ends_alone(tmp_path: Path) -> None:
    """Also where bytes are under way to it that nobody has read yet."""
    async with anyio.create_task_group() as group:
        endpoint = await pair(tmp_path, group)
        stream = await endpoint.connect()
        await stream.send(b"x" * 50_000)
        await anyio.sleep(0.1)
        await stream.send_eof()
        found = b""
        while piece := await stream.receive():
            found += piece
        assert found == b"x" * 50_000 + b"the end" and await stream.receive() == b""
        stream.close()
        group.cancel_scope.cancel()


async def test_a_cancelled_read_loses_nothing_and_both_ways_work_at_once(tmp_path: Path) -> None:
    async with anyio.create_task_group() as group:
        stream = await (await pair(tmp_path, group)).connect()
        found = bytearray()
        wanted = bytes(range(256)) * 8000

        async def send() -> None:
            for at in range(0, len(wanted), 100_000):
                await stream.send(wanted[at : at + 100_000])
            await stream.send_eof()

        group.start_soon(send)
        with anyio.fail_after(20):
            while True:
                with anyio.move_on_after(0.002):
                    if not (piece := await stream.receive(3000)):
                        break
                    found += piece
        assert bytes(found) == wanted + b"the end"
        stream.close()
        group.cancel_scope.cancel()


async def test_a_connection_that_is_cut_is_no_end(tmp_path: Path) -> None:
    from perry_ffi.net.byte_stream import StreamClosed

    async def cut(stream: TLSStream) -> None:
        await stream.send(b"x")
        await stream.transport_stream.aclose()

    async with anyio.create_task_group() as group:
        stream = await (await pair(tmp_path, group, cut)).connect()
        assert await stream.receive() == b"x"
        with pytest.raises(StreamClosed):
            await stream.receive()
        assert stream.readable_now()
        stream.close()
        group.cancel_scope.cancel()


async def test_a_close_wakes_who_waits(tmp_path: Path) -> None:
    from perry_ffi.net.byte_stream import StreamClosed

    async with anyio.create_task_group() as group:
        stream = await (await pair(tmp_path, group)).connect()
        assert not stream.readable_now()

        async def close() -> None:
            await anyio.sleep(0.05)
            stream.close()

        group.start_soon(close)
        with pytest.raises(StreamClosed):
            await stream.receive()
        group.cancel_scope.cancel()


def test_a_refusal_is_an_error_of_the_system() -> None:
    assert isinstance(Unreachable("a", "b"), OSError)
