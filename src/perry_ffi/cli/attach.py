"""What an attached ``up`` does once everything runs: shows the logs, and stops the containers when it is interrupted."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from perry_ffi.cli.interrupts import STATUS, Interrupts
from perry_ffi.cli.logs import follow
from perry_ffi.cli.terminal import say
from perry_ffi.service import projects
from perry_ffi.stack.logs import LogRequest

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.service.client import Client
    from perry_ffi.stack.options import Up

KILL_SECONDS = 10.0
"""How long the engine gets to kill what was asked to stop."""
LAST_WORDS_SECONDS = 5.0
"""How long the engine gets to give the end of the logs, which may come after the containers' own."""


async def attach(client: Client, interrupts: Interrupts, project: Project, options: Up) -> int:
    """Shows the logs until all containers have ended. Interrupted, it stops them while their logs go on; then 130.

    A second interrupt has them killed. Raises what the engine raises.
    """
    interrupted = asyncio.Event()
    interrupts.first = interrupted.set
    interrupts.hasty = "killing; once more leaves them as they are"
    stream = await projects.follow_logs(client, project.name, LogRequest(options.services), project.services)
    following = asyncio.ensure_future(follow(stream))
    asked = asyncio.ensure_future(interrupted.wait())
    try:
        await asyncio.wait((following, asked), return_when=asyncio.FIRST_COMPLETED)
        if not interrupted.is_set():
            await following
            return 0
        say("stopping; press Ctrl-C again to kill")
        if await _stopped(client, project, options):
            stream.expect_no_more()
            await asyncio.wait((following,), timeout=LAST_WORDS_SECONDS)
        return STATUS
    finally:
        asked.cancel()
        await _ended(following)
        await stream.aclose()


async def _stopped(client: Client, project: Project, options: Up) -> bool:
    """Whether the containers stopped, by themselves or killed, which takes no longer than ``KILL_SECONDS``."""
    stopping = asyncio.ensure_future(projects.stop(client, project, options.services, options.timeout))
    urgent = asyncio.ensure_future(client.urgent.wait())
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


async def _ended(task: asyncio.Future[None]) -> None:
    """Ends a task; nobody hears of it any more."""
    task.cancel()
    await asyncio.wait((task,))
    if not task.cancelled():
        task.exception()
