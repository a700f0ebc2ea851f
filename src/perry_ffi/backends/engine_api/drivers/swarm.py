"""Docker's Swarm mode: docker, where it manages a swarm; used only where somebody names it, for such an engine runs plain projects too."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from perry_ffi.backends.driver import Driver, Place, Probe, unavailable
from perry_ffi.backends.engine_api.drivers import docker
from perry_ffi.backends.engine_api.drivers.addresses import of_text
from perry_ffi.backends.engine_api.drivers.api_driver import place
from perry_ffi.backends.engine_api.engine import EngineBackend
from perry_ffi.backends.engine_api.responses.fields import mapping
from perry_ffi.backends.engine_api.swarm.backend import NAME, SwarmBackend, manager_addresses
from perry_ffi.backends.engine_api.swarm.nodes import VARIABLE
from perry_ffi.backends.engine_api.swarm.refusals import not_a_manager
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.cancellation import finish
from perry_ffi.errors import ContainerError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Any

    from perry_ffi.model.backend import BackendState
    from perry_ffi.settings import Settings


class Swarm(Driver):
    """The driver: docker's places, and then the nodes whose addresses are known, each asked whether it manages a swarm."""

    name = NAME

    def places(self, settings: Settings) -> Iterator[Place]:
        for found in (*docker.DRIVER.places(settings), *_nodes(settings)):
            yield found._replace(ask=partial(_ask, settings, found))

    def nowhere(self, settings: Settings, failures: Sequence[Probe]) -> Probe:
        """A docker that is there and no manager, before one that is not there."""
        there = [probe for probe in failures if probe.info.version is not None]
        return there[0] if there else _named(docker.DRIVER.nowhere(settings, failures))


def _nodes(settings: Settings) -> Iterator[Place]:
    """The nodes that are named: one of them may manage the swarm where docker's own place does not answer. By ssh each is a program, and
    is asked only then.
    """
    for name, said in settings.swarm_nodes.items():
        where = f"{VARIABLE}: {name}"
        found = place(settings, docker.DRIVER.name, where, partial(of_text, settings, said, where=where))
        yield found._replace(starts=said.startswith("ssh:"))


async def _ask(settings: Settings, at: Place) -> Probe:
    probe = await at.ask()
    found = probe.backend
    if not isinstance(found, EngineBackend):
        return _named(probe)
    try:
        document = await found.ask_object(Request("GET", ("info",), "ask docker for its swarm"))
    except ContainerError as error:
        await finish(found.aclose())
        return unavailable(NAME, error.message, "restart docker")
    except BaseException:
        await finish(found.aclose())
        raise
    swarm = mapping(document.get("Swarm"))
    if (lack := _lack(swarm)) is not None:
        await finish(found.aclose())
        probe = unavailable(NAME, *lack)
        return replace(probe, info=probe.info.model_copy(update={"where": found.address, "version": found.version.version}))
    # It goes on with the connections of the backend that was asked, which is left to itself.
    manager = SwarmBackend(found.client, found.version, settings, swarm)
    return Probe(manager.described(found.version), manager)


def _lack(swarm: Mapping[str, Any]) -> tuple[str, str, BackendState] | None:
    """Why the engine is no manager, what to do, and what is told of it; ``None`` where it is one."""
    state = swarm.get("LocalNodeState") or "inactive"
    if state == "active" and swarm.get("ControlAvailable") is True:
        return None
    if state == "inactive":
        return "docker is in no swarm", not_a_manager(()), "stopped"
    if state == "locked":
        return "docker's swarm is locked", not_a_manager((), locked=True), "stopped"
    managers = manager_addresses(swarm)
    if state == "active":
        told = f" (managers: {', '.join(managers)})" if managers else ""
        return f"docker is a worker of its swarm, and no manager{told}", not_a_manager(managers), "unsupported"
    said = str(swarm.get("Error") or "")
    return (
        f"docker's swarm is in the state {state}" + (f": {said}" if said else ""),
        "see docker info, and docker's log",
        "broken",
    )


def _named(probe: Probe) -> Probe:
    return replace(probe, info=probe.info.model_copy(update={"name": NAME}))


DRIVER = Swarm()
