"""Steps on what services need: networks, configs and secrets are made, and go when nothing uses them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from perry_ffi.errors import Conflict, one_line
from perry_ffi.stack.check import named
from perry_ffi.stack.cluster.actions import ClusterAction, ClusterRun
from perry_ffi.stack.cluster.undo import asked
from perry_ffi.stack.cluster.watch import certainly, until_answered

if TYPE_CHECKING:
    from perry_ffi.stack.cluster.files import ClusterFile

BUSY_SECONDS = 20.0
"""How long something may still be on what is removed."""
PAUSE_SECONDS = 0.25


@dataclass(frozen=True, repr=False, eq=False)
class CreateClusterNetwork(ClusterAction):
    """key: in the file. known_as: its name by the file; the target is another one where an old network has that."""

    name = "create network"
    key: str
    known_as: str

    async def perform(self, run: ClusterRun) -> None:
        spec = run.made_of.network(self.key)
        entry = run.undo.made("network", self.target)
        with asked(entry), named(f"networks.{self.key}"):
            ident = await certainly(
                lambda: run.services.create_network(self.target, spec), lambda: _made(run, "network", self.target)
            )
        run.made_of.idents["network", self.known_as] = ident


@dataclass(frozen=True, repr=False, eq=False)
class CreateFile(ClusterAction):
    """Makes a config or secret. Its content stands in no plan."""

    file: ClusterFile = field(repr=False)

    @property
    def kind(self) -> str:
        return self.file.kind

    async def perform(self, run: ClusterRun) -> None:
        file, content = self.file, self.file.content
        assert content is not None, "what is external is not made"
        labels = run.made_of.file_labels(file)
        entry = run.undo.made(file.kind, file.name)
        with asked(entry):
            ident = await certainly(
                lambda: run.services.create_file(file.kind, file.name, content, labels),
                lambda: _made(run, file.kind, file.name),
            )
        run.made_of.idents[file.kind, file.name] = ident


class CreateConfig(CreateFile):
    name = "create config"


class CreateSecret(CreateFile):
    name = "create secret"


async def _made(run: ClusterRun, kind: str, name: str) -> str | None:
    """The id of what this run has made, where it is there."""
    return next((row.id for row in await run.services.objects(kind, run.mark) if row.name == name), None)


@dataclass(frozen=True, repr=False, eq=False)
class RemoveObject(ClusterAction):
    """Removes a network, config or secret; tasks that are ending may be on it for a moment longer.

    lenient: what somebody else uses stays, which is told: the next ``up`` tries again.
    """

    final = True
    ident: str
    kind: str = "network"
    lenient: bool = False

    async def perform(self, run: ClusterRun) -> None:
        bound = anyio.current_time() + BUSY_SECONDS
        while True:
            try:
                await until_answered(lambda: run.services.remove_object(self.kind, self.ident))
                return
            except Conflict as error:
                if anyio.current_time() > bound:
                    if not self.lenient:
                        raise
                    run.run.bus.tell("warning", message=one_line(f"{self.kind} {self.target} stays: {error.message}"))
                    return
            await anyio.sleep(PAUSE_SECONDS)


class RemoveClusterNetwork(RemoveObject):
    name = "remove network"


class RemoveConfig(RemoveObject):
    name = "remove config"


class RemoveSecret(RemoveObject):
    name = "remove secret"


REMOVALS: dict[str, type[RemoveObject]] = {
    "network": RemoveClusterNetwork,
    "config": RemoveConfig,
    "secret": RemoveSecret,
}


__all__ = [
    "REMOVALS", "CreateClusterNetwork", "CreateConfig", "CreateFile", "CreateSecret", "RemoveClusterNetwork", "RemoveConfig", "RemoveObject",
    "RemoveSecret",
]  # fmt: skip
