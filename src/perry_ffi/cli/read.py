"""What the commands share that look at a project and change nothing: which one it is, and the engine that is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.cli.table import Arguments
    from perry_ffi.compose import Project
    from perry_ffi.service.client import Client
    from perry_ffi.service.reader import Reader

T = TypeVar("T")


def project(arguments: Arguments, invocation: Invocation, *, model: bool) -> tuple[str, Project | None]:
    """The name of the project, and its model where the files here are its.

    model: whether the model is wanted; else no file is read where the command line or COMPOSE_PROJECT_NAME names the project.
    Raises ContainerError.
    """
    said = arguments.file or invocation.env.get("COMPOSE_FILE")
    named = arguments.project_name or invocation.env.get("COMPOSE_PROJECT_NAME")
    if named and not said and not model:
        invocation.project = named
        return named, None
    lightly(invocation)
    from perry_ffi.cli.project import project_name

    return project_name(arguments, invocation)


def services_of(found: Project | None) -> list[str]:
    """The services of a model, also those that no profile enables."""
    return [] if found is None else list(found.all_services)


def ask(invocation: Invocation, work: Callable[[Reader], Awaitable[T]]) -> T:
    """What ``work`` finds, which asks a reader and awaits nothing else. Raises ContainerError, and Interrupted.

    Without an event loop where nothing was made ready for one and the engine is a local socket that is certain; else, and where that
    is not enough, in the usual way.
    """
    if invocation.prepare is not None:
        from perry_ffi.service.quick import NotQuick

        try:
            return _quickly(invocation, work)
        except NotQuick:
            pass
    ready(invocation)
    from perry_ffi.cli.engine import with_engine

    async def asked(client: Client) -> T:
        from perry_ffi.service.reader import ClientReader

        return await work(await ClientReader(client).open())

    return with_engine(invocation, asked, progress=False)


def _quickly(invocation: Invocation, work: Callable[[Reader], Awaitable[T]]) -> T:
    """Raises NotQuick."""
    from perry_ffi.service import quick

    if not invocation.alone:
        from perry_ffi.cli.interrupts import signals_here

        with signals_here().listening() as interrupts:
            return quick.ask(invocation.engine_env, work, interrupts)
    import gc

    gc.disable()  # It ends before there is any garbage to speak of.
    try:
        return quick.ask(invocation.engine_env, work)
    except quick.NotQuick:
        gc.enable()
        raise


def settled(invocation: Invocation, project: Project) -> bool:
    """Whether it is certain that an ``up`` of ``project`` without further options has nothing to do; told without an event loop, or
    not at all: False. Raises Interrupted.
    """
    if invocation.prepare is None:
        return False
    from perry_ffi.errors import ContainerError
    from perry_ffi.service.quick import NotQuick

    def is_settled(reader: Reader) -> Awaitable[bool]:
        from perry_ffi.service.project_up import settled  # Once there is somebody to ask.

        return settled(reader, project, invocation.engine_env)

    try:
        return _quickly(invocation, is_settled)
    except (NotQuick, ContainerError, OSError):
        return False


def lightly(invocation: Invocation) -> None:
    """To be called before a command that looks imports what reads files. Of a host's program its library did that."""
    if invocation.alone:
        from perry_ffi.interpreter.settling import settle_lightly

        settle_lightly()


def ready(invocation: Invocation) -> None:
    """To be called before a command that looks imports what takes an event loop: nothing was made ready for that."""
    if invocation.prepare is not None:
        invocation.prepare()
