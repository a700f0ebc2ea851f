"""The local socket of the engine that detection would choose, where that follows without asking anybody.

That is so where the environment names a socket, or where one engine alone can be meant: the only one of this machine that is there.
In every other case detection has to look. What is plain from a few variables is told from them; else the settings are read, which
takes longer than many an answer.
"""

from __future__ import annotations

import os
import sys

from perry_ffi.backends.engine_api.drivers import usual

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from perry_ffi.settings import Settings

UNIX = "unix://"
SECONDS = 60.0
"""How long each step of an answer is waited for, unless the settings say otherwise."""
ASKED = ("docker", "podman")
"""The engines whose sockets are asked in this way."""
OTHERS = ("podman", "nerdctl")
"""The programs of the other engines that are tried on Linux."""
FOLDERS = (
    "{home}/.orbstack", "{home}/.colima", "{home}/.config/colima", "{home}/.rd", "{home}/.lima", "{home}/.docker/run",
    "{home}/.docker/desktop", "{tmp}/podman",
)  # fmt: skip
"""Where products leave something whose virtual machines may hold an engine."""
SAYING = (
    "CONTAINER_HOST", "CONTAINER_CONNECTION", "CONTAINERS_CONF", "DOCKER_CONTEXT", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "COLIMA_HOME",
    "LIMA_HOME", "TMPDIR",
)  # fmt: skip
"""Variables that make it less than plain, beside those of this library."""


class LocalSocket:
    """Where to ask. expected: which engine has to answer; empty for any. asked_for: it was named, and not found. seconds: how long
    each step of an answer is waited for.
    """

    __slots__ = ("asked_for", "expected", "path", "seconds")

    def __init__(self, path: str, expected: str, asked_for: bool, seconds: float) -> None:
        self.path, self.expected, self.asked_for, self.seconds = path, expected, asked_for, seconds

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LocalSocket) and all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"LocalSocket({self.path!r}, {self.expected!r}, {self.asked_for}, {self.seconds})"


def local_socket(environ: Mapping[str, str]) -> LocalSocket | None:
    """Where ``environ`` leads; None where that is not certain."""
    return None if _names_another(environ) else plainly(environ) or by_settings(environ)


def _names_another(environ: Mapping[str, str]) -> bool:
    """Whether one engine is named alone, and none that is asked in this way: the settings would tell no more."""
    named = environ.get("PERRY_CONTAINER_BACKEND", "").strip()
    return bool(named) and "," not in named and named not in ASKED and not environ.get("PERRY_CONTAINER_MODE")


def plainly(environ: Mapping[str, str]) -> LocalSocket | None:
    """The same from a few variables, without the settings; None where these have to be read."""
    if any(name.startswith("PERRY_CONTAINER_") for name in environ) or any(map(environ.get, SAYING)):
        return None
    if host := environ.get("DOCKER_HOST"):
        return _at(host, "", SECONDS)
    home, search_path = environ.get("HOME"), environ.get("PATH")
    if sys.platform != "linux" or not home or not search_path:
        return None
    if any(os.path.exists(folder.format(home=home, tmp="/tmp")) for folder in FOLDERS):
        return None
    return _only_one(
        home, environ.get("XDG_RUNTIME_DIR"), search_path, environ.get("DOCKER_CONFIG") or f"{home}/.docker", SECONDS
    )


def by_settings(environ: Mapping[str, str]) -> LocalSocket | None:
    """The same by all that the environment says."""
    from perry_ffi.backends.choice import named_server, order_in_force, servers_of
    from perry_ffi.errors import ContainerError
    from perry_ffi.settings import Settings

    try:
        settings = Settings.from_environ(environ)
        named, order = named_server(settings), order_in_force(settings)
        if named is not None:
            return _at(named.said, "", settings.engine_timeout)
        if len(order) == 1 and order[0] in ASKED:
            own = next(iter(servers_of(settings, order[0])), None)
            return None if own is None else _at(own.said, order[0], settings.engine_timeout)
    except ContainerError:
        return None
    if settings.platform != "linux" or settings.backends or settings.docker_context or _has_machines(settings):
        return None
    config = settings.docker_config or settings.home / ".docker"
    runtime = settings.runtime_dir
    return _only_one(
        str(settings.home), str(runtime) if runtime else None, settings.search_path, str(config), settings.engine_timeout
    )


def _at(said: str, expected: str, seconds: float) -> LocalSocket | None:
    path = said.removeprefix(UNIX)
    if path == said or not path.startswith("/") or "\0" in path:
        return None
    return LocalSocket(path, expected, True, seconds)


def _only_one(home: str, runtime: str | None, search_path: str, config: str, seconds: float) -> LocalSocket | None:
    """Docker's usual socket, where nothing of another engine is there, and docker's own files name no other place."""
    if any(_is_program(search_path, name) for name in OTHERS) or _names_a_context(config):
        return None
    if any(map(os.path.exists, usual.paths(usual.PODMAN, home, runtime))):
        return None
    found = {os.path.realpath(path) for path in usual.paths(usual.DOCKER, home, runtime) if os.path.exists(path)}
    return LocalSocket(found.pop(), "docker", False, seconds) if len(found) == 1 else None


def _is_program(search_path: str, name: str) -> bool:
    return any(os.access(os.path.join(folder, name), os.X_OK) for folder in search_path.split(os.pathsep) if folder)


def _names_a_context(folder: str) -> bool:
    try:
        with open(os.path.join(folder, "config.json"), "rb") as file:
            return b"currentContext" in file.read()
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _has_machines(settings: Settings) -> bool:
    """Whether a product's virtual machine may hold an engine, too."""
    from perry_ffi.backends.machines import places, products

    named = {path for machine in products.MACHINES for path in places.sockets(settings, machine)}
    return any(os.path.exists(path) for path in named - set(usual.paths(usual.DOCKER, settings.home, settings.runtime_dir)))
