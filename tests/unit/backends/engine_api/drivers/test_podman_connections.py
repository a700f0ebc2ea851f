"""Podman's connections, from the file of today's versions and from that of former ones."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from perry_ffi.backends.detect import connect, detect
from perry_ffi.backends.engine_api.drivers import podman_connections
from perry_ffi.backends.engine_api.drivers.addresses import of_connection
from perry_ffi.backends.engine_api.drivers.api_driver import ApiDriver
from perry_ffi.backends.engine_api.transport.ssh import SshEndpoint
from perry_ffi.errors import BackendNotAvailable
from perry_ffi.settings import Settings
from tests.engines.scripted import PODMAN, scripted_engine, telling

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
def no_usual_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's own engines and files play no part."""
    monkeypatch.setattr(ApiDriver, "usual_sockets", lambda driver, settings: [f"{settings.home}/{driver.name}.sock"])
    monkeypatch.setattr(podman_connections, "_SYSTEM", ())


@pytest.fixture
def home() -> Iterator[Path]:
    """A home whose path fits into a socket's address."""
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / ".config/containers").mkdir(parents=True)
        yield Path(name)


def settings(home: Path, **environ: str) -> Settings:
    return Settings.from_environ({"HOME": str(home), "PATH": str(home), "PERRY_CONTAINER_PROBE_TIMEOUT": "0.5", **environ})


def of_today(home: Path, default: str = "", **connections: object) -> Path:
    path = home / ".config/containers/podman-connections.json"
    path.write_text(json.dumps({"Connection": {"Default": default, "Connections": connections}, "Farm": {}}))
    return path


def of_before(home: Path, text: str) -> Path:
    path = home / ".config/containers/containers.conf"
    path.write_text(text)
    return path


async def test_a_connection_that_the_environment_names(home: Path) -> None:
    of_today(home, one={"URI": f"unix://{home}/1.sock"})
    of_before(home, f'[engine.service_destinations.old]\nuri = "unix://{home}/2.sock"\n')
    async with (
        scripted_engine(home / "1.sock", telling(PODMAN)),
        scripted_engine(home / "2.sock", telling(PODMAN)),
        scripted_engine(home / "podman.sock", telling(PODMAN)),
    ):
        for name, expected in (("one", "1"), ("old", "2")):
            host = {"CONTAINER_HOST": f"unix://{home}/podman.sock"}
            backend = await connect(settings(home, CONTAINER_CONNECTION=name, **host))
            await backend.aclose()
            assert Path(backend.address or "").stem == expected


async def test_files_of_ones_own(home: Path, tmp_path: Path) -> None:
    of_today(home, one={"URI": "unix:///1.sock"}).rename(tmp_path / "c.json")
    found = settings(home, PODMAN_CONNECTIONS_CONF=str(tmp_path / "c.json"))
    assert podman_connections.named(found, "one").uri == "unix:///1.sock"
    of_before(home, '[engine.service_destinations.two]\nuri = "unix:///2.sock"\n').rename(tmp_path / "c.conf")
    found = settings(home, CONTAINERS_CONF=str(tmp_path / "c.conf"))
    assert podman_connections.named(found, "two").uri == "unix:///2.sock"


def test_the_default_is_that_of_the_newer_file(home: Path) -> None:
    assert podman_connections.default(settings(home)) is None
    of_before(home, '[engine]\nactive_service = "old"\n')
    assert podman_connections.default(settings(home)) == "old"
    of_today(home, "new")
    assert podman_connections.default(settings(home)) == "new"


async def test_the_default_is_used_where_podman_is_always_remote(home: Path) -> None:
    of_today(home, "one", one={"URI": f"unix://{home}/1.sock"})
    async with scripted_engine(home / "1.sock", telling(PODMAN)):
        for platform, available in (("linux", False), ("darwin", True)):
            (found,) = await detect(replace(settings(home), platform=platform), ["podman"])
            assert found.available is available


def test_a_machine_s_connection(home: Path) -> None:
    (home / "ssh").write_text("#!/bin/sh\n")
    (home / "ssh").chmod(0o755)
    uri = "ssh://core@127.0.0.1:50123/run/user/501/podman/podman.sock"
    of_today(home, m={"URI": uri, "Identity": "/keys/machine", "IsMachine": True}, far={"URI": "ssh://me@box"})
    found = of_connection(settings(home), "m", where="X")
    assert isinstance(found, SshEndpoint) and str(found) == uri and found.program == "podman"
    line = " ".join(found.argv())
    assert "-i /keys/machine" in line and "StrictHostKeyChecking=no" in line
    far = of_connection(settings(home), "far", where="X")
    assert isinstance(far, SshEndpoint) and "StrictHostKeyChecking" not in " ".join(far.argv())


async def test_a_connection_that_is_not_there(home: Path) -> None:
    async with scripted_engine(home / "podman.sock", telling(PODMAN)):
        with pytest.raises(BackendNotAvailable) as caught:
            await connect(settings(home, CONTAINER_CONNECTION="gone"))
    error = caught.value
    assert "'gone'" in error.message and "podman-connections.json" in error.message and "CONTAINER_CONNECTION" in error.message
    assert "podman system connection list" in error.details["remedy"] and "unset CONTAINER_CONNECTION" in error.details["remedy"]


ODD = {
    "no JSON": ("{", "not what podman writes"),
    "no address": ('{"Connection": {"Connections": {"c": {}}}}', "has no address"),
    "a word": ('{"Connection": {"Connections": {"c": "x"}}}', "has no address"),
    "a scheme": ('{"Connection": {"Connections": {"c": {"URI": "ftp://x"}}}}', "the scheme 'ftp'"),
    "a password": ('{"Connection": {"Connections": {"c": {"URI": "ssh://me:s3cret@x"}}}}', "a password"),
}


@pytest.mark.parametrize("case", ODD)
async def test_odd_files(home: Path, case: str) -> None:
    text, words = ODD[case]
    of_today(home).write_text(text)
    (row,) = await detect(settings(home, CONTAINER_CONNECTION="c"), ["podman"])
    assert not row.available and words in row.reason and row.remedy and "s3cret" not in row.reason + row.remedy
