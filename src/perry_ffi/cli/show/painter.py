"""Who shows work that goes on: the painter that the screen asks for.

Each hears the records of one command and writes to standard error. What is wrong with the work itself is nobody's here: the
error comes to the command.
"""

from __future__ import annotations

from perry_ffi.cli.speech import spelled
from perry_ffi.cli.terminal import say

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from perry_ffi.cli.screen import Screen
    from perry_ffi.runtime.event_bus import Subscription

CANCELLED = "Cancelled"
"""The cause of a rollback that no error comes with, which is then told here."""


def painter_of(screen: Screen, progress: bool = True) -> Painter:
    """The painter for a screen. progress: whether the work is to be seen, or only what is warned of."""
    painter = _painter_of(screen, progress)
    painter.unseen = screen.unseen
    return painter


def _painter_of(screen: Screen, progress: bool) -> Painter:
    if screen.progress == "json":
        from perry_ffi.cli.show.jsonlines import JsonLines

        return JsonLines(progress)
    if not progress or screen.progress == "quiet":
        return Painter()
    if screen.progress == "tty":
        from perry_ffi.cli.show.live import Live

        return Live(screen)
    from perry_ffi.cli.show.plain import Plain

    return Plain(screen)


class Painter:
    """One that is quiet: warnings alone, and what was put back where no error tells it."""

    closely = False
    """Whether it wants to hear what the engine has to be asked for."""
    went_well = False
    """Whether the command has come to its end: then what was done is summed up."""
    unseen: frozenset[str] = frozenset()
    """Operations of which it is not shown how they go on."""

    async def follow(self, records: Subscription) -> None:
        """Shows the records until they end."""
        while (batch := await records.next()) is not None:
            for record in batch:
                if record["kind"] != "progress" or record["operation"] not in self.unseen:
                    self.heard(record)

    def heard(self, record: Mapping[str, Any]) -> None:
        """Shows one record."""
        if line := told(record):
            say(line)


def told(record: Mapping[str, Any]) -> str:
    """What is to be read of a record in any form for people; empty for most."""
    if record["kind"] == "warning":
        return f"warning: {spelled(record['message'])}"
    if record["kind"] == "rollback":
        return rolled_back(record)
    if record["kind"] == "resolved":
        return f"{record['image']} is {record['digest']}"
    return ""


def rolled_back(record: Mapping[str, Any]) -> str:
    """Of a rollback that somebody asked for by an interrupt how it ended; of another one the error tells."""
    if record.get("state") == "started":
        return "putting back what was there"
    left = record.get("leftOver") or []
    if record.get("cause") != CANCELLED:
        return ""
    return "\n".join(["everything is as it was" if not left else "not put back:", *(f"  {line}" for line in left)])


def verified(record: Mapping[str, Any]) -> str:
    """One line an image: who signed it, when, and where that was read."""
    from perry_ffi.cli.values import ago
    from perry_ffi.service.trust import signer

    found = record["verification"]
    where = {"store": ", from the store", "folder": ", from the folder of signatures"}.get(found["source"], "")
    row = next(iter(found.get("signatures") or ()), None)
    if not found["verified"]:
        said = f"not verified ({found.get('why')})"
    elif row is None:
        said = "its digest is the policy's"
    else:
        said = f"signed by {signer(row)}" + (f", {ago(row['signedAt'])}" if row.get("signedAt") else "")
    return f" {'✔' if found['verified'] else '!'} {record.get('service', '')}  {record['image']}  {said}{where}"
