"""What the operations of one host share: the backend in force, the open handles, and where events are told.

Every operation of ``perry_ffi.service`` takes a client first. The serving loop has one, a command of ``perry-compose`` has
one, a Python host makes its own. Cheap to import: an operation that needs no engine does not wait for the engine's modules.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from perry_ffi.errors import ContainerError
from perry_ffi.service.handles import Handles
from perry_ffi.settings import Settings

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.backends.contract.engine import Elsewhere
    from perry_ffi.backends.contract.stream import Labels
    from perry_ffi.backends.detect import Choice
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.service.project_engine import Guessed
    from perry_ffi.trust.in_force import Trust


def _ignore(value: object) -> None:
    """For a client that nobody listens to."""


class Client:
    """One backend at a time, connected when an operation first needs it; kept until the client closes.

    environ: the process environment, read once. on_active, on_priority, on_handles: told the name of the
    active backend, the order of names in force, and the number of open handles, whenever they change. urgent: set by
    whoever will wait no longer for what is being stopped or put back (``stack.context``). project: where nobody named an
    engine and several answer, the one that has its containers is taken; on_guessed is told of the choice then. parallel: how
    many things may be done at once to a project, at most.
    """

    def __init__(
        self,
        environ: Mapping[str, str],
        *,
        on_active: Callable[[str], None] = _ignore,
        on_priority: Callable[[list[str]], None] = _ignore,
        on_handles: Callable[[int], None] = _ignore,
        urgent: asyncio.Event | None = None,
        project: str | None = None,
        on_guessed: Callable[[Guessed], None] = _ignore,
        parallel: int | None = None,
    ) -> None:
        self._settings: Settings | ContainerError
        try:
            self._settings = Settings.from_environ(environ)
        except ContainerError as error:
            self._settings = error
        self.handles = Handles(on_handles)
        self.urgent = urgent or asyncio.Event()
        self.parallel = parallel
        self._project, self._on_guessed = project, on_guessed
        self.looked_in_vain = False
        """Whether something was asked for that the engine in use has nothing of."""
        self._on_active = on_active
        self._on_priority = on_priority
        self._order: list[str] | None = None
        self._connected: dict[str, Backend] = {}
        self._active: Backend | None = None
        self._choice: Choice | None = None
        self._connecting = asyncio.Lock()
        self._event_bus: EventBus | None = None
        self._trust: Trust | None = None

    @property
    def settings(self) -> Settings:
        """What the environment says. Raises ValidationError if it says what cannot be meant."""
        if isinstance(self._settings, ContainerError):
            raise self._settings
        return self._settings

    @property
    def environ(self) -> Mapping[str, str]:
        """The process environment, for substitution in Compose files. Raises as ``settings``."""
        return self.settings.environ or {}

    @property
    def active(self) -> Backend | None:
        """The active backend, if one was detected or set."""
        return self._active

    @property
    def order(self) -> list[str]:
        """The names of backends in the order in which they are tried."""
        from perry_ffi.backends.choice import order_in_force

        return list(self._order or order_in_force(self.settings))

    @property
    def own_order(self) -> list[str] | None:
        """The order that ``use`` has put in force; ``None`` where that of the settings is."""
        return self._order

    async def backend(self) -> Backend:
        """The active backend; the first call finds one. Raises NoBackendFound or BackendNotAvailable with the probes."""
        if self._active is not None:
            return self._active
        async with self._connecting:
            if self._active is None:
                await self._first()
            assert self._active is not None
            return self._active

    async def _first(self) -> None:
        """The first that answers, or the one that has the project's containers."""
        found = await self._activate(self._order)
        choice, project = self._choice, self._project
        if choice is None or choice.asked_for or project is None:
            return
        from perry_ffi.service.project_engine import guess

        self._active = None
        guessed = await guess(self.settings, found, project, self.order)
        if guessed is not None and guessed.moved:
            found = await self._activate([guessed.name])
            if found.address != guessed.address:  # It has several places, and this is another one of them.
                found, self._choice, guessed = await self._activate(self._order), choice, None
        self._active = found
        if guessed is not None:
            self._on_guessed(guessed)

    async def find(self) -> Backend:
        """Looks for an engine anew and makes it active; on failure nothing changes. Raises as ``backend``."""
        async with self._connecting:
            return await self._activate(self._order)

    async def use(self, names: Sequence[str], *, as_order: bool) -> Backend:
        """Connects to the first of ``names`` that answers and makes it active; on failure nothing changes.

        as_order: the names also become the order in force.
        """
        async with self._connecting:
            backend = await self._activate(list(names))
            if as_order:
                self._order = list(names)
                self._on_priority(self.order)
            return backend

    async def _activate(self, names: Sequence[str] | None) -> Backend:
        from perry_ffi.backends.detect import choose

        self._choice = choice = await choose(self.settings, names)
        found = choice.backend
        known = self._connected.setdefault(found.name, found)
        if known is not found:
            await found.aclose()
        self._active = known
        self._on_active(known.name)
        if choice.warning:
            self.event_bus.tell("warning", code="slow-backend", message=choice.warning)
        return known

    @property
    def reason(self) -> str | None:
        """Why the active backend is the one that it is; remembered with it."""
        return self._choice.reason if self._choice else None

    @property
    def warning(self) -> str | None:
        """What is to be known of the choice of the active backend."""
        return self._choice.warning if self._choice else None

    async def elsewhere(self, labels: Labels) -> list[Elsewhere]:
        """Other engines of this machine that have containers with ``labels``: where the active one was found as the first
        that answers. One that was asked for is the one that is meant.
        """
        self.looked_in_vain = True
        if self._choice is None or self._choice.asked_for:
            return []
        from perry_ffi.backends.elsewhere import held_elsewhere

        slow = [row.name for row in self._choice.slow]
        return await held_elsewhere(self.settings, self._choice.backend, slow, labels)

    @property
    def event_bus(self) -> EventBus:
        """Where all that happens is told; made when somebody first tells or listens."""
        if self._event_bus is None:
            from perry_ffi.runtime.event_bus import EventBus

            self._event_bus = EventBus()
        return self._event_bus

    @property
    def trust(self) -> Trust:
        """Which signatures images must have."""
        if self._trust is None:
            from perry_ffi.trust.in_force import Trust

            self._trust = Trust(lambda: self.settings)
        return self._trust

    async def aclose(self) -> None:
        """Closes every stream and every connection."""
        await self.handles.aclose()
        if self._trust is not None:
            await self._trust.aclose()
        backends, self._connected, self._active = list(self._connected.values()), {}, None
        for backend in backends:
            await backend.aclose()
