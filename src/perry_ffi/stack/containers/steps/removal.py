"""Containers of a project that go, with the anonymous volumes that nobody takes over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perry_ffi.cancellation import uninterrupted
from perry_ffi.errors import NotFound
from perry_ffi.runtime.actions.containers import RemoveContainer, StopContainer

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.runtime.run import Run


@dataclass(frozen=True, repr=False, eq=False)
class EndReplica(StopContainer):
    """Kills what is to be removed, and is not interrupted: it may have lost its networks by then, and would run on without them."""

    async def perform(self, run: Run) -> None:
        await uninterrupted(run.backend.end_container(self.ident))


@dataclass(frozen=True, repr=False, eq=False)
class RemoveReplica(RemoveContainer):
    """files: where anonymous volumes carry its configs and secrets, which go with it in any case. heir: the name of the
    container that took its place. inherited: the anonymous volumes that it had from its own predecessor.
    """

    files: tuple[str, ...] = ()
    heir: str | None = None
    inherited: tuple[str, ...] = ()

    async def perform(self, run: Run) -> None:
        """Removes it, and what it had from its own predecessor that its heir does not have."""
        from perry_ffi.stack.anonymous import remove_with

        inherited = set(self.inherited) if self.heir else set()
        if self.heir and inherited:
            inherited -= await _handed_on(run.backend, self.heir, inherited)
        try:
            await remove_with(run.backend, self.ident, volumes=self.volumes, places=self.files)
        except NotFound:
            if not inherited:
                raise
        for name in sorted(inherited):
            await run.backend.remove_volume(name)


async def _handed_on(backend: Backend, heir: str, names: set[str]) -> set[str]:
    """Those of the volumes that the heir has: all, where somebody took it away meanwhile, for nobody can tell then."""
    from perry_ffi.stack.anonymous import anonymous_volumes

    try:
        info = await backend.inspect_container(heir)
    except NotFound:
        return names
    return {row.name for row in anonymous_volumes(info)}
