"""An attached ``up``: the logs from the first container on, how each ends, and that they stop when it is interrupted."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, cast

from perry_ffi.cli.show.logs import short_name
from perry_ffi.cli.terminal import Unwritable, flush, out, say
from perry_ffi.service import projects

if TYPE_CHECKING:
    from perry_ffi.cli.interrupts import Interrupts
    from perry_ffi.cli.show.logs import LogLines
    from perry_ffi.compose.project import Project
    from perry_ffi.runtime.event_bus import Subscription
    from perry_ffi.service.client import Client
    from perry_ffi.stack.follow import FollowedLogs
    from perry_ffi.stack.run_ends import End

KILL_SECONDS = 10.0
"""How long the engine gets to kill what was asked to stop."""
LAST_WORDS_SECONDS = 5.0
"""How long the engine gets to give the end of the logs, which may come after the containers' own."""
TAKING_OVER_SECONDS = 1.0
"""How long the logs of a project whose containers have all ended wait for one that takes over."""

_STARTS = ("start container", "create service", "update service", "scale service")
"""Steps after which something runs that did not."""


class Attachment:
    """What is attached to, and what ends it.

    services: whose ends count; ``None`` all. unread: those of them whose logs are not shown. any_end, failure: everything stops
    when one container ends, or ends badly. code_of: the service whose exit code is the program's. timeout: seconds that each
    container gets to stop; ``None`` its own.
    """

    def __init__(
        self,
        services: Sequence[str] | None,
        unread: Container[str] = (),
        *,
        any_end: bool = False,
        failure: bool = False,
        code_of: str | None = None,
        timeout: float | None = None,
    ) -> None:
        self.services, self.unread, self.timeout = services, unread, timeout
        self.any_end, self.failure, self.code_of = any_end or code_of is not None, failure, code_of

    def ends_all(self, end: Mapping[str, Any]) -> bool:
        """Whether everything stops because of this end; of one that the engine starts again nothing does."""
        if end.get("restarting"):
            return False
        return self.any_end or (self.failure and end.get("exitCode") != 0)


class Sources(Protocol):
    """Source files, and what is done when they change (``stack.sources``)."""

    async def follow(self) -> None:
        """Until it is cancelled."""


class Attached:
    """One attached ``up``. Its first interrupt stops the containers in good order, the second one kills them."""

    def __init__(
        self,
        client: Client,
        interrupts: Interrupts,
        project: Project,
        attachment: Attachment,
        lines: LogLines,
        sources: Sources | None = None,
    ) -> None:
        """sources: are followed while the logs are shown, which do not end with the containers then: a build replaces these."""
        self._client, self._interrupts, self._project = client, interrupts, project
        self._attachment, self._lines, self._sources = attachment, lines, sources
        self._over = asyncio.Event()
        self._interrupted = False
        self._stands = False
        self._early: list[End] = []
        """Ends from before everything stood: those of containers that were replaced are among them."""
        self._replaced: set[str] = set()
        """Containers that were there before, and went: an engine may tell of their ends late, or never."""
        self._cause: End | None = None
        self._codes: dict[str, int] = {}

    async def run(self, bring_up: Callable[[], Awaitable[object]]) -> int:
        """Brings up, shows the logs until all has ended, and gives the exit status. Raises what ``bring_up`` raises."""
        known = self._project.all_services
        about = self._attachment
        stream = await projects.attached_logs(self._client, self._project.name, about.services, about.unread, known)
        printing = asyncio.ensure_future(self._print(stream))
        watching: asyncio.Future[None] | None = None
        try:
            await self._bring_up(bring_up)
            await self._tell_early_ends({row.id for row in stream.rows})
            if self._sources is None:
                stream.may_end(TAKING_OVER_SECONDS)
            else:
                watching = asyncio.ensure_future(self._sources.follow())
            return await self._until_the_end(stream, printing)
        finally:
            if watching is not None:
                await _ended(watching)
            await _ended(printing)
            await stream.aclose()

    # -- bringing up ----------------------------------------------------------------------------------

    async def _bring_up(self, bring_up: Callable[[], Awaitable[object]]) -> None:
        """Interrupted, it is put back; where there is nothing to be put back any more, everything stands and stops."""
        heard = self._client.event_bus.subscribe()
        work = asyncio.ensure_future(bring_up())
        asked = False

        def give_up() -> None:
            nonlocal asked
            asked = True
            work.cancel()

        self._interrupts.first = give_up
        try:
            await asyncio.wait((work,))
            if not work.cancelled():
                work.result()
            elif not await _stands(heard):
                raise asyncio.CancelledError
            if asked:
                self._interrupt()
            self._interrupts.first = self._interrupt
            self._interrupts.hasty = "killing; once more leaves them as they are"
        except asyncio.CancelledError:
            await _ended(work)
            raise
        finally:
            await heard.aclose()

    async def _tell_early_ends(self, before: set[str]) -> None:
        """Of the containers that are still there. before: those that were there at first."""
        there = {row["id"] for row in await projects.ps(self._client, self._project.name)}
        self._replaced = (before | {end.id for end in self._early}) - there
        self._stands = True
        for end in self._early:
            self._tell(end)

    # -- the logs -------------------------------------------------------------------------------------

    async def _print(self, stream: FollowedLogs) -> None:
        about = self._attachment
        services = self._project.services if about.services is None else about.services
        shown = {name for name in services if name not in about.unread}
        self._lines.expect([*projects.rows_to_come(self._project, shown), *(r for r in stream.rows if r.service in shown)])
        while (batch := await stream.next()) is not None:
            for record in batch:
                if record["stream"] != "end":
                    out(f"{self._lines.line(record)}\n")
                    continue
                end = cast("End", record)
                if self._stands:
                    self._tell(end)
                else:
                    self._early.append(end)
            flush()

    def _tell(self, end: End) -> None:
        if end.id in self._replaced:
            return
        if end["service"] not in self._attachment.unread:
            out(f"{self._lines.end(end)}\n")
        self._codes.setdefault(end["service"], end.get("exitCode", 0))
        if self._cause is None and not self._interrupted and not self._is_awaited(end) and self._attachment.ends_all(end):
            self._cause = end
            self._over.set()

    def _is_awaited(self, end: End) -> bool:
        """Whether it is a job that others wait for, and that ended well: its end is the beginning of the others."""
        edges = (tree.get("depends_on") or {} for tree in self._project.services.values())
        conditions = {row[end["service"]].get("condition") for row in edges if end["service"] in row}
        return "service_completed_successfully" in conditions and end.get("exitCode") == 0

    # -- the end --------------------------------------------------------------------------------------

    def _interrupt(self) -> None:
        self._interrupted = True
        self._over.set()

    async def _until_the_end(self, stream: FollowedLogs, printing: asyncio.Future[None]) -> int:
        over = asyncio.ensure_future(self._over.wait())
        try:
            await asyncio.wait((printing, over), return_when=asyncio.FIRST_COMPLETED)
        finally:
            over.cancel()
        unheard = printing.exception() if printing.done() and not self._over.is_set() else None
        if unheard is not None and not isinstance(unheard, Unwritable):
            raise unheard
        if unheard is None and not self._over.is_set():
            return self._status()
        # Where nobody reads the logs any more, nobody could stop what runs: the terminal has gone, say.
        say(self._why())
        if await self._stopped():
            stream.expect_no_more()
            await asyncio.wait((printing,), timeout=LAST_WORDS_SECONDS)
        if unheard is not None and not self._interrupted:
            raise unheard
        return self._interrupts.status if self._interrupted else self._status()

    def _why(self) -> str:
        if self._interrupted:
            return "stopping; press Ctrl-C again to kill"
        if self._cause is None:
            return "stopping: nobody reads the logs any more"
        name = short_name(self._cause["container"], self._cause["service"], self._cause["replica"])
        return f"stopping: {name} {self._cause['text']}"

    def _status(self) -> int:
        if self._attachment.code_of is not None:
            return self._codes.get(self._attachment.code_of, 0)
        return int(self._cause.get("exitCode", 0)) if self._cause is not None else 0

    async def _stopped(self) -> bool:
        """Whether the containers stopped, by themselves or killed, which takes no longer than ``KILL_SECONDS``."""
        about = self._attachment
        services = list(self._project.services) if about.services is None else about.services
        stopping = asyncio.ensure_future(projects.stop(self._client, self._project, services, about.timeout))
        if self._cause is not None:
            self._interrupts.first = self._client.urgent.set  # It is stopping already.
        urgent = asyncio.ensure_future(self._client.urgent.wait())
        try:
            await asyncio.wait((stopping, urgent), return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait((stopping,), timeout=KILL_SECONDS)
            if stopping.done():
                stopping.result()
                return True
            say(f"the engine did not kill them within {KILL_SECONDS:g} s")
            return False
        finally:
            urgent.cancel()
            await _ended(stopping)


async def _stands(heard: Subscription) -> bool:
    """Whether containers were started, and nothing was put back."""
    heard.end()
    records = list(await heard.next() or ())
    started = any(record["kind"] == "step" and record["action"] in _STARTS for record in records)
    return started and not any(record["kind"] == "rollback" for record in records)


async def _ended(task: asyncio.Future[Any]) -> None:
    """Ends a task; nobody hears of it any more."""
    task.cancel()
    await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()
