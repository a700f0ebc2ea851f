"""What happens to the containers of a project."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from perry_ffi.errors import Unsupported
from perry_ffi.stack import identity

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.stream import Stream
    from perry_ffi.model.event import EngineEvent
    from perry_ffi.service.client import Client


async def events(
    client: Client, project: str, services: Sequence[str] = (), since: float | None = None, until: float | None = None
) -> AsyncIterator[EngineEvent]:
    """From now on or from ``since`` (seconds since 1970), up to ``until`` or for ever; of the services that are named, or of all.

    Raises Unsupported for ``since`` where the engine keeps services: it does not remember what became of tasks.
    """
    stream = await _stream(await client.backend(), project, since, until)
    try:
        while (batch := await stream.next()) is not None:
            for event in batch:
                service = service_of(event)
                if event.kind in ("container", "service") and service and (not services or service in services):
                    yield event
    finally:
        await stream.aclose()


async def _stream(backend: Backend, project: str, since: float | None = None, until: float | None = None) -> Stream[EngineEvent]:
    if backend.services is None:
        return await backend.events(identity.watched(project), since, until)
    from perry_ffi.stack.cluster.events import ClusterEvents

    if since is not None:
        raise Unsupported(
            "events since a time: an engine of services tells what becomes of tasks from now on", member="since",
            reason="it keeps no record of what became of tasks", remedy="leave it out; ps tells what is there, and logs what was said",
        )  # fmt: skip
    return await ClusterEvents(backend.services, project, until).open()


@asynccontextmanager
async def changes(client: Client, project: str) -> AsyncIterator[AsyncIterator[EngineEvent]]:
    """All that happens to the project's containers from now on; what happened before can be seen inside of it."""
    stream = await _stream(await client.backend(), project)

    async def each() -> AsyncIterator[EngineEvent]:
        while (batch := await stream.next()) is not None:
            for event in batch:
                yield event

    try:
        yield each()
    finally:
        await stream.aclose()


def service_of(event: EngineEvent) -> str:
    """The service of the container that an event is about; empty of one of ``run``, which is of none."""
    one_off = (identity.label(event.attributes, identity.ONE_OFF) or "").lower() == "true"
    return "" if one_off else identity.label(event.attributes, identity.SERVICE) or ""


def own_attributes(event: EngineEvent) -> dict[str, str]:
    """What is said beside the labels that make it one of a project."""
    return {name: text for name, text in event.attributes.items() if not name.startswith((identity.OURS, identity.THEIRS))}
