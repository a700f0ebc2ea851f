"""The examples, compiled and run on real engines."""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import re
import secrets
import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from perry_ffi.backends.detect import connect
from perry_ffi.model.image import PushOptions
from perry_ffi.settings import Settings
from tests.engines import image
from tests.engines.daemon import ask
from tests.engines.private import Engine
from tests.perry.root import EXAMPLES, Debian13, said
from tests.support import registry_http
from tests.support.sigstore import signing
from tests.support.sigstore.signing import Signer

STAND_INS = {name: f"localhost/{name}-stand-in:1" for name in ("postgres", "forgejo")}
PORT = "3197"


def run(root: Debian13, backend: str, name: str, *arguments: str, seconds: float = 240, **variables: str) -> list[str]:
    """The lines of one example."""
    binary = root.compile(EXAMPLES / f"{name}.ts")
    return said(root.run([binary, *arguments], "/tmp", seconds, {**root.environment(backend), **variables}))


def objects(root: Debian13, backend: str) -> dict[str, list[str]]:
    assert root.engines is not None
    return image.objects(root.engines.engines[backend].socket)


def test_hello(root: Debian13, backend: str) -> None:
    before = objects(root, backend)
    assert run(root, backend, "hello", image.IMAGE) == ["hello from a container (exit code 0)"]
    assert objects(root, backend) == before


def test_hello_without_its_image(root: Debian13) -> None:
    binary = root.compile(EXAMPLES / "hello.ts")
    done = root.run([binary, "localhost/not-there:1"], env=root.environment("docker"))
    assert (done.returncode, done.stdout) == (1, "")
    assert re.match(r"\w+ \d+: .*not-there", done.stderr)


def test_a_stack_with_a_gate_scaling_and_logs(root: Debian13, backend: str) -> None:
    before = objects(root, backend)
    lines = run(root, backend, "stack", image.IMAGE)
    assert lines[:3] == ["queue: running, healthy", "web: running", "worker: running"]
    assert lines[3] == "3 workers"
    assert any(re.fullmatch(r"worker \d has done 3 jobs", line) for line in lines)
    assert lines[-2:] == ["exec: exit code 0", "down: 5 containers, 1 networks"]
    assert objects(root, backend) == before


def test_a_command_that_need_not_be_trusted(root: Debian13, backend: str) -> None:
    before = objects(root, backend)
    assert root.engines is not None
    found = ask(root.engines.engines[backend].socket, "GET", f"/v1.41/images/{image.IMAGE}/json")[1]
    lines = run(root, backend, "sandbox", image.IMAGE, str(json.loads(found)["Id"]))
    assert lines == ["18", "no network", "ended at its time", "container, network none, seccomp strict"]
    assert objects(root, backend) == before


def test_an_image_is_built_and_run(root: Debian13, backend: str) -> None:
    folder = root.inside("/tmp/greeter")
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(EXAMPLES / "image", folder)
    lines = run(root, backend, "build", "/tmp/greeter", image.IMAGE)
    assert re.fullmatch(r"built sha256:\w+, label example", lines[0])
    assert lines[1:] == ["good morning from an image built here"]


PIPELINE = {
    "db": "stopped", "build": "succeeded", "unit": "succeeded", "lint": "succeeded", "integration": "succeeded",
    "verdict": "succeeded", "publish": "succeeded", "discard": "skipped",
}  # fmt: skip


def test_a_pipeline_publishes_what_all_checks_find_good(root: Debian13, backend: str) -> None:
    before = objects(root, backend)
    lines = run(root, backend, "pipeline", image.IMAGE, f"pt{secrets.token_hex(4)}")
    assert lines == [
        *(f"{node}: {phase}" for node, phase in PIPELINE.items()),
        "published 1.4.2",
        "down: 7 containers, 1 volumes",
    ]
    assert objects(root, backend) == before


def test_a_pipeline_takes_away_what_a_check_refuses(root: Debian13, backend: str) -> None:
    before = objects(root, backend)
    lines = run(root, backend, "pipeline", image.IMAGE, f"pt{secrets.token_hex(4)}", "--break")
    ends = PIPELINE | {"unit": "failed", "verdict": "failed", "publish": "skipped", "discard": "succeeded"}
    assert lines == [
        *(f"{node}: {phase}" for node, phase in ends.items()),
        "unit (exit code 3) said: 1 of 12 tests failed",
        "verdict (exit code 1) said: exit codes: 3 0 0",
        "discarded",
        "down: 7 containers, 1 volumes",
    ]
    assert objects(root, backend) == before


def test_a_data_job_fans_out_and_repeats_nothing_that_is_done(root: Debian13, backend: str) -> None:
    before = objects(root, backend)
    lines = run(root, backend, "fanout", image.IMAGE, f"pt{secrets.token_hex(4)}", "5")
    assert lines == ["5050 from 5 shares", "again: 8 of 8 jobs were done already", "down: 8 containers"]
    assert objects(root, backend) == before


@pytest.fixture
def stand_ins(root: Debian13, backend: str) -> Iterator[dict[str, str]]:
    """Images that answer as forgejo and postgres do, and the variables that name them."""
    assert root.engines is not None
    socket = root.engines.engines[backend].socket
    for name, tag in STAND_INS.items():
        context = _context(EXAMPLES / "stand-ins" / name)
        target = f"/v1.41/build?t={tag}&rm=1&buildargs=%7B%22BASE%22%3A%22{image.IMAGE}%22%7D"
        status, body = ask(socket, "POST", target, context, "application/x-tar")
        assert status == 200 and b'"error"' not in body, body
    yield {
        "FORGEJO_IMAGE": STAND_INS["forgejo"], "POSTGRES_IMAGE": STAND_INS["postgres"],
        "FORGEJO_DB_PASSWORD": "a secret", "FORGEJO_PORT": PORT,
    }  # fmt: skip
    # A test that failed in the middle leaves nothing to the next.
    image.remove_project(socket, "forgejo")
    for tag in STAND_INS.values():
        ask(socket, "DELETE", f"/v1.41/images/{tag}?force=1")


def _context(folder: Path) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for path in sorted(folder.iterdir()):
            image.add(tar, path.name, path.read_bytes(), 0o755)
    return packed.getvalue()


def _answer(path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", int(PORT), timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_forgejo_in_production(root: Debian13, backend: str, stand_ins: dict[str, str]) -> None:
    before = objects(root, backend)
    lines = run(root, backend, "forgejo", **stand_ins)
    assert lines == [
        "forgejo-db-1: running, healthy",
        "forgejo-forgejo-1: running, healthy",
        f"Forgejo answers at http://127.0.0.1:{PORT}/",
    ]
    assert _answer("/api/healthz") == (200, b'{"status": "pass"}\n')
    # A second time nothing changes.
    during = objects(root, backend)
    assert run(root, backend, "forgejo", **stand_ins) == lines
    assert objects(root, backend) == during
    assert run(root, backend, "forgejo", "--down", **stand_ins) == ["removed: 2 containers, 0 volumes"]
    assert objects(root, backend)["containers"] == before["containers"]
    assert objects(root, backend)["networks"] == before["networks"]
    # The data is still there.
    assert run(root, backend, "forgejo", **stand_ins) == lines
    assert run(root, backend, "forgejo", "--purge", **stand_ins) == ["removed: 2 containers, 2 volumes"]
    assert objects(root, backend) == before


def test_forgejo_without_a_password_or_a_project(root: Debian13, stand_ins: dict[str, str], backend: str) -> None:
    binary = root.compile(EXAMPLES / "forgejo.ts")
    done = root.run([binary], env=root.environment(backend))
    assert (done.returncode, done.stderr) == (2, "FORGEJO_DB_PASSWORD is not set\n")
    done = root.run([binary, "--down"], env=root.environment(backend))
    assert done.returncode == 1 and done.stderr.startswith("NotFound: ")


def test_an_image_is_run_only_if_it_is_signed(root: Debian13, backend: str) -> None:
    assert root.engines is not None and root.engines.registry is not None
    host, path = root.engines.registry, f"perry/{backend}-signed"
    name = f"{host}/{path}:1"
    asyncio.run(pushed(root.engines.engines[backend], name))
    digest = registry_http.digest_of(registry_http.get_manifest(host, path, "1") or b"")
    good = Signer()
    text = signing.payload(digest, None, path)
    registry_http.put_signatures(host, path, digest, [(text, signing.simple(good, text))])
    for file, signer in (("good.pub", good), ("other.pub", Signer())):
        root.inside(f"/tmp/{file}").write_bytes(signer.pem)
    lines = run(root, backend, "verify", name, "/tmp/good.pub")
    assert lines == [f"1 good signature, {name}@{digest}", "verified and run"]
    assert run(root, backend, "verify", name, "/tmp/other.pub") == ["not run: wrongKey"]


async def pushed(engine: Engine, name: str) -> None:
    """Has the registry have the test image under a name, and the engine no longer."""
    variable = "DOCKER_HOST" if engine.name == "docker" else "CONTAINER_HOST"
    backend = await connect(Settings.from_environ({"HOME": "/nonexistent", variable: engine.host}), [engine.name])
    await backend.tag_image(image.IMAGE, name)
    await backend.push_image(name, PushOptions())
    await backend.remove_image(name)
    await backend.aclose()
