"""Where nerdctl is looked for, and what is told where it cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from perry_ffi.backends.detect import connect, detect
from perry_ffi.backends.nerdctl.driver import address
from perry_ffi.settings import Settings
from tests.engines.nerdctl import install
from tests.engines.nerdctl.command import DOWN

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def settings(path: Path, **environ: str) -> Settings:
    return Settings.from_environ(
        {"PATH": f"{path}:/usr/bin:/bin", "HOME": "/nowhere", "PERRY_CONTAINER_PROBE_TIMEOUT": "30", **environ}
    )


async def test_what_is_told_of_it(tmp_path: Path) -> None:
    found = settings(install(tmp_path / "it"))
    backend = await connect(found, ["nerdctl"])
    info = await backend.info()
    assert (info.name, info.available, info.version, info.api, info.rootless) == ("nerdctl", True, "2.3.5", "2.4.2", False)
    assert backend.identity == (await connect(found, ["nerdctl"])).identity
    other = await connect(settings(tmp_path / "it/bin", CONTAINERD_NAMESPACE="mine"), ["nerdctl"])
    assert other.identity != backend.identity and "namespace mine" in (other.address or "")


async def test_where_it_is_not(tmp_path: Path) -> None:
    (row,) = await detect(Settings.from_environ({"PATH": str(tmp_path), "HOME": "/"}), ["nerdctl"])
    assert (row.state, row.reason) == ("absent", "nerdctl is not installed")


async def test_where_its_containerd_is_not(tmp_path: Path) -> None:
    (row,) = await detect(settings(install(tmp_path / "it"), **{DOWN: "1", "CONTAINERD_ADDRESS": "/x.sock"}), ["nerdctl"])
    assert row.state == "stopped" and row.reason == 'cannot access containerd socket "/x.sock": no such file or directory'
    assert "systemctl start containerd" in (row.remedy or "")


async def test_a_program_that_says_something_else(tmp_path: Path) -> None:
    program = tmp_path / "nerdctl"
    program.write_text("#!/bin/sh\necho hello\n")
    program.chmod(0o755)
    (row,) = await detect(settings(tmp_path), ["nerdctl"])
    assert row.state == "broken" and "it is no JSON: hello" in row.reason


def test_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert address(settings(Path("/x"))) == "unix:///run/containerd/containerd.sock"
    assert address(settings(Path("/x"), CONTAINERD_ADDRESS="unix:///a.sock")) == "unix:///a.sock"
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert address(settings(Path("/x"), XDG_RUNTIME_DIR="/run/user/1000")).startswith(
        "unix:///run/user/1000/containerd-rootless/"
    )
