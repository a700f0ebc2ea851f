"""Containers that run one hostile command and are gone afterwards (``op.sandbox``).

A sandbox is a container like others as far as starting, killing, waiting and removing go; what is its own is how it is made,
what is read back from it, and that its output is bytes. A backend makes all of what a ``SandboxSpec`` says, or refuses by the
member of ``CapabilitySpec`` that it cannot enforce: nothing is left out here.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from perry_ffi.model.capability import CapabilitySpec
    from perry_ffi.model.container_info import ContainerHandle

Level = Literal["container", "gvisor", "microvm"]
LEVELS: tuple[Level, ...] = ("container", "gvisor", "microvm")
"""What a runtime isolates by, weakest first: the host's kernel, a kernel in user space, a machine."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """An OCI runtime of an engine. level: by the class of its program, never by its name. missing: why it cannot be used."""

    name: str
    level: Level
    missing: str = ""


@dataclass(frozen=True, slots=True)
class SandboxHost:
    """What an engine can make sandboxes of.

    chooses: whether a container may have another runtime than ``default``; else ``remedy`` says what helps. architecture: of its
    machine. lacks: by the member of ``CapabilitySpec``, why the engine's machine cannot enforce it.
    """

    runtimes: tuple[Runtime, ...]
    default: str
    chooses: bool
    architecture: str
    remedy: str = ""
    lacks: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Bind:
    """A file or directory of the engine's host, read-only, without what is mounted below it."""

    source: str
    target: str


@dataclass(frozen=True, slots=True)
class SandboxSpec:
    """A sandbox, complete: what is not said here is as tight as an engine can make it.

    image: pinned; it is in the engine. argv: the whole command. user: uid and gid. network: None for no network, empty for the
    engine's default one. seconds: after which an engine that can ends it by itself, whoever made it being dead. memory, tmp,
    shm: bytes. covers: directories that a memory of ``tmp`` bytes lies over, /tmp among them. inputs: directories that files are
    put into before the start. seccomp: the JSON of a profile, None for the engine's own. runtime: by name, None for the default.
    level: of that runtime, for what is other under it.
    """

    name: str
    image: str
    argv: tuple[str, ...]
    env: Mapping[str, str]
    workdir: str
    user: tuple[int, int]
    network: str | None
    seconds: float
    memory: int
    cpus: float
    pids: int
    files: int
    tmp: int
    shm: int
    covers: tuple[str, ...]
    inputs: tuple[str, ...]
    binds: tuple[Bind, ...]
    stdin: bool
    seccomp: str | None
    runtime: str | None
    level: Level
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SandboxSeen:
    """What an engine says of a sandbox that was made, or has ended.

    runtime: that it has really. userns: whether its users are other ones on the host. writable: directories of the host's disk
    that it can write. oom_killed: None where the engine does not tell.
    """

    image_id: str
    runtime: str
    level: Level
    userns: bool
    writable: tuple[str, ...] = ()
    exit_code: int | None = None
    oom_killed: bool | None = None


class SandboxSession(abc.ABC):
    """The output of a sandbox, from its first byte, and its input."""

    @abc.abstractmethod
    async def read(self) -> Sequence[tuple[str, bytes]] | None:
        """The next pieces, each with its stream (``stdout``, ``stderr``); None at the end. A cancelled call loses nothing."""

    @abc.abstractmethod
    async def send(self, data: bytes) -> bool:
        """Input; False where nobody reads it any more. Waits while it is not read."""

    @abc.abstractmethod
    async def end_input(self) -> None:
        """The end of the input."""

    @abc.abstractmethod
    async def aclose(self) -> None:
        """Gives back the connection. Idempotent."""


class Sandboxes(abc.ABC):
    """``op.sandbox``"""

    @abc.abstractmethod
    def check_sandbox(self, spec: CapabilitySpec) -> None:
        """Raises Unsupported for a member that this engine can never enforce, and asks it nothing."""

    @abc.abstractmethod
    async def sandbox_host(self) -> SandboxHost:
        """What the engine can make sandboxes of. It may be a minute old."""

    @abc.abstractmethod
    async def create_sandbox(self, spec: SandboxSpec) -> ContainerHandle:
        """Creates, does not start, and never pulls. A failure leaves nothing, but for one whose answer was lost.

        Unsupported where the engine says that it left a bound out.
        """

    @abc.abstractmethod
    async def see_sandbox(self, ident: str) -> SandboxSeen:
        """What was made."""

    @abc.abstractmethod
    async def attach_sandbox(self, ident: str, *, stdin: bool) -> SandboxSession:
        """To be called between creation and start. The session has to be read to its end: a kill waits for its reader."""

    @abc.abstractmethod
    async def kill_sandbox(self, ident: str) -> None:
        """Kills, and does not wait for the end. ``Conflict`` if it does not run."""


__all__ = [
    "LEVELS", "Bind", "Level", "Runtime", "SandboxHost", "SandboxSeen", "SandboxSession", "SandboxSpec", "Sandboxes",
]  # fmt: skip
