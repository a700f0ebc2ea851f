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
BY_NAME = ("",)
"""On no platform, but where somebody names it."""
_ENGINE_API = "perry_ffi.backends.engine_api.drivers"
_APPLE = "perry_ffi.backends.apple"
_DOCKER_RULES = f"{_ENGINE_API}.docker_rules"
_NERDCTL_RULES = "perry_ffi.backends.nerdctl.rules"
NOT_DRIVEN = "this version of the library cannot drive it yet"
"""Why an engine without a driver is not available."""


@dataclass(frozen=True)
class Variable:
    """One of the environment that names a server. none: the value that names none of one's own."""

    name: str
    none: str = ""


@dataclass(frozen=True)
class Row:
    """One engine.

    name: what programs and settings call it. platforms: where it is tried unless others are named, by ``sys.platform``;
    empty: on each.
    driver: the module whose ``DRIVER`` probes and drives it; empty: none does yet. rules: the module whose ``RULES`` are what
    it declares; empty: nothing is known. variables: of the environment, which name a server of it, the one first that counts
    before the others. variable: that of them which has an address. program: what is on the search path where it is
    installed. start: what to do where nothing listens for it; start_off_linux: and where its engine is in a machine, on a Mac say.
    without: operations that it refuses altogether, for the README.
    """

    name: str
    platforms: tuple[str, ...] = EVERYWHERE
    driver: str = ""
    rules: str = ""
    variables: tuple[Variable, ...] = ()
    variable: str = ""
    program: str = ""
    start: str = ""
    start_off_linux: str = ""
    without: tuple[str, ...] = ()

    def is_tried_on(self, platform: str) -> bool:
        """Whether it belongs to the order of ``platform``."""
        return not self.platforms or platform in self.platforms


def _machine(name: str, program: str, start: str, platforms: tuple[str, ...] = MAC) -> Row:
    """A product whose virtual machine holds docker's engine (``backends.machines.products``)."""
    return Row(name, platforms, driver=f"{_ENGINE_API}.machine", rules=_DOCKER_RULES, program=program, start=start)


ROWS: tuple[Row, ...] = (
    Row(
        "apple/container",
        MAC,
        driver=f"{_APPLE}.driver",
        rules=f"{_APPLE}.rules",
        program="container",
        start="start it: container system start --enable-kernel-install",
        without=("runCapability",),
    ),
    _machine("orbstack", "orb", "start OrbStack: orb start"),
    _machine("colima", "colima", "start Colima: colima start"),
    _machine("rancher-desktop", "rdctl", "start Rancher Desktop: rdctl start --container-engine.name moby"),
    _machine("lima", "limactl", "start Lima's machine: limactl start"),
    Row(
        "finch",
        BY_NAME,
        driver=f"{_ENGINE_API}.machine",
        rules=_NERDCTL_RULES,
        program="finch",
        start="start Finch: finch vm start",
        without=("runCapability",),
    ),
    Row(
        "swarm",
        BY_NAME,
        driver=f"{_ENGINE_API}.swarm",
        rules=f"{_ENGINE_API}.swarm_rules",
        program="dockerd",
        start="start Docker: systemctl start docker (and make a swarm, where it is in none: docker swarm init)",
    ),
    Row(
        "podman",
        driver=f"{_ENGINE_API}.podman",
        rules=f"{_ENGINE_API}.podman_rules",
        variables=(Variable("CONTAINER_CONNECTION"), Variable("CONTAINER_HOST")),
        variable="CONTAINER_HOST",
        program="podman",
        start="install podman, or start its service: systemctl --user start podman.socket",
        start_off_linux="start podman's machine: podman machine start",
    ),
    Row(
        "nerdctl",
        driver="perry_ffi.backends.nerdctl.driver",
        rules=_NERDCTL_RULES,
        program="nerdctl",
        start="start containerd: systemctl start containerd (or containerd-rootless-setuptool.sh install for a rootless one)",
        without=("runCapability",),
    ),
    Row(
        "docker",
        driver=f"{_ENGINE_API}.docker",
        rules=_DOCKER_RULES,
        variables=(Variable("DOCKER_HOST"), Variable("DOCKER_CONTEXT", none="default")),
        variable="DOCKER_HOST",
        program="dockerd",
        start="start Docker: systemctl start docker (or systemctl --user start docker for a rootless one)",
        start_off_linux="start Docker Desktop: docker desktop start",
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


def start_remedy(name: str, platform: str | None = None) -> str:
    """What to do where nothing listens for the engine ``name`` on ``platform`` (default: the one that runs)."""
    row = of(name)
    off_linux = "" if (platform or sys.platform) == "linux" else row.start_off_linux
    return off_linux or row.start or f"start {name}"


def instead() -> str:
    """What to do where an engine cannot be driven yet."""
    return "use " + " or ".join(row.name for row in ROWS if row.driver and not row.platforms)
