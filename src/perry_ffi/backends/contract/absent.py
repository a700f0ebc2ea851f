"""What it means that an engine lacks a group of the contract: decided here, once for all backends.

A backend that has the core derives from ``CoreBackend``, and brings the groups that its engine has by classes of its own
that stand before it. Each group that it does not bring is emulated from the core where that can be, and else refused by
the group's name; its capabilities say which, so that whoever plans knows it beforehand.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

from perry_ffi.backends.contract.archives import Archives
from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.contract.capability import Capabilities, Capability, Support
from perry_ffi.backends.contract.emulated.events import SeenEvents
from perry_ffi.backends.contract.emulated.exits import WaitedExit
from perry_ffi.backends.contract.emulated.interaction import SessionConversation, path_by_archive, whole
from perry_ffi.backends.contract.emulated.sessions import EndedExecution, LogSession
from perry_ffi.backends.contract.emulated.until import UntilThen
from perry_ffi.backends.contract.events import Events, ExitWatch, ExitWatches, StopCause
from perry_ffi.backends.contract.health import HealthProbes
from perry_ffi.backends.contract.images import ImageBuilds, ImageNames, ImagePushes
from perry_ffi.backends.contract.interaction import (
    CommitOptions,
    Commits,
    Conversation,
    Copies,
    ExecConversation,
    Exports,
    Found,
    Interaction,
    Terms,
)
from perry_ffi.backends.contract.lifecycle import Pausing, Processes, Renaming, Restarting, Signals, Stats
from perry_ffi.backends.contract.networks import Kept, NetworkAttachment, NetworkRemaking
from perry_ffi.backends.contract.sandboxes import Sandboxes, SandboxSession
from perry_ffi.backends.contract.sessions import Attaching, ExecStreams, Execution, Session
from perry_ffi.backends.contract.stream import AsyncProgress, Labels, Stream
from perry_ffi.errors import Conflict, Unsupported
from perry_ffi.model.container_info import LIVE

if TYPE_CHECKING:
    from perry_ffi.backends.contract.sandbox_records import SandboxHost, SandboxSeen, SandboxSpec
    from perry_ffi.model.capability import CapabilitySpec
    from perry_ffi.model.container import ContainerHandle, ContainerStats, ExecOptions
    from perry_ffi.model.container_info import ProcessTable
    from perry_ffi.model.endpoint import EndpointSpec
    from perry_ffi.model.event import EngineEvent, HealthResult
    from perry_ffi.model.image import BuildSpec, PushOptions

_ENDING_SIGNALS = ("SIGKILL", "KILL", "9", "SIGTERM", "TERM", "15", "SIGINT", "INT", "2", "SIGQUIT", "QUIT", "3")


@dataclass(frozen=True)
class Absence:
    """A group that is not there.

    name: of the capability. group: its class. support and reason: what is declared. remedy: what helps who is refused.
    """

    name: str
    group: type[Any]
    support: Support
    reason: str
    remedy: str | None = None

    @property
    def capability(self) -> Capability:
        return Capability(self.support, self.reason)

    def is_in(self, backend: type[Backend]) -> bool:
        """Whether ``backend`` brings less than the whole group."""
        return any(getattr(backend, name) is getattr(CoreBackend, name) for name in self.group.__abstractmethods__)


_NO, _EMULATED, _PARTIAL = Support.UNSUPPORTED, Support.EMULATED, Support.PARTIAL

ABSENCES: tuple[Absence, ...] = (
    Absence("op.rename", Renaming, _NO, "it cannot rename containers", "remove it and create it under the other name"),
    Absence("op.pause", Pausing, _NO, "it cannot freeze containers", "stop it instead"),
    Absence("op.kill", Signals, _EMULATED, "a signal that ends a container stops it without grace, and no other is sent"),
    Absence("op.restart", Restarting, _EMULATED, "it is stopped and started"),
    Absence("op.exit_watch", ExitWatches, _EMULATED, "the end is waited for as soon as the container is seen to run"),
    Absence("op.stop_cause", StopCause, _PARTIAL, "it does not remember who ended a container"),
    Absence(
        "op.events", Events, _EMULATED,
        "its containers are looked at several times a second: of what happens between two looks the last run is told alone",
    ),
    Absence("op.health_probes", HealthProbes, _NO, "it has no health checks", "wait for service_started instead"),
    Absence(
        "op.network_attach", NetworkAttachment, _NO, "its containers join networks only as they are created",
        "create the container anew, with the networks that it needs",
    ),
    Absence(
        "op.network_remake", NetworkRemaking, _NO, "it does not tell enough of a network to make it again as it was",
        "take the project down and up again",
    ),
    Absence(
        "op.archive", Archives, _NO, "no files can be put into its containers or taken out of them",
        "mount a file or directory of the host instead",
    ),
    Absence("op.attach", Attaching, _EMULATED, "what a container says is read from its log, and it takes no input"),
    Absence("op.exec_stream", ExecStreams, _EMULATED, "the output of a command comes when it has ended, and it takes no input"),
    Absence(
        "op.interactive", Interaction, _EMULATED,
        "there is no terminal, input only for a command where the engine takes it, and nothing runs in the background",
        "leave the terminal out (-T), and do not run it in the background",
    ),
    Absence("op.copy", Copies, _EMULATED, "what is copied goes through memory as a whole"),
    Absence("op.commit", Commits, _NO, "it makes no images of containers", "build one from a Dockerfile"),
    Absence("op.export", Exports, _NO, "it does not give all files of a container", "copy the folders that are wanted"),
    Absence("op.stats", Stats, _NO, "it tells nothing of what a container uses"),
    Absence("op.top", Processes, _NO, "it tells nothing of what runs inside a container"),
    Absence("op.tag", ImageNames, _NO, "it cannot give an image another name"),
    Absence("op.build", ImageBuilds, _NO, "it builds no images", "build elsewhere, and name the image"),
    Absence("op.push", ImagePushes, _NO, "it pushes no images", "push with its own command line"),
    Absence(
        "op.sandbox", Sandboxes, _NO, "it cannot bound what a container may do as a hardened run has to be bounded",
        "use docker or podman",
    ),
)  # fmt: skip
"""Every optional group, in the order of the documentation."""
_BY_NAME = {absence.name: absence for absence in ABSENCES}


def with_absences(backend: type[Backend], declared: Capabilities) -> Capabilities:
    """What ``backend`` declares, with the groups that it does not bring."""
    own = {name: found for name, found in declared.exceptions.items() if not _is_absence(name, found)}
    return Capabilities(own).having({one.name: one.capability for one in ABSENCES if one.is_in(backend)})


def _is_absence(name: str, found: Capability) -> bool:
    """Whether it was declared here, of a class that ``backend`` derives from."""
    return name in _BY_NAME and _BY_NAME[name].capability == found


def refuse(backend: Backend, name: str) -> NoReturn:
    """Raises what a call of the group ``name`` is answered with where ``backend`` lacks it."""
    absence = _BY_NAME[name]
    reason = backend.capabilities.of(name).reason or absence.reason
    raise Unsupported(
        f"{name}: {backend.name} cannot honour it: {reason}", member=name, backend=backend.name, operation=name, reason=reason,
        remedy=absence.remedy,
    )  # fmt: skip


class CoreBackend(Backend):
    """The core and nothing else; the calls of every group are what its absence means."""

    def __init_subclass__(cls, **options: Any) -> None:
        """``capabilities`` of a class is completed; a backend that learns more as it connects asks ``with_absences``."""
        super().__init_subclass__(**options)
        cls.capabilities = with_absences(cls, getattr(cls, "capabilities", Capabilities()))

    # -- containers -----------------------------------------------------------------------------------

    async def rename_container(self, ident: str, name: str) -> None:
        refuse(self, "op.rename")

    async def pause_container(self, ident: str) -> None:
        refuse(self, "op.pause")

    async def unpause_container(self, ident: str) -> None:
        refuse(self, "op.pause")

    async def kill_container(self, ident: str, signal: str = "SIGKILL") -> None:
        if signal not in _ENDING_SIGNALS:
            refuse(self, "op.kill")
        found = await self.inspect_container(ident)
        if found.status not in LIVE:
            raise Conflict(f"{found.name} does not run", backend=self.name, subject=ident)
        await self.stop_container(ident, 0)

    async def restart_container(self, ident: str, timeout: float | None = None) -> None:
        await self.stop_container(ident, timeout)
        await self.start_container(ident)

    async def container_stats(self, ident: str) -> ContainerStats:
        refuse(self, "op.stats")

    async def container_processes(self, ident: str) -> ProcessTable:
        refuse(self, "op.top")

    # -- what happens ---------------------------------------------------------------------------------

    async def wait_exit(self, ident: str) -> ExitWatch:
        return WaitedExit(self, await self.inspect_container(ident))

    async def was_stopped(self, ident: str) -> bool | None:
        return None

    async def events(
        self, labels: Labels | None = None, since: float | None = None, until: float | None = None
    ) -> Stream[EngineEvent]:
        known = await self.list_containers(all=True, labels=labels)
        seen = SeenEvents(self, labels, known, anew=since is not None)
        return seen if until is None else UntilThen(seen, until)

    async def health_probes_run_by_engine(self) -> bool:
        return False

    async def probe_health(self, ident: str) -> HealthResult:
        refuse(self, "op.health_probes")

    async def health_log(self, ident: str) -> list[HealthResult]:
        return []

    # -- networks -------------------------------------------------------------------------------------

    async def connect_network(self, network: str, ident: str, endpoint: EndpointSpec) -> None:
        refuse(self, "op.network_attach")

    async def disconnect_network(self, network: str, ident: str, *, force: bool = False) -> None:
        refuse(self, "op.network_attach")

    async def keep_place(self, network: str, ident: str) -> Kept | None:
        refuse(self, "op.network_attach")

    async def take_place_again(self, kept: Kept) -> None:
        refuse(self, "op.network_attach")

    async def keep_network(self, name: str) -> Kept:
        refuse(self, "op.network_remake")

    async def make_network_again(self, kept: Kept) -> None:
        refuse(self, "op.network_remake")

    # -- files and conversations ----------------------------------------------------------------------

    async def put_archive(self, ident: str, directory: str, tar: bytes) -> None:
        refuse(self, "op.archive")

    async def get_archive(self, ident: str, path: str) -> Stream[bytes]:
        refuse(self, "op.archive")

    async def attach_container(self, ident: str, *, stdin: bool = False) -> Session:
        if stdin:
            refuse(self, "op.attach")
        return LogSession(self, await self.inspect_container(ident))

    async def exec_stream(self, ident: str, command: Sequence[str], options: ExecOptions, *, stdin: bool = False) -> Execution:
        if stdin:
            refuse(self, "op.exec_stream")
        return EndedExecution(await self.exec_container(ident, command, options), ident)

    async def talk_to_command(self, ident: str, command: Sequence[str], options: ExecOptions, terms: Terms) -> ExecConversation:
        if terms.terminal:
            refuse(self, "op.interactive")
        return SessionConversation(await self.exec_stream(ident, command, options, stdin=terms.stdin), takes_input=terms.stdin)

    async def talk_to_container(self, ident: str, terms: Terms) -> Conversation:
        return SessionConversation(await self.attach_container(ident))

    async def exec_detached(self, ident: str, command: Sequence[str], options: ExecOptions) -> None:
        refuse(self, "op.interactive")

    async def path_in_container(self, ident: str, path: str) -> Found:
        return await path_by_archive(self, ident, path)

    async def copy_into(self, ident: str, directory: str, tar: AsyncIterator[bytes], *, own: bool = False) -> None:
        if own:
            refuse(self, "op.copy")
        await self.put_archive(ident, directory, await whole(tar, directory))

    async def commit_container(self, ident: str, reference: str | None, options: CommitOptions) -> str:
        refuse(self, "op.commit")

    async def export_container(self, ident: str) -> Stream[bytes]:
        refuse(self, "op.export")

    # -- images ---------------------------------------------------------------------------------------

    async def tag_image(self, source: str, reference: str) -> None:
        refuse(self, "op.tag")

    async def build_image(self, spec: BuildSpec, tag: str | None, progress: AsyncProgress | None = None) -> str:
        refuse(self, "op.build")

    async def push_image(self, reference: str, options: PushOptions, progress: AsyncProgress | None = None) -> None:
        refuse(self, "op.push")

    # -- hardened runs --------------------------------------------------------------------------------

    def check_sandbox(self, spec: CapabilitySpec) -> None:
        refuse(self, "op.sandbox")

    async def sandbox_host(self) -> SandboxHost:
        refuse(self, "op.sandbox")

    async def create_sandbox(self, spec: SandboxSpec) -> ContainerHandle:
        refuse(self, "op.sandbox")

    async def see_sandbox(self, ident: str) -> SandboxSeen:
        refuse(self, "op.sandbox")

    async def attach_sandbox(self, ident: str, *, stdin: bool) -> SandboxSession:
        refuse(self, "op.sandbox")

    async def kill_sandbox(self, ident: str) -> None:
        refuse(self, "op.sandbox")


__all__ = ["ABSENCES", "Absence", "CoreBackend", "refuse", "with_absences"]
