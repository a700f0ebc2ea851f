"""The logs of a graph's nodes as they grow: those of a project, told by node and try."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.contract.stream import Stream
from perry_ffi.model.container import LogOptions
from perry_ffi.stack.follow import FollowedLogs
from perry_ffi.stack.logs import LogRequest

if TYPE_CHECKING:
    from perry_ffi.model.workload import GraphLogOptions
    from perry_ffi.stack.context import StackContext
    from perry_ffi.workload.run import GraphRun


class NodeLogs(Stream[dict[str, Any]]):
    """A stream of ``{node, attempt, container, stream, text, time}``; the containers of tries that begin later join it.

    It ends some seconds after all containers have, and not before the run of this process is settled. left_out: the containers
    of earlier tries that nobody asked for.
    """

    def __init__(self, source: FollowedLogs, run: GraphRun | None, left_out: Collection[str]) -> None:
        self._source = source
        self._left_out = left_out
        self._ending = asyncio.get_running_loop().create_task(self._end_with(run)) if run is not None else None

    async def next(self) -> Sequence[dict[str, Any]] | None:
        while (records := await self._source.next()) is not None:
            if told := [_told(record) for record in records if record["container"] not in self._left_out]:
                return told
        return None

    async def aclose(self) -> None:
        if self._ending is not None:
            self._ending.cancel()
            await asyncio.wait([self._ending])
        await self._source.aclose()

    async def _end_with(self, run: GraphRun) -> None:
        await run.wait()
        self._source.may_end()


def _told(record: dict[str, Any]) -> dict[str, Any]:
    """By the words of graphs."""
    about = {"node": record["service"], "attempt": record["replica"]}
    return {**about, **{name: value for name, value in record.items() if name not in ("service", "replica")}}


async def follow(
    context: StackContext, graph: str, options: GraphLogOptions, run: GraphRun | None, known: Collection[str],
    left_out: Collection[str],
) -> NodeLogs:  # fmt: skip
    """run: of this process, if there is one. known: the nodes that may get a container. Raises NotFound for another node."""
    plain = {name: getattr(options, name) for name in LogOptions.model_fields}
    nodes = None if options.nodes is None else tuple(options.nodes)
    request = LogRequest(nodes, LogOptions.model_construct(**plain))
    going_on = run is not None and not run.settled.is_set()
    source = await FollowedLogs(context, graph, request, known, endless=going_on).open()
    return NodeLogs(source, run if going_on else None, left_out)


__all__ = ["NodeLogs", "follow"]
