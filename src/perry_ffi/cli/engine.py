"""What the subcommands share that need an engine and an event loop: a client, progress on standard error."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

from perry_ffi.cli.chosen import Chosen
from perry_ffi.cli.interrupts import Interrupted, Interrupts, handled
from perry_ffi.cli.project import load_project as load_project
from perry_ffi.cli.project import project_name as project_name
from perry_ffi.cli.show.painter import painter_of
from perry_ffi.cli.terminal import plain
from perry_ffi.cli.variables import compatibility, parallel
from perry_ffi.service.client import Client
from perry_ffi.service.naming import as_version_1

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation

T = TypeVar("T")


def with_engine(invocation: Invocation, work: Callable[[Client], Awaitable[T]], *, progress: bool = True) -> T:
    """Runs ``work`` against the engine that answers. SIGINT, SIGTERM and SIGHUP cancel it; what it had begun is put back.

    progress: whether what happens is shown, as the invocation's screen says; else only warnings are.

    Raises Interrupted once that is done.
    """
    return with_interrupts(invocation, lambda client, _: work(client), progress=progress)


def without_engine(work: Coroutine[Any, Any, T]) -> T:
    """Runs ``work``, which needs an event loop and no engine."""
    return asyncio.run(work)


def with_interrupts(invocation: Invocation, work: Callable[[Client, Interrupts], Awaitable[T]], *, progress: bool = True) -> T:
    """The same for ``work`` that may have the signals do something else."""
    interrupts = Interrupts(_nothing_to_stop)
    try:
        with as_version_1() if compatibility(invocation) else nullcontext():
            return asyncio.run(_with_engine(invocation, work, progress, interrupts))
    except asyncio.CancelledError:
        raise Interrupted(interrupts.status) from None


async def _with_engine(
    invocation: Invocation, work: Callable[[Client, Interrupts], Awaitable[T]], progress: bool, interrupts: Interrupts
) -> T:
    task = asyncio.current_task()
    assert task is not None
    interrupts.first = task.cancel
    with handled(interrupts):
        chosen = Chosen(invocation.screen, changes=progress)
        client = Client(
            invocation.engine_env, urgent=interrupts.urgent, project=invocation.project, on_guessed=chosen.guessed,
            parallel=parallel(invocation),
        )  # fmt: skip
        painter = painter_of(invocation.screen, progress)
        shown = asyncio.create_task(painter.follow(client.event_bus.subscribe(closely=painter.closely)))
        try:
            result = await work(client, interrupts)
            painter.went_well = True
            return result
        finally:
            interrupts.first = _nothing_to_stop
            client.event_bus.end()
            await shown
            chosen.end(client.looked_in_vain)
            await client.aclose()


def _nothing_to_stop() -> None:
    """It is done, and ends by itself."""


def table(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> str:
    """An aligned table; the columns are the rows' members, in capitals."""
    cells = [[column.upper() for column in columns]] + [[_cell(row.get(column)) for column in columns] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(columns))]
    return "".join(
        "   ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() + "\n" for line in cells
    )


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return plain(", ".join(map(str, value)) if isinstance(value, list) else str(value))
