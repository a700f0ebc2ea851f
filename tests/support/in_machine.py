"""An engine in memory that has few of this machine's folders, and the warnings of it."""

from __future__ import annotations

from perry_ffi.backends.fake import FakeBackend
from perry_ffi.runtime.event_bus import Subscription

VOLUMES = ["/home/me/a:/a", "/opt/b:/b", "data:/data"]
"""Of these one is not there: what is told of it ends with ``TOLD``."""
TOLD = "/opt/b may be empty there"


class InMachine(FakeBackend):
    """One whose machine has /home of the host and nothing else."""

    def unshared(self, source: str) -> str:
        return "" if source.startswith("/home/") else f"{source} may be empty there"


async def told_unshared(listener: Subscription) -> list[tuple[str, str]]:
    """The members that were told, with the words."""
    rows = [row for row in await listener.next() or () if row.get("code") == "not-shared"]
    return [(row["member"], row["message"]) for row in rows]
