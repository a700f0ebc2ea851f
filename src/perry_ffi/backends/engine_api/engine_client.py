"""What the modules of the nouns share: one engine, its client, and the way from an answer to a value or an error."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.contract.capability import Capabilities
from perry_ffi.backends.engine_api.error_mapping import refusal
from perry_ffi.backends.engine_api.flavour import Flavour
from perry_ffi.backends.engine_api.labels import carries, label_filter, label_filters
from perry_ffi.backends.engine_api.transient_errors import Patience
from perry_ffi.backends.engine_api.transport.endpoint import Endpoint
from perry_ffi.backends.engine_api.transport.http import MAX_ERROR, HttpClient, Reply, Request, ResponseStream
from perry_ffi.backends.engine_api.transport.target import Name, is_segment
from perry_ffi.backends.engine_api.transport.version import DOCKER, PODMAN, EngineVersion
from perry_ffi.errors import BackendError, ContainerError, Unsupported
from perry_ffi.settings import Settings

if TYPE_CHECKING:
    from perry_ffi.registry.credentials import CredentialStore


class EngineCalls(Backend):
    """A live engine. The nouns' modules add its operations."""

    def __init__(
        self, name: str, client: HttpClient, version: EngineVersion, capabilities: Capabilities, settings: Settings
    ) -> None:
        self.name = name
        self.capabilities = capabilities
        self.version = version
        self._client = client
        self._settings = settings
        self.machine = _machine_of(settings, client.endpoint, name) if self.local else ""
        """The name of the product whose virtual machine on this one holds it, or its own; empty where none does."""
        self.shares_files = self.local or settings.engine_paths

    @cached_property
    def _store(self) -> CredentialStore:
        from perry_ffi.registry.credentials import CredentialStore  # most calls need none

        return CredentialStore(self._settings)

    @property
    def flavour(self) -> Flavour:
        """Whose dialect of the API it speaks."""
        return PODMAN if self.podman else DOCKER

    @property
    def podman(self) -> bool:
        """The engine is Podman, with its own answers to some questions."""
        return self.version.flavour == PODMAN

    @property
    def local(self) -> bool:
        """The engine is on this machine: it is spoken to through a socket in the file system."""
        return self._client.endpoint.path is not None

    @property
    def is_in_machine(self) -> bool:
        """Whether a virtual machine on this one holds it: other clocks, other paths."""
        return bool(self.machine)

    @property
    def elsewhere(self) -> str:
        """The engine's address, where paths of this machine are none of its own; else empty."""
        return "" if self.shares_files else str(self._client.endpoint)

    @contextmanager
    def by_own_name(self) -> Iterator[None]:
        """What the flavour's rules refuse is refused by the name that the engine goes by."""
        try:
            yield
        except Unsupported as error:
            if self.name == self.flavour or error.details.get("backend") != self.flavour:
                raise
            message = error.message.replace(f": {self.flavour} ", f": {self.name} ", 1)
            raise Unsupported(message, **{**error.details, "backend": self.name}) from error

    async def ask(self, request: Request, *, subject: str | None = None, also: Sequence[int] = ()) -> Reply:
        """The answer of a request that succeeds (2xx, or a status in ``also``); else the error it stands for."""
        patience = Patience(request)
        while True:
            reply = await self._client.exchange(request)
            if 200 <= reply.status < 300 or reply.status in also or patience.is_done(reply.status):
                return reply
            if not await patience.asks_again(reply.status, reply.body):
                raise self.refused(reply.status, reply.body, request.doing, subject)

    async def network_segment(self, name: str) -> Name:
        """What leads to the network ``name`` in a path: the name, or the id of one whose name cannot stand there."""
        if is_segment(name):
            return Name(name)
        from perry_ffi.backends.engine_api.responses.network import parse_networks

        document = await self.ask_document(Request("GET", ("networks",), f"look for the network {shown(name)}"))
        return Name(next((info.id for info in parse_networks(document) if info.name == name), name))

    async def ask_object(self, request: Request, *, subject: str | None = None) -> dict[str, Any]:
        """The answer as a JSON object."""
        reply = await self.ask(request, subject=subject)
        document = reply.document()
        if not isinstance(document, dict):
            raise self._odd(reply)
        return document

    async def ask_document(self, request: Request, *, subject: str | None = None) -> Any:
        """The answer as any JSON value."""
        return (await self.ask(request, subject=subject)).document()

    async def open(self, request: Request, *, subject: str | None = None) -> ResponseStream:
        """The streamed answer of a request that succeeds; the caller closes it."""
        patience = Patience(request)
        while True:
            stream = await self._client.open(request)
            if 200 <= stream.status < 300 or (request.upgrade and stream.status == 101):
                return stream
            try:
                body = await stream.read_at_most(MAX_ERROR)
            finally:
                stream.close()
            if not await patience.asks_again(stream.status, body):
                raise self.refused(stream.status, body, request.doing, subject)

    async def begin(self, request: Request, *, subject: str | None = None) -> LateAnswer:
        """The streamed answer of a request to an engine that may not answer before it has something to tell."""
        return LateAnswer(self, self._client, await self._client.begin(request), request, subject)

    def refused(
        self, status: int, body: bytes, doing: str, subject: str | None = None, *, in_stream: bool = False
    ) -> ContainerError:
        """The error that an engine's answer stands for."""
        return refusal(status, body, doing=doing, backend=self.name, subject=subject, in_stream=in_stream)

    def _odd(self, reply: Reply) -> BackendError:
        return BackendError(
            f"{reply.doing}: the engine's answer has another shape than its API says", backend=self.name,
            status=reply.status, output=reply.body[:200].decode("utf-8", "replace"), operation=reply.doing,
        )  # fmt: skip


def _machine_of(settings: Settings, endpoint: Endpoint, name: str) -> str:
    """Whose socket it is; ``name``, where that is nobody's and this kernel runs no containers."""
    real = endpoint.resolved().path or ""
    other = name if settings.platform != "linux" else ""
    if real.startswith("/run/"):  # the system's, and those of users
        return other
    from perry_ffi.backends.machines import places  # not for most

    return places.holder(settings, real) or other


class LateAnswer:
    """The body of an answer whose head is waited for only when the body is read."""

    def __init__(
        self, calls: EngineCalls, client: HttpClient, response: ResponseStream, request: Request, subject: str | None
    ) -> None:
        self._calls, self._client, self._request, self._subject = calls, client, request, subject
        self._response: ResponseStream | None = response
        self._patience = Patience(request)
        self._closed = False

    async def read(self) -> bytes | None:
        """The next piece, None at the end; the error that a refusal stands for. A cancelled call loses nothing."""
        while not self._closed:
            response = self._response or await self._client.begin(self._request)
            if self._closed:
                response.close()
                return None
            self._response = response
            status = await response.head()
            if status is None or 200 <= status < 300:
                return await response.read()
            body = await response.read_at_most(MAX_ERROR)
            response.close()
            self._response = None
            if not await self._patience.asks_again(status, body):
                self._closed = True
                raise self._calls.refused(status, body, self._request.doing, self._subject)
        return None

    def close(self) -> None:
        """Gives the connection back. Idempotent."""
        self._closed = True
        if self._response is not None:
            self._response.close()


def shown(name: str) -> str:
    """A caller's name for a message: short, on one line."""
    text = name if name.isprintable() else repr(name)
    return text if len(text) <= 80 else text[:77] + "..."


__all__ = ["EngineCalls", "LateAnswer", "carries", "label_filter", "label_filters", "shown"]
