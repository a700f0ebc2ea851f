"""One reading from a registry: over http or TLS, with what it wants to be shown, wherever it leads.

What is shown goes to the registry's own address alone. What it redirects to is asked without it, never over http where the
registry itself was asked over TLS, and never on this machine where the registry is not on it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import anyio

from perry_ffi.errors import RegistryNotAvailable
from perry_ffi.model.reference import DEFAULT_REGISTRY, ImageReference
from perry_ffi.registry.authorization import Authorizer
from perry_ffi.registry.budget import Budget
from perry_ffi.registry.connections import Connections, SpeaksNoTls
from perry_ffi.registry.credentials import Credential, CredentialStore
from perry_ffi.registry.exchange import Answer, Request, exchange
from perry_ffi.registry.faults import not_available, refusal
from perry_ffi.registry.limits import MAX_REDIRECTS
from perry_ffi.registry.url import BadUrl, Origin, Url, parse_url
from perry_ffi.settings import Settings

_HUB_HOST = "registry-1.docker.io"
_REDIRECTS = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of a registry. host: who gave it. url: of the registry's own, which a next page may be relative to."""

    status: int
    headers: Mapping[str, str]
    links: Sequence[str]
    body: bytes = field(repr=False)
    url: Url = field(repr=False)
    host: str = ""


class Reader:
    """Of one client. insecure: hosts that may be spoken to over http. given: credentials that come before those of the files."""

    def __init__(
        self,
        settings: Settings,
        insecure: Collection[str],
        given: Mapping[str, Credential],
        podman_first: bool,
        side_by_side: int,
    ) -> None:
        store = CredentialStore(settings)

        async def find(registry: str, path: str) -> Credential | None:
            return given.get(registry) or await store.find(registry, path, podman_first=podman_first)

        self._insecure = frozenset(host.lower() for host in insecure)
        self._connections = Connections(settings)
        self._authorizer = Authorizer(find, self._may_be_plain, self._ask)
        self._origins: dict[str, Origin] = {}
        self._places = anyio.Semaphore(side_by_side)
        self._choosing = anyio.Lock()

    @property
    def open_connections(self) -> int:
        return self._connections.open_connections

    def close(self) -> None:
        self._connections.close()

    async def get(self, repository: ImageReference, path: str, what: str, limit: int, accept: str, budget: Budget) -> Page:
        """What is at ``/v2/<repository>/<path>``, whatever its status."""
        origin = await self._origin(repository.registry, budget)
        return await self._read(repository, Url(origin, f"/v2/{repository.path}/{path}"), what, limit, accept, budget)

    async def next_page(
        self, repository: ImageReference, page: Page, link: str, what: str, limit: int, accept: str, budget: Budget
    ) -> Page:
        """What a ``Link`` of ``page`` leads to: of the same registry."""
        try:
            url = parse_url(link, page.url)
        except BadUrl as error:
            raise not_available(page.host, "redirect", f"as its next page it names {error}") from None
        if url.origin != page.url.origin:
            raise not_available(page.host, "redirect", f"as its next page it names another host ({url.origin.authority})")
        return await self._read(repository, url, what, limit, accept, budget)

    async def _read(self, repository: ImageReference, url: Url, what: str, limit: int, accept: str, budget: Budget) -> Page:
        own, place = url.origin, url
        for _ in range(MAX_REDIRECTS + 1):
            answer = await self._authorized(repository, place, what, limit, accept, budget, own=place.origin == own)
            if answer.status not in _REDIRECTS:
                return Page(answer.status, answer.headers, answer.links, answer.body, url, place.origin.authority)
            place = self._led(place, answer)
        raise not_available(own.authority, "redirect", f"it redirects more than {MAX_REDIRECTS} times")

    async def _authorized(
        self, repository: ImageReference, url: Url, what: str, limit: int, accept: str, budget: Budget, *, own: bool
    ) -> Answer:
        shown = self._authorizer.known(repository) if own else None
        new = False
        while True:
            headers = {"Accept": accept} | ({"Authorization": shown} if shown else {})
            answer = await self._ask(Request(url, repository.registry, what, headers, limit), budget)
            if answer.status != 401:
                return answer
            if not own or new:
                raise refusal(url.origin.authority, 401, answer.body, login=repository.registry)
            shown = await self._authorizer.answer(repository, url.origin, answer, shown, budget)
            new = True

    async def _ask(self, request: Request, budget: Budget) -> Answer:
        await budget.turn(request.url.origin.authority, self._places.acquire)
        try:
            return await exchange(self._connections, request, budget)
        finally:
            self._places.release()

    def _led(self, place: Url, answer: Answer) -> Url:
        host = place.origin.authority
        try:
            url = parse_url(answer.headers.get("location", ""), place)
        except BadUrl as error:
            raise not_available(host, "redirect", f"it redirects to {error}") from None
        if not url.origin.secure and (place.origin.secure or not self._may_be_plain(url.origin)):
            raise not_available(host, "redirect", f"it redirects to http, which anybody can change ({url.origin.authority})")
        if url.origin.is_loopback and not place.origin.is_loopback:
            raise not_available(host, "redirect", "it redirects to this machine")
        return url

    # -- http or TLS ------------------------------------------------------------------------------

    def _may_be_plain(self, origin: Origin) -> bool:
        """Loopback, and what is named as insecure: ``host:port``, or ``host`` for the ports that go without saying."""
        host = f"[{origin.host}]" if ":" in origin.host else origin.host
        named = f"{host}:{origin.port}" in self._insecure or (origin.port in (80, 443) and host in self._insecure)
        return origin.is_loopback or named

    async def _origin(self, registry: str, budget: Budget) -> Origin:
        """Where a registry is. One that may be spoken to over http is asked by TLS first, and believed if it has none."""
        known = self._origins.get(registry)
        if known is not None:
            return known
        try:
            secure = parse_url(f"https://{_HUB_HOST if registry == DEFAULT_REGISTRY else registry}").origin
        except BadUrl as error:
            raise not_available(registry, "unreachable", f"its name is {error}") from None
        chosen = secure
        if self._may_be_plain(secure):
            async with self._choosing:
                chosen = self._origins.get(registry) or await self._tried(secure, registry, budget)
        return self._origins.setdefault(registry, chosen)

    async def _tried(self, secure: Origin, registry: str, budget: Budget) -> Origin:
        with_port = registry.rpartition(":")[2].isdecimal()
        try:
            connection = await self._connections.fresh(secure, registry, budget)
        except SpeaksNoTls:
            pass
        except RegistryNotAvailable as error:
            if with_port or error.details.get("reason") != "unreachable":
                raise
        else:
            self._connections.rest(secure, registry, connection)
            return secure
        return Origin(False, secure.host, secure.port if with_port else 80)
