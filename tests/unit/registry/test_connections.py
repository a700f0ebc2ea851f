"""TLS with the authorities of docker and podman, and proxies on the way."""

from __future__ import annotations

import base64
import os
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import anyio
import pytest

from perry_ffi.errors import ContainerError, RegistryNotAvailable
from perry_ffi.registry import connections
from tests.support.certificates import Authority
from tests.support.registry import Lock, Registry, TokenServer
from tests.unit.registry.serving import NAME, authority, client, login, names, reason, repository

pytestmark = pytest.mark.anyio
__all__ = ["authority"]


@pytest.fixture
def serving(authority: Authority) -> Iterator[Registry]:
    with Registry(tls=authority.server_context("DNS:localhost", clients=False), name="localhost") as found:
        found.content.image(NAME, "1")
        yield found


async def read(registry: Registry, home: Path, **environ: str) -> None:
    async with client(home, **environ) as reading:
        try:
            await reading.manifest(repository(registry), "1")
        finally:
            left = reading.open_connections
        assert left == 1
    assert reading.open_connections == 0


# -- who is trusted -------------------------------------------------------------------------------------


async def test_nobody_vouches_for_it(serving: Registry, tmp_path: Path) -> None:
    with pytest.raises(RegistryNotAvailable) as caught:
        await read(serving, tmp_path)
    assert reason(caught) == "tls" and f"/etc/docker/certs.d/{serving.host}/ca.crt" in caught.value.details["remedy"]
    assert not serving.asked


@pytest.mark.parametrize("folder", [".docker/certs.d", ".config/docker/certs.d", ".config/containers/certs.d"])
async def test_the_folders_of_docker_and_podman(serving: Registry, authority: Authority, tmp_path: Path, folder: str) -> None:
    place = tmp_path / folder / serving.host
    place.mkdir(parents=True)
    (place / "ca.crt").write_bytes(authority.certificate.read_bytes())
    await read(serving, tmp_path)


async def test_a_folder_of_another_port_says_nothing(serving: Registry, authority: Authority, tmp_path: Path) -> None:
    for name in ("localhost", "localhost:1", f"127.0.0.1:{serving.port}"):
        place = tmp_path / ".docker/certs.d" / name
        place.mkdir(parents=True)
        (place / "ca.crt").write_bytes(authority.certificate.read_bytes())
    with pytest.raises(RegistryNotAvailable):
        await read(serving, tmp_path)


async def test_a_file_and_a_folder_of_the_environment(serving: Registry, authority: Authority, tmp_path: Path) -> None:
    await read(serving, tmp_path, SSL_CERT_FILE=str(authority.certificate))
    (tmp_path / "certs").mkdir()
    (tmp_path / "certs/any.pem").write_bytes(authority.certificate.read_bytes())
    hashed = os.popen(f"openssl x509 -noout -hash -in {authority.certificate}").read().strip()
    (tmp_path / f"certs/{hashed}.0").symlink_to("any.pem")
    await read(serving, tmp_path, SSL_CERT_DIR=f"/nowhere:{tmp_path / 'certs'}")


async def test_only_the_settings_say_whom_to_trust(
    serving: Registry, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.certificate))
    with pytest.raises(RegistryNotAvailable):
        await read(serving, tmp_path)


@pytest.mark.parametrize("text", [b"", b"no PEM", None])
async def test_an_authority_that_cannot_be_read(serving: Registry, tmp_path: Path, text: bytes | None) -> None:
    place = tmp_path / ".docker/certs.d" / serving.host
    place.mkdir(parents=True)
    if text is None:
        (place / "ca.crt").symlink_to("nowhere")
    else:
        (place / "ca.crt").write_bytes(text)
    with pytest.raises(RegistryNotAvailable) as caught:
        await read(serving, tmp_path)
    assert reason(caught) == "tls" and str(place / "ca.crt") in str(caught.value)


@pytest.mark.parametrize(
    ("names", "days", "words"),
    [("DNS:other.test", 2, "another host"), ("IP:127.0.0.1", 2, "another host"), ("DNS:localhost", -1, "not valid now")],
)
async def test_a_certificate_that_does_not_fit(authority: Authority, tmp_path: Path, names: str, days: int, words: str) -> None:
    with Registry(tls=authority.server_context(names, days=days, clients=False), name="localhost") as serving:
        with pytest.raises(RegistryNotAvailable) as caught:
            await read(serving, tmp_path, SSL_CERT_FILE=str(authority.certificate))
    assert reason(caught) == "tls" and words in str(caught.value)


async def test_an_address_in_a_certificate(authority: Authority, tmp_path: Path) -> None:
    with Registry(tls=authority.server_context("IP:127.0.0.1", clients=False)) as serving:
        serving.content.image(NAME, "1")
        await read(serving, tmp_path, SSL_CERT_FILE=str(authority.certificate))


async def test_a_client_certificate(authority: Authority, tmp_path: Path) -> None:
    with Registry(tls=authority.server_context("DNS:localhost", clients=True), name="localhost") as serving:
        serving.content.image(NAME, "1")
        place = tmp_path / ".docker/certs.d" / serving.host
        place.mkdir(parents=True)
        (place / "ca.crt").write_bytes(authority.certificate.read_bytes())
        with pytest.raises(RegistryNotAvailable) as caught:
            await read(serving, tmp_path)
        assert reason(caught) == "tls" and "client certificate" in str(caught.value)
        certificate, key = authority.sign("me")
        (place / "client.cert").write_bytes(certificate.read_bytes())
        with pytest.raises(RegistryNotAvailable) as caught:
            await read(serving, tmp_path)
        assert "client.key does not exist" in str(caught.value)
        (place / "client.key").write_bytes(key.read_bytes())
        await read(serving, tmp_path)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
async def test_old_versions_of_tls_are_not_spoken(authority: Authority, tmp_path: Path) -> None:
    import ssl

    context = authority.server_context("DNS:localhost", clients=False)
    with suppress(ValueError):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
        context.set_ciphers("ALL:@SECLEVEL=0")
    with Registry(tls=context, name="localhost") as serving:
        with pytest.raises(RegistryNotAvailable) as caught:
            await read(serving, tmp_path, SSL_CERT_FILE=str(authority.certificate))
    assert reason(caught) == "tls"


async def test_a_handshake_that_stalls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, names(monkeypatch, registry_test_443=silent.getsockname()[1]):
        async with client(tmp_path, silence=0.3) as reading:
            with pytest.raises(RegistryNotAvailable) as caught:
                await reading.manifest(repository("registry.test"), "1")
            assert reason(caught) == "silent" and reading.open_connections == 0


async def test_cancelled_at_any_point_nothing_stays_open(authority: Authority, tmp_path: Path) -> None:
    context = authority.server_context("DNS:localhost", clients=False)
    with (
        TokenServer(tls=context, name="localhost") as tokens,
        Registry(tls=context, name="localhost", lock=Lock(tokens=tokens)) as serving,
    ):
        serving.content.image(NAME, "1")
        login(tmp_path, serving.host)
        for step in range(30):
            async with client(tmp_path, SSL_CERT_FILE=str(authority.certificate)) as reading:
                with anyio.move_on_after(step * 0.002):
                    await reading.manifest(repository(serving), "1")
            assert reading.open_connections == 0
        with anyio.fail_after(5):
            while serving.sockets:
                await anyio.sleep(0.02)


async def test_a_connection_at_rest_is_closed_after_a_while(
    serving: Registry, authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE", 0.2)
    async with client(tmp_path, SSL_CERT_FILE=str(authority.certificate)) as reading:
        for _ in range(2):
            async with anyio.create_task_group() as group:
                for _ in range(3):
                    group.start_soon(reading.manifest, repository(serving), "1")
            assert reading.open_connections
            with anyio.fail_after(5):
                while reading.open_connections:
                    await anyio.sleep(0.02)


_READ = """
from perry_ffi.interpreter.settling import settle_in
settle_in()
import sys, anyio
assert "_ssl" not in sys.modules
from perry_ffi.model.reference import parse_reference
from perry_ffi.registry.client import RegistryClient
from perry_ffi.settings import Settings
async def main():
    async with RegistryClient(Settings.from_environ({"HOME": "/nowhere", "SSL_CERT_FILE": sys.argv[1]})) as reading:
        print((await reading.manifest(parse_reference(sys.argv[2]), "1")).digest)
anyio.run(main)
"""


async def test_in_an_interpreter_of_the_librarys_own(serving: Registry, authority: Authority) -> None:
    """There asyncio knows no TLS."""
    place = f"{serving.host}/{NAME}"
    done = await anyio.run_process([sys.executable, "-c", _READ, str(authority.certificate), place])
    assert done.stdout.decode().strip() == serving.content.image(NAME, "1")


# -- proxies ----------------------------------------------------------------------------------------------


@contextmanager
def proxy(reply: bytes | None = None, to: int | None = None) -> Iterator[tuple[str, list[bytes]]]:
    """A proxy on loopback, and the heads that it was sent. reply: what it says instead of working. to: the port that all lead to."""
    heads: list[bytes] = []
    listening = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)

    def serve(one: socket.socket) -> None:
        with one, suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += one.recv(65536)
            heads.append(head)
            if reply is not None or to is None:
                one.sendall(reply or b"HTTP/1.1 502 no\r\nContent-Length: 0\r\n\r\n")
                return
            with socket.create_connection(("127.0.0.1", to)) as other:
                if head.startswith(b"CONNECT"):
                    one.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    other.sendall(head)
                threading.Thread(target=pump, args=(one, other), daemon=True).start()
                pump(other, one)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=serve, args=(listening.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"127.0.0.1:{listening.getsockname()[1]}", heads
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


async def test_through_a_proxy_with_tls(authority: Authority, tmp_path: Path) -> None:
    """TLS goes to the registry itself: the proxy sees neither what is asked nor credentials for it."""
    with Registry(tls=authority.server_context("DNS:registry.test", clients=False), lock=Lock()) as serving:
        serving.content.image(NAME, "1")
        login(tmp_path, "registry.test")
        with proxy(to=serving.port) as (place, heads):
            environ = {"HTTPS_PROXY": f"http://me:the%20word@{place}", "SSL_CERT_FILE": str(authority.certificate)}
            async with client(tmp_path, **environ) as reading:
                await reading.manifest(repository("registry.test"), "1")
    assert len(heads) == 1 and heads[0].startswith(b"CONNECT registry.test:443 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic " + base64.b64encode(b"me:the word") in heads[0] and b"\r\nAuthorization" not in heads[0]
    assert all("proxy-authorization" not in one.headers for one in serving.asked)


async def test_through_a_proxy_without_tls(tmp_path: Path) -> None:
    with Registry() as serving:
        serving.content.image(NAME, "1")
        serving.evil["GET http://registry.test:5000/v2/"] = lambda handler: (
            setattr(handler, "path", handler.path.removeprefix("http://registry.test:5000")),
            handler.behave(),
        )[1]  # type: ignore[func-returns-value]
        with proxy(to=serving.port) as (place, heads):
            environ = {"http_proxy": f"me:word@{place}", "no_proxy": "other.test"}
            async with client(tmp_path, insecure=("registry.test:5000",), HTTPS_PROXY="", **environ) as reading:
                reading._reader._origins["registry.test:5000"] = _plain("registry.test", 5000)
                await reading.manifest(repository("registry.test:5000"), "1")
    assert heads[0].startswith(b"GET http://registry.test:5000/v2/acme/app/manifests/1 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic " in heads[0] and serving.asked[0].headers["host"] == "registry.test:5000"


def _plain(host: str, port: int):  # type: ignore[no-untyped-def]
    from perry_ffi.registry.url import Origin

    return Origin(False, host, port)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (b"HTTP/1.1 407 no\r\nContent-Length: 0\r\n\r\n", "status 407"),
        (b"HTTP/1.1 502 no\r\nContent-Length: 0\r\n\r\n", "status 502"),
        (b"", "closes"),
        (b"no\r\n\r\n", "closes"),
        (b"HTTP/1.1 200 OK\r\n\r\nahead", "status 200"),
    ],
)
async def test_a_proxy_that_does_not_work(tmp_path: Path, reply: bytes, words: str) -> None:
    with proxy(reply or None, to=None if reply else 1) as (place, _heads):
        async with client(tmp_path, HTTPS_PROXY=f"http://me:the-refresh-token@{place}") as reading:
            with pytest.raises(RegistryNotAvailable) as caught:
                await reading.manifest(repository("registry.test"), "1")
            assert reason(caught) == "proxy" and words in str(caught.value) and reading.open_connections == 0


async def test_a_proxy_that_is_not_there(tmp_path: Path) -> None:
    async with client(tmp_path, HTTPS_PROXY="http://127.0.0.1:1") as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.manifest(repository("registry.test"), "1")
    assert reason(caught) == "proxy" and caught.value.details["host"] == "registry.test"


@pytest.mark.parametrize(
    ("value", "code"), [("socks5://h:1", 501), ("https://h:1", 501), ("ftp://h", 400), ("http://", 400), ("http://h:x", 400)]
)
async def test_a_proxy_that_is_none(tmp_path: Path, value: str, code: int) -> None:
    async with client(tmp_path, HTTPS_PROXY=value) as reading:
        with pytest.raises(ContainerError) as caught:
            await reading.manifest(repository("registry.test"), "1")
    assert caught.value.code == code and "HTTPS_PROXY" in str(caught.value)


async def test_this_machine_is_reached_without_a_proxy(serving: Registry, authority: Authority, tmp_path: Path) -> None:
    await read(
        serving,
        tmp_path,
        HTTPS_PROXY="http://127.0.0.1:1",
        HTTP_PROXY="http://127.0.0.1:1",
        SSL_CERT_FILE=str(authority.certificate),
    )
