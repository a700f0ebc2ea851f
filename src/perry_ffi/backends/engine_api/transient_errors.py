"""What engines say in the moment in which a container, an image or a process goes away: asked again, it is answered.

Who reads an engine's state may meet the very end of a container: its process is gone and the engine has not taken note, or
it is gone from one of the engine's tables and not yet from the next. Podman, which has no daemon, meets it most.
"""

from __future__ import annotations

import anyio

from perry_ffi.backends.engine_api.error_mapping import Words
from perry_ffi.backends.engine_api.sayings import Meaning, says
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.target import Name, Reference

PATIENCE_SECONDS = 3.0
"""How long an engine may go on saying so; then it is the answer."""
LEAST_WAITS = 4
"""How often it is asked again however long it took to say so: one that is busy may need all that time for a single answer."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 0.3
_READS = ("GET", "HEAD")


def is_momentary(status: int, body: bytes, request: Request) -> bool:
    """Whether a refusal says no more than that something went away at that moment."""
    if status < 400:
        return False
    words = Words.of(body)
    said = f"{words.message}\n{words.cause}"
    if says(said, Meaning.MOMENTARY):
        return True
    if _about_many(request) and says(said, Meaning.GONE):
        return True  # A list is about nothing that could be missing.
    # Podman 4.3 says not a word where a container ends while its statistics are read.
    return status == 500 and not words.message and request.method in _READS


def _about_many(request: Request) -> bool:
    return not any(isinstance(part, Name | Reference) for part in request.path)


class Patience:
    """How often one request is asked again: what changes nothing, and what removes."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._until: float | None = None
        self._pause = _FIRST_PAUSE
        self._waits = 0

    def is_done(self, status: int) -> bool:
        """Whether an answer says that what was to be removed, and was there when that was first asked, is gone."""
        return status == 404 and self._request.removes and self._until is not None

    async def asks_again(self, status: int, body: bytes) -> bool:
        """Whether the request is to be asked again; waits before it says so."""
        if not (self._request.method in _READS or self._request.removes) or not is_momentary(status, body, self._request):
            return False
        return await self.waits()

    async def waits(self) -> bool:
        """Waits a moment before a request is made again; no once it has been made for long enough, and often enough."""
        now = anyio.current_time()
        if self._until is None:
            self._until = now + PATIENCE_SECONDS
        if now >= self._until and self._waits >= LEAST_WAITS:
            return False
        self._waits += 1
        from random import uniform  # Two that were in each other's way would be so again after the same time.

        await anyio.sleep(uniform(0.5, 1.5) * self._pause)
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)
        return True
