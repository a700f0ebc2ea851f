"""What the live tests of the hardened runner share: an image with a hostile program, and runs of it."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import tarfile
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from perry_ffi.backends.contract.base import Backend
from perry_ffi.model.base import validate
from perry_ffi.model.capability import CapabilitySpec
from perry_ffi.model.capability_result import CapabilityResult
from perry_ffi.sandbox.labels import RUN
from perry_ffi.service import capability
from perry_ffi.service.client import Client
from perry_ffi.trust.admit import Admitted
from tests.engines import image
from tests.engines.daemon import ask
from tests.engines.gvisor import podman_with_gvisor, runsc
from tests.engines.private import Engine, Engines
from tests.live.conftest import engine_called, missing

SOURCE = Path(__file__).resolve().parents[1] / "support/sandbox_probe.c"
PROBE_IMAGE = "localhost/perry-sandbox-probe:1"
# What an image can do against the runner: volumes in odd spellings, a /tmp that its user cannot write, a health check, a user,
# a label that asks for capabilities, a program that is setuid root, a link out of a directory.
DOCKERFILE = f"""FROM {image.IMAGE}
ADD probe.tar /
ENV FROM_IMAGE=yes
VOLUME ["/data", "/also/"]
USER root
WORKDIR /proc/self
HEALTHCHECK --interval=1s CMD /probe fill /data
LABEL io.containers.capabilities="SYS_ADMIN,NET_ADMIN"
ENTRYPOINT ["/probe"]
""".encode()


def probe() -> bytes:
    """The test program, static, built once for each state of its source."""
    source = SOURCE.read_bytes()
    cache = Path(os.environ.get("PERRY_TEST_CACHE") or Path.home() / ".cache/perry-container-tests")
    built = cache / f"sandbox-probe-{hashlib.sha256(source).hexdigest()[:16]}"
    if not built.exists():
        cache.mkdir(parents=True, exist_ok=True)
        new = built.with_suffix(f".{os.getpid()}")
        subprocess.run(["gcc", "-O1", "-static", "-Wall", "-Wextra", "-Werror", "-o", new, SOURCE], check=True)
        os.replace(new, built)
    return built.read_bytes()


def context() -> bytes:
    """The build context of the image."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode="w") as tar:
        program = probe()
        image.add(tar, "probe", program, 0o755)
        image.add(tar, "suid", program, 0o4755)
        for folder, mode in (("tmp", 0o755), ("data", 0o777), ("also", 0o777), ("run", 0o777), ("var/tmp", 0o1777)):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, mode
            tar.addfile(entry)
    outer = io.BytesIO()
    with tarfile.open(fileobj=outer, mode="w") as tar:
        image.add(tar, "Dockerfile", DOCKERFILE)
        image.add(tar, "probe.tar", inner.getvalue())
    return outer.getvalue()


def build(socket: str) -> str:
    """Builds the image on an engine, and gives its id."""
    status, body = ask(socket, "POST", f"/v1.41/build?t={PROBE_IMAGE}&rm=1&forcerm=1", context(), "application/x-tar")
    failed = [line for line in body.splitlines() if b'"error"' in line]
    assert status == 200 and not failed, (status, failed or body[-500:])
    return str(json.loads(ask(socket, "GET", f"/v1.41/images/{PROBE_IMAGE}/json")[1])["Id"])


async def pinned(client: Client, spec: CapabilitySpec) -> Admitted:
    """An admission of whatever the engine has by that name, pinned to its id."""
    found = await (await client.backend()).inspect_image(spec.image)
    return Admitted(spec.image, found.id, found.id)


@dataclass
class Runner:
    """Runs of the test image on one engine."""

    client: Client
    backend: Backend
    engine: Engine
    defaults: dict[str, object] = field(default_factory=dict)

    @property
    def podman(self) -> bool:
        return self.backend.name == "podman"

    async def run(self, *command: str, **members: object) -> CapabilityResult:
        """The result of the test program with these words; ``members`` as the JSON has them."""
        document = {"image": PROBE_IMAGE, "cmd": list(command), **self.defaults, **members}
        return await capability.run(self.client, validate(CapabilitySpec, document), admission=pinned)

    async def shell(self, line: str, **members: object) -> CapabilityResult:
        return await self.run("-c", line, entrypoint=["/bin/sh"], **members)

    async def left(self) -> list[str]:
        """The sandboxes that are there."""
        return [found.name for found in await self.backend.list_containers(all=True, labels={RUN: None})]


async def runner_of(engine: Engine, home: object) -> AsyncIterator[Runner]:
    """A client of the engine, with the image in it; nothing may be left of its runs."""
    variable = "DOCKER_HOST" if engine.name == "docker" else "CONTAINER_HOST"
    environ = {"HOME": str(home), "PATH": os.environ["PATH"], variable: engine.host}
    client = Client({**environ, "PERRY_CONTAINER_BACKEND": engine.name, "PERRY_CONTAINER_PROBE_TIMEOUT": "60"})
    try:
        backend = await client.backend()
        if not await backend.image_id(PROBE_IMAGE):
            build(engine.socket)
        volumes = {found.name for found in await backend.list_volumes()}
        found = Runner(client, backend, engine)
        yield found
        assert await found.left() == []
        assert {found.name for found in await backend.list_volumes()} <= volumes
    finally:
        await client.aclose()


def attempts(text: str) -> dict[str, str]:
    """What became of each attempt, by its name; of lines that begin alike the last."""
    return dict(line.partition(" ")[::2] for line in text.splitlines())


@pytest.fixture
async def runner(engine: Engine, tmp_path: Path) -> AsyncIterator[Runner]:
    async for found in runner_of(engine, tmp_path):
        yield found


@pytest.fixture(params=["docker", "podman"])
async def gvisor(request: pytest.FixtureRequest, engines: Engines, tmp_path: Path) -> AsyncIterator[Runner]:
    """The same under gVisor: docker is asked for it run by run, podman has a service for it."""
    engine_called(request.param, engines)
    if runsc() is None:
        missing("runsc is not there (scripts/gvisor.sh gets it)")
    with ExitStack() as stack:
        if request.param == "docker":
            engine = engines.engines["docker"]
        else:
            engine = stack.enter_context(podman_with_gvisor(engines))
        async for found in runner_of(engine, tmp_path):
            found.defaults = {"isolation": "gvisor"}
            yield found


__all__ = ["PROBE_IMAGE", "Runner", "attempts", "gvisor", "pinned", "runner", "runner_of"]
