"""Which engine answers: by its ping where that tells, by its ``/version`` where it does not, and what is no engine at all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.abc import SocketStream

from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.backends.engine_api.transport.http import HttpClient
from perry_ffi.backends.engine_api.transport.version import (
    OLDEST,
    EngineVersion,
    architecture,
    negotiate,
    read_ping,
    read_version,
)
from perry_ffi.errors import BackendError, BackendNotAvailable, ContainerError, Timeout
from tests.engines.scripted import PODMAN, VERSION, Answer, Asked, answers, document, ping, scripted_engine, telling

pytestmark = pytest.mark.anyio
DOCKER_HEADERS = {
    "server": "Docker/20.10.24+dfsg1 (linux)",
    "api-version": "1.41",
    "ostype": "linux",
    "docker-experimental": "false",
}
PODMAN_HEADERS = {
    "server": "Libpod/4.3.1 (linux)", "api-version": "1.41", "libpod-api-version": "4.3.1", "libpod-buildah-version": "1.28.2",
    "builder-version": "", "buildkit-version": "", "docker-experimental": "true",
}  # fmt: skip


async def asked(
    folder: Path, answer: Answer, ask: Callable[[HttpClient], Awaitable[Any]] = negotiate, timeout: float = 5.0
) -> tuple[Any, list[str], str]:
    """What ``ask`` gives or raises of the engine that answers so; the questions that it was asked; the client's prefix then."""
    async with scripted_engine(folder / "s", answer) as engine:
        client = HttpClient(Endpoint.unix(folder / "s"), backend="docker", timeout=timeout)
        try:
            found = await ask(client)
        except ContainerError as error:
            found = error
        finally:
            client.close()
        return found, [f"{one.method} {one.target}" for one in engine.asked], client.version_prefix


def behind(told: bytes, version: bytes) -> Answer:
    """told: to the ping; version: to ``/version``."""

    async def answer(one: Asked, stream: SocketStream) -> None:
        await stream.send(told if one.target == "/_ping" else version)

    return answer


# -- by the ping --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "found"),
    [
        (DOCKER_HEADERS, EngineVersion("docker", "20.10.24+dfsg1", (1, 41))),
        (
            {"server": "Docker/26.1.5+dfsg1 (linux)", "api-version": "1.45", "swarm": "inactive", "builder-version": "2"},
            EngineVersion("docker", "26.1.5+dfsg1", (1, 45)),
        ),
        (
            {"server": "Docker/28.5.2+dfsg4 (linux)", "api-version": "1.51", "swarm": "active/manager", "builder-version": "2"},
            EngineVersion("docker", "28.5.2+dfsg4", (1, 51)),
        ),
        (PODMAN_HEADERS, EngineVersion("podman", "4.3.1", (1, 41))),
        (
            {"server": "Libpod/5.4.2 (linux)", "api-version": "1.41", "libpod-api-version": "5.4.2", "ostype": "linux"},
            EngineVersion("podman", "5.4.2", (1, 41)),
        ),
        (
            {"server": "Libpod/5.8.6 (linux)", "api-version": "1.44", "libpod-api-version": "5.8.6", "ostype": "linux"},
            EngineVersion("podman", "5.8.6", (1, 44)),
        ),
    ],
)
def test_what_the_engines_say_of_themselves(headers: dict[str, str], found: EngineVersion) -> None:
    """As those engines wrote it."""
    assert read_ping(headers) == found


@pytest.mark.parametrize("version", [VERSION, PODMAN], ids=["docker", "podman"])
async def test_an_engine_that_says_who_it_is_is_asked_nothing_more(tmp_path: Path, version: dict[str, Any]) -> None:
    found, questions, prefix = await asked(tmp_path, telling(version))
    assert found == read_version(version, "x") and questions == ["GET /_ping"] and prefix == "/v1.41"


async def test_an_engine_that_is_too_old_says_so_by_its_ping(tmp_path: Path) -> None:
    found, questions, prefix = await asked(tmp_path, telling({**VERSION, "Version": "18.09.1", "ApiVersion": "1.39"}))
    assert isinstance(found, BackendNotAvailable) and found.details["state"] == "unsupported" and not prefix
    assert "docker 18.09.1 is too old: it speaks API 1.39" in found.message and questions == ["GET /_ping"]


# -- by the document ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"server": "nginx/1.22.1", "api-version": "1.41"},
        {"server": "Docker/20.10.24, nginx", "api-version": "1.41", "libpod-api-version": "4.3.1"},
        {"server": "Docker", "api-version": "1.41"},
        {"server": "Docker/ (linux)", "api-version": "1.41"},
        {"server": "Docker/20.10.24 (linux)"},
        *({"server": "Docker/20.10.24 (linux)", "api-version": api} for api in ("", "x", "1", "1.41.0", "-1.41", "1.99999")),
        {"server": "Docker/20.10.24 (linux)", "api-version": "1.41", "libpod-api-version": "4.3.1"},
        {"server": "Libpod/4.3.1 (linux)", "api-version": "1.41"},
        {"server": "Libpod/4.3.1 (linux)", "libpod-api-version": "4.3.1"},
        {"server": "Libpod/4.3.1 (linux)", "api-version": "1.41", "libpod-api-version": "5.8.6"},
    ],
)
async def test_headers_that_tell_too_little_or_two_things_leave_it_to_the_document(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    found, questions, prefix = await asked(tmp_path, behind(document("OK", headers=lines), document(PODMAN)))
    assert found == EngineVersion("podman", "4.3.1", (1, 41)) and prefix == "/v1.41"
    assert questions == ["GET /_ping", "GET /version"]


@pytest.mark.parametrize("status", ["403 Forbidden", "404 Not Found", "405 no", "500 no", "503 no"])
async def test_a_ping_that_is_refused_leaves_it_to_the_document(tmp_path: Path, status: str) -> None:
    refused = document({"message": "no ping here"}, status, "Server: Docker/1 (linux)\r\nApi-Version: 1.99\r\n")
    found, questions, _ = await asked(tmp_path, behind(refused, document(VERSION)))
    assert found == EngineVersion("docker", "20.10.24", (1, 41)) and questions == ["GET /_ping", "GET /version"]


@pytest.mark.parametrize(
    ("version", "kind", "words"),
    [
        (document({"message": "go away"}, "403 Forbidden"), ContainerError, "go away"),
        (document({"message": "out of order"}, "500 no"), ContainerError, "out of order"),
        (document({"hello": 1}), BackendError, "is not a container engine"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n<ht>", BackendError, "not JSON"),
        (document({**VERSION, "ApiVersion": "1.24"}), BackendNotAvailable, "docker 20.10.24 is too old: it speaks API 1.24"),
        (
            b"HTTP/1.1 400 no\r\nContent-Length: 48\r\n\r\nClient sent an HTTP request to an HTTPS server.\n", BackendNotAvailable,
            "speaks TLS only",
        ),
    ],
)  # fmt: skip
async def test_what_went_wrong_is_what_the_document_says(
    tmp_path: Path, version: bytes, kind: type[ContainerError], words: str
) -> None:
    found, questions, prefix = await asked(tmp_path, behind(version, version))
    assert isinstance(found, kind) and words in found.message and found.details["backend"] == "docker" and not prefix
    assert questions == ["GET /_ping", "GET /version"]


async def test_an_engine_that_is_silent_or_talks_nonsense_is_told_at_the_first_question(tmp_path: Path) -> None:
    found, questions, _ = await asked(tmp_path, answers(b"", then="hang"), timeout=0.2)
    assert isinstance(found, Timeout) and "ask docker for its version: docker stayed silent" in found.message
    assert questions == ["GET /_ping"]
    found, questions, _ = await asked(tmp_path, answers(b"SSH-2.0-OpenSSH\r\n\r\n" * 9, then="close"))
    assert isinstance(found, BackendError) and "not HTTP" in found.message and "GET /version" not in questions


async def test_an_engine_that_ends_after_its_ping(tmp_path: Path) -> None:
    async def answer(one: Asked, stream: SocketStream) -> None:
        if one.target == "/_ping":
            await stream.send(document("OK"))
        else:
            await stream.aclose()

    with anyio.fail_after(10):
        found, questions, _ = await asked(tmp_path, answer)
    assert isinstance(found, BackendError) and questions[:2] == ["GET /_ping", "GET /version"]


def test_the_newest_version_that_an_engine_speaks_is_spoken() -> None:
    for newest, spoken in (("1.41", (1, 41)), ("1.43", (1, 43)), ("1.52", (1, 52)), ("1.99", (1, 99)), ("2.0", (2, 0))):
        found = read_version({**VERSION, "ApiVersion": newest, "MinAPIVersion": "1.24"}, "docker")
        assert found.api == spoken and found.prefix == f"/v{newest}"
        assert read_ping({**DOCKER_HEADERS, "api-version": newest}) == EngineVersion("docker", "20.10.24+dfsg1", spoken)
    assert read_version({**VERSION, "ApiVersion": "1.99", "MinAPIVersion": "1.90"}, "docker").api == (1, 99)
    assert OLDEST == (1, 41)


@pytest.mark.parametrize("value", [None, [], {}, {"ApiVersion": 1}, {"ApiVersion": "x"}, {"ApiVersion": "1.2.3"}])
def test_what_is_no_version(value: object) -> None:
    with pytest.raises(BackendError):
        read_version(value, "docker")


@pytest.mark.parametrize(("said", "found"), [({"Arch": "arm64"}, "arm64"), ({"Arch": None}, ""), ([], "")])
async def test_the_architecture_is_the_document_s(tmp_path: Path, said: Any, found: str) -> None:
    assert (await asked(tmp_path, behind(ping(), document(said)), architecture))[:2] == (found, ["GET /version"])
