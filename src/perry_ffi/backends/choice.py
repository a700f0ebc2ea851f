"""Which engines may be asked, and in what order: from the platform, the settings, and the servers that the environment names."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from perry_ffi.errors import ValidationError
from perry_ffi.settings import LOCAL_FIRST, SERVER_FIRST, Settings

PLATFORM_ORDER = {
    "darwin": ("apple/container", "orbstack", "colima", "rancher-desktop", "lima", "podman", "nerdctl", "docker"),
    "": ("podman", "nerdctl", "docker"),
}
"""Names in the order in which they are tried, by ``sys.platform``; ``""`` for every other."""

KNOWN = PLATFORM_ORDER["darwin"]
"""Every name there is."""


@dataclass(frozen=True)
class Server:
    """A server that the environment names. name: the engine that ``variable`` is of; what answers may be another."""

    name: str
    variable: str
    url: str


def platform_order(platform: str | None = None) -> tuple[str, ...]:
    """The order of ``platform`` (default: the one that runs)."""
    return PLATFORM_ORDER.get(platform or sys.platform, PLATFORM_ORDER[""])


def servers(settings: Settings) -> list[Server]:
    """The servers that DOCKER_HOST and CONTAINER_HOST name, the engine first that the order in force has first."""
    named = {"docker": ("DOCKER_HOST", settings.docker_host), "podman": ("CONTAINER_HOST", settings.container_host)}
    order = [*(settings.backends or platform_order()), *named]
    return [Server(name, named[name][0], url) for name in dict.fromkeys(order) if name in named and (url := named[name][1])]


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
    return tuple(dict.fromkeys((*first, *(settings.backends or platform_order()))))


def checked(names: Sequence[str]) -> tuple[str, ...]:
    """``names``, each once. Raises ValidationError for one that does not exist."""
    for name in names:
        if name not in KNOWN:
            raise ValidationError(f"there is no backend {name!r}", path="backend", expected=", ".join(KNOWN))
    return tuple(dict.fromkeys(names))
