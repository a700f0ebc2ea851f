"""What the subcommands that need an engine share: the project, a client, progress on standard error."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from perry_ffi.cli.interrupts import Interrupts, handled
from perry_ffi.cli.speech import spelled
from perry_ffi.cli.terminal import plain, say, standard_input
from perry_ffi.compose import LoadOptions, Project, declared_name, load
from perry_ffi.errors import ContainerError, NotFound
from perry_ffi.service.client import Client

if TYPE_CHECKING:
    from perry_ffi.cli.arguments import GlobalArguments
    from perry_ffi.cli.main import Invocation
    from perry_ffi.runtime.event_bus import Subscription

T = TypeVar("T")


def load_project(arguments: GlobalArguments, invocation: Invocation, services: Sequence[str] = ()) -> Project:
    """The project of the global options, with the profiles of ``services``; warnings go to standard error.

    Raises ContainerError.
    """
    said: list[bytes] = []

    def stdin() -> bytes:
        if not said:
            said.append(standard_input())
        return said[0]

    def read(profiles: Sequence[str] | None) -> Project:
        return load(
            arguments.file,
            project_directory=arguments.project_directory,
            project_name=arguments.project_name,
            profiles=profiles,
            env_files=arguments.env_file,
            env=invocation.env,
            stdin=stdin,
            working_directory=invocation.working_directory,
            options=LoadOptions(all_resources=arguments.all_resources),
        )

    project = read(arguments.profile or None)
    if more := project.profiles_of(services):
        project = read([*project.profiles, *more])
    for _, message in project.warnings:
        say(f"warning: {message}")
    return project


def project_name(arguments: GlobalArguments, invocation: Invocation) -> tuple[str, Project | None]:
    """The name of the project that a subcommand is to look at or take down, and its model if the files here are its.

    A file that is merely found here is that of a project named with ``--project-name`` only where its ``name`` says so. Else
    the project is what the engine holds under the name. Raises ContainerError.
    """
    named = arguments.project_name
    said = bool(arguments.file or invocation.env.get("COMPOSE_FILE"))
    if named and not said and not _is_called(named, arguments, invocation):
        return named, None
    try:
        project = load_project(arguments, invocation)
    except NotFound:
        variable = invocation.env.get("COMPOSE_PROJECT_NAME")
        if named or said or not variable:
            raise
        return variable, None
    return project.name, project


def _is_called(name: str, arguments: GlobalArguments, invocation: Invocation) -> bool:
    """Whether there are files here that call themselves so; whatever is wrong with others, it is nobody's business."""
    try:
        found = declared_name(
            project_directory=arguments.project_directory, env_files=arguments.env_file, env=invocation.env,
            working_directory=invocation.working_directory,
        )  # fmt: skip
    except ContainerError:
        return False
    return found == name


def with_engine(environ: Mapping[str, str], work: Callable[[Client], Awaitable[T]], *, progress: bool = True) -> T:
    """Runs ``work`` against the engine that answers. SIGINT and SIGTERM cancel it; what it had begun is put back.

    Raises KeyboardInterrupt once that is done.
    """
    return with_interrupts(environ, lambda client, _: work(client), progress=progress)


def with_interrupts(
    environ: Mapping[str, str], work: Callable[[Client, Interrupts], Awaitable[T]], *, progress: bool = True
) -> T:
    """The same for ``work`` that may have the signals do something else."""
    try:
        return asyncio.run(_with_engine(environ, work, progress))
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


async def _with_engine(environ: Mapping[str, str], work: Callable[[Client, Interrupts], Awaitable[T]], progress: bool) -> T:
    task = asyncio.current_task()
    assert task is not None
    interrupts = Interrupts(task.cancel)
    with handled(interrupts):
        client = Client(environ, urgent=interrupts.urgent)
        shown = asyncio.create_task(show(client.event_bus.subscribe(), progress))
        try:
            return await work(client, interrupts)
        finally:
            interrupts.first = _nothing_to_stop
            client.event_bus.end()
            await shown
            await client.aclose()


def _nothing_to_stop() -> None:
    """It is done, and ends by itself."""


async def show(records: Subscription, progress: bool = True) -> None:
    """Prints steps as they end, warnings and rollbacks as they come: one line each, aligned. Else only warnings."""
    started: dict[int, float] = {}
    while (batch := await records.next()) is not None:
        for record in batch:
            if (progress or record["kind"] == "warning") and (line := _line(record, started)):
                say(line)


def _line(record: Mapping[str, Any], started: dict[int, float]) -> str | None:
    kind, state = record["kind"], record.get("state")
    if kind == "warning":
        return f"warning: {spelled(record['message'])}"
    if kind == "rollback":
        return "putting back what was there" if state == "started" else _rolled_back(record)
    if kind == "verified":
        return _verified(record)
    if kind != "step":
        return None
    if record["action"] == "verify image" and state != "failed":  # What came of it is told by itself.
        return None
    if state == "started":
        started[record["step"]] = time.monotonic()
        return None
    took = time.monotonic() - started.pop(record["step"], time.monotonic())
    return f" {'✔' if state == 'done' else '✘'} {record['action']:<20} {record['target']:<32} {took:6.1f} s"


def _verified(record: Mapping[str, Any]) -> str:
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


def _rolled_back(record: Mapping[str, Any]) -> str:
    left = record.get("leftOver") or []
    return "\n".join(["everything is as it was" if not left else "not put back:", *(f"  {line}" for line in left)])


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
