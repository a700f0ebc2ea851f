"""The wait for a container's end, and its exit code.

Docker's wait tells the code also of a container that is removed as it ends. Podman's compatible one tells 0 then, for a
code that it lost (tried on 4.3: two times in three); its own one tells the code as long as the container was there when it
was asked (tried: always). Where that came too late, the event of the end tells it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import anyio

from perry_ffi.backends.engine_api.engine_client import shown
from perry_ffi.backends.engine_api.resources.exits import Exits
from perry_ffi.backends.engine_api.resources.list_agreement import ListAgreement
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.json_lines import json_lines
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.errors import BackendError, Conflict, NotFound, Timeout

_NEVER_RAN = ("created", "configured", "initialized")
_ENDED = ("exited", "stopped", "dead")
_UNENDING = (None, "", "no")


class Waits(Exits, ListAgreement):
    """The wait operation."""

    async def wait_container(self, ident: str, timeout: float | None = None) -> int:
        try:
            with anyio.fail_after(timeout):
                return await self._wait(ident)
        except TimeoutError:
            raise Timeout(
                f"the container {shown(ident)} still runs after {timeout:g} s",
                backend=self.name, waitedFor=f"the end of {shown(ident)}", seconds=timeout,
            ) from None  # fmt: skip

    async def _wait(self, ident: str) -> int:
        doing = f"wait for the container {shown(ident)}"
        found = await self._looked_at(ident)
        if _state(found).get("Status") in _NEVER_RAN:
            raise Conflict(
                f"{doing}: it was never started", backend=self.name, operation=doing, subject=ident, remedy="start it first"
            )
        if self.podman:
            return await self._wait_podman(str(found.get("Id") or ident), found, doing)
        request = Request("POST", ("containers", Name(ident), "wait"), doing, query={"condition": "not-running"}, patient=True)
        answer = await self.ask_object(request, subject=ident)
        await self.agreed(ident)
        words = _object(answer.get("Error")).get("Message")
        return self._code(answer.get("StatusCode"), doing, words)

    async def _looked_at(self, ident: str) -> dict[str, Any]:
        request = Request("GET", ("containers", Name(ident), "json"), f"inspect the container {shown(ident)}")
        return await self.ask_object(request, subject=ident)

    def _code(self, code: Any, doing: str, words: Any = None) -> int:
        if isinstance(code, int) and code >= 0:
            return code
        raise BackendError(f"{doing}: the engine gives no exit code", backend=self.name, operation=doing, output=words or None)

    # -- podman ---------------------------------------------------------------------------------

    async def _wait_podman(self, ident: str, found: Mapping[str, Any], doing: str) -> int:
        state = _state(found)
        if state.get("Status") in _ENDED:
            return self._code(state.get("ExitCode"), doing)
        policy = _object(_object(found.get("HostConfig")).get("RestartPolicy")).get("Name")
        try:
            return await (self._own_wait(ident, doing) if policy in _UNENDING else self._first_end(ident, doing))
        except (NotFound, BackendError):
            # It was there when it was looked at, and has ended since.
            code = await self._told_end(ident, str(state.get("StartedAt") or ""), doing)
            if code is None:
                raise
            return code

    async def _own_wait(self, ident: str, doing: str) -> int:
        request = Request("POST", ("v4.0.0", "libpod", "containers", Name(ident), "wait"), doing, patient=True, versioned=False)
        return self._code(await self.ask_document(request, subject=ident), doing)

    async def _first_end(self, ident: str, doing: str) -> int:
        """Of one that is started again: podman's wait looks four times a second, and may find the next run each time."""
        watch = await self.wait_exit(ident)
        try:
            state = _state(await self._looked_at(ident))
            if state.get("Status") in _ENDED:
                return self._code(state.get("ExitCode"), doing)
            return await watch.exit_code()
        finally:
            await watch.aclose()

    async def _told_end(self, ident: str, started: str, doing: str) -> int | None:
        """The code that the events tell of the end of the run that began at ``started``; None where they do not."""
        from perry_ffi.model.container_values import moment

        begin = max(0, moment(started).ns) if started else 0
        query = {"since": str(begin // 10**9), "stream": "false", "filters": json.dumps({"container": [ident]})}
        request = Request("GET", ("v4.0.0", "libpod", "events"), doing, query=query, versioned=False)
        try:
            stream = await self.open(request)
        except BackendError:
            return None  # Podman may be told to keep none.
        try:
            async for item in json_lines(stream, doing=doing, backend=self.name):
                if item.get("Action") in ("died", "die") and int(item.get("timeNano") or 0) >= begin:
                    code = _object(_object(item.get("Actor")).get("Attributes")).get("containerExitCode")
                    return int(code) if isinstance(code, str) and code.isdecimal() else None
        finally:
            stream.close()
        return None


def _state(found: Mapping[str, Any]) -> Mapping[str, Any]:
    return _object(found.get("State"))


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
