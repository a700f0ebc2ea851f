"""What is shown to a registry that asks who this is: a user and password, or a token that its token server gives for them.

Distribution project, "Token Authentication Specification" and "Oauth2 Token Authentication". Credentials go to the registry
itself, or to the token server that the registry names, over TLS; over http only where the registry itself may be spoken to so.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlencode

import anyio

from perry_ffi.errors import BackendError, ContainerError
from perry_ffi.model.reference import ImageReference
from perry_ffi.registry.budget import Budget
from perry_ffi.registry.challenge import Challenge, challenges, wanted_scope
from perry_ffi.registry.credentials import HELPER_TIMEOUT, Credential
from perry_ffi.registry.exchange import Answer, Request
from perry_ffi.registry.faults import not_available, refusal
from perry_ffi.registry.manifest import Unreadable, document
from perry_ffi.registry.url import BadUrl, Origin, Url, parse_url

Ask = Callable[[Request, Budget], Awaitable[Answer]]
"""Sends one request, and follows nothing."""

_TOKEN = re.compile(r"[!-~]{1,16384}\Z")
_LIFE, _LONGEST = 60.0, 3600.0
"""Seconds that a token lives if its server does not say, and that one is believed to live."""


@dataclass(slots=True)
class _Shown:
    """value: of the ``Authorization`` header. until: the loop's time."""

    value: str = field(repr=False)
    until: float = float("inf")


class Authorizer:
    """Of one client: what it shows, by repository. may_be_plain: whether a host may be spoken to over http."""

    def __init__(
        self,
        find: Callable[[str, str], Awaitable[Credential | None]],
        may_be_plain: Callable[[Origin], bool],
        ask: Ask,
    ) -> None:
        self._find, self._may_be_plain, self._ask = find, may_be_plain, ask
        self._shown: dict[str, _Shown] = {}
        self._turns: dict[str, anyio.Lock] = {}

    def known(self, repository: ImageReference) -> str | None:
        """What is shown without being asked again."""
        shown = self._shown.get(repository.repository)
        return shown.value if shown is not None and shown.until > anyio.current_time() else None

    async def answer(self, repository: ImageReference, origin: Origin, refused: Answer, used: str | None, budget: Budget) -> str:
        """What to show after a 401. used: what was shown. Of requests side by side one asks, the others have what it got.

        Raises RegistryNotAvailable where there is nothing that would help.
        """
        turn = self._turns.setdefault(repository.repository, anyio.Lock())
        await budget.turn(origin.authority, turn.acquire)
        try:
            known = self.known(repository)
            if known is not None and known != used:
                return known
            self._shown.pop(repository.repository, None)
            shown = await self._new(repository, origin, refused, used, budget)
            self._shown[repository.repository] = shown
            return shown.value
        finally:
            turn.release()

    async def _new(self, repository: ImageReference, origin: Origin, refused: Answer, used: str | None, budget: Budget) -> _Shown:
        asked = challenges(refused.challenges)
        bearer = next((one for one in asked if one.scheme == "bearer" and one.parameters.get("realm")), None)
        basic = any(one.scheme == "basic" for one in asked)
        if bearer is None and not basic:
            raise refusal(origin.authority, 401, refused.body, login=repository.registry)
        credential = await self._credential(repository, origin, budget)
        if bearer is not None:
            realm = self._realm(bearer, origin)
            return await self._token(repository, origin, realm, bearer, credential, budget)
        if credential is None or not credential.username or used is not None:
            raise refusal(origin.authority, 401, refused.body, login=repository.registry)
        return _Shown(_basic(credential))

    async def _credential(self, repository: ImageReference, origin: Origin, budget: Budget) -> Credential | None:
        try:
            return await budget.wait(
                origin.authority, lambda: self._find(repository.registry, repository.path), silence=HELPER_TIMEOUT
            )
        except BackendError as error:
            raise not_available(origin.authority, "credentials", error.message, remedy=error.details.get("remedy")) from None

    def _realm(self, challenge: Challenge, origin: Origin) -> Url:
        """Where tokens are. Raises RegistryNotAvailable for a place that nothing may be sent to."""
        try:
            realm = parse_url(challenge.parameters["realm"])
        except BadUrl as error:
            raise not_available(origin.authority, "protocol", f"for a token it names {error}") from None
        place = realm.origin
        if not place.secure and (origin.secure or not self._may_be_plain(place)):
            raise not_available(
                origin.authority, "insecure", f"its token server {place} would be told credentials in the clear",
                remedy="have the registry name it with https",
            )  # fmt: skip
        if place.is_loopback and not origin.is_loopback:
            raise not_available(origin.authority, "insecure", f"for a token it names this machine ({place})")
        return realm

    async def _token(
        self,
        repository: ImageReference,
        origin: Origin,
        realm: Url,
        challenge: Challenge,
        credential: Credential | None,
        budget: Budget,
    ) -> _Shown:
        fields = {"service": challenge.parameters.get("service", "")} if challenge.parameters.get("service") else {}
        fields["scope"] = wanted_scope(challenge.parameters.get("scope"), repository.path)
        what = f"{repository.repository}: a token of {realm.origin.authority}"
        if credential is not None and credential.identity_token:
            form = {"grant_type": "refresh_token", "refresh_token": credential.identity_token, "client_id": "libperry_container"}
            request = Request(realm, repository.registry, what, body=urlencode({**form, **fields}).encode())
        else:
            headers = {"Authorization": _basic(credential)} if credential is not None and credential.username else {}
            target = realm.target + ("&" if "?" in realm.target else "?") + urlencode(fields)
            request = Request(Url(realm.origin, target), repository.registry, what, headers)
        answer = await self._ask(request, budget)
        if answer.status != 200:
            raise _no_token(repository, origin, realm, answer)
        value, seconds = _read(answer, realm)
        return _Shown(f"Bearer {value}", anyio.current_time() + 0.9 * min(seconds, _LONGEST))


def _no_token(repository: ImageReference, origin: Origin, realm: Url, answer: Answer) -> ContainerError:
    error = refusal(origin.authority, answer.status, login=repository.registry)
    return not_available(
        origin.authority, error.details["reason"], f"its token server {realm.origin.authority} answers with status {answer.status}",
        status=answer.status, remedy=error.details.get("remedy"),
    )  # fmt: skip


def _basic(credential: Credential) -> str:
    return "Basic " + base64.b64encode(f"{credential.username}:{credential.password}".encode()).decode()


def _read(answer: Answer, realm: Url) -> tuple[str, float]:
    """The token, and the seconds that it lives."""
    try:
        members = document(answer.body)
    except Unreadable:
        members = {}
    value, seconds = members.get("token") or members.get("access_token"), members.get("expires_in")
    if not isinstance(value, str) or not _TOKEN.match(value):
        raise not_available(realm.origin.authority, "unreadable", "what it answers to the wish for a token has none")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not seconds > 0:
        seconds = _LIFE
    return value, float(seconds)
