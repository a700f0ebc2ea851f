"""Sandboxes on an engine that is spoken to by its API. What only a run needs is imported when there is one."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import anyio

from perry_ffi.backends.engine_api.engine_client import EngineCalls, shown
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.backends.engine_api.transport.version import architecture
from perry_ffi.cancellation import finish
from perry_ffi.errors import BackendError, ContainerError, Unsupported
from perry_ffi.model.container_info import ContainerHandle

if TYPE_CHECKING:
    from perry_ffi.backends.contract.sandbox_records import SandboxHost, SandboxSeen, SandboxSpec
    from perry_ffi.backends.contract.sandboxes import SandboxSession
    from perry_ffi.model.capability import CapabilitySpec

HOST_SECONDS = 60.0
"""How long what an engine says of its machine is believed. What was made is read back each time."""
LIBPOD = ("v4.0.0", "libpod")
_LEFT_OUT = re.compile(r"discarded|ignored|not supported", re.IGNORECASE)


class Sandboxes(EngineCalls):
    """The operations of ``op.sandbox``."""

    _host: tuple[float, SandboxHost, bool] | None = None
    """When it was asked, what it said, and whether its users are others on the host."""
    _architecture: str | None = None
    """Of docker's machine, once it was asked."""

    def check_sandbox(self, spec: CapabilitySpec) -> None:
        if self.elsewhere and spec.volumes:
            self._refuse(
                "volumes[0]", f"it is a mount of this machine, and the engine is on another one ({self.elsewhere})",
                "give the files as input",
            )  # fmt: skip
        if self.podman and self.elsewhere and spec.seccomp != "default":
            self._refuse(
                "seccomp", f"it reads a profile from its own machine, and that is another one ({self.elsewhere})",
                'ask for the engine\'s own profile: seccomp: "default"',
            )  # fmt: skip
        if not self.podman and spec.is_root and spec.isolation not in ("gvisor", "microvm"):
            self._refuse("user", "uid 0 and gid 0 are root's of the host there", "take another user, or isolation gvisor")
        if not self.podman and spec.is_root and spec.input:
            self._refuse("input", "a user who is root could write to its directories, on the host's disk", "take another user")

    def _refuse(self, member: str, reason: str, remedy: str) -> None:
        name = f"CapabilitySpec.{member}"
        raise Unsupported(
            f"{name}: {self.name} cannot honour it: {reason}", member=name, backend=self.name, reason=reason, remedy=remedy
        )

    async def sandbox_host(self) -> SandboxHost:
        return (await self._known())[0]

    async def _known(self) -> tuple[SandboxHost, bool]:
        if self._host is None or time.monotonic() - self._host[0] > HOST_SECONDS:
            self._host = (time.monotonic(), *await self._ask_host())
        return self._host[1:]

    async def _ask_host(self) -> tuple[SandboxHost, bool]:
        from perry_ffi.backends.engine_api.sandboxes.hosts import docker_host, podman_host

        doing = f"ask {self.name} what it isolates with"
        if self.podman:
            return podman_host(await self.ask_object(Request("GET", (*LIBPOD, "info"), doing, versioned=False)), here=self.local)
        document = await self.ask_object(Request("GET", ("info",), doing))
        maps = any(str(option).startswith("name=userns") for option in document.get("SecurityOptions") or [])
        if self._architecture is None:
            self._architecture = await architecture(self._client)
        return docker_host(document, self._architecture, here=self.local), maps

    async def create_sandbox(self, spec: SandboxSpec) -> ContainerHandle:
        doing = f"create the sandbox {spec.name}"
        created = await self.ask_object(await self._creation(spec, doing), subject=spec.image)
        ident = created.get("Id")
        if not isinstance(ident, str) or not ident:
            raise BackendError(f"{doing}: the engine gives no id", backend=self.name, operation=doing)
        warnings = [text for text in created.get("Warnings") or [] if isinstance(text, str)]
        lost = next((text for text in warnings if _LEFT_OUT.search(text)), None)
        if lost is not None:
            await finish(self._take_away(ident))
            raise Unsupported(f"{doing}: {self.name} cannot bound it: {lost}", backend=self.name, operation=doing, reason=lost)
        return ContainerHandle(id=ident, name=spec.name, warnings=warnings)

    async def _creation(self, spec: SandboxSpec, doing: str) -> Request:
        if not self.podman:
            from perry_ffi.backends.engine_api.sandboxes.docker_body import docker_body

            return Request("POST", ("containers", "create"), doing, query={"name": spec.name}, document=docker_body(spec))
        from perry_ffi.backends.engine_api.sandboxes.podman_body import podman_body
        from perry_ffi.backends.engine_api.sandboxes.profile_file import profile_file

        _, rootless = await self._known()
        profile = None
        if spec.seccomp is not None:
            profile = str(await anyio.to_thread.run_sync(profile_file, spec.seccomp, self._settings))
        body = podman_body(spec, profile=profile, maps_users=not rootless)
        return Request("POST", (*LIBPOD, "containers", "create"), doing, document=body, versioned=False)

    async def _take_away(self, ident: str) -> None:
        try:
            await self.remove_container(ident, force=True)
        except ContainerError:
            return  # What it lacks is what the caller is told; the next sweep takes it.

    async def see_sandbox(self, ident: str) -> SandboxSeen:
        from perry_ffi.backends.engine_api.sandboxes.seen import docker_seen, podman_seen

        host, users = await self._known()
        document = await self._document(ident)
        if self.podman:
            return podman_seen(document, host, rootless=users)
        return docker_seen(document, host, maps_users=users)

    async def _document(self, ident: str) -> dict[str, Any]:
        prefix = LIBPOD if self.podman else ()
        path = (*prefix, "containers", Name(ident), "json")
        request = Request("GET", path, f"inspect the sandbox {shown(ident)}", versioned=not self.podman)
        return await self.ask_object(request, subject=ident)

    async def attach_sandbox(self, ident: str, *, stdin: bool) -> SandboxSession:
        from perry_ffi.backends.engine_api.sandboxes.session import EngineSession

        doing = f"attach to the sandbox {shown(ident)}"
        query = {"stream": True, "stdout": True, "stderr": True, "stdin": stdin}
        path = ("containers", Name(ident), "attach")
        request = Request("POST", path, doing, query=query, patient=True, upgrade=stdin)
        return EngineSession(self.name, await self.open(request, subject=ident), doing, stdin=stdin)

    async def kill_sandbox(self, ident: str) -> None:
        """By podman's own call: its compatible one waits for an exit code, twenty seconds for one that its runtime loses."""
        if not self.podman:
            await self.kill_container(ident)
            return
        path = (*LIBPOD, "containers", Name(ident), "kill")
        doing = f"end the sandbox {shown(ident)}"
        await self.ask(Request("POST", path, doing, query={"signal": "SIGKILL"}, versioned=False), subject=ident)


__all__ = ["Sandboxes"]
