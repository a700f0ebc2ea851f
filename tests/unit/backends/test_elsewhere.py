"""What engines beside the one in use hold: asked once, within bounds, and of sockets that are there."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import anyio
import pytest

from perry_ffi.backends import elsewhere
from perry_ffi.backends.contract.engine import Elsewhere
from perry_ffi.backends.detect import choose
from perry_ffi.backends.engine_api.drivers.api_driver import ApiDriver
from perry_ffi.settings import Settings
from tests.engines.scripted import PODMAN, VERSION, Asked, ScriptedEngine, answers, document, ping, scripted_engine
from tests.unit.backends.test_detect import hang, settings, short  # noqa: F401

pytestmark = pytest.mark.anyio
LABELS = {"com.docker.compose.project": "shop"}


@pytest.fixture(autouse=True)
def no_usual_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own engines play no part."""
    monkeypatch.setattr(ApiDriver, "usual_sockets", lambda driver, settings: [f"{settings.home}/{driver.name}.sock"])


def container(**labels: str) -> dict[str, Any]:
    return {"Id": "c" * 64, "Names": ["/c"], "Image": "i", "State": "running", "Created": 1, "Ports": [], "Labels": labels}


def engine(version: Any, *containers: dict[str, Any]) -> Any:
    server = "Server: Libpod/4.3.1 (linux)\r\n" if version is PODMAN else "Server: Docker/20.10.24 (linux)\r\n"

    async def answer(asked: Asked, stream: anyio.abc.SocketStream) -> None:
        await stream.send(ping(version) if asked.target == "/_ping" else document(list(containers), headers=server))

    return answer


async def look(found: Settings) -> list[Elsewhere]:
    choice = await choose(found)
    try:
        return await elsewhere.held_elsewhere(found, choice.backend, [row.name for row in choice.slow], LABELS)
    finally:
        await choice.backend.aclose()


async def test_a_product_s_engine_beside_the_one_in_use(short: Path) -> None:
    """It is told by its socket, once, however many names lead there."""
    (short / ".colima/default").mkdir(parents=True)
    (short / ".colima/docker.sock").symlink_to(short / ".colima/default/docker.sock")
    async with (
        scripted_engine(short / "podman.sock", engine(PODMAN)),
        scripted_engine(short / ".colima/default/docker.sock", engine(VERSION, container(**LABELS))),
    ):
        found = await look(settings(short))
    assert [(row.name, row.address) for row in found] == [("docker", f"unix://{short}/.colima/default/docker.sock")]


@pytest.fixture
async def podman(short: Path) -> AsyncIterator[ScriptedEngine]:
    """The engine in use."""
    async with scripted_engine(short / "podman.sock", engine(PODMAN, container(**LABELS))) as serving:
        yield serving


async def test_another_engine_that_has_it(short: Path, podman: ScriptedEngine) -> None:
    """One question, for the labels alone; the engine in use is not asked, also by another path."""
    (short / "link.sock").symlink_to(short / "podman.sock")
    async with scripted_engine(short / "docker.sock", engine(VERSION, container(**LABELS, more="x"))) as docker:
        local = {"PERRY_CONTAINER_MODE": "local-first"}
        found = await look(settings(short, DOCKER_HOST=f"unix://{short}/link.sock", **local))
        assert found == [Elsewhere("docker", f"unix://{short}/docker.sock", ({**LABELS, "more": "x"},))]
    asked = [asked.target for asked in docker.asked if asked.target != "/_ping"]
    assert len(asked) == 1 and "com.docker.compose.project=shop" in unquote(asked[0])
    assert all("/containers" not in asked.target for asked in podman.asked)


async def test_a_server_that_is_named_and_not_used(short: Path, podman: ScriptedEngine) -> None:
    """What answers says whose it is."""
    async with scripted_engine(short / "named.sock", engine(PODMAN, container(**LABELS))):
        url = f"unix://{short}/named.sock"
        (found,) = await look(settings(short, DOCKER_HOST=url, PERRY_CONTAINER_MODE="local-first"))
    assert (found.name, found.address) == ("podman", url)


@pytest.mark.parametrize(
    "answer",
    [
        engine(VERSION), engine(VERSION, container(other="x")), answers(document({}, "403 Forbidden")),
        answers(b"nonsense", then="close"), answers(document({"message": 1})), hang,
    ],
)  # fmt: skip
async def test_engines_that_have_nothing_or_cannot_say(short: Path, podman: ScriptedEngine, answer: Any) -> None:
    async with scripted_engine(short / "docker.sock", answer):
        before = time.monotonic()
        assert await look(settings(short)) == []
    assert time.monotonic() - before < 2


async def test_engines_are_asked_side_by_side(short: Path, podman: ScriptedEngine) -> None:
    """Those that hang hold none up, and take the time of one."""
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(scripted_engine(short / "docker.sock", hang))
        await stack.enter_async_context(scripted_engine(short / "named.sock", hang))
        named = {"DOCKER_HOST": f"unix://{short}/named.sock", "PERRY_CONTAINER_MODE": "local-first"}
        before = time.monotonic()
        assert await look(settings(short, **named)) == []
    assert time.monotonic() - before < 0.9


async def test_podman_is_started_only_where_it_was_too_slow(short: Path) -> None:
    """Then it gets the time that it needs: without a look at it, it would be as if it had nothing."""
    (short / "run").mkdir()
    (short / "podman").write_text(f"""#!/bin/sh
echo started >>{short}/starts
sleep 1
for last; do :; done
exec python3 {short}/serve.py ${{last#unix://}}
""")
    (short / "podman").chmod(0o755)
    row = document([container(**LABELS)], headers="Server: Libpod/4.3.1 (linux)\r\nConnection: close\r\n")
    (short / "serve.py").write_text(f"""
import socket, sys
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen()
while True:
    peer, _ = listener.accept()
    if peer.recv(4096):
        peer.sendall({row!r})
    peer.close()
""")
    environ = {"XDG_RUNTIME_DIR": str(short / "run"), "PATH": f"{short}:/usr/bin:/bin"}
    async with scripted_engine(short / "docker.sock", engine(VERSION)):
        (found,) = await look(settings(short, **environ))
        assert (found.name, found.address) == ("podman", "a service of its own")
        starts = (short / "starts").read_text().count("started")
        assert await look(settings(short, PERRY_CONTAINER_BACKEND="docker", **environ)) == []
    assert starts == 2 and (short / "starts").read_text().count("started") == 2
    assert not (short / "run" / "perry-container").exists()
