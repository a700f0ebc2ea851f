"""The words in which plans, records and errors name whose something is: they belong to whoever has the work done."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Naming:
    """group: the member that tells of what whole a plan is. owner: the member that tells whose a step or a container is.

    section: where the owners are defined, as messages say it: ``services``, say, for ``services.web``.
    """

    group: str
    owner: str
    section: str

    def path(self, owner: str) -> str:
        """Where an owner is defined."""
        return f"{self.section}.{owner}"

    def details(self, owner: str | None) -> dict[str, str | None]:
        """What a record or an error says of an owner."""
        return {self.owner: owner}
