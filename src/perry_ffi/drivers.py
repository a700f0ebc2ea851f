"""The table of engines: every name there is, in the order in which they are tried, and who drives it.

Data alone, and nothing is imported for it: detection and its order, the C side's list of names (``abi.backend_names``), the
README's table and the advice in errors are made from these rows. A module that drives an engine is loaded when that engine
is probed, or its declared capabilities are asked for. To add an engine, add a row and its module.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass

MAC = ("darwin",)
EVERYWHERE: tuple[str, ...] = ()
_ENGINE_API = "perry_ffi.backends.engine_api.drivers"
_DOCKER_RULES = f"{_ENGINE_API}.docker_rules"
NOT_DRIVEN = "this version of the library cannot drive it yet"
"""Why an engine without a driver is not available."""


@dataclass(frozen=True, slots=True)
class Variable:
    """One of the environment that names a server. none: the value that names none of one's own."""

    name: str
    none: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One engine.

    name: what programs and settings call it. platforms: where it is tried, by ``sys.platform``; empty: on each.
    driver: the module whose ``DRIVER`` probes and drives it; empty: none does yet. rules: the module whose ``RULES`` are what
    it declares; empty: nothing is known. variables: of the environment, which name a server of it, the one first that counts
    before the others. variable: that of them which has an address. program: what is on the search path where it is
    installed. start: what to do where nothing listens for it.
    """

    name: str
    platforms: tuple[str, ...] = EVERYWHERE
    driver: str = ""
    rules: str = ""
    variables: tuple[Variable, ...] = ()
    variable: str = ""
    program: str = ""
    start: str = ""

    def is_tried_on(self, platform: str) -> bool:
        """Whether it belongs to the order of ``platform``."""
        return not self.platforms or platform in self.platforms


ROWS: tuple[Row, ...] = (
    Row("apple/container", MAC),
    Row("orbstack", MAC, rules=_DOCKER_RULES),
    Row("colima", MAC, rules=_DOCKER_RULES),
    Row("rancher-desktop", MAC, rules=_DOCKER_RULES),
    Row("lima", MAC, rules=_DOCKER_RULES),
    Row(
        "podman",
        driver=f"{_ENGINE_API}.podman",
        rules=f"{_ENGINE_API}.podman_rules",
        variables=(Variable("CONTAINER_CONNECTION"), Variable("CONTAINER_HOST")),
        variable="CONTAINER_HOST",
        program="podman",
        start="install podman, or start its service: systemctl --user start podman.socket",
    ),
    Row("nerdctl"),
    Row(
        "docker",
        driver=f"{_ENGINE_API}.docker",
        rules=_DOCKER_RULES,
        variables=(Variable("DOCKER_HOST"), Variable("DOCKER_CONTEXT", none="default")),
        variable="DOCKER_HOST",
        program="dockerd",
        start="start Docker: systemctl start docker (or systemctl --user start docker for a rootless one)",
    ),
)
"""In the order in which they are tried."""

NAMES = tuple(row.name for row in ROWS)
"""Every name there is."""

_BY_NAME = {row.name: row for row in ROWS}

DRIVEN = tuple(row for row in reversed(ROWS) if row.driver)
"""Those that can be driven, the most widely used first: that is the last one that is tried."""

SERVERS = tuple(row for row in DRIVEN if row.variable)
"""Those whose server the environment may name, in the order in which they count where the order in force has neither."""


def named_servers(environ: Mapping[str, str]) -> dict[str, str]:
    """What the environment names servers with: by variable, its value."""
    every = [variable for row in SERVERS for variable in row.variables]
    return {item.name: value for item in every if (value := environ.get(item.name)) and value != item.none}


def of(name: str) -> Row:
    """The row of ``name``; a name that is in no row has one that says nothing."""
    return _BY_NAME.get(name) or Row(name)


def order(platform: str | None = None) -> tuple[str, ...]:
    """The names that are tried on ``platform`` (default: the one that runs), in order."""
    here = platform or sys.platform
    return tuple(row.name for row in ROWS if row.is_tried_on(here))


def start_remedy(name: str) -> str:
    """What to do where nothing listens for the engine ``name``."""
    return of(name).start or f"start {name}"


def instead() -> str:
    """What to do where an engine cannot be driven yet."""
    return "use " + " or ".join(row.name for row in ROWS if row.driver)
