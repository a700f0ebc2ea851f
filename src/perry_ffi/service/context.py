"""What the verbs of a project need, made of a client: the engine, the locks, and where events are told. The only maker."""

from __future__ import annotations

from perry_ffi.runtime.lock import lock_folder
from perry_ffi.service.client import Client
from perry_ffi.stack.context import StackContext


async def stack_context(client: Client) -> StackContext:
    """On the engine in force; the first call finds one. Raises as ``Client.backend``."""
    backend = await client.backend()
    locks = lock_folder(client.settings.runtime_dir)
    return StackContext(backend, locks, backend.identity, client.event_bus, client.elsewhere, client.urgent)
