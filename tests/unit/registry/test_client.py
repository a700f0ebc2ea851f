"""Reading from registries on loopback that behave, and that do not."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest

from perry_ffi.errors import ContainerError, NotFound, RegistryNotAvailable, Timeout, VerificationFailed
from perry_ffi.registry.client import RegistryClient
from perry_ffi.registry.limits import MAX_BLOB, Limits
from tests.support.registry import Registry, digest_of, evil
from tests.support.registry.content import OCI_INDEX, OCI_MANIFEST, encode
from tests.unit.registry.serving import NAME, client, reason, repository, settings

pytestmark = pytest.mark.anyio


@pytest.fixture
def registry() -> Iterator[Registry]:
    with Registry() as serving:
        yield serving


# -- what is there ------------------------------------------------------------------------------------


async def test_a_manifest_by_its_tag_and_by_its_digest(registry: Registry, tmp_path: Path) -> None:
    digest = registry.content.image(NAME, "1")
    async with client(tmp_path) as reading:
        by_tag = await reading.manifest(repository(registry), "1")
        by_digest = await reading.manifest(repository(registry), digest)
        assert by_tag == by_digest
        assert (by_tag.digest, by_tag.media_type) == (digest, OCI_MANIFEST)
        layer = by_tag.document()["layers"][0]["digest"]
        assert await reading.blob(repository(registry), layer) == b"a layer"
        assert reading.open_connections == 1
    assert reading.open_connections == 0
    assert OCI_INDEX in registry.asked[0].headers["accept"] and registry.asked[0].headers["accept-encoding"] == "identity"


async def test_what_is_not_there(registry: Registry, tmp_path: Path) -> None:
    async with client(tmp_path) as reading:
        for version in ("2", digest_of(b"")):
            with pytest.raises(NotFound) as caught:
                await reading.manifest(repository(registry), version)
            assert version in str(caught.value)
        with pytest.raises(NotFound):
            await reading.blob(repository(registry), digest_of(b""))


async def test_referrers(registry: Registry, tmp_path: Path) -> None:
    digest = registry.content.image(NAME, "1")
    own = registry.content.referrer(NAME, digest, b"{}", media_type="a/b", artifact_type="a/c", annotations={"k": "v"})
    async with client(tmp_path) as reading:
        found = await reading.referrers(repository(registry), digest)
        assert found is not None
        assert [(row.digest, row.artifact_type, row.annotations) for row in found] == [(own, "a/c", {"k": "v"})]
        assert await reading.referrers(repository(registry), own) == []


@pytest.mark.parametrize("status", [400, 404, 405])
async def test_a_registry_without_a_list_of_referrers(registry: Registry, tmp_path: Path, status: int) -> None:
    registry.evil["/referrers/"] = evil.status(status)
    async with client(tmp_path) as reading:
        assert await reading.referrers(repository(registry), digest_of(b"")) is None


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (500, "failing"),
        (502, "failing"),
        (503, "failing"),
        (501, "failing"),
        (403, "denied"),
        (429, "limited"),
        (401, "unauthorized"),
        (418, "status"),
        (204, "status"),
    ],
)
async def test_a_status_that_answers_nothing_is_no_verdict(registry: Registry, tmp_path: Path, status: int, word: str) -> None:
    registry.evil["GET"] = evil.status(
        status, encode({"errors": [{"code": "DENIED", "message": "what\nthey say"}]}) if status > 204 else b""
    )
    async with client(tmp_path) as reading:
        for ask in (reading.referrers(repository(registry), digest_of(b"")), reading.manifest(repository(registry), "1")):
            with pytest.raises(RegistryNotAvailable) as caught:
                await ask
            assert (reason(caught), caught.value.details["status"]) == (word, status)
            assert caught.value.details["host"] == registry.host and "they say" not in str(caught.value.to_dict())


# -- bytes that are not what they should be -----------------------------------------------------------


async def test_a_tag_answers_other_bytes_than_the_digest_that_is_told(registry: Registry, tmp_path: Path) -> None:
    registry.content.image(NAME, "1")
    registry.evil["/manifests/1"] = evil.changed()
    async with client(tmp_path) as reading:
        with pytest.raises(VerificationFailed) as caught:
            await reading.manifest(repository(registry), "1")
    assert caught.value.details["reason"] == "registryLied"


@pytest.mark.parametrize("told", ["", "sha256:", "sha256:" + "0" * 64, "md5:" + "0" * 32, "no digest", "sha256:" + "A" * 64])
async def test_a_digest_that_is_told_and_is_none(registry: Registry, tmp_path: Path, told: str) -> None:
    registry.evil["/manifests/1"] = evil.reply(b"{}", Docker_Content_Digest=told)
    async with client(tmp_path) as reading:
        with pytest.raises(VerificationFailed, match="other bytes"):
            await reading.manifest(repository(registry), "1")


async def test_a_tag_without_a_told_digest_is_known_by_its_bytes(registry: Registry, tmp_path: Path) -> None:
    registry.evil["/manifests/1"] = evil.reply(b"{}")
    async with client(tmp_path) as reading:
        assert (await reading.manifest(repository(registry), "1")).digest == digest_of(b"{}")


async def test_a_digest_is_hashed_whatever_is_told(registry: Registry, tmp_path: Path) -> None:
    digest = registry.content.image(NAME, "1")
    layer = digest_of(b"a layer")
    registry.evil["/manifests/sha256|/blobs/sha256"] = evil.changed()
    async with client(tmp_path) as reading:
        for ask in (reading.manifest(repository(registry), digest), reading.blob(repository(registry), layer)):
            with pytest.raises(VerificationFailed) as caught:
                await ask
            assert caught.value.details["reason"] == "registryLied"
        asked = len(registry.asked)
        for other in ("md5:" + "0" * 32, "sha256:zz", "1"):
            with pytest.raises(VerificationFailed):
                await reading.blob(repository(registry), other)
        for other in ("md5:" + "0" * 32, "sha256:zz", "a/b", "../x", "", "a?b", "x" * 129):
            with pytest.raises(VerificationFailed):
                await reading.manifest(repository(registry), other)
        assert len(registry.asked) == asked


@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
async def test_other_algorithms(registry: Registry, tmp_path: Path, algorithm: str) -> None:
    import hashlib

    digest = f"{algorithm}:{hashlib.new(algorithm, b'{}').hexdigest()}"
    registry.evil["/manifests/"] = evil.reply(b"{}", Docker_Content_Digest=digest)
    async with client(tmp_path) as reading:
        assert (await reading.manifest(repository(registry), digest)).digest == digest
        assert (await reading.manifest(repository(registry), "1")).digest == digest


async def test_a_large_body_is_hashed_too(registry: Registry, tmp_path: Path) -> None:
    body = b"x" * (MAX_BLOB - 1)
    digest = registry.content.put_blob(NAME, body)["digest"]
    async with client(tmp_path) as reading:
        assert await reading.blob(repository(registry), digest) == body
        registry.evil["/blobs/"] = evil.changed()
        with pytest.raises(VerificationFailed, match="other bytes"):
            await reading.blob(repository(registry), digest)


# -- too much -------------------------------------------------------------------------------------------

_ENDLESS = {
    "without a length": evil.endless(),
    "chunked": evil.endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"8000\r\n" + b" " * 0x8000 + b"\r\n"),
    "a large length": evil.endless(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
    "a length that lies": evil.endless(b"HTTP/1.1 200 OK\r\nDocker-Content-Digest: x\r\nContent-Length: 4194300\r\n\r\n"),
}


@pytest.mark.parametrize("kind", _ENDLESS)
async def test_a_body_without_an_end(registry: Registry, tmp_path: Path, kind: str) -> None:
    registry.evil["GET"] = _ENDLESS[kind]
    async with client(tmp_path) as reading:
        begin = time.monotonic()
        for ask in (
            reading.manifest(repository(registry), "1"),
            reading.blob(repository(registry), digest_of(b"")),
            reading.referrers(repository(registry), digest_of(b"")),
        ):
            with pytest.raises((VerificationFailed, RegistryNotAvailable)) as caught:
                await ask
            assert caught.value.details["reason"] in ("tooLarge", "unreadable", "registryLied")
        assert time.monotonic() - begin < 4
        assert reading.open_connections <= 1  # a body of the length that was told ends


async def test_bounds_are_exact(registry: Registry, tmp_path: Path) -> None:
    digest = registry.content.put_blob(NAME, b"x" * 1000)["digest"]
    async with client(tmp_path) as reading:
        assert len(await reading.blob(repository(registry), digest, limit=1000)) == 1000
        with pytest.raises(VerificationFailed) as caught:
            await reading.blob(repository(registry), digest, limit=999)
        assert caught.value.details["reason"] == "tooLarge"


async def test_what_unpacks_to_more_is_not_unpacked(registry: Registry, tmp_path: Path) -> None:
    registry.evil["GET"] = evil.compressed(50 * 1024 * 1024)
    async with client(tmp_path) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.referrers(repository(registry), digest_of(b""))
    assert reason(caught) == "encoding"


@pytest.mark.parametrize(
    "head",
    [
        b"".join(b"X-%d: %s\r\n" % (number, b"y" * 100) for number in range(5000)),
        b"X: " + b"y" * 500_000 + b"\r\n",
        b"Content-Length: 1\r\nContent-Length: 2\r\n",
        b"Content-Length: -1\r\n",
        b"Transfer-Encoding: gzip, chunked\r\n",
        b"No colon\r\n",
        b"\0\r\n",
    ],
    ids=["many", "one", "two lengths", "negative", "coding", "no colon", "nul"],
)
async def test_heads_that_are_none_or_too_large(registry: Registry, tmp_path: Path, head: bytes) -> None:
    registry.evil["GET"] = evil.raw(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n{}")
    async with client(tmp_path) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.manifest(repository(registry), "1")
        assert reason(caught) in ("protocol", "cut") and reading.open_connections == 0


async def test_interim_answers_without_an_end(registry: Registry, tmp_path: Path) -> None:
    def act(handler: evil.Handler) -> None:
        handler.close_connection = True
        while True:
            handler.wfile.write(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 100)

    registry.evil["GET"] = act
    async with client(tmp_path, silence=0.5, seconds=1) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.manifest(repository(registry), "1")
        assert reason(caught) == "protocol"


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}", "cut"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\n{}", "cut"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}", "protocol"),
        (b"HTTP/1.1 200", "cut"),
        (b"", "cut"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "protocol"),
        (b"\x16\x03\x01 no", "protocol"),
    ],
    ids=["length", "chunks", "no size", "half a line", "nothing", "ssh", "tls"],
)
async def test_answers_that_end_too_early_or_are_none(registry: Registry, tmp_path: Path, answer: bytes, word: str) -> None:
    registry.evil["GET"] = evil.raw(answer)
    async with client(tmp_path) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.manifest(repository(registry), "1")
        assert reason(caught) == word and reading.open_connections == 0


async def test_a_body_to_the_end_of_the_connection(registry: Registry, tmp_path: Path) -> None:
    registry.evil["GET"] = evil.raw(b"HTTP/1.0 200 OK\r\n\r\n{}")
    async with client(tmp_path) as reading:
        assert (await reading.manifest(repository(registry), "1")).body == b"{}"
        assert reading.open_connections == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'{"manifests": {}}',
        b'{"manifests": [1]}',
        b'{"manifests":[{}]}',
        b'{"a":1,"a":2}',
        b"[" * 100_000,
        b"{}",
        b'{"manifests":[NaN]}',
    ],
)
async def test_a_list_that_is_none_is_no_empty_list(registry: Registry, tmp_path: Path, body: bytes) -> None:
    registry.evil["/referrers/"] = evil.reply(body)
    async with client(tmp_path) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.referrers(repository(registry), digest_of(b""))
    assert reason(caught) == "unreadable"


# -- pages --------------------------------------------------------------------------------------------


async def test_pages(registry: Registry, tmp_path: Path) -> None:
    digest = digest_of(b"")
    first, second = evil.rows_of(2, "a/b"), evil.rows_of(3, "c/d")[2:]
    registry.evil["n=2"] = evil.listing(second)
    registry.evil["/referrers/"] = evil.listing(first, Link=f'</v2/{NAME}/referrers/{digest}?n=2>; rel="next"')
    async with client(tmp_path) as reading:
        found = await reading.referrers(repository(registry), digest)
    assert found is not None and [row.artifact_type for row in found] == ["a/b", "a/b", "c/d"]


async def test_pages_without_an_end(registry: Registry, tmp_path: Path) -> None:
    registry.evil["/referrers/"] = evil.listing([], Link=f'</v2/{NAME}/referrers/{digest_of(b"")}>; rel="next"')
    async with client(tmp_path) as reading:
        with pytest.raises(VerificationFailed) as caught:
            await reading.referrers(repository(registry), digest_of(b""))
    assert caught.value.details["reason"] == "tooMany" and len(registry.asked) == 9


async def test_all_pages_together_are_bounded(registry: Registry, tmp_path: Path) -> None:
    rows = evil.rows_of(8000, "a/b")
    registry.evil["/referrers/"] = evil.listing(rows, Link=f'</v2/{NAME}/referrers/{digest_of(b"")}>; rel="next"')
    async with client(tmp_path) as reading:
        with pytest.raises(VerificationFailed) as caught:
            await reading.referrers(repository(registry), digest_of(b""))
    assert caught.value.details["reason"] == "tooLarge" and len(registry.asked) < 5


@pytest.mark.parametrize(
    "link", ["http://127.0.0.1:1/v2/", "//127.0.0.1:1/v2/", "ftp://127.0.0.1/", "http://u:p@127.0.0.1/", "http://[/"]
)
async def test_a_next_page_elsewhere(registry: Registry, tmp_path: Path, link: str) -> None:
    registry.evil["/referrers/"] = evil.listing([], Link=f'<{link}>; rel="next"')
    async with client(tmp_path) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.referrers(repository(registry), digest_of(b""))
    assert reason(caught) == "redirect"


# -- time -----------------------------------------------------------------------------------------------


async def test_silence_is_bounded(registry: Registry, tmp_path: Path) -> None:
    released = threading.Event()
    registry.evil["GET"] = evil.stall(released)
    async with client(tmp_path, silence=0.2) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.manifest(repository(registry), "1")
        assert reason(caught) == "silent" and reading.open_connections == 0
    released.set()


async def test_all_time_is_bounded(registry: Registry, tmp_path: Path) -> None:
    registry.evil["GET"] = evil.drip(0.05)
    async with client(tmp_path, silence=0.3, seconds=0.8) as reading:
        begin = time.monotonic()
        with pytest.raises(Timeout) as caught:
            await reading.manifest(repository(registry), "1")
        assert time.monotonic() - begin < 2 and caught.value.details["seconds"] == 0.8
        assert reading.open_connections == 0


def test_the_bounds_of_a_client() -> None:
    assert Limits() == Limits(silence=10, seconds=30, requests=150, images=4, side_by_side=8)


async def test_time_and_requests_of_one_image_are_bounded_together(registry: Registry, tmp_path: Path) -> None:
    registry.content.image(NAME, "1")
    limits = Limits(requests=5)
    async with RegistryClient(settings(tmp_path), limits=limits) as reading:
        async with reading.for_image() as bounded:
            async with bounded.for_image() as same:
                assert same is bounded
            for _ in range(5):
                await bounded.manifest(repository(registry), "1")
            with pytest.raises(VerificationFailed) as caught:
                await bounded.manifest(repository(registry), "1")
            assert caught.value.details["reason"] == "tooMany" and len(registry.asked) == 5
        for _ in range(7):
            await reading.manifest(repository(registry), "1")


async def test_four_images_at_a_time(registry: Registry, tmp_path: Path) -> None:
    inside, most = 0, 0

    async def one() -> None:
        nonlocal inside, most
        async with reading.for_image():
            inside += 1
            most = max(most, inside)
            await anyio.sleep(0.01)
            inside -= 1

    async with client(tmp_path) as reading:
        async with anyio.create_task_group() as group:
            for _ in range(12):
                group.start_soon(one)
    assert most == 4


async def test_requests_side_by_side_are_bounded(registry: Registry, tmp_path: Path) -> None:
    registry.content.image(NAME, "1")
    lock, inside, most = threading.Lock(), 0, 0

    def act(handler: evil.Handler) -> None:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.02)
        with lock:
            inside -= 1
        handler.behave()

    registry.evil["GET"] = act
    async with client(tmp_path) as reading:
        async with anyio.create_task_group() as group:
            for _ in range(40):
                group.start_soon(reading.manifest, repository(registry), "1")
        assert most == 8 and reading.open_connections <= 8


# -- connections ------------------------------------------------------------------------------------------


async def test_a_connection_that_the_registry_closed_meanwhile(registry: Registry, tmp_path: Path) -> None:
    registry.content.image(NAME, "1")
    async with client(tmp_path) as reading:
        for _ in range(3):
            await reading.manifest(repository(registry), "1")
            for one in list(registry.sockets):
                one.shutdown(socket.SHUT_RDWR)
            await anyio.sleep(0.05)
        registry.evil["GET"] = evil.in_turn(None, evil.cut, None)  # closed as it is used again
        for _ in range(3):
            await reading.manifest(repository(registry), "1")


async def test_nobody_listens(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{free.getsockname()[1]}"
        async with client(tmp_path) as reading:
            with pytest.raises(RegistryNotAvailable) as caught:
                await reading.manifest(repository(host), "1")
    assert reason(caught) == "unreachable" and "refused" in str(caught.value)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a" * 64 + ".invalid", "a" * 300 + ".invalid"])
async def test_an_address_that_nobody_knows(tmp_path: Path, host: str) -> None:
    async with client(tmp_path) as reading:
        with pytest.raises(RegistryNotAvailable) as caught:
            await reading.manifest(repository(host), "1")
    assert reason(caught) in ("unreachable", "silent")


@pytest.mark.skipif(not socket.has_ipv6, reason="no IPv6 here")
async def test_ipv6(tmp_path: Path) -> None:
    try:
        serving = Registry(address="::1")
    except OSError:
        pytest.skip("no IPv6 on loopback")
    with serving:
        serving.content.image(NAME, "1")
        assert serving.host.startswith("[::1]:")
        async with client(tmp_path) as reading:
            await reading.manifest(repository(serving), "1")
        assert serving.asked[0].headers["host"] == serving.host


async def test_cancelled_at_any_point_nothing_stays_open(registry: Registry, tmp_path: Path) -> None:
    registry.content.image(NAME, "1")
    for step in range(40):
        async with client(tmp_path) as reading:
            with anyio.move_on_after(step * 0.0005):
                async with anyio.create_task_group() as group:
                    for _ in range(3):
                        group.start_soon(reading.manifest, repository(registry), "1")
            resting = reading.open_connections
            assert resting <= 3
        assert reading.open_connections == 0
    with anyio.fail_after(5):
        while registry.sockets:
            await anyio.sleep(0.02)


async def test_closed_while_it_reads(registry: Registry, tmp_path: Path) -> None:
    released = threading.Event()
    registry.evil["GET"] = evil.stall(released)
    caught: list[ContainerError] = []

    async def read() -> None:
        try:
            await reading.manifest(repository(registry), "1")
        except ContainerError as error:
            caught.append(error)

    async with client(tmp_path) as reading:
        async with anyio.create_task_group() as group:
            group.start_soon(read)
            await anyio.sleep(0.2)
            reading.close()
    released.set()
    assert [error.kind for error in caught] == ["RegistryNotAvailable"] and reading.open_connections == 0


# -- another server ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def distribution(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Debian's docker-registry, which has no list of referrers."""
    program = shutil.which("docker-registry")
    if program is None:
        pytest.skip("docker-registry is not installed")
    folder = tmp_path_factory.mktemp("distribution")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    configuration = {
        "version": "0.1",
        "storage": {"filesystem": {"rootdirectory": str(folder / "data")}, "delete": {"enabled": True}},
        "http": {"addr": f"127.0.0.1:{port}"},
        "log": {"level": "error"},
    }
    (folder / "config.yml").write_text(json.dumps(configuration))
    process = subprocess.Popen(
        [program, "serve", str(folder / "config.yml")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        for _ in range(200):
            with socket.socket() as trying:
                if trying.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


async def test_a_registry_of_the_distribution_project(distribution: str, tmp_path: Path) -> None:
    import urllib.request

    def send(method: str, path: str, body: bytes = b"", kind: str = "application/octet-stream") -> str:
        url = path if path.startswith("http") else f"http://{distribution}{path}"
        request = urllib.request.Request(url, data=body, method=method, headers={"Content-Type": kind})
        with urllib.request.urlopen(request) as answer:
            return str(answer.headers.get("Location") or "")

    blob = b"{}"
    place = send("POST", f"/v2/{NAME}/blobs/uploads/")
    send("PUT", f"{place}&digest={digest_of(blob)}", blob)
    config = {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": digest_of(blob), "size": 2}
    body = encode({"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": []})
    send("PUT", f"/v2/{NAME}/manifests/1", body, OCI_MANIFEST)
    async with client(tmp_path) as reading:
        found = await reading.manifest(repository(distribution), "1")
        assert (found.digest, found.media_type, found.body) == (digest_of(body), OCI_MANIFEST, body)
        assert await reading.blob(repository(distribution), digest_of(blob)) == blob
        assert await reading.referrers(repository(distribution), found.digest) is None
        for version in ("2", digest_of(b"")):
            with pytest.raises(NotFound):
                await reading.manifest(repository(distribution), version)
        with pytest.raises(NotFound):
            await reading.manifest(repository(distribution, "nobody/knows"), "1")
