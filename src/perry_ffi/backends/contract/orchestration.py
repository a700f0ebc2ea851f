"""The part of the backend contract that orchestration adds: what whole projects need of an engine.

The rules of ``base`` hold here too: only the error family is raised, ``NotFound`` stands for what the engine
says does not exist, and every call is cancellable and may run beside every other.

``live`` below means: the engine has taken note when the call returns, so that whatever is done next is seen.
A caller that follows something therefore subscribes first, looks at the present state second, and misses nothing.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Stream
    from perry_ffi.model.container import ExecOptions, LogChunk
    from perry_ffi.model.endpoint import EndpointSpec
    from perry_ffi.model.event import EngineEvent, HealthResult

Labels = Mapping[str, "str | None"]
"""Labels that something must carry; ``None`` for any value, ``""`` for the empty one."""


@dataclass(frozen=True)
class Kept:
    """What makes a network, or a container's place on one, again as it was: in the engine's own words, for it alone.

    name: of the network. id: the network's, or the container's.
    """

    name: str
    id: str
    document: Mapping[str, Any]


class ExitWatch(abc.ABC):
    """The next end of a container, asked for before it is started."""

    @abc.abstractmethod
    async def exit_code(self, timeout: float | None = None) -> int:
        """Waits for the end and gives its code, each time it is asked; ``Timeout`` after ``timeout`` seconds.

        Right also where the container is removed as it ends. ``NotFound`` if it was removed without having
        run, ``BackendError`` if the engine breaks the connection. A cancelled call may be repeated.
        """

    @abc.abstractmethod
    async def aclose(self) -> None:
        """Gives the wait up. Idempotent."""


class Session(abc.ABC):
    """A conversation with what runs in a container. ``output`` sets the pace: nothing is read ahead of its reader."""

    output: Stream[LogChunk]
    """Both streams in the order in which the engine sends them; with a terminal all of it is ``stdout``."""

    @abc.abstractmethod
    async def send(self, data: bytes) -> None:
        """Input. ``Conflict`` if the session was opened without it, or the other side reads no more."""

    @abc.abstractmethod
    async def end_input(self) -> None:
        """The end of the input; the output goes on."""

    @abc.abstractmethod
    async def aclose(self) -> None:
        """Gives back the connection; what runs goes on. Idempotent."""


class Execution(Session):
    """A command that runs inside a container."""

    @abc.abstractmethod
    async def exit_code(self) -> int:
        """Its exit code, once it ended. Read ``output`` to its end first: a command whose output nobody reads waits."""


class Orchestration(abc.ABC):
    """What an engine does for whole projects. ``Backend`` is this and the single operations."""

    parallel_calls: int
    """How many calls at a time serve best: the engine's own work is the cost, so near its processor count."""
    late_networks: int = 0
    """Of how many networks a container may be created before they are there. To be started it needs them all."""

    # -- the life of a container ------------------------------------------------------------------

    @abc.abstractmethod
    async def rename_container(self, ident: str, name: str) -> None:
        """Gives it another name. ``Conflict`` if somebody has it."""

    @abc.abstractmethod
    async def kill_container(self, ident: str, signal: str = "SIGKILL") -> None:
        """Sends a signal (``SIGHUP``, ``HUP`` or ``1``) to its main process. ``Conflict`` if it does not run."""

    @abc.abstractmethod
    async def pause_container(self, ident: str) -> None:
        """Freezes it; one that is frozen is left alone. ``Conflict`` if it does not run."""

    @abc.abstractmethod
    async def unpause_container(self, ident: str) -> None:
        """Lets it run on; one that runs is left alone. ``Conflict`` if it does not run at all."""

    @abc.abstractmethod
    async def restart_container(self, ident: str, timeout: float | None = None) -> None:
        """Stops it as ``stop_container`` does (if it runs) and starts it."""

    @abc.abstractmethod
    async def wait_exit(self, ident: str) -> ExitWatch:
        """Watches for the next end of a container; live. Made for one that is created and not yet started.

        A run that began before counts too, if it has not ended. With a restart policy it is the first end.
        """

    @abc.abstractmethod
    async def was_stopped(self, ident: str) -> bool | None:
        """Whether somebody stopped or killed its latest run, or it ended by itself; ``None`` where nobody remembers."""

    # -- networks -----------------------------------------------------------------------------------

    @abc.abstractmethod
    async def connect_network(self, network: str, ident: str, endpoint: EndpointSpec) -> None:
        """Joins a container, created or running, to a network. ``Conflict`` if it is there already.

        ``Unsupported``, by member, for what the engine would drop.
        """

    @abc.abstractmethod
    async def disconnect_network(self, network: str, ident: str, *, force: bool = False) -> None:
        """Takes a container off a network. ``Conflict`` if it is not on it. force: even if the container is gone."""

    @abc.abstractmethod
    async def keep_network(self, name: str) -> Kept:
        """A network as it is now, with its labels, its options and its addresses, those too that the engine chose."""

    @abc.abstractmethod
    async def make_network_again(self, kept: Kept) -> None:
        """Makes a network that was kept, and is gone, again as it was, but for its id. ``Conflict`` if one has its name."""

    @abc.abstractmethod
    async def keep_place(self, network: str, ident: str) -> Kept | None:
        """A container's place on a network, as far as the engine tells it; ``None`` if it is not on it."""

    @abc.abstractmethod
    async def take_place_again(self, kept: Kept) -> None:
        """Puts a container back where it was, on the network that has the name now; one that is there is left alone."""

    # -- files --------------------------------------------------------------------------------------

    @abc.abstractmethod
    async def put_archive(self, ident: str, directory: str, tar: bytes) -> None:
        """Unpacks a tar file into a directory of a container, created or running, with the owners and modes it names.

        ``NotFound`` if there is no such directory. ``Conflict`` where the root file system is read-only and the
        directory on no volume. What is mounted below ``directory`` is for the engine to see or not: a file for a volume is
        put at the volume's own place.
        """

    async def fill_volumes(self, ident: str, places: Sequence[str]) -> None:
        """Has new volumes of a created container hold what its image has at ``places``, where the engine has not done it yet.

        To be called before anything else is put into them. Nothing is done for a volume that holds something, or is not to
        be filled (``nocopy``).
        """

    @abc.abstractmethod
    async def get_archive(self, ident: str, path: str) -> Stream[bytes]:
        """A file or directory of a container as a tar file. ``NotFound`` if there is no such path."""

    # -- images -------------------------------------------------------------------------------------

    @abc.abstractmethod
    async def tag_image(self, source: str, reference: str) -> None:
        """Gives an image that is there one more name."""

    @abc.abstractmethod
    async def image_id(self, reference: str) -> str | None:
        """The whole id (``sha256:…``), or ``None`` if the engine says that it has no such image."""

    # -- events and health ----------------------------------------------------------------------------

    @abc.abstractmethod
    async def events(self, labels: Labels | None = None, since: float | None = None) -> Stream[EngineEvent]:
        """What happens from now on, or from ``since`` (seconds since 1970, the engine's clock); live.

        ``labels``: only what carries all of them, which leaves containers and images, for engines tell no labels of
        networks and volumes. The stream has no end of its own: when the engine goes away, ``next`` raises
        ``BackendError`` (or ``Timeout``), and the caller subscribes anew. It wants a steady reader: docker drops
        events in silence for one that lets some thousand gather.
        """

    @abc.abstractmethod
    async def health_probes_run_by_engine(self) -> bool:
        """Whether the engine runs health checks by itself; else whoever waits for health calls ``probe_health``."""

    @abc.abstractmethod
    async def probe_health(self, ident: str) -> HealthResult:
        """Runs one probe now, counts it, and gives the health that follows.

        Where the engine runs the probes, nothing is run: it is the health of the moment and the last probe. A probe
        that fails or takes too long is a result, ``Timeout`` is for one that the engine does not end. ``Conflict`` if
        the container has no health check or does not run.
        """

    @abc.abstractmethod
    async def health_log(self, ident: str) -> list[HealthResult]:
        """The latest probes that the engine keeps, oldest first; empty where there were none."""

    # -- what runs ------------------------------------------------------------------------------------

    @abc.abstractmethod
    async def exec_stream(self, ident: str, command: Sequence[str], options: ExecOptions, *, stdin: bool = False) -> Execution:
        """Runs a command inside a container and gives its output as it comes.

        ``options.stdin`` is sent by itself, beside the reading. stdin: the caller sends the input instead.
        """

    @abc.abstractmethod
    async def attach_container(self, ident: str, *, stdin: bool = False) -> Session:
        """What the main process says from now on, up to its end; live.

        On a container that is created and not yet started, not a byte of it is missed, however short its life, also
        where it is removed as it ends. stdin: input too, for a container that was created with an open one.
        """


__all__ = ["Execution", "ExitWatch", "Kept", "Labels", "Orchestration", "Session"]
