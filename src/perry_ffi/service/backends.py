"""Which engine does the work: detection and choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

from perry_ffi.errors import BackendNotAvailable, NoBackendFound
from perry_ffi.model.backend import BackendInfo
from perry_ffi.service.client import Client


async def detect(client: Client) -> list[BackendInfo]:
    """A row for each backend of the order in force; the first that answers becomes active, of a named server that one or none.

    Rows that are not available say why: that nothing answers is an answer here, not an error.
    """
    from perry_ffi.backends.detect import detect as probe

    rows = await probe(client.settings, client.order)
    if any(row.available for row in rows):
        with suppress(BackendNotAvailable, NoBackendFound):
            await client.find()
    return rows


async def available(client: Client) -> list[BackendInfo]:
    """A row for every backend there is; none becomes active."""
    from perry_ffi.backends.detect import KNOWN
    from perry_ffi.backends.detect import detect as probe

    return await probe(client.settings, KNOWN)


async def set_one(client: Client, name: str) -> BackendInfo:
    """Connects to a backend and makes it active; on failure nothing changes."""
    return await (await client.use([name], as_order=False)).info()


async def set_order(client: Client, names: Sequence[str]) -> BackendInfo:
    """Connects to the first of ``names`` that answers; they become the order in force. The answer warns of one that was slow."""
    backend = await client.use(names, as_order=True)
    return (await backend.info()).model_copy(update={"warning": client.warning})


def select_for(client: Client, document: Mapping[str, object], mode: str | None) -> str | None:
    """The first backend of the order that can honour ``document`` by what it declares; probes nothing.

    document: a ContainerSpec or a ComposeSpec as plain values. mode: ``None`` the default one.
    """
    from perry_ffi.backends.selection import select_backend_for

    return select_backend_for(document, mode, client.order)
