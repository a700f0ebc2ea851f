"""Whether its service runs, from what its program says; and that nothing else of it is asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.backends.apple.driver import DRIVER
from perry_ffi.backends.detect import connect, detect
from perry_ffi.backends.fake import FakeBackend, World
from perry_ffi.errors import BackendNotAvailable
from perry_ffi.model.backend import BackendInfo
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec
from perry_ffi.settings import Settings
from tests.engines.apple.documents import compact, status
from tests.engines.apple.installed import install
from tests.engines.apple.program import DOWN

pytestmark = pytest.mark.anyio
NAME = "apple/container"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def probed(environ: dict[str, str]) -> BackendInfo:
    (row,) = await detect(Settings.from_environ({**environ, "PERRY_CONTAINER_PROBE_TIMEOUT": "20"}), [NAME])
    return row


def scripted(folder: Path, output: str, code: int = 0) -> dict[str, str]:
    """A program that says ``output`` and ends, whatever it is asked."""
    program = folder / "container"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{output}\nEND\nexit {code}\n")
    program.chmod(0o755)
    return {"HOME": str(folder), "PATH": f"{folder}:/usr/bin:/bin"}


async def test_it_runs(tmp_path: Path) -> None:
    row = await probed(install(tmp_path))
    assert (row.available, row.state, row.version, row.mode, row.isolation_level) == (True, "ready", "1.2.2", "vm", "microvm")


async def test_it_is_not_there(tmp_path: Path) -> None:
    row = await probed({"HOME": str(tmp_path), "PATH": str(tmp_path)})
    assert (row.available, row.state) == (False, "absent") and "macOS 26" in (row.remedy or "")


@pytest.mark.parametrize("state", ["unregistered", "not running"])
async def test_its_service_is_down(tmp_path: Path, state: str) -> None:
    environ = {**install(tmp_path), DOWN: state}
    row = await probed(environ)
    assert (row.state, row.remedy) == ("stopped", "start it: container system start --enable-kernel-install")
    assert row.reason.endswith(f"its service is {state}")
    with pytest.raises(BackendNotAvailable):
        await connect(Settings.from_environ({**environ, "PERRY_CONTAINER_PROBE_TIMEOUT": "20"}), [NAME])


@pytest.mark.parametrize(
    ("output", "code"),
    [
        ("no JSON", 0), ("[]", 0), ("{}", 0), ('{"status": 1}', 0), ('{"status": "asleep"}', 0), ("", 0),
        (compact(status("running")), 1), (compact(status("unregistered")), 0),
    ],
)  # fmt: skip
async def test_what_is_not_known_is_shown(tmp_path: Path, output: str, code: int) -> None:
    row = await probed(scripted(tmp_path, output, code))
    assert (row.available, row.state) == (False, "broken")
    assert "cannot be read" in row.reason and (output[:20] or "it is empty") in row.reason
    assert row.remedy == "run 'container system status --format=json'"


async def test_what_it_holds_is_seen_from_another_engine(tmp_path: Path) -> None:
    environ = install(tmp_path, "app")
    settings = Settings.from_environ({**environ, "PERRY_CONTAINER_PROBE_TIMEOUT": "20"}, platform="darwin")
    backend = await connect(settings, [NAME])
    spec = validate(ContainerSpec, {"image": "app", "name": "web", "network": "none", "labels": {"p": "a=b"}})
    await backend.create_container(spec)
    assert list(DRIVER.looks(settings, backend)) == []
    (look,) = DRIVER.looks(settings, FakeBackend(World()))
    found = await look.ask({"p": "a=b"}, 20)
    assert found is not None and (found.name, found.labels) == (NAME, ({"p": "a=b"},))
    assert (await look.ask({"p": "other"}, 20) or found).labels == ()
    (down,) = DRIVER.looks(Settings.from_environ({**environ, DOWN: "unregistered"}, platform="darwin"), FakeBackend(World()))
    assert await down.ask({}, 20) is None
    assert list(DRIVER.looks(Settings.from_environ(environ, platform="linux"), FakeBackend(World()))) == []
    await backend.remove_container("web")
    await backend.aclose()
