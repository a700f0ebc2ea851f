"""Names between containers: each start writes the file of names of whoever is on a network with what was started.

A container begins without it, and has it a moment later; its address is another one with each start.
"""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

import anyio
import anyio.to_thread

from perry_ffi.backends.apple import hosts, kept
from perry_ffi.backends.apple.calls import AppleCalls
from perry_ffi.backends.apple.labels import KEPT
from perry_ffi.backends.apple.responses.fields import items, of
from perry_ffi.cancellation import one_error
from perry_ffi.errors import Conflict, NotFound
from perry_ffi.model.container import ContainerSpec
from perry_ffi.model.container_info import ContainerInfo

AT_ONCE = 4
"""So many files are written at a time."""


class Names(AppleCalls):
    """What follows a start."""

    async def spread_names(self, started: str) -> None:
        """Has everybody who shares a network with ``started`` know its names, and it theirs; only those made here."""
        async with self.naming:
            listed = await self.list_containers(all=False)
            known = {row.name: (row, spec) for row in listed if (spec := self.kept_of(row)) is not None}
            if started not in known:
                return
            one = known[started][0]
            wanted = [row.name for row, _ in known.values() if row.name == started or hosts.share(row, one)]
            limit = anyio.CapacityLimiter(AT_ONCE)
            with one_error():
                async with anyio.create_task_group() as group:
                    for name in wanted:
                        group.start_soon(self._write, limit, name, hosts.written(*known[name], known))

    async def _write(self, limit: anyio.CapacityLimiter, name: str, text: str) -> None:
        async with limit:
            with tempfile.TemporaryDirectory(prefix="perry-hosts-") as folder:
                path = Path(folder) / "hosts"
                await anyio.to_thread.run_sync(path.write_text, text)
                with suppress(NotFound, Conflict):  # It has ended meanwhile.
                    words = ["copy", str(path), f"{name}:{hosts.PATH}"]
                    await self.line.change(words, doing=f"write the names for the container {name}", subject=name)

    def kept_of(self, info: ContainerInfo) -> ContainerSpec | None:
        """What it was created from, where it was created here."""
        configuration = of(info.raw or {}, "configuration")
        entries = items(of(configuration, "initProcess"), "environment")
        return kept.read(of(configuration, "labels").get(KEPT), dict(str(entry).partition("=")[::2] for entry in entries))


__all__ = ["AT_ONCE", "Names"]
