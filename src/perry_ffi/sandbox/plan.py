"""From what was asked for to the sandbox that is made: everything is decided here, and nothing is asked. Pure."""

from __future__ import annotations

import posixpath
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perry_ffi.backends.contract.sandbox_records import Bind, Runtime, SandboxHost, SandboxSpec
from perry_ffi.errors import Unsupported, ValidationError
from perry_ffi.sandbox.files import archives
from perry_ffi.sandbox.labels import labels
from perry_ffi.sandbox.seccomp import Profile, strict

if TYPE_CHECKING:
    from perry_ffi.model.capability import CapabilitySpec
    from perry_ffi.model.image_info import ImageDetails

_HOME = "/tmp"


@dataclass(frozen=True, slots=True)
class Plan:
    """A sandbox, and what is done with it.

    digest: what was verified. image_id: of the image that has to run. archives: by directory, the input. seccomp: its name for
    the result.
    """

    sandbox: SandboxSpec
    runtime: Runtime
    digest: str
    image_id: str
    archives: Mapping[str, bytes]
    stdin: bytes | None
    timeout: float
    max_output: int
    seccomp: str

    @property
    def maps_users(self) -> bool:
        """Whether the sandbox may only run with users of its own."""
        return 0 in self.sandbox.user and self.runtime.level == "container"


def plan(
    spec: CapabilitySpec,
    image: ImageDetails,
    *,
    reference: str,
    digest: str,
    host: SandboxHost,
    runtime: Runtime,
    profile: Profile | None,
) -> Plan:
    """reference, digest: what was verified. profile: the file that the spec names, read. Raises Unsupported, ValidationError."""
    ident = secrets.token_hex(16)
    packed = archives(spec.input, spec.user[0])
    chosen = _profile(spec, host, runtime, profile)
    sandbox = SandboxSpec(
        name=f"perry-cap-{spec.name or 'run'}-{ident}",
        image=reference,
        argv=tuple(_argv(spec, image)),
        env={"HOME": _HOME, **spec.env},
        workdir=spec.workdir,
        user=spec.user,
        network=None if spec.network == "none" else spec.network,
        seconds=spec.timeout,
        memory=spec.memory,
        cpus=spec.cpus,
        pids=spec.pids,
        files=spec.files,
        tmp=spec.tmp,
        shm=spec.shm,
        covers=_covers(image.volumes, {*packed, *(mount.target for mount in spec.volumes)}),
        inputs=tuple(packed),
        binds=tuple(Bind(mount.source, mount.target) for mount in spec.volumes),
        stdin=spec.stdin is not None,
        seccomp=chosen.text if chosen else None,
        runtime=runtime.name if host.chooses else None,
        level=runtime.level,
        labels=labels(ident, spec.timeout),
    )
    return Plan(
        sandbox, runtime, digest, image.id, packed, spec.stdin, spec.timeout, spec.max_output,
        _seccomp_name(chosen, runtime),
    )  # fmt: skip


def _argv(spec: CapabilitySpec, image: ImageDetails) -> list[str]:
    """The whole command, as docker and podman put it together of what is given and what the image has."""
    if spec.entrypoint is None:
        words = [*image.entrypoint, *(image.cmd if spec.cmd is None else spec.cmd)]
    else:
        words = [*spec.entrypoint, *(spec.cmd or [])]
    if not words or not words[0]:
        path = "CapabilitySpec.cmd"
        raise ValidationError(f"{path}: expected a command, the image has none of its own", path=path, expected="a command")
    return words


def _covers(volumes: list[str], taken: set[str]) -> tuple[str, ...]:
    """/tmp, and each directory that the image declares a volume: it would lie on the host's disk, writable and unbounded."""
    declared = {posixpath.normpath("/" + path.strip("/")) for path in volumes}
    if "/" in declared:
        path = "CapabilitySpec.image"
        raise Unsupported(f"{path}: it declares its root a volume, which cannot be read-only", member=path, reason="VOLUME /")
    return tuple(sorted({_HOME, *declared} - taken))


def _profile(spec: CapabilitySpec, host: SandboxHost, runtime: Runtime, profile: Profile | None) -> Profile | None:
    """None for the engine's own, and where the runtime has a kernel that knows none."""
    if runtime.level != "container" or spec.seccomp == "default":
        return None
    if spec.seccomp != "strict":
        return profile
    found = strict(host.architecture)
    if found is None:
        path = "CapabilitySpec.seccomp"
        reason = f"there is no strict profile for the engine's machine ({host.architecture or 'unknown'})"
        raise Unsupported(f"{path}: {reason}", member=path, reason=reason, remedy='seccomp: "default"')
    return found


def _seccomp_name(chosen: Profile | None, runtime: Runtime) -> str:
    if runtime.level != "container":
        return "none"
    return chosen.name if chosen else "default"


__all__ = ["Plan", "plan"]
