"""Whether somebody ended a container, or it ended by itself. Its exit code does not tell: a good server ends with 0."""

from __future__ import annotations

import json
import time

import anyio

from perry_ffi.backends.engine_api.engine_client import EngineCalls, shown
from perry_ffi.backends.engine_api.responses.fields import mapping
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.json_lines import json_lines
from perry_ffi.backends.engine_api.transport.target import Name

_ENDINGS = ("stop", "kill")
CLEANED_SECONDS = 2.0
"""How long after an end podman's second clean-up may come: that of the container's own process."""


class Stops(EngineCalls):
    """Reads it from the engine's own note (podman 5), or from the events that the engine keeps."""

    async def was_stopped(self, ident: str) -> bool | None:
        from perry_ffi.model.container_values import moment

        info = await self.inspect_container(ident)
        doing = f"ask who ended {shown(ident)}"
        if self.podman and (noted := await self._noted(info.id, doing)) is not None:
            return noted
        started = moment(info.started_at).ns if info.started_at else 0
        query = {"since": str(started // 10**9), "filters": json.dumps({"container": [info.id]})}
        finished = moment(info.finished_at).ns if info.finished_at else 0
        if self.podman:
            return await self._told_by_podman(query, started, _rest(finished), doing)
        # Up to a moment that is still to come docker keeps the answer open; so it is read no further than to what tells.
        request = Request("GET", ("events",), doing, query={**query, "until": str(finished and finished // 10**9 + 2)})
        return self._tells(await self._actions(request, started))

    async def _told_by_podman(self, query: dict[str, str], started: int, seconds: float, doing: str) -> bool | None:
        """seconds: how long more a clean-up may come; its events are followed meanwhile."""
        # Its compatible events answer nothing where a filter, since and until come together.
        path, follow = ("v4.0.0", "libpod", "events"), "true" if seconds else "false"
        request = Request("GET", path, doing, query={**query, "stream": follow}, versioned=False)
        return self._tells(await self._actions(request, started, seconds))

    async def _actions(self, request: Request, started: int, seconds: float = 0.0) -> list[str | None]:
        """What happened from ``started`` on, up to what tells who ended it; seconds: how long more is waited for, where it is."""
        found: list[str | None] = []
        with anyio.move_on_after(seconds or None):
            stream = await self.open(request)
            try:
                async for event in json_lines(stream, doing=request.doing, backend=self.name):
                    # Those of the same second may be of the run before.
                    if int(event.get("timeNano") or started) >= started:
                        found.append(event.get("Action"))
                    told = self._tells(found)
                    if told or (told is False and not self.podman):
                        break
            finally:
                stream.close()
        return found

    async def _noted(self, ident: str, doing: str) -> bool | None:
        """What podman itself notes of the last end, from 5.0 on: its events tell less of a stop than those of 4 did."""
        request = Request("GET", ("v4.0.0", "libpod", "containers", Name(ident), "json"), doing, versioned=False)
        noted = mapping((await self.ask_object(request, subject=ident)).get("State")).get("StoppedByUser")
        return noted if isinstance(noted, bool) else None

    def _tells(self, actions: list[str | None]) -> bool | None:
        """Docker remembers its last few hundred events, of all containers, until it ends; podman may be told to keep none. Docker
        tells of a signal before it tells of the end.

        Podman often leaves out the stop. But whoever asked for it and the container's own clean-up process both clean up
        then, and both tell of it; where a container ends by itself there is only the latter.
        """
        if any(action in _ENDINGS for action in actions):
            return True
        if self.podman:
            return actions.count("cleanup") > 1 if actions else None
        return False if "die" in actions else None


def _rest(finished: int) -> float:
    """Of the time that an end's clean-ups have, what is left now, in seconds; finished: in nanoseconds since 1970."""
    since = time.time() - finished / 10**9
    return CLEANED_SECONDS - since if 0 <= since < CLEANED_SECONDS else 0.0
