"""The engines in virtual machines of products: found by their sockets, driven through the API that these speak.

One driver for all of them; what differs is in the table (``backends.machines.products``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from perry_ffi.backends.driver import Driver, Place, unavailable
from perry_ffi.backends.engine_api.drivers import docker_contexts
from perry_ffi.backends.engine_api.drivers.addresses import of_context
from perry_ffi.backends.engine_api.drivers.api_driver import ApiDriver, ask_machine, on_windows
from perry_ffi.backends.engine_api.probing import ask_endpoint
from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.backends.machines import places, products
from perry_ffi.net.refusal import Unreachable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perry_ffi.backends.driver import Probe
    from perry_ffi.backends.machines.products import Machine
    from perry_ffi.settings import Settings


class MachineDriver(ApiDriver):
    """The driver of one product."""

    SOCKETS = ()

    def __init__(self, machine: Machine) -> None:
        self.name = machine.name
        self._machine = machine

    def places(self, settings: Settings) -> Iterator[Place]:
        """Its context where that is the one in use, its sockets, and its other contexts; then its program is asked."""
        machine = self._machine
        if settings.platform not in machine.platforms:
            yield Place(machine.product, partial(_not_here, machine))
            return
        if settings.platform == products.WINDOWS:
            yield on_windows(machine)
            return
        seen: set[str] = set()
        for found in (*self._contexts(settings, in_use=True), *self._sockets(settings), *self._contexts(settings)):
            if (real := str(found.resolved())) not in seen:
                seen.add(real)
                yield Place(str(found), partial(ask_endpoint, settings, self.name, found, any_engine=True, machine=True))
        yield Place(machine.asking, partial(ask_machine, settings, machine), starts=True)

    def usual_sockets(self, settings: Settings) -> list[str]:
        return places.sockets(settings, self._machine)

    def _sockets(self, settings: Settings) -> Iterator[Endpoint]:
        yield from (Endpoint.unix(path) for path in self.usual_sockets(settings))

    def _contexts(self, settings: Settings, *, in_use: bool = False) -> Iterator[Endpoint]:
        """Where docker's contexts of its name lead; none that cannot be read. in_use: the one that docker's programs use."""
        used = settings.docker_context or docker_contexts.current(settings) or ""
        names = [used] if in_use else [name for name in self._machine.contexts if not name.endswith("-")]
        for name in names:
            if self._is_own(name):
                try:
                    yield of_context(settings, name, where=name)
                except Unreachable:
                    continue

    def _is_own(self, context: str) -> bool:
        return any(context == own or (own.endswith("-") and context.startswith(own)) for own in self._machine.contexts)

    def nowhere(self, settings: Settings, failures: Sequence[Probe]) -> Probe:
        """A socket that is there and fails, else what its program says, else a socket that nobody listens on."""
        *sockets, said = failures
        failed = [probe for probe in sockets if probe.info.state not in ("absent", "stopped")]
        refused = [probe for probe in sockets if probe.info.state == "stopped"] if said.info.state == "absent" else []
        return (*failed, *refused, said)[0]


async def _not_here(machine: Machine) -> Probe:
    reason = f"there is no {machine.product} for this operating system"
    return unavailable(machine.name, reason, "use another engine", "unsupported")


_OTHERS = ("docker", "podman")
"""Engines that need no machine, and have drivers that know theirs."""
DRIVERS: Mapping[str, Driver] = {row.name: MachineDriver(row) for row in products.MACHINES if row.name not in _OTHERS}
