"""Networks, volumes and images that a plan makes and takes away."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perry_ffi.errors import ContainerError, NotFound
from perry_ffi.runtime.action import EngineAction

if TYPE_CHECKING:
    from perry_ffi.runtime.run import Run


@dataclass(frozen=True, repr=False, eq=False)
class CreateNetwork(EngineAction):
    """key: by which the specs know it. in_place: old ones went for it, which come back when it is gone."""

    name = "create network"
    key: str
    in_place: bool = False

    async def perform(self, run: Run) -> None:
        spec = run.specs_in_force.network(self)
        run.undo.network(self.target, in_place=self.in_place)
        created = await run.backend.create_network(self.target, spec)
        await self._only_one(run, created.id)

    async def _only_one(self, run: Run, created: str) -> None:
        """Docker lets two create a network of one name at once: one of a killed process may have come just before ours."""
        for info in await run.backend.list_networks(run.group_labels):
            if info.name == self.target and info.id != created:
                await run.backend.remove_network(created)
                return


@dataclass(frozen=True, repr=False, eq=False)
class RemoveOldNetwork(EngineAction):
    """Takes a network away whose name or addresses another one gets; it can come back."""

    name = "remove old network"
    ident: str

    async def perform(self, run: Run) -> None:
        kept = await run.backend.keep_network(self.ident)
        run.undo.old_network(kept)
        await run.backend.remove_network(kept.id)


@dataclass(frozen=True, repr=False, eq=False)
class RemoveDuplicate(EngineAction):
    """Takes a network away that nothing is on, where another one has its name."""

    name = "remove duplicate"
    ident: str

    async def perform(self, run: Run) -> None:
        with suppress(NotFound):
            await run.backend.remove_network(self.ident)


@dataclass(frozen=True, repr=False, eq=False)
class RemoveNetwork(EngineAction):
    name = "remove network"
    final = True
    ident: str

    async def perform(self, run: Run) -> None:
        await run.backend.remove_network(self.ident)


@dataclass(frozen=True, repr=False, eq=False)
class CreateVolume(EngineAction):
    """key: by which the specs know it."""

    name = "create volume"
    key: str

    async def perform(self, run: Run) -> None:
        spec = run.specs_in_force.volume(self)
        run.undo.volume(self.target)
        await run.backend.create_volume(self.target, spec)


@dataclass(frozen=True, repr=False, eq=False)
class RemoveVolume(EngineAction):
    """anonymous: nobody gave it its name."""

    name = "remove volume"
    final = True
    anonymous: bool = False

    async def perform(self, run: Run) -> None:
        await run.backend.remove_volume(self.target)


@dataclass(frozen=True, repr=False, eq=False)
class PullImage(EngineAction):
    """before: the id of the image that the reference named until now. platform: of which it is pulled."""

    name = "pull image"
    before: str | None = None
    platform: str | None = None

    async def perform(self, run: Run) -> None:
        from perry_ffi.model.image import PullOptions
        from perry_ffi.runtime.progress import ProgressEvents

        run.undo.image(self.target, self.before)
        progress = ProgressEvents(run.bus, "pull", self.target, self.owner, run.naming)
        try:
            await run.backend.pull_image(self.target, PullOptions(platform=self.platform), progress)
        except ContainerError as error:
            if self.before is not None:
                error.details.setdefault("present", self.before)  # It can be done without.
            raise


@dataclass(frozen=True, repr=False, eq=False)
class RemoveImage(EngineAction):
    name = "remove image"
    final = True

    async def perform(self, run: Run) -> None:
        await run.backend.remove_image(self.target)
