"""``perry-compose attach``: the main process of a container that runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.cli import table
from perry_ffi.cli.inside import INDEX
from perry_ffi.cli.table import SERVICE, TEXT, Command, Flag

if TYPE_CHECKING:
    from perry_ffi.cli.interrupts import Interrupts
    from perry_ffi.cli.main import Invocation
    from perry_ffi.service.client import Client


class Arguments(table.Arguments):
    """The values of the options of ``attach``."""

    service: str
    detach_keys: str | None
    index: int
    no_stdin: bool
    sig_proxy: bool


COMMAND = Command(
    "attach",
    "connect to the streams of a running container",
    (
        Flag("detach-keys", "keys that leave the container (default ctrl-p,ctrl-q)", kind=TEXT, value="KEYS"),
        INDEX,
        Flag("no-stdin", "do not pass on what is typed"),
        Flag("sig-proxy", "pass signals on to the process", default=True),
    ),
    (SERVICE,),
    more="It ends with the exit code of the container; with 0 where it was left by the keys, and the container runs on. The "
    "third SIGINT or SIGTERM within three seconds leaves it, too.",
)


def run(arguments: Arguments, invocation: Invocation) -> int:
    """Talk to the main process. Raises ContainerError, Usage."""
    from contextlib import nullcontext

    from perry_ffi.cli.engine import with_interrupts
    from perry_ffi.cli.forwarding import leaving
    from perry_ffi.cli.inside import detach_keys, terms_of, wanted_of
    from perry_ffi.cli.talk import converse, forwarded
    from perry_ffi.cli.terminal import plain, say
    from perry_ffi.service import inside

    keys = detach_keys(arguments.detach_keys, "attach")
    name, wanted = wanted_of(arguments, invocation, arguments.service, arguments.index)
    terms = terms_of(invocation, stdin=not arguments.no_stdin, tty=True, keys=arguments.detach_keys or "")

    async def work(client: Client, interrupts: Interrupts) -> int:
        if arguments.dry_run:
            row = await inside.find(client, name, wanted, running=True)
            say(plain(f"it would attach to {row.name}"))
            return 0
        attached = await inside.attach(client, name, wanted, terms)
        try:
            with forwarded(interrupts, leaving(attached, interrupts)) if arguments.sig_proxy else nullcontext():
                if await converse(attached.talk, keys=keys, redraw=True):
                    return 0
                return await attached.exit_code()
        finally:
            await attached.aclose()

    return with_interrupts(invocation, work, progress=False)
