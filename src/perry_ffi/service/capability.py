"""One command in a hardened container that is gone afterwards: verified, bounded, isolated, removed."""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import anyio

from perry_ffi.errors import NotFound, Unsupported, ValidationError, VerificationFailed
from perry_ffi.model.files import open_file
from perry_ffi.runtime.unshared import tell_unshared
from perry_ffi.sandbox.isolation import choose, refuse_lacking
from perry_ffi.sandbox.life import live
from perry_ffi.sandbox.outcome import outcome
from perry_ffi.sandbox.plan import plan
from perry_ffi.sandbox.seccomp import Profile
from perry_ffi.sandbox.sweep import sweep_if_due
from perry_ffi.service import trust
from perry_ffi.service.client import Client

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.capability import CapabilitySpec
    from perry_ffi.model.capability_result import CapabilityResult
    from perry_ffi.model.image_info import ImageDetails
    from perry_ffi.trust.admit import Admitted

Admission = Callable[[Client, "CapabilitySpec"], Awaitable["Admitted"]]
MAX_PROFILE = 1 << 20


async def admit(client: Client, spec: CapabilitySpec) -> Admitted:
    """What may run: a policy always applies, and ``warn`` is ``enforce``. Raises VerificationFailed where there is none."""
    policy = spec.verify.policy() if spec.verify is not None else None
    return await trust.admit(client, spec.image, policy, obligatory=True, pull="missing")


async def run(client: Client, spec: CapabilitySpec, *, admission: Admission = admit) -> CapabilityResult:
    """Runs it. Whatever is wrong with ``spec`` is said before the engine is asked; what prevents the run is an error."""
    profile = await anyio.to_thread.run_sync(_files, spec)
    backend = await client.backend()
    backend.check_sandbox(spec)
    tell_unshared(client.event_bus, backend, spec.volumes, "CapabilitySpec.volumes")
    warnings = await sweep_if_due(backend)
    host = await backend.sandbox_host()
    runtime = choose(host, spec.isolation, spec.runtime, backend.name)
    refuse_lacking(host, runtime.level, root=spec.is_root, backend=backend.name)
    admitted = await admission(client, spec)
    reference, image = await _image(backend, admitted)
    _check_pins(spec, admitted, image)
    made = plan(
        spec, image, reference=reference, digest=admitted.digest, host=host, runtime=runtime, profile=profile
    )  # fmt: skip
    ended = await live(backend, made)
    return outcome(made, ended, encoding=spec.encoding, network=spec.network, warnings=warnings)


async def _image(backend: Backend, admitted: Admitted) -> tuple[str, ImageDetails]:
    """What the engine has of it, and by which name: its id where no name leads to it any more, for its only tag moved on."""
    try:
        return admitted.image, await backend.inspect_image(admitted.image)
    except NotFound:
        if admitted.ident is None:
            raise
        return admitted.ident, await backend.inspect_image(admitted.ident)


def _check_pins(spec: CapabilitySpec, admitted: Admitted, image: ImageDetails) -> None:
    """The image in the engine is the verified one: by the digest that its registry has for it, or by its id."""
    digests = {name.rpartition("@")[2] for name in image.digests}
    verify = spec.verify
    right = (
        admitted.digest in {image.id, *digests}
        and (verify is None or verify.id in (None, image.id))
        and (verify is None or verify.digest in (None, *digests))
    )
    if not right:
        raise VerificationFailed(
            f"{spec.image}: the engine's image is not the one that was verified", reason="otherImage", image=spec.image,
            digest=admitted.digest or None, found=sorted({image.id, *digests}),
        )  # fmt: skip


# -- files of this machine ------------------------------------------------------------------------


def _files(spec: CapabilitySpec) -> Profile | None:
    """The profile that is named, and a look at what is mounted. Blocking."""
    for index, mount in enumerate(spec.volumes):
        _refuse_special(f"CapabilitySpec.volumes[{index}].source", mount.source)
    return None if spec.seccomp in ("strict", "default") else _profile(spec.seccomp)


_HOST = ("/", "/dev", "/proc", "/run", "/sys", "/var/run")


def _refuse_special(member: str, source: str) -> None:
    """Only files and directories: through a socket or a device a read-only mount lets everything pass.

    One that is not there is for the engine to refuse.
    """
    real = os.path.realpath(source)
    try:
        mode = os.stat(real).st_mode
    except OSError:
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise Unsupported(f"{member}: {source} is no file and no directory", member=member, reason="a socket or device")
    if real in _HOST or real.startswith(("/dev/", "/proc/", "/sys/")):
        reason = "the kernel's own files and the sockets of services are no input of a run"
        raise Unsupported(f"{member}: {source}: {reason}", member=member, reason=reason)


def _profile(path: str) -> Profile:
    member = "CapabilitySpec.seccomp"
    try:
        with open_file(path) as file:
            content = file.read(MAX_PROFILE + 1)
    except FileNotFoundError:
        raise NotFound(f"{path}: no such seccomp profile", file=path, path=member) from None
    except OSError as error:
        expected = f"a readable file ({error.strerror})"
        raise ValidationError(f"{member}: expected {expected}", path=member, file=path, expected=expected) from None
    try:
        document = json.loads(content) if len(content) <= MAX_PROFILE else None
    except (ValueError, RecursionError):
        document = None
    action = document.get("defaultAction") if isinstance(document, dict) else None
    if not isinstance(action, str) or action in ("SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_TRACE"):
        expected = "a JSON object of at most 1 MiB whose defaultAction refuses"
        raise ValidationError(f"{member}: expected {expected}", path=member, file=path, expected=expected)
    found = Profile("", json.dumps(document, separators=(",", ":")))
    return Profile(f"sha256:{found.digest}", found.text)


__all__ = ["Admission", "admit", "run"]
