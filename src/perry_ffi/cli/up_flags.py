"""Those flags of ``up`` that decide what is done, for the commands that make plans; and the options that they become."""

from __future__ import annotations

from perry_ffi.cli.commands import up
from perry_ffi.cli.table import Arguments, Flag

TYPE_CHECKING = False
if TYPE_CHECKING:
    from perry_ffi.cli.main import Invocation
    from perry_ffi.stack.options import Up

_NAMES = (
    "build", "pull", "scale", "remove-orphans", "force-recreate", "always-recreate-deps", "no-recreate", "no-deps", "no-start",
    "renew-anon-volumes", "no-rollback", "wait", "wait-timeout", "timeout", "rolling",
)  # fmt: skip


def planning(*, without: tuple[str, ...] = ()) -> tuple[Flag, ...]:
    """The flags, as ``up`` has them."""
    return tuple(flag for flag in up.COMMAND.flags if flag.name in _NAMES and flag.name not in without)


def options(arguments: Arguments, invocation: Invocation) -> Up:
    """What ``up`` would be asked for; its flags that the command does not have say nothing. Raises ValidationError."""
    from perry_ffi.cli.bringing import asked
    from perry_ffi.service.options import up_of_flags

    flags = up.Arguments()
    for flag in up.COMMAND.flags:
        setattr(flags, flag.member, getattr(arguments, flag.member, flag.default))
    services = getattr(arguments, "service", [])
    flags.service = services if isinstance(services, list) else []
    return asked(up_of_flags, flags, invocation)
