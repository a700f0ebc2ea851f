"""What was seen of this machine: frozen values, so that each operating system can be judged on any.

``read/`` gathers them, each reader bounded; ``symptoms/`` judges them and looks at nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

SocketState = Literal["missing", "dangling", "no-socket", "denied", "refused", "silent", "odd", "listening"]
"""``no-socket``: another kind of file. ``silent``: no answer in time. ``odd``: an answer that is no engine's, or another failure."""


@dataclass(frozen=True)
class Answer:
    """What an engine said on a socket. status: of ``/version``; said: its words where that is not 200.

    skew: seconds that its clock is ahead of this one. root: the folder where it keeps all; free: bytes left there, where that
    folder is on this machine.
    """

    status: int = 200
    said: str = ""
    name: str = ""
    version: str = ""
    api: str = ""
    skew: float = 0.0
    root: str = ""
    free: int | None = None


@dataclass(frozen=True)
class Socket:
    """One place where an engine may listen. runtime: whose place it is; named_by: the variable or the context that has it.

    link: where a symbolic link leads. group, mode: of the file, where it can be looked at. error: the system's word.
    """

    runtime: str
    path: str
    state: SocketState
    named_by: str = ""
    link: str = ""
    group: str = ""
    mode: int = 0
    error: str = ""
    answer: Answer | None = None


@dataclass(frozen=True)
class Said:
    """What a program answered. exit_code: ``None`` where it did not end in time or did not start, and ``failure`` says which."""

    argv: tuple[str, ...]
    exit_code: int | None
    stdout: str = ""
    stderr: str = ""
    failure: str = ""

    @property
    def words(self) -> str:
        """Its last words, for people: one line, not long."""
        lines = [line.strip() for line in (self.stderr or self.stdout).splitlines() if line.strip()]
        return (lines[-1] if lines else self.failure or f"exit code {self.exit_code}, without a word")[:300]


@dataclass(frozen=True)
class Machine:
    """The system and the user. platform: as ``sys.platform``; release: of the system (macOS: ``26.1``); wsl: 0, 1 or 2.

    uid: ``None`` where users have none. groups: names of this process's groups; listed_groups: those that the database of groups
    has the user in. distribution: ``ID`` and ``ID_LIKE`` of os-release, the nearest first. container: this process is in one.
    units: names of unit files of the user's own. helpers: programs beside an engine that no search path has.
    subids: whether the user has ranges of ids for rootless containers, ``None`` where that cannot be told.
    """

    platform: str = "linux"
    release: str = ""
    arch: str = "x86_64"
    user: str = ""
    uid: int | None = 1000
    home: str = "/"
    runtime_dir: str = ""
    groups: frozenset[str] = frozenset()
    listed_groups: frozenset[str] = frozenset()
    distribution: tuple[str, ...] = ()
    systemd: bool = False
    wsl: int = 0
    container: bool = False
    cgroup: str = ""
    units: frozenset[str] = frozenset()
    helpers: frozenset[str] = frozenset()
    subids: bool | None = None


@dataclass(frozen=True)
class Configuration:
    """What files and variables say of servers. problem: what is wrong with docker's configuration file, with its path.

    context: the context in force, with ``context_by`` who names it; context_problem: why it leads nowhere.
    servers: the variables that name a server, with the scheme of each address (an address may hold a password).
    tls_missing: files that TLS to such a server needs and that are not there.
    """

    problem: str = ""
    context: str = ""
    context_by: str = ""
    context_problem: str = ""
    servers: Mapping[str, str] = field(default_factory=dict)
    tls_missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """All of it. programs: absolute paths by name. said: answers by the question's name. directory: of the project in mind."""

    machine: Machine = Machine()
    sockets: tuple[Socket, ...] = ()
    programs: Mapping[str, str] = field(default_factory=dict)
    said: Mapping[str, Said] = field(default_factory=dict)
    configuration: Configuration = Configuration()
    directory: str = ""

    def of(self, runtime: str, *states: SocketState) -> list[Socket]:
        """The sockets of a runtime in one of these states; without states all of them."""
        return [socket for socket in self.sockets if socket.runtime == runtime and (not states or socket.state in states)]

    def listens(self, runtime: str) -> bool:
        """Whether something answers for it."""
        return bool(self.of(runtime, "listening"))

    def is_named(self, runtime: str) -> bool:
        """Whether a variable, or docker's context, says where it is: then it is looked for nowhere else."""
        prefix = {"docker": "DOCKER_", "podman": "CONTAINER_"}.get(runtime, "-")
        configuration = self.configuration
        return any(name.startswith(prefix) for name in configuration.servers) or (
            runtime == "docker" and bool(configuration.context)
        )

    def has(self, program: str) -> bool:
        """Whether the program is on the search path."""
        return program in self.programs
