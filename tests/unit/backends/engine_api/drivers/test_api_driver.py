"""Where the drivers of engines with an API look for them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from perry_ffi.backends.engine_api.drivers import usual
from perry_ffi.backends.engine_api.drivers.docker import DRIVER as DOCKER
from perry_ffi.backends.engine_api.drivers.podman import DRIVER as PODMAN
from perry_ffi.settings import Settings


def test_the_user_s_sockets_by_what_the_environment_says(tmp_path: Path) -> None:
    settings = Settings.from_environ({"HOME": "/home/me", "XDG_RUNTIME_DIR": str(tmp_path)})
    assert f"{tmp_path}/docker.sock" in DOCKER.usual_sockets(settings)
    assert PODMAN.usual_sockets(settings)[0] == f"{tmp_path}/podman/podman.sock"


def test_the_user_s_sockets_in_a_session_that_is_not_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    settings = Settings.from_environ({"HOME": "/home/me"})
    monkeypatch.setattr(os, "getuid", lambda: 4321)
    monkeypatch.setattr(usual, "RUN", str(tmp_path))
    assert not [path for path in PODMAN.usual_sockets(settings) if "user" in path or str(tmp_path) in path]
    (tmp_path / "4321").mkdir()
    assert PODMAN.usual_sockets(settings) == ["/run/podman/podman.sock"], "it is somebody else's"
    if os.geteuid() != 0:
        pytest.skip("only root gives folders away")
    os.chown(tmp_path / "4321", 4321, -1)
    assert PODMAN.usual_sockets(settings)[0] == f"{tmp_path}/4321/podman/podman.sock"
    monkeypatch.setattr(os, "getuid", lambda: 0)
    assert PODMAN.usual_sockets(settings) == ["/run/podman/podman.sock"], "root's are the system's"
