"""Which local socket is certain: what a few variables tell is what the settings tell, and nothing is certain that is not."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from perry_ffi import drivers
from perry_ffi.backends.engine_api import local
from perry_ffi.backends.engine_api.drivers import usual
from perry_ffi.backends.engine_api.local import LocalSocket, by_settings, local_socket, plainly
from perry_ffi.backends.machines import products
from perry_ffi.settings import DEFAULT_ENGINE_TIMEOUT

HOSTS = ("", "unix:///a.sock", "unix://relative", "tcp://there:1", "ssh://there", "npipe:////./pipe/x")
OTHERS = (
    {}, {"DOCKER_CONTEXT": "there"}, {"DOCKER_CONTEXT": "default"}, {"CONTAINER_HOST": "unix:///p.sock"},
    {"PERRY_CONTAINER_BACKEND": "docker"}, {"PERRY_CONTAINER_BACKEND": "podman"}, {"PERRY_CONTAINER_BACKEND": "podman,docker"},
    {"PERRY_CONTAINER_MODE": "local-first"}, {"PERRY_CONTAINER_MODE": "server-first"}, {"PERRY_CONTAINER_ENGINE_TIMEOUT": "7"},
    {"PERRY_CONTAINER_MODE": "odd"}, {"DOCKER_TLS_VERIFY": "1"},
)  # fmt: skip


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """One with nothing but docker: a socket of its own among the usual ones."""
    socket = tmp_path / "docker.sock"
    socket.touch()
    monkeypatch.setattr(usual, "DOCKER", (str(socket), "{runtime}/docker.sock", "{home}/.docker/run/docker.sock"))
    monkeypatch.setattr(usual, "PODMAN", ("{runtime}/podman/podman.sock",))
    (tmp_path / "bin").mkdir()
    return {"HOME": str(tmp_path / "home"), "XDG_RUNTIME_DIR": str(tmp_path / "run"), "PATH": str(tmp_path / "bin")}


@pytest.mark.parametrize(("host", "more"), list(itertools.product(HOSTS, OTHERS)))
def test_what_is_plain_is_what_the_settings_say(machine: dict[str, str], host: str, more: dict[str, str]) -> None:
    environ = {**machine, **more, **({"DOCKER_HOST": host} if host else {})}
    assert plainly(environ) in (None, by_settings(environ))


@pytest.mark.parametrize("name", [row.name for row in drivers.ROWS if row.name not in local.ASKED] + ["none-such"])
def test_where_another_engine_is_named_no_settings_are_read(
    machine: dict[str, str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {**machine, "DOCKER_HOST": "unix:///a.sock", "PERRY_CONTAINER_BACKEND": name}
    assert by_settings(environ) is None
    asked: list[object] = []
    monkeypatch.setattr(local, "by_settings", asked.append)
    assert local_socket(environ) is None and asked == []
    assert local_socket({**environ, "PERRY_CONTAINER_MODE": "server-first"}) is None and len(asked) == 1


def test_a_socket_that_is_named(machine: dict[str, str]) -> None:
    named = {**machine, "DOCKER_HOST": "unix:///a.sock"}
    assert local_socket(named) == LocalSocket("/a.sock", "", True, DEFAULT_ENGINE_TIMEOUT) == plainly(named)
    chosen = local_socket({**named, "PERRY_CONTAINER_BACKEND": "docker", "PERRY_CONTAINER_ENGINE_TIMEOUT": "7"})
    assert chosen == LocalSocket("/a.sock", "docker", True, 7.0)
    assert local_socket({**machine, "DOCKER_HOST": "tcp://there:1"}) is None
    assert local_socket({**machine, "PERRY_CONTAINER_BACKEND": "podman"}) is None


def test_the_only_engine_there_is(machine: dict[str, str], tmp_path: Path) -> None:
    found = local_socket(machine)
    assert found == LocalSocket(str(tmp_path / "docker.sock"), "docker", False, DEFAULT_ENGINE_TIMEOUT) == by_settings(machine)


@pytest.mark.parametrize(
    "there",
    [
        "bin/podman",
        "bin/nerdctl",
        "run/podman/podman.sock",
        "run/docker.sock",
        "home/.colima/default/docker.sock",
        "home/.docker/config.json",
    ],
)
def test_where_another_may_be_meant_nothing_is_certain(machine: dict[str, str], tmp_path: Path, there: str) -> None:
    path = tmp_path / there
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('{"currentContext": "there"}')
    path.chmod(0o755)
    assert local_socket(machine) is None


def test_what_it_knows_of_others_is_in_their_tables() -> None:
    assert set(local.OTHERS) == {row.program for row in drivers.ROWS if row.is_tried_on("linux") and row.name != "docker"}
    words = {"{colima}": "{home}/.colima", "{lima}": "{home}/.lima"}
    for pattern in (one for machine in products.MACHINES for one in machine.sockets):
        for word, path in words.items():
            pattern = pattern.replace(word, path)
        assert any(pattern.startswith(f"{folder}/") for folder in local.FOLDERS), pattern
    assert local.SECONDS == DEFAULT_ENGINE_TIMEOUT
