"""What the walk asks of whoever runs nodes. The walk decides when; a runner knows how, and knows no other node's turn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from perry_ffi.errors import ContainerError
    from perry_ffi.model.workload_status import Phase
    from perry_ffi.workload.graph import Node

Ended = Literal["ready", "succeeded", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class Result:
    """How one try of a node went. error: why it failed. container: its name. reused: it was there, unchanged, and left alone.

    isolation: the level that was read back from what was made.
    """

    ended: Ended
    exit_code: int | None = None
    error: ContainerError | None = None
    container: str | None = None
    oom_killed: bool | None = None
    isolation: str | None = None
    reused: bool = False


class Told(Protocol):
    """How a runner says where a try is: pulling, creating, starting or running."""

    def __call__(self, phase: Phase, *, container: str | None = None, isolation: str | None = None) -> None: ...


class NodeRunner(Protocol):
    """Runs single nodes. Each call may be cancelled; what it leaves then is named in the runner's undo log."""

    async def prepare(self, node: Node) -> None:
        """What can be done before its edges hold: fetches and verifies the image; creates the container, where nothing late goes
        into it. At most once for a node, beside everything else. What it raises is the failure of the node's first try.
        """

    async def run(self, node: Node, attempt: int, told: Told) -> Result:
        """One try, after all edges hold: until a service is ready, a job has ended, or it has failed. attempt: from 1; each has a
        container of its own. Bounds of the node's own are kept here. A failure of the try is a result, never raised.
        """

    async def until_end(self, node: Node) -> Result:
        """Of a service that is ready: how it ended by itself (stopped with code 0, else failed). Events, no polling; no result
        while the engine starts it again.
        """

    async def stop(self, node: Node) -> None:
        """Stops what runs of a node: a service that nobody needs any more, a job that is not to go on. NotFound is nothing."""
