"""Engines of the tests' own: dockerd with its containerd, podman, and local registries, in a network of their own.

``private_engines()`` starts them and takes every trace away at the end. It needs root. Everything lies
in one temporary directory; what lies outside (bridges, filters) is in a network namespace that ends with it.
PERRY_TEST_DOCKER_CONFIG is the text of dockerd's daemon.json.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.engines import image
from tests.engines.daemon import Daemon, EngineMissing, answers, ask, need
from tests.engines.dockerd import configure, containerd_socket, containerd_words, docker_pid, docker_socket, dockerd_words
from tests.engines.leavings import own_folder, remove_folder
from tests.engines.netns import own_network
from tests.engines.registry import registry

_PREFIX = "perry-engines-"
ROUNDS = 3
"""How often all containers are removed: podman removes none whose namespaces another has, so that one goes first."""
USER, PASSWORD = "tester", "s3cret pass"
# bcrypt of PASSWORD, cost 4
HTPASSWD = "tester:$2b$04$TFg4yp1t4mGCiZ3zPbkXgeXjUeugHDriuWVqqxiJ.RZu1YPoinQI6\n"


@dataclass
class Engine:
    """One engine. socket: where it listens. daemon: the process behind it, for tests that kill it.

    environ: of podman, which storage it has.
    """

    name: str
    socket: str
    daemon: Daemon | None = None
    private: bool = True
    before: dict[str, list[str]] = field(default_factory=dict)
    environ: dict[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """The address as DOCKER_HOST and CONTAINER_HOST have it."""
        return f"unix://{self.socket}"


@dataclass
class Engines:
    """What was started. missing: by name, why an engine is not there. environ: for programs that are to use them.

    service_environ: for a podman without a service, on storage of its own. daemons: in the order in which they were started.
    """

    folder: Path
    engines: dict[str, Engine] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    registry: str | None = None
    locked_registry: str | None = None
    service_environ: dict[str, str] = field(default_factory=dict)
    daemons: list[Daemon] = field(default_factory=list)

    def revive(self) -> list[str]:
        """Starts again what has ended; how each ended."""
        return [said for daemon in self.daemons if (said := daemon.revive())]

    def environ(self) -> dict[str, str]:
        """The variables that lead to the engines."""
        # A machine that runs all tests at once may be too slow for the usual two seconds of a probe.
        found = {"PERRY_TEST_IMAGE": image.IMAGE, "PERRY_CONTAINER_PROBE_TIMEOUT": "60"}
        if docker := self.engines.get("docker"):
            found["DOCKER_HOST"] = docker.host
        if podman := self.engines.get("podman"):
            found["CONTAINER_HOST"] = podman.host
        if self.registry:
            found["PERRY_TEST_REGISTRY"] = self.registry
        return found


@contextmanager
def engines_here(names: tuple[str, ...] = ("docker", "podman", "registry")) -> Iterator[Engines]:
    """Private engines for root; for everybody else the engines that answer already."""
    if os.geteuid() == 0:
        with private_engines(names) as engines:
            yield engines
    else:
        with existing_engines() as engines:
            yield engines


@contextmanager
def existing_engines() -> Iterator[Engines]:
    """The user's docker (DOCKER_HOST or the usual sockets) and the user's podman, behind a service of the tests' own."""
    with ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="perry-engines-"))
        stack.callback(shutil.rmtree, folder)
        engines = Engines(folder)
        for name, find in (("docker", _user_docker), ("podman", _user_podman)):
            try:
                found = stack.enter_context(find(folder))
                image.build(found.socket)
                stack.callback(image.remove, found.socket)
                found.before = image.objects(found.socket)
                engines.engines[name] = found
            except (EngineMissing, RuntimeError) as error:
                engines.missing[name] = f"{name} is not usable here: {error}"
        engines.missing["registry"] = "a registry that podman takes needs root"
        yield engines


@contextmanager
def _user_docker(folder: Path) -> Iterator[Engine]:
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    named = os.environ.get("DOCKER_HOST", "").removeprefix("unix://")
    for path in [named] if named else ["/var/run/docker.sock", f"{runtime}/docker.sock"]:
        if answers(path):
            yield Engine("docker", path, private=False)
            return
    raise EngineMissing("no docker answers for this user (start it, join its group, or run the tests as root)")


@contextmanager
def _user_podman(folder: Path) -> Iterator[Engine]:
    podman = need("podman", "podman")
    path = str(folder / "p.sock")
    daemon = Daemon("podman", [podman, "system", "service", "--time=0", f"unix://{path}"], folder)
    try:
        daemon.start(lambda: answers(path))
        yield Engine("podman", path, daemon, private=False)
    finally:
        daemon.stop()


@contextmanager
def private_engines(names: tuple[str, ...] = ("docker", "podman", "registry")) -> Iterator[Engines]:
    """Starts what of ``names`` is installed. The calling thread is in the engines' network meanwhile."""
    if os.geteuid() != 0:
        raise EngineMissing("private engines need root")
    with ExitStack() as stack:
        folder = own_folder(_PREFIX)
        stack.callback(remove_folder, folder)
        stack.enter_context(own_network())
        engines = Engines(folder)
        starters = {"docker": _docker, "podman": _podman, "registry": _registries}
        for name in names:
            try:
                stack.enter_context(starters[name](engines))
            except EngineMissing as error:
                engines.missing[name] = str(error)
        yield engines


# -- docker -------------------------------------------------------------------------------------


def _docker_runtimes() -> dict[str, object]:
    """Its configuration: gVisor's runtime beside its own, where that is there."""
    from tests.engines.gvisor import FLAGS, runsc

    program = runsc()
    return {"runtimes": {"runsc": {"path": program, "runtimeArgs": list(FLAGS)}}} if program else {}


@contextmanager
def _docker(engines: Engines) -> Iterator[None]:
    folder = engines.folder / "docker"
    below_words, above_words = containerd_words(folder), [*dockerd_words(folder), "--bip", "10.213.1.1/24"]
    folder.mkdir()
    configure(folder, {**json.loads(os.environ.get("PERRY_TEST_DOCKER_CONFIG") or "{}"), **_docker_runtimes()})
    below = Daemon("containerd", below_words, folder)
    socket_path = str(docker_socket(folder))
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
    above = Daemon("dockerd", above_words, folder, {**os.environ, "PATH": path}, leaves=[docker_pid(folder)])
    with ExitStack() as stack:
        stack.callback(below.stop)
        below.start(containerd_socket(folder).exists)
        stack.callback(above.stop)
        above.start(lambda: answers(socket_path))
        image.build(socket_path)
        engine = Engine("docker", socket_path, above, before=image.objects(socket_path))
        engines.engines["docker"] = engine
        engines.daemons += [below, above]
        stack.callback(empty, engine)
        yield


# -- podman -------------------------------------------------------------------------------------

_CONTAINERS_CONF = """[engine]
runtime = "{runtime}"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "{folder}/tmp"
static_dir = "{folder}/root/libpod"
volume_path = "{folder}/root/volumes"
[containers]
default_ulimits = ["nofile=4096:4096", "nproc=8192:8192"]
log_driver = "k8s-file"
[network]
network_backend = "netavark"
network_config_dir = "{folder}/net"
default_subnet = "10.214.{number}.0/24"
default_subnet_pools = [{{"base" = "10.{second}.0.0/16", "size" = 24}}]
"""
_STORAGE_CONF = """[storage]
driver = "overlay"
graphroot = "{folder}/root"
runroot = "{folder}/run"
"""
_REGISTRIES_CONF = """[[registry]]
location = "127.0.0.1:5000"
insecure = true
[[registry]]
location = "127.0.0.1:5001"
insecure = true
"""


def podman_environ(folder: Path, number: int) -> dict[str, str]:
    """The variables of a podman whose storage, state and networks are all below ``folder``."""
    folder.mkdir()
    runtime = "runc" if shutil.which("runc") else "crun"
    values = {"folder": folder, "runtime": runtime, "number": number, "second": 215 + number}
    files = {
        "CONTAINERS_CONF": ("containers.conf", _CONTAINERS_CONF.format(**values)),
        "CONTAINERS_STORAGE_CONF": ("storage.conf", _STORAGE_CONF.format(**values)),
        "CONTAINERS_REGISTRIES_CONF": ("registries.conf", _REGISTRIES_CONF),
    }
    for name, text in files.values():
        (folder / name).write_text(text)
    (folder / "policy").mkdir()
    return {variable: str(folder / name) for variable, (name, _) in files.items()}


@contextmanager
def _podman(engines: Engines) -> Iterator[None]:
    podman = need("podman", "podman")
    folder = engines.folder / "podman"
    environ = podman_environ(folder, 1)
    socket_path = str(folder / "p.sock")
    daemon = Daemon(
        "podman", [podman, "system", "service", "--time=0", f"unix://{socket_path}"], folder, {**os.environ, **environ}
    )
    with ExitStack() as stack:
        stack.callback(daemon.stop)
        daemon.start(lambda: answers(socket_path))
        image.build(socket_path)
        engine = Engine("podman", socket_path, daemon, before=image.objects(socket_path), environ=environ)
        engines.engines["podman"] = engine
        engines.daemons.append(daemon)
        engines.service_environ = podman_environ(engines.folder / "service", 2)
        stack.callback(empty, engine)
        yield


# -- registries ---------------------------------------------------------------------------------


@contextmanager
def _registries(engines: Engines) -> Iterator[None]:
    need("docker-registry", "docker-registry")
    folder = engines.folder / "registry"
    folder.mkdir()
    (folder / "htpasswd").write_text(HTPASSWD)
    lock = {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}}
    with ExitStack() as stack:
        engines.registry = stack.enter_context(registry(folder, 5000, {}))
        engines.locked_registry = stack.enter_context(registry(folder, 5001, lock))
        yield


# -- the end ------------------------------------------------------------------------------------


def empty(engine: Engine) -> None:
    """Removes what tests left, so that nothing of it keeps running when the engine ends, and none counts it as its own."""
    if not answers(engine.socket):
        return
    for _ in range(ROUNDS):
        for ident in image.objects(engine.socket)["containers"]:
            ask(engine.socket, "DELETE", f"/v1.41/containers/{ident}?force=1&v=1")
    for name in set(image.objects(engine.socket)["networks"]) - set(engine.before["networks"]):
        ask(engine.socket, "DELETE", f"/v1.41/networks/{name}")
