"""What the drivers of engines that speak the Docker Engine API share: sockets, servers that the environment names, looks."""

from __future__ import annotations

import stat
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from perry_ffi import drivers
from perry_ffi.backends.choice import Server, servers_of
from perry_ffi.backends.driver import Driver, Look, Place, Probe, unavailable
from perry_ffi.backends.engine_api.drivers import usual
from perry_ffi.backends.engine_api.drivers.addresses import endpoint_of
from perry_ffi.backends.engine_api.engine import EngineBackend
from perry_ffi.backends.engine_api.probing import ask_endpoint, look
from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.backends.engine_api.transport.http import HttpClient
from perry_ffi.errors import ValidationError
from perry_ffi.net.refusal import Unreachable
from perry_ffi.process.program import find_program
from perry_ffi.settings import LOCAL_FIRST

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.engine import Elsewhere
    from perry_ffi.backends.contract.stream import Labels
    from perry_ffi.backends.machines.products import Machine
    from perry_ffi.model.backend import BackendState
    from perry_ffi.settings import Settings

_ABSENT = " does not exist"


class ApiDriver(Driver):
    """An engine on a socket."""

    SOCKETS: ClassVar[Sequence[str]]
    """Where it usually listens, in order; ``{home}`` and ``{runtime}`` (the user's folder of sockets) stand for the settings'."""
    GUEST_OF: ClassVar[Sequence[str]] = ()
    """Engines whose variables may name a server of this one: before its own places, unless those come first."""

    @property
    def row(self) -> drivers.Row:
        """Its row of the table."""
        return drivers.of(self.name)

    def places(self, settings: Settings) -> Iterator[Place]:
        """Where its own variables say, or its own configuration, and nowhere else; or the usual places."""
        if own := servers_of(settings, self.name):
            yield self.server(settings, own[0])
            return
        as_guest = [server for name in self.GUEST_OF for server in servers_of(settings, name)[:1]]
        named = [self.server(settings, replace(server, name=self.name)) for server in as_guest]
        if settings.mode != LOCAL_FIRST:
            yield from named
        if configured := self.configured(settings):
            yield place(settings, self.name, *configured)
        else:
            yield from self._usual_places(settings)
        if settings.mode == LOCAL_FIRST:
            yield from named
        yield from self.questions(settings)

    def _usual_places(self, settings: Settings) -> Iterator[Place]:
        if settings.platform == "win32" and (found := _machine_of(self.name)) is not None and found.pipe:
            yield on_windows(found)
            return
        for path in self.usual_sockets(settings):
            endpoint = Endpoint.unix(path)
            yield Place(str(endpoint), partial(ask_endpoint, settings, self.name, endpoint))
        yield from self.services(settings)

    def configured(self, settings: Settings) -> tuple[str, Callable[[], Endpoint]] | None:
        """What of its own configuration says where it is, in place of the usual places: who says it, and what finds it."""
        return None

    def usual_sockets(self, settings: Settings) -> list[str]:
        """The usual sockets of this user and of the system."""
        return usual.paths(self.patterns(settings), settings.home, settings.runtime_dir)

    def patterns(self, settings: Settings) -> Sequence[str]:
        """``SOCKETS``, in the order of the settings' platform."""
        return self.SOCKETS

    def questions(self, settings: Settings) -> Iterator[Place]:
        """What is asked where no socket answers: the program of a product whose virtual machine may hold it."""
        from perry_ffi.backends.machines import places  # not for those whose socket answers

        found = _machine_of(self.name)
        if found is None or settings.platform not in found.platforms:
            return
        if settings.platform != "linux" or places.is_installed(settings, found):
            yield Place(found.asking, partial(ask_machine, settings, found), starts=True)

    def services(self, settings: Settings) -> Iterator[Place]:
        """What is started where no socket answers."""
        yield from ()

    def server(self, settings: Settings, server: Server, *, any_engine: bool = False) -> Place:
        find = partial(endpoint_of, settings, server)
        return place(settings, self.name, server.variable, find, any_engine=any_engine)

    def nowhere(self, settings: Settings, failures: Sequence[Probe]) -> Probe:
        """Of several places the first that is there and fails, or what the machine's program says where none does but that
        refuses or is gone; where nothing is there, all of them.
        """
        said = [probe for probe in failures if probe.info.where and probe.info.state != "absent"]
        failures = [probe for probe in failures if not probe.info.where] or failures
        telling = [probe for probe in failures if probe.info.state != "absent"]
        if said and all(probe.info.state == "stopped" for probe in telling):
            return said[0]
        if telling or len(failures) == 1:
            return (telling or failures)[0]
        rows = [probe.info for probe in failures]
        sockets = ", ".join(row.reason.removesuffix(_ABSENT) for row in rows)
        reason = f"none of its sockets is there ({sockets})"
        if find_program(self.row.program, settings.search_path):
            return unavailable(self.name, reason, rows[0].remedy or "", "stopped")
        how = f"install {self.name}"
        if settings.platform != "linux" and (found := _machine_of(self.name)) is not None:
            from perry_ffi.backends.machines import places

            how = places.install(settings, found)
        return unavailable(self.name, reason, how, "absent")

    def looks(self, settings: Settings, used: Backend) -> Iterator[Look]:
        in_use = used.endpoint.resolved() if isinstance(used, EngineBackend) else None
        for endpoint in self._listening(settings):
            if (real := endpoint.resolved()) != in_use:
                yield Look(self.name, str(real), partial(self._look, endpoint))

    def _listening(self, settings: Settings) -> Iterator[Endpoint]:
        for server in servers_of(settings, self.name)[:1]:
            with suppress(ValidationError, Unreachable):
                yield endpoint_of(settings, server)
        if configured := self.configured(settings):
            with suppress(ValidationError, Unreachable):
                endpoint = configured[1]()
                if endpoint.path is not None:
                    yield endpoint
        yield from (Endpoint.unix(path) for path in self.usual_sockets(settings) if _is_socket(path))

    def _look(self, endpoint: Endpoint, labels: Labels, seconds: float) -> Awaitable[Elsewhere | None]:
        return look(HttpClient(endpoint, backend=self.name, timeout=seconds), labels)


def place(settings: Settings, name: str, where: str, find: Callable[[], Endpoint], *, any_engine: bool = False) -> Place:
    """The engine ``name`` where ``find`` says that it is, raising ValidationError or Unreachable. where: who names that place."""
    try:
        endpoint = find()
    except ValidationError as error:
        return Place(where, partial(_refused, name, error.message, f"set {where} to {error.details['expected']}"))
    except Unreachable as error:
        return Place(where, partial(_refused, name, error.refusal.reason, error.refusal.remedy))
    return Place(str(endpoint), partial(ask_endpoint, settings, name, endpoint, any_engine=any_engine))


def _machine_of(name: str) -> Machine | None:
    from perry_ffi.backends.machines import products  # not for those whose socket answers

    return products.of(name)


async def ask_machine(settings: Settings, machine: Machine) -> Probe:
    """What the machine's own program says of it; the engine, where that knows a socket of it that answers."""
    from perry_ffi.backends.machines import question  # not for those whose socket answers

    said = await question.ask(settings, machine)
    if said.runs and (path := await question.locate(settings, machine, said.runs)) is not None:
        found = await ask_endpoint(settings, machine.name, Endpoint.unix(path))
        if found.backend is not None:
            return found
    if said.holds:
        from perry_ffi.backends.nerdctl.inside import ask_inside  # not for those that hold docker's engine

        probe = await ask_inside(settings, machine, said)
        if probe.backend is not None:
            return probe
    else:
        probe = unavailable(machine.name, said.reason, said.remedy, said.state)
    return replace(probe, info=probe.info.model_copy(update={"where": machine.asking}))


def on_windows(machine: Machine) -> Place:
    """What is told of a machine there: its engine has no socket."""
    where = machine.pipe or machine.asking
    reason = f"it listens on {machine.pipe}, and this version speaks to no named pipes" if machine.pipe else "it has no socket"
    remedy = "use it from a WSL distribution, where it has a socket, or by DOCKER_HOST=tcp://HOST:PORT"
    remedy = remedy if machine.pipe else "use another engine"
    return Place(where, partial(_refused, machine.name, f"{machine.product}: {reason}", remedy, "unsupported"))


async def _refused(name: str, reason: str, remedy: str, state: BackendState = "broken") -> Probe:
    return unavailable(name, reason, remedy, state)


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(Path(path).stat().st_mode)
    except OSError:
        return False
