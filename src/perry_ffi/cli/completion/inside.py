"""Paths in a container, for ``cp SERVICE:PATH``: what its own ``ls`` says of the folder that is typed."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from perry_ffi.cli.main import Invocation
    from perry_ffi.cli.table import Arguments
    from perry_ffi.service.client import Client

SECONDS = 3.0
"""How long somebody who pressed Tab is kept waiting."""


def paths(arguments: Arguments, invocation: Invocation, service: str, typed: str) -> Iterator[str]:
    """Those that begin with ``typed``, folders with a ``/`` behind them; hidden ones where their dot is typed.

    Raises ContainerError where no container of the service runs, or it has no ``ls``, or takes too long.
    """
    begin = typed.rpartition("/")[2]
    above = typed[: len(typed) - len(begin)]
    for name in _names(arguments, invocation, service, f"/{above.lstrip('/')}"):
        if name.startswith(begin) and name.isprintable() and (begin or not name.startswith(".")):
            yield above + name


def _names(arguments: Arguments, invocation: Invocation, service: str, folder: str) -> list[str]:
    from perry_ffi.cli import read

    read.ready(invocation)
    import asyncio

    from perry_ffi.cli.engine import with_engine
    from perry_ffi.cli.inside import wanted_of
    from perry_ffi.errors import Timeout
    from perry_ffi.service import inside

    name, wanted = wanted_of(arguments, invocation, service, 0)

    async def work(client: Client) -> list[str]:
        async with asyncio.timeout(SECONDS):
            return await inside.names_in(client, name, wanted, folder)

    try:
        return with_engine(invocation, work, progress=False)
    except TimeoutError:
        raise Timeout(f"services.{service}: {folder} was not listed within {SECONDS:g} s", seconds=SECONDS) from None
