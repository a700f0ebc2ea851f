"""What is told about an engine."""

from typing import Literal

from perry_ffi.model.answer import Answer, told

BackendState = Literal["ready", "stopped", "absent", "denied", "broken", "unsupported"]
"""What became of a probe: it answers; it is there and does not run; nothing of it is there; this user may not use it; it is
there and answers wrongly or too late; it runs, and this version of the library, or this machine, cannot use it."""


class BackendMount(Answer):
    """A folder of this machine that an engine's virtual machine has too, at the same path."""

    path: str
    read_only: bool = told(default=False, json="readOnly")


class BackendNode(Answer):
    """A machine of an engine that is a cluster of several."""

    name: str
    address: str = ""
    up: bool = True
    """Whether it answers."""
    active: bool = True
    """Whether it is given new tasks."""
    manager: bool = False
    """Whether it has a say in the cluster, and may be asked."""


class BackendInfo(Answer):
    """One probe, or the live engine. ``reason`` is empty where it is available."""

    name: str
    available: bool
    state: BackendState = "ready"
    where: str | None = None
    """Where it answers, or was last looked for: an address, or the question that its own program was asked."""
    reason: str = ""
    evidence: list[str] | None = None
    """Of one that is not available: what was looked at, and what each of it said."""
    same_as: str | None = told(default=None, json="sameAs")
    """The name before this one that is the same engine: both names lead to one socket."""
    version: str | None = None
    mode: str | None = None
    """``local`` (on this kernel), ``vm``, ``remote`` or ``cluster``."""
    isolation_level: str | None = told(default=None, json="isolationLevel")
    """``container`` or ``microvm``."""
    api: str | None = None
    """The version of its API that is spoken, of a live engine: ``1.41``."""
    rootless: bool | None = None
    """Whether a live engine has the rights of a user who is not root."""
    cgroup_version: str | None = told(default=None, json="cgroupVersion")
    """``1`` or ``2``, of a live engine's machine."""
    storage_driver: str | None = told(default=None, json="storageDriver")
    """What keeps the layers of a live engine's containers: ``overlay2``."""
    runtime: str | None = None
    """What a live engine runs containers with: ``runc``."""
    runtimes: list[str] | None = None
    """What a container may name as its runtime, that one among them."""
    mounts: list[BackendMount] | None = None
    """Of a live engine in a virtual machine: what that has of this machine, as its product ships it; absent where it is not known."""
    host_address: str | None = told(default=None, json="hostAddress")
    """Of a live engine in a virtual machine: the name by which its containers reach this machine."""
    docker_socket_inside: str | None = told(default=None, json="dockerSocketInside")
    """Where a live engine's own socket is on the machine that it runs on: what a container is given that is to speak to it."""
    nodes: list[BackendNode] | None = None
    """Of a live engine that is a cluster: its machines, by name."""
    remedy: str | None = None
    """What to do about ``reason``."""
    chosen: str | None = None
    """Of the one that is in use: why it is that one."""
    warning: str | None = None
    """What is to be known of its having been chosen: an engine that comes before it is there and too slow."""
