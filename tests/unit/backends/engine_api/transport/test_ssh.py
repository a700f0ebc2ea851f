"""An engine behind ssh, with a program in ssh's place that does over here what ssh does over there."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import pytest

from perry_ffi.backends.detect import detect
from perry_ffi.backends.engine_api.transport.http import HttpClient, Request
from perry_ffi.backends.engine_api.transport.ssh import LOGINS, SshEndpoint, read_url
from perry_ffi.errors import BackendNotAvailable, ValidationError
from perry_ffi.settings import Settings
from tests.engines.scripted import PODMAN, VERSION, ScriptedEngine, scripted_engine, telling

pytestmark = pytest.mark.anyio

CARRIER = """#!{python} -I
import json, os, socket, sys, threading
with open({log!r}, "a") as log:
    log.write(json.dumps(sys.argv[1:]) + "\\n")
engine = socket.socket(socket.AF_UNIX)
engine.connect({socket!r})
def there():
    while data := os.read(0, 65536):
        engine.sendall(data)
    engine.shutdown(socket.SHUT_WR)
threading.Thread(target=there, daemon=True).start()
while data := engine.recv(65536):
    os.write(1, data)
os._exit(0)
"""


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path fits into a socket's address."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def program(folder: Path, text: str) -> Path:
    path = folder / "ssh"
    path.write_text(text)
    path.chmod(0o755)
    return path


@asynccontextmanager
async def behind_ssh(folder: Path, answer: object = None) -> AsyncIterator[ScriptedEngine]:
    """An engine, and the program that leads to it."""
    values = {"python": sys.executable, "log": str(folder / "log"), "socket": str(folder / "e.sock")}
    program(folder, CARRIER.format(**values))
    async with scripted_engine(folder / "e.sock", answer or telling(VERSION)) as engine:  # type: ignore[arg-type]
        yield engine


def settings(home: Path, **environ: str) -> Settings:
    return Settings.from_environ({"HOME": str(home), "PATH": str(home), "PERRY_CONTAINER_PROBE_TIMEOUT": "5", **environ})


def command_lines(home: Path) -> list[list[str]]:
    return [json.loads(line) for line in (home / "log").read_text().splitlines()]


async def test_docker_s_own_way(short: Path) -> None:
    async with behind_ssh(short):
        (row,) = await detect(settings(short, DOCKER_HOST="ssh://me@box:22022"), ["docker"])
        assert row.available and row.mode == "remote"
    own = ["-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=30"]
    assert command_lines(short) == [[*own, "-l", "me", "-p", "22022", "--", "box", "docker", "system", "dial-stdio"]]


async def test_podman_s_own_way(short: Path) -> None:
    environ = {"CONTAINER_HOST": "ssh://box/run/user/1000/podman/podman.sock", "CONTAINER_SSHKEY": "/keys/my key"}
    async with behind_ssh(short, telling(PODMAN)):
        assert (await detect(settings(short, **environ), ["podman"]))[0].available
    (line,) = command_lines(short)
    url = "unix:///run/user/1000/podman/podman.sock"
    assert line[5:] == ["-i", "/keys/my key", "--", "box", "podman", "--remote", "--url", url, "system", "dial-stdio"]


async def test_a_connection_is_kept_and_its_process_ends_with_it(short: Path) -> None:
    async with behind_ssh(short) as engine:
        endpoint = SshEndpoint(host="box", ssh=str(short / "ssh"))
        client = HttpClient(endpoint, backend="docker", timeout=10)
        for _ in range(4):
            assert (await client.exchange(Request("GET", ("x",), "ask"))).status == 200
        assert engine.connections == 1
        stream = await endpoint.connect()
        client.close()
        stream.close()
        with anyio.fail_after(5):
            await stream._program.ended()


async def test_more_than_may_log_in_at_once(short: Path) -> None:
    async with behind_ssh(short):
        client = HttpClient(SshEndpoint(host="box", ssh=str(short / "ssh")), backend="docker", timeout=20)

        async def one() -> None:
            stream = await client.open(Request("GET", ("x",), "ask", patient=True))
            assert stream.status == 200

        async with anyio.create_task_group() as group:
            for _ in range(3 * LOGINS):
                group.start_soon(one)
        client.close()


async def test_a_side_ends_alone(short: Path) -> None:
    async def upgraded(asked: object, stream: anyio.abc.SocketStream) -> None:
        await stream.send(b"HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n")
        found = b""
        try:
            while True:
                found += await stream.receive()
        except anyio.EndOfStream:
            await stream.send(found.upper())
            await stream.aclose()

    async with behind_ssh(short, upgraded):
        client = HttpClient(SshEndpoint(host="box", ssh=str(short / "ssh")), backend="docker", timeout=10)
        response = await client.open(Request("POST", ("x",), "talk", upgrade=True))
        raw, _ = response.take_over()
        await raw.send(b"hello")
        await raw.send_eof()
        found = b""
        while piece := await response.read_raw():
            found += piece
        assert found == b"HELLO"
        client.close()


async def test_what_ssh_says_is_told(short: Path) -> None:
    program(short, "#!/bin/sh\necho 'Host key verification failed.' >&2\nexit 255\n")
    (row,) = await detect(settings(short, DOCKER_HOST="ssh://box"), ["docker"])
    assert not row.available and row.reason.startswith("ssh://box: the host key of box is not known")
    assert row.remedy and "ssh box" in row.remedy


async def test_a_long_request_of_which_nothing_is_read(short: Path) -> None:
    program(short, "#!/bin/sh\necho 'docker: command not found' >&2\nexit 127\n")
    client = HttpClient(SshEndpoint(host="box", ssh=str(short / "ssh")), backend="docker", timeout=10)
    with pytest.raises(BackendNotAvailable) as caught:
        await client.exchange(Request("POST", ("x",), "send", document="x" * 10_000_000))
    assert "not on the PATH" in caught.value.message
    client.close()


async def test_one_that_hangs_ends_with_the_probe(short: Path) -> None:
    program(short, f"#!/bin/sh\necho $$ > {short}/pid\nexec /bin/sleep 60\n")
    with anyio.fail_after(5):
        (row,) = await detect(settings(short, DOCKER_HOST="ssh://box", PERRY_CONTAINER_PROBE_TIMEOUT="0.5"), ["docker"])
    assert "ssh://box does not answer within 0.5 s" in row.reason and "PROBE_TIMEOUT" in (row.remedy or "")
    process = Path("/proc") / (short / "pid").read_text().strip()
    with anyio.fail_after(5):
        while process.exists():
            await anyio.sleep(0.01)


async def test_ssh_that_is_not_there_or_does_not_start(short: Path) -> None:
    (row,) = await detect(settings(short, DOCKER_HOST="ssh://box"), ["docker"])
    assert "ssh is not installed" in row.reason and "openssh-client" in (row.remedy or "")
    program(short, "#!/nowhere/interpreter\n")
    (row,) = await detect(settings(short, DOCKER_HOST="ssh://box"), ["docker"])
    assert "does not start" in row.reason


def test_addresses() -> None:
    assert read_url("ssh://box", where="X") == ("", "box", 0, "")
    assert read_url("ssh://me@box:22/", where="X") == ("me", "box", 22, "")
    assert read_url("ssh://me@[::1]:22/run/x.sock", where="X") == ("me", "::1", 22, "/run/x.sock")
    assert str(SshEndpoint(host="::1", user="me", port=22, socket="/x")) == "ssh://me@[::1]:22/x"


@pytest.mark.parametrize(
    "url",
    [
        "ssh://-oProxyCommand=s3cret", "ssh://-l@box", "ssh://me:s3cret@box", "ssh://", "ssh://me@", "ssh://b;s3cret", "ssh://box:x",
        "ssh://box:99999", "ssh://box?s3cret", "ssh://box/x#s3cret", "ssh://bo x", "ssh://m$(s3cret)@box", "ssh://box/a%0as3cret",
        "ssh:box", "ssh://me@-box", "ssh://%2doption@box",
    ],
)  # fmt: skip
async def test_addresses_that_are_refused(short: Path, url: str) -> None:
    """Before a program is started: a host that begins with a dash would be an option of ssh."""
    with pytest.raises(ValidationError) as caught:
        read_url(url, where="DOCKER_HOST")
    assert "DOCKER_HOST" in caught.value.message and "s3cret" not in str(caught.value.to_dict())
    program(short, f"#!/bin/sh\ntouch {short}/started\n")
    (row,) = await detect(settings(short, DOCKER_HOST=url), ["docker"])
    assert not row.available and "s3cret" not in f"{row.reason}{row.remedy}" and not (short / "started").exists()


def test_words_for_the_other_side_s_shell_are_quoted() -> None:
    line = SshEndpoint(host="box", socket="/a b/$(x).sock").argv()
    assert line[-6:] == ["box", "docker", "--host", "'unix:///a b/$(x).sock'", "system", "dial-stdio"]
