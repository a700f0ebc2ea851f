"""What the verbs of a project need, made of a client: the engine, the locks, and where events are told. The only maker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from perry_ffi.runtime.lock import lock_folder
from perry_ffi.service.client import Client
from perry_ffi.stack.context import StackContext

if TYPE_CHECKING:
    from perry_ffi.trust.in_force import Asked


async def stack_context(client: Client, asked: Sequence[Asked] = ()) -> StackContext:
    """On the engine in force; the first call finds one. asked: which signatures images must have beside the machine's policy.

    Raises as ``Client.backend``.
    """
    backend = await client.backend()
    locks = lock_folder(client.settings.runtime_dir)
    return StackContext(
        backend,
        locks,
        backend.identity,
        client.event_bus,
        client.elsewhere,
        client.urgent,
        trust=client.trust,
        asked=tuple(asked),
        parallel=client.parallel,
    )
