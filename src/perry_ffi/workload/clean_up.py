"""The end of a run that is not put back: what it replaced goes, and what it made and never used."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import anyio

from perry_ffi.errors import ContainerError, NotFound, one_line
from perry_ffi.stack import identity
from perry_ffi.workload.naming import NODES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perry_ffi.workload.existing import Existing
    from perry_ffi.workload.others import Others, Surroundings

TRIES = 3
SECONDS = 120.0


async def clean_up(around: Surroundings, others: Others, transaction: str) -> None:
    """Removes the containers of before that others took the place of, and those of this run that were never started; gives names
    back to those that keep their place. What cannot be done is warned of: the new state stands.
    """
    with anyio.move_on_after(SECONDS) as scope:
        await _never_started(around, transaction)
        for row in replaced(around, others):
            await _told(around, row.node, _remove(around, row.id))
        await _names_back(around, others)
    if scope.cancelled_caught:
        around.context.bus.tell("warning", message=f"what was replaced was not removed within {SECONDS:g} s")


def replaced(around: Surroundings, others: Others) -> Iterator[Existing]:
    """The containers of before that are not needed any more: of nodes that have another one now, or go on with one of them."""
    for name, rows in around.rows.items():
        if others.has_run(name) or name in others.kept:
            yield from (row for row in rows if row.id != others.kept.get(name))


async def _never_started(around: Surroundings, transaction: str) -> None:
    """Found by the label: of a call whose answer was lost nobody knows the id."""
    backend = around.context.backend
    with suppress(ContainerError):
        for info in await backend.list_containers(all=True, labels={identity.TRANSACTION: transaction}):
            if info.status == "created":
                await _told(around, identity.label(info.labels, identity.SERVICE) or "", _remove(around, info.id))


async def _names_back(around: Surroundings, others: Others) -> None:
    """Of nodes whose turn never came."""
    backend = around.context.backend
    for name, rows in around.rows.items():
        for row in rows:
            before = others.aside.get(row.id)
            if before is not None and not others.has_run(name):
                await _told(around, name, backend.rename_container(row.id, before))


async def _remove(around: Surroundings, ident: str) -> None:
    for attempt in range(1, TRIES + 1):
        try:
            await around.context.backend.remove_container(ident, force=True)
            return
        except NotFound:
            return
        except ContainerError:
            if attempt == TRIES:
                raise


async def _told(around: Surroundings, node: str, work: object) -> None:
    try:
        await work  # type: ignore[misc]
    except NotFound:
        return
    except ContainerError as error:
        around.context.bus.tell("warning", message=one_line(error.message), **NODES.details(node))
