"""What the drivers of engines that speak the Docker Engine API share: sockets, servers that the environment names, looks."""

from __future__ import annotations

import os
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
    from perry_ffi.settings import Settings

_ABSENT = " does not exist"
_RUN = Path("/run/user")


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

    def _usual_places(self, settings: Settings) -> Iterator[Place]:
        for path in self.usual_sockets(settings):
            endpoint = Endpoint.unix(path)
            yield Place(str(endpoint), partial(ask_endpoint, settings, self.name, endpoint))
        yield from self.services(settings)

    def configured(self, settings: Settings) -> tuple[str, Callable[[], Endpoint]] | None:
        """What of its own configuration says where it is, in place of the usual places: who says it, and what finds it."""
        return None

    def usual_sockets(self, settings: Settings) -> list[str]:
        """The usual sockets of this user and of the system."""
        runtime, home = settings.runtime_dir or _folder_of_sockets(), settings.home
        known = [path for path in self.SOCKETS if runtime or "{runtime}" not in path]
        return [path.format(runtime=runtime, home=home) for path in known]

    def services(self, settings: Settings) -> Iterator[Place]:
        """What is started where no socket answers."""
        yield from ()

    def server(self, settings: Settings, server: Server, *, any_engine: bool = False) -> Place:
        find = partial(endpoint_of, settings, server)
        return place(settings, self.name, server.variable, find, any_engine=any_engine)

    def nowhere(self, settings: Settings, failures: Sequence[Probe]) -> Probe:
        """Of several places the first that is there and fails; where none is there, all of them."""
        telling = [probe for probe in failures if not probe.info.reason.endswith(_ABSENT)]
        if telling or len(failures) == 1:
            return (telling or failures)[0]
        rows = [probe.info for probe in failures]
        sockets = ", ".join(row.reason.removesuffix(_ABSENT) for row in rows)
        remedy = rows[0].remedy if find_program(self.row.program, settings.search_path) else f"install {self.name}"
        return unavailable(self.name, f"none of its sockets is there ({sockets})", remedy or "")

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


async def _refused(name: str, reason: str, remedy: str) -> Probe:
    return unavailable(name, reason, remedy)


def _folder_of_sockets() -> Path | None:
    """Where systemd has the user's sockets: a session that it did not begin (su, cron) is not told."""
    folder = _RUN / str(os.getuid())
    try:
        return folder if os.getuid() and folder.stat().st_uid == os.getuid() else None
    except OSError:
        return None


def _is_socket(path: str) -> bool:
    try:
        return stat.S_ISSOCK(Path(path).stat().st_mode)
    except OSError:
        return False
