"""Sandboxes whose owner died, removed by whoever runs next: no engine does that by itself."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from perry_ffi.errors import ContainerError
from perry_ffi.sandbox.labels import OWNER, RUN, deadline
from perry_ffi.sandbox.owner import is_dead

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.container_info import ContainerInfo

INTERVAL = 60.0
"""Seconds in which one engine is swept at most once by one process."""
LATE = 60
"""Seconds after its deadline from which on nobody is taken to look after a sandbox any more."""

_swept: WeakKeyDictionary[Backend, float] = WeakKeyDictionary()


async def sweep_if_due(backend: Backend) -> list[str]:
    """``sweep``, where it is a minute ago or more. A sweep that fails is no failure of the run: what it would say is given."""
    last = _swept.get(backend)
    if last is not None and time.monotonic() - last < INTERVAL:
        return []
    _swept[backend] = time.monotonic()
    try:
        await sweep(backend)
    except ContainerError as error:
        return [f"sandboxes that others left could not be removed: {error.message}"]
    return []


async def sweep(backend: Backend) -> list[str]:
    """Removes what nobody looks after any more, and gives the names. One that somebody else removes meanwhile is gone, too."""
    removed: list[str] = []
    failure: ContainerError | None = None
    for found in await backend.list_containers(all=True, labels={RUN: None}):
        if not is_left(found, time.time()):
            continue
        try:
            await backend.remove_container(found.id, force=True)
        except ContainerError as error:
            failure = error if error.kind != "NotFound" else failure
        else:
            removed.append(found.name)
    if failure is not None:
        raise failure
    return removed


def is_left(found: ContainerInfo, now: float) -> bool:
    """Whether its owner has died, or its deadline is long past."""
    until = deadline(found.labels)
    return is_dead(found.labels.get(OWNER, "")) or (until is not None and now > until + LATE)


__all__ = ["is_left", "sweep", "sweep_if_due"]
