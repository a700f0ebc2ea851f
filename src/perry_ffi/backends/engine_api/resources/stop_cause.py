"""Whether somebody ended a container, or it ended by itself. Its exit code does not tell: a good server ends with 0."""

from __future__ import annotations

import json

from perry_ffi.backends.engine_api.engine_client import EngineCalls, shown
from perry_ffi.backends.engine_api.responses.fields import mapping
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.json_lines import json_lines
from perry_ffi.backends.engine_api.transport.target import Name

_ENDINGS = ("stop", "kill")


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
        if self.podman:
            # Its compatible events answer nothing where a filter, since and until come together.
            path: tuple[str, ...] = ("v4.0.0", "libpod", "events")
            query, versioned = {**query, "stream": "false"}, False
        else:
            until = moment(info.finished_at).ns // 10**9 + 2 if info.finished_at else 0
            path, query, versioned = ("events",), {**query, "until": str(until)}, True
        stream = await self.open(Request("GET", path, doing, query=query, versioned=versioned))
        try:
            found = [event async for event in json_lines(stream, doing=doing, backend=self.name)]
        finally:
            stream.close()
        # Those of the same second may be of the run before.
        actions = [event.get("Action") for event in found if int(event.get("timeNano") or started) >= started]
        return self._tells(actions)

    async def _noted(self, ident: str, doing: str) -> bool | None:
        """What podman itself notes of the last end, from 5.0 on: its events tell less of a stop than those of 4 did."""
        request = Request("GET", ("v4.0.0", "libpod", "containers", Name(ident), "json"), doing, versioned=False)
        noted = mapping((await self.ask_object(request, subject=ident)).get("State")).get("StoppedByUser")
        return noted if isinstance(noted, bool) else None

    def _tells(self, actions: list[str | None]) -> bool | None:
        """Docker remembers its last few hundred events, of all containers, until it ends; podman may be told to keep none.

        Podman often leaves out the stop. But whoever asked for it and the container's own clean-up process both clean up
        then, and both tell of it; where a container ends by itself there is only the latter.
        """
        if any(action in _ENDINGS for action in actions):
            return True
        if self.podman:
            return actions.count("cleanup") > 1 if actions else None
        return False if "die" in actions else None
