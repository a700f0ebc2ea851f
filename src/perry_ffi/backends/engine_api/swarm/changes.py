"""What happens in a swarm, as a manager tells it: services, nodes, networks, configs and secrets; no tasks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from perry_ffi.backends.contract.stream import Stream
from perry_ffi.backends.engine_api.swarm.calls import ManagerCalls
from perry_ffi.backends.engine_api.swarm.parse import parse_change
from perry_ffi.backends.engine_api.transport.http import Request, ResponseStream
from perry_ffi.backends.engine_api.transport.json_lines import LineBuffer
from perry_ffi.errors import BackendError

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_records import ServiceChange

_DOING = "follow the changes of the cluster"
_KINDS = ["service", "node", "network", "config", "secret"]


class Changes(ManagerCalls):
    """The stream of changes."""

    async def changes(self) -> Stream[ServiceChange]:
        """From this moment of the engine's clock on: it answers before it has subscribed, and tells again what was meanwhile."""
        start = await self.engine.engine_time()
        query = {
            "since": f"{start // 10**9}.{start % 10**9:09d}",
            "filters": json.dumps({"scope": ["swarm"], "type": _KINDS}),
        }
        response = await self.engine.open(Request("GET", ("events",), _DOING, query=query, patient=True))
        return ChangeStream(response, self.engine.name, start)


class ChangeStream(Stream["ServiceChange"]):
    """Changes since ``start`` (nanoseconds since 1970), one read of the connection for each batch."""

    def __init__(self, response: ResponseStream, backend: str, start: int) -> None:
        self._response, self._backend, self._start = response, backend, start
        self._lines = LineBuffer(doing=_DOING, backend=backend)
        self._closed = False

    async def next(self) -> Sequence[ServiceChange] | None:
        while not self._closed:
            data = await self._response.read()
            if self._closed:
                break
            if data is None:
                self._response.close()
                raise BackendError(f"{_DOING}: the engine ended the stream", backend=self._backend, operation=_DOING)
            told = [item for item in self._lines.feed(data) if int(item.get("timeNano") or 0) >= self._start]
            if found := [change for item in told if (change := parse_change(item)) is not None]:
                return found
        return None

    async def aclose(self) -> None:
        self._closed = True
        self._response.close()
