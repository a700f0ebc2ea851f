"""Which engines may be asked, and in what order: from the platform, the settings, and the servers that the environment names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from perry_ffi import drivers
from perry_ffi.errors import ValidationError
from perry_ffi.settings import LOCAL_FIRST, SERVER_FIRST, Settings

KNOWN = drivers.NAMES
"""Every name there is."""

platform_order = drivers.order


@dataclass(frozen=True)
class Server:
    """A server that the environment names. name: the engine that ``variable`` is of; what answers may be another.

    said: the value of ``variable``: an address, or a name that the engine's own files explain.
    """

    name: str
    variable: str
    said: str


def servers(settings: Settings) -> list[Server]:
    """The servers that the environment names, the engine first that the order in force has first."""
    order = dict.fromkeys([*(settings.backends or platform_order(settings.platform)), *(row.name for row in drivers.SERVERS)])
    found = [servers_of(settings, name) for name in order]
    return [server for named in found for server in named]


def servers_of(settings: Settings, name: str) -> list[Server]:
    """The servers that the variables of the engine ``name`` name, the one first that counts."""
    variables = [variable.name for variable in drivers.of(name).variables]
    return [Server(name, variable, settings.servers[variable]) for variable in variables if variable in settings.servers]


def named_server(settings: Settings) -> Server | None:
    """The server that is taken before any order, and no other engine if it does not answer.

    None where the environment names none or puts the order first: by PERRY_CONTAINER_MODE=local-first, or by naming engines
    in PERRY_CONTAINER_BACKEND without PERRY_CONTAINER_MODE=server-first.
    """
    if settings.mode == LOCAL_FIRST or (settings.backends and settings.mode != SERVER_FIRST):
        return None
    return next(iter(servers(settings)), None)


def order_in_force(settings: Settings) -> tuple[str, ...]:
    """The names in the order in which they are tried, that of a named server first."""
    named = named_server(settings)
    first = (named.name,) if named else ()
    return tuple(dict.fromkeys((*first, *(settings.backends or platform_order(settings.platform)))))


def checked(names: Sequence[str]) -> tuple[str, ...]:
    """``names``, each once. Raises ValidationError for one that does not exist."""
    for name in names:
        if name not in KNOWN:
            raise ValidationError(f"there is no backend {name!r}", path="backend", expected=", ".join(KNOWN))
    return tuple(dict.fromkeys(names))
