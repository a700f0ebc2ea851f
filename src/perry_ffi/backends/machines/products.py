"""The table of products whose virtual machines hold an engine: data alone, as ``drivers`` is.

None has a driver of its own: its engine is driven through the API that its socket speaks, or, where it holds containerd, by
the nerdctl that it has beside it. To add one, add a row, how its
program's answer is read (``answers``), and its name in ``drivers``.
"""

from __future__ import annotations

from typing import NamedTuple

MAC, LINUX, WINDOWS = "darwin", "linux", "win32"
_DOCKER_PIPE = "npipe:////./pipe/docker_engine"
_DOCKER_SOCKET = "/var/run/docker.sock"
_DOCKER_HOST = "host.docker.internal"


class Nerdctl(NamedTuple):
    """How the nerdctl is called that a product's machine has beside its containerd.

    ahead: the words behind the program and before nerdctl's own, in which ``{name}`` is the machine's name. program: which it is, in
    the product's folders; empty: the product's own. takes: words that this program takes for its own wherever they stand, but behind
    ``exec``. own_version: whether ``version`` tells of the program, and in other words. unheard: whether it ends with success and
    without a word where the machine does not run; off: what it says on its output then.
    """

    ahead: tuple[str, ...] = ()
    program: str = ""
    takes: tuple[str, ...] = ()
    own_version: bool = False
    unheard: bool = False
    off: str = ""


class Share(NamedTuple):
    """A folder of the host that a machine has as well, at the same path. platform: the only one where it has it."""

    path: str
    read_only: bool = False
    platform: str = ""


class Machine(NamedTuple):
    """One product.

    name: the engine in ``drivers`` that it is, or that it may hold. product: as its makers write it. platforms: where it is
    there, by ``sys.platform``.
    sockets: where its engine listens, in order; ``places`` says what stands for the words in braces, and ``*`` is any folder.
    pipe: where it listens on Windows. contexts: docker's names for it; one that ends with
    ``-`` stands for all that begin so.
    program: its own, which is asked; folders: where that is, beside the search path. question: what it is asked;
    locate: and then, with the name of a machine that runs, where that one's socket is.
    traces: what shows that it is installed, where its program is not its alone; empty: the program does.
    start: the command that starts one that is there; make: that makes the first. again: that restarts one.
    install: what is to be installed, in the words of the platform's usual tool. nerdctl: how one that
    holds containerd is driven. inside: the engine's socket in the machine, for containers that are given it.
    shares: the folders of the host that it has as well, unless it is told otherwise; empty: they are not known. host: the name by
    which its containers reach the host.
    """

    name: str
    product: str
    platforms: tuple[str, ...]
    program: str
    question: tuple[str, ...]
    start: str
    install: str
    sockets: tuple[str, ...] = ()
    pipe: str = ""
    contexts: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    traces: tuple[str, ...] = ()
    make: str = ""
    again: str = ""
    nerdctl: Nerdctl | None = None
    inside: str = ""
    shares: tuple[Share, ...] = ()
    host: str = ""
    locate: tuple[str, ...] = ()

    @property
    def asking(self) -> str:
        """The question, as somebody types it."""
        return " ".join((self.program, *self.question))


MACHINES: tuple[Machine, ...] = (
    Machine(
        "orbstack",
        "OrbStack",
        (MAC,),
        program="orb",
        question=("status",),
        start="orb start",
        install="brew install --cask orbstack",
        sockets=("{home}/.orbstack/run/docker.sock",),
        contexts=("orbstack",),
        folders=("{home}/.orbstack/bin",),
        again="orb stop && orb start",
        inside=_DOCKER_SOCKET,
        shares=(Share("/"),),
        host=_DOCKER_HOST,
    ),
    Machine(
        "colima",
        "Colima",
        (MAC, LINUX),
        program="colima",
        question=("list", "--json"),
        start="colima start",
        install="brew install colima docker",
        sockets=("{colima}/default/docker.sock", "{colima}/docker.sock", "{colima}/*/docker.sock"),
        contexts=("colima", "colima-"),
        again="colima restart",
        inside=_DOCKER_SOCKET,
        nerdctl=Nerdctl(("nerdctl", "--profile={name}", "--")),
        shares=(Share("{home}"),),
        host=_DOCKER_HOST,
    ),
    Machine(
        "rancher-desktop",
        "Rancher Desktop",
        (MAC, LINUX, WINDOWS),
        program="rdctl",
        question=("api", "/v1/backend_state"),
        start="rdctl start --container-engine.name moby",
        install="brew install --cask rancher",
        sockets=("{home}/.rd/docker.sock",),
        pipe=_DOCKER_PIPE,
        contexts=("rancher-desktop",),
        folders=("{home}/.rd/bin",),
        again="rdctl shutdown && rdctl start --container-engine.name moby",
        inside=_DOCKER_SOCKET,
        nerdctl=Nerdctl(program="nerdctl", off="Rancher Desktop is not running"),
        shares=(
            Share("{home}"),
            Share("/tmp/rancher-desktop"),
            Share("/Volumes", platform=MAC),
            Share("/var/folders", platform=MAC),
            Share("/private/tmp", platform=MAC),
        ),
        host=_DOCKER_HOST,
    ),
    Machine(
        "lima",
        "Lima",
        (MAC, LINUX),
        program="limactl",
        question=("list", "--json"),
        start="limactl start",
        install="brew install lima",
        sockets=("{lima}/*/sock/docker.sock", "{lima}/*/sock/podman.sock"),
        contexts=("lima", "lima-"),
        make="limactl start template:docker",
        again="limactl restart",
        nerdctl=Nerdctl(("shell", "--workdir=/", "{name}", "nerdctl"), unheard=True),
        shares=(Share("{home}", read_only=True),),
        host="host.lima.internal",
    ),
    Machine(
        "podman",
        "Podman machine",
        (MAC, WINDOWS),
        program="podman",
        question=("machine", "list", "--format", "json"),
        start="podman machine start",
        install="brew install podman",
        sockets=("{tmp}/podman/*-api.sock",),
        make="podman machine init --now",
        again="podman machine stop && podman machine start",
        locate=("machine", "inspect", "--format", "{{.ConnectionInfo.PodmanSocket.Path}}"),
        shares=(Share("/Users"), Share("/private"), Share("/var/folders")),
        host="host.containers.internal",
    ),
    Machine(
        "finch",
        "Finch",
        (MAC, WINDOWS),
        program="finch",
        question=("vm", "status"),
        start="finch vm start",
        install="brew install --cask finch",
        make="finch vm init",
        nerdctl=Nerdctl(takes=("--debug",), own_version=True),
        shares=(Share("{home}"),),
        host=_DOCKER_HOST,
    ),
    Machine(
        "docker",
        "Docker Desktop",
        (MAC, LINUX, WINDOWS),
        program="docker",
        question=("desktop", "status"),
        start="docker desktop start",
        install="brew install --cask docker-desktop",
        sockets=("{home}/.docker/run/docker.sock", "{home}/.docker/desktop/docker.sock"),
        pipe=_DOCKER_PIPE,
        contexts=("desktop-linux", "desktop-windows"),
        traces=("{home}/.docker/desktop", "/Applications/Docker.app", "/opt/docker-desktop"),
        again="docker desktop restart",
        inside=_DOCKER_SOCKET,
        host=_DOCKER_HOST,
    ),
)

_BY_NAME = {machine.name: machine for machine in MACHINES}


def of(name: str) -> Machine | None:
    """The machine that the engine ``name`` is, or may be held by; None where there is none."""
    return _BY_NAME.get(name)
