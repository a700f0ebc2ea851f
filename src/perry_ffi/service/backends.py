"""Which engine does the work: detection and choice."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import BackendNotAvailable, NoBackendFound
from perry_ffi.model.backend import BackendInfo
from perry_ffi.service.client import Client

if TYPE_CHECKING:
    from perry_ffi.backends.rules.uses import Part


async def detect(client: Client) -> list[BackendInfo]:
    """A row for each backend of the order in force; the first that answers becomes active, of a named server that one or none.

    Rows that are not available say why: that nothing answers is an answer here, not an error.
    """
    from perry_ffi.backends.detect import detect as probe

    rows = await probe(client.settings, client.order)
    if any(row.available for row in rows):
        with suppress(BackendNotAvailable, NoBackendFound):
            active = await client.find()
            return [_chosen(client, row) if row.available and row.where == active.address else row for row in rows]
    return rows


async def available(client: Client) -> list[BackendInfo]:
    """A row for every backend there is; none becomes active."""
    from perry_ffi.backends.detect import KNOWN
    from perry_ffi.backends.detect import detect as probe

    return await probe(client.settings, KNOWN)


async def set_one(client: Client, name: str) -> BackendInfo:
    """Connects to a backend and makes it active; on failure nothing changes."""
    return _chosen(client, await (await client.use([name], as_order=False)).info())


async def set_order(client: Client, names: Sequence[str]) -> BackendInfo:
    """Connects to the first of ``names`` that answers; they become the order in force. The answer warns of one that was slow."""
    backend = await client.use(names, as_order=True)
    return _chosen(client, await backend.info()).model_copy(update={"warning": client.warning})


def _chosen(client: Client, row: BackendInfo) -> BackendInfo:
    return row.model_copy(update={"chosen": client.reason})


async def select_for(client: Client, document: dict[str, Any], mode: str | None) -> str | None:
    """The first backend of the order that can honour ``document`` by what it declares; probes nothing.

    document: a ContainerSpec or a ComposeSpec as plain values. mode: ``None`` the default one. Raises for a document what
    creating or bringing it up would raise before an engine is asked.
    """
    from perry_ffi.backends.selection import checked_mode, select_backend_for

    checked_mode(mode)
    return select_backend_for(await _parts(client, document), mode, client.order)


async def _parts(client: Client, document: dict[str, Any]) -> Sequence[Part]:
    """What it uses. A project without a name gets one: here nothing is called by it."""
    from perry_ffi.model.base import validate

    if "services" in document or "include" in document:
        from perry_ffi.model.stack import UpOptions
        from perry_ffi.service import projects
        from perry_ffi.stack.translate.uses import of_project

        options = validate(UpOptions, {} if document.get("name") else {"projectName": "project"})
        return of_project((await projects.read_document(client, document, options, tell=False)).to_dict())
    from perry_ffi.backends.rules.uses import of_container
    from perry_ffi.model.container import ContainerSpec

    return of_container(validate(ContainerSpec, document))
