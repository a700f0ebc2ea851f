"""Containers that are removed before their successors are created, where the engine cannot rename any."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from posixpath import dirname
from typing import TYPE_CHECKING

from perry_ffi.errors import NotFound
from perry_ffi.runtime.action import EngineAction
from perry_ffi.runtime.removed import Removed

if TYPE_CHECKING:
    from perry_ffi.runtime.run import Run


@dataclass(frozen=True, repr=False, eq=False)
class RemoveForSuccessor(EngineAction):
    """Removes a container that has stopped, and keeps its anonymous volumes; an undoing creates it again, the last one first."""

    name = "remove container"
    ident: str

    async def perform(self, run: Run) -> None:
        info = await run.backend.inspect_container(self.ident)
        spec, paths = run.specs_in_force.again(await run.backend.container_spec(self.ident), info)
        files = tuple([(dirname(path), await self._file(run, path)) for path in paths])
        removed = Removed(info, spec.model_copy(update={"name": self.target}), files)
        run.removed[self.ident] = removed
        with run.undo.removed(removed).asked():
            await run.backend.remove_container(self.ident, force=True, volumes=False)

    async def _file(self, run: Run, path: str) -> bytes:
        stream = await run.backend.get_archive(self.ident, path)
        parts: list[bytes] = []
        try:
            while (batch := await stream.next()) is not None:
                parts += batch
        finally:
            await stream.aclose()
        return b"".join(parts)


@dataclass(frozen=True, repr=False, eq=False)
class RemoveItsVolumes(EngineAction):
    """Removes the anonymous volumes of a container that ``RemoveForSuccessor`` took away, less those that its successor has.

    ident: the container's. heir: the name of its successor, if there is one.
    """

    name = "remove volumes"
    final = True
    ident: str
    heir: str | None = None

    async def perform(self, run: Run) -> None:
        left = {row.name for row in run.removed[self.ident].info.mounts if row.kind == "volume" and row.anonymous}
        if self.heir:
            left -= {row.name for row in (await run.backend.inspect_container(self.heir)).mounts}
        for name in sorted(left):
            with suppress(NotFound):
                await run.backend.remove_volume(name)
