"""What is said of sandboxes: what an engine can make them of, one that is asked for, and one that was made.

Apart from the contract's calls, for only a run needs them, and every start of the library reads the contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Level = Literal["container", "gvisor", "microvm"]
LEVELS: tuple[Level, ...] = ("container", "gvisor", "microvm")
"""What a runtime isolates by, weakest first: the host's kernel, a kernel in user space, a machine."""


def is_enough(level: Level, least: Level) -> bool:
    """Whether ``level`` isolates at least as ``least`` does."""
    return LEVELS.index(level) >= LEVELS.index(least)


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


__all__ = ["LEVELS", "Bind", "Level", "Runtime", "SandboxHost", "SandboxSeen", "SandboxSpec", "is_enough"]
