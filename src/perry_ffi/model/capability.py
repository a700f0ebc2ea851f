"""What a program says about one command in a hardened container. What it hears is in ``capability_result``."""

import re
from typing import Annotated, Any, ClassVar, Literal, Self

from perry_ffi.model import capability_values as own
from perry_ffi.model import reference, values
from perry_ffi.model.base import Field, Model, contradiction, model_validator, no_items, no_members, parsed, validate
from perry_ffi.model.capability_values import GIB, KIB, MIB
from perry_ffi.model.mounts import Mount
from perry_ffi.model.verify import VerifyPolicy

IsolationWish = Literal["container", "gvisor", "microvm", "strongest"]
_DIGEST = r"sha256:[0-9a-f]{64}\Z"


def _digest(value: Any) -> str:
    if not isinstance(value, str) or not re.match(_DIGEST, value):
        values.bad("sha256: and 64 hex digits", value)
    return str(value)


class CapabilityVerify(VerifyPolicy):
    """A policy, or a pin: ``{digest}`` of the manifest, or ``{id}`` of an image of this engine (built here, or offline)."""

    digest: Annotated[str | None, parsed(_digest)] = None
    id: Annotated[str | None, parsed(_digest)] = None

    @model_validator(mode="before")
    @classmethod
    def _pinned(cls, value: Any) -> Any:
        """A pin is a rule with one digest."""
        if not isinstance(value, dict) or not {"digest", "id"} & set(value):
            return value
        if len(value) > 1:
            raise contradiction("digest" if "digest" in value else "id", "a pin alone, without anything beside it")
        pinned = next(iter(value.values()))
        right = isinstance(pinned, str) and re.match(_DIGEST, pinned)
        return {**value, "digests": [pinned] if right else []}

    def policy(self) -> VerifyPolicy:
        """As a policy of images."""
        pin = self.digest or self.id
        return validate(VerifyPolicy, {"digests": [pin]}) if pin else self


class CapabilitySpec(Model):
    """One command to run. Only ``image`` is required. Each member is bounded, and none can take a protection away.

    Not members: privileged, devices, cap_add, ports, host namespaces, writable mounts.
    """

    free_text: ClassVar[frozenset[str]] = frozenset({"stdin"})

    image: Annotated[str, parsed(reference.image)]
    cmd: Annotated[list[str] | None, parsed(own.command)] = None
    """Arguments in place of the image's; ``command`` is the same."""
    entrypoint: Annotated[list[str] | None, parsed(own.command)] = None
    name: Annotated[str | None, parsed(own.name)] = None
    """Part of the container's name, to recognise it by."""
    env: Annotated[dict[str, str], parsed(own.env)] = Field(default_factory=no_members, repr=False)
    stdin: Annotated[bytes | None, parsed(own.stdin)] = Field(None, repr=False)
    """What it reads, then the end of its input: text, or ``{base64}``."""
    workdir: Annotated[str, parsed(own.path)] = "/tmp"
    network: Annotated[str, parsed(own.network)] = "none"
    """false; true for the engine's default network; or the name of one."""
    user: Annotated[tuple[int, int], parsed(own.user)] = (65534, 65534)
    """By number. uid 0 and gid 0 only where they are not the host's."""
    timeout: Annotated[float, parsed(own.seconds)] = 30.0
    memory: Annotated[int, parsed(own.size(6 * MIB, 1024 * GIB))] = 128 * MIB
    """With what lies in ``tmp`` and ``shm``; there is no swap."""
    cpus: Annotated[float, parsed(own.cpus)] = 1.0
    pids: Annotated[int, parsed(values.integer(1, 4096))] = 64
    """Processes and threads."""
    files: Annotated[int, parsed(values.integer(16, 65536))] = 256
    """Open files of a process."""
    tmp: Annotated[int, parsed(own.size(64 * KIB, 64 * GIB))] = 64 * MIB
    """Of /tmp, of each VOLUME of the image, and of one file."""
    shm: Annotated[int, parsed(own.size(64 * KIB, 64 * GIB))] = MIB
    max_output: Annotated[int, parsed(own.size(1, 64 * MIB))] = Field(MIB, alias="maxOutput")
    """Bytes of each stream. One that says more is ended."""
    encoding: Literal["utf-8", "base64"] = "utf-8"
    """How ``stdout`` and ``stderr`` of the result are text: bytes that are no UTF-8 become U+FFFD, or all of it base64."""
    input: Annotated[dict[str, bytes], parsed(own.inputs)] = Field(default_factory=no_members, repr=False)
    """Files that it can read: by absolute path, text or ``{base64}``."""
    volumes: Annotated[list[Mount], parsed(own.binds)] = Field(default_factory=no_items)
    """Bind mounts, read-only."""
    seccomp: Annotated[str, parsed(own.seccomp)] = "strict"
    """``strict``, the engine's own (``default``), or the absolute path of a profile."""
    isolation: IsolationWish = "container"
    """The least that is accepted."""
    runtime: Annotated[str | None, parsed(values.name)] = None
    """An OCI runtime of the engine, by name."""
    verify: CapabilityVerify | None = None
    """What the image has to be signed with, beside what the machine asks for."""

    @model_validator(mode="before")
    @classmethod
    def _one_command(cls, value: Any) -> Any:
        if not isinstance(value, dict) or "command" not in value:
            return value
        if value.get("cmd") is not None:
            raise contradiction("command", "cmd or command, not both")
        return {"cmd" if name == "command" else name: item for name, item in value.items()}

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        folders = {path.rpartition("/")[0] for path in self.input}
        for index, mount in enumerate(self.volumes):
            target = mount.target.rstrip("/")
            if any(own.is_below(folder, (target,)) or own.is_below(target, (folder,)) for folder in folders):
                raise contradiction("volumes", f"no mount where input files are (volumes[{index}])")
        return self

    @property
    def is_root(self) -> bool:
        """Whether it asks for uid 0 or gid 0."""
        return 0 in self.user


__all__ = ["CapabilitySpec", "CapabilityVerify", "IsolationWish"]
