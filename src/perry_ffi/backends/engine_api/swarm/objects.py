"""Configs, secrets and networks of a swarm."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import anyio

from perry_ffi.backends.engine_api.engine_client import shown
from perry_ffi.backends.engine_api.labels import carries, label_filter
from perry_ffi.backends.engine_api.requests.network import network_payload
from perry_ffi.backends.engine_api.swarm.calls import PAUSES, ManagerCalls
from perry_ffi.backends.engine_api.swarm.parse import OVERLAY, is_name_going, parse_objects
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.backends.rules.evaluation import Evaluator
from perry_ffi.backends.rules.network import NETWORK
from perry_ffi.errors import BackendError, Conflict, ValidationError

if TYPE_CHECKING:
    from perry_ffi.backends.contract.capability import Capabilities
    from perry_ffi.backends.contract.service_records import ClusterObject
    from perry_ffi.backends.contract.stream import Labels
    from perry_ffi.model.network import NetworkSpec


class _Kind(NamedTuple):
    """path: of the API. largest: bytes of content."""

    path: str
    largest: int = 0


_KINDS: Mapping[str, _Kind] = {
    "config": _Kind("configs", 1_024_000 - 1),
    "secret": _Kind("secrets", 512_000 - 1),
    "network": _Kind("networks"),
}
_LONGEST_NAME = 64
_LISTS = 3
"""How often networks are listed at most, on an engine that is slow besides."""
GOING_SECONDS = 60.0
"""How long a network that was removed is waited for: until the last container of this node is off it, which may take its grace."""
LEADING_SECONDS = 4.0
"""A list of networks that took no longer, and was followed by an answer of the managers, was not told without a leader."""
CHOOSING_SECONDS = 2.0
"""How long the addresses of a network are waited for that is there: they are told some milliseconds later."""


class Objects(ManagerCalls):
    """What services need beside nodes. capabilities: what is honoured of it."""

    capabilities: Capabilities

    async def objects(self, kind: str, labels: Labels | None = None) -> list[ClusterObject]:
        more = {"scope": ["swarm"]} if kind == "network" else {}
        query = {"filters": label_filter(labels, **more)}
        until, pause = anyio.current_time() + CHOOSING_SECONDS, 0.02
        while True:
            document = await self._listed(kind, query)
            found = [item for item in parse_objects(kind, document) if carries(item.labels, labels)]
            # A network that was just made has no driver and no addresses until the leader has chosen them.
            if kind != "network" or all(item.driver for item in found) or anyio.current_time() >= until:
                return found
            await anyio.sleep(pause)
            pause *= 2

    async def _listed(self, kind: str, query: Mapping[str, Any]) -> Any:
        """As the managers tell it. Of networks an engine whose managers have no leader tells nothing, and no error: so they are asked
        for something else after it, and the networks again where that may have been another leader's answer.
        """
        doing = f"list the {kind}s of the cluster"
        for _ in range(_LISTS):
            began = anyio.current_time()
            document = await self.read((_KINDS[kind].path,), doing, query)
            if kind != "network":
                break
            await self.read(("configs",), doing, {"filters": json.dumps({"id": ["none"]})})
            if anyio.current_time() - began < LEADING_SECONDS:
                break
        return document

    async def check_file(self, kind: str, name: str, content: bytes) -> None:
        refuse_file(kind, name, content)

    async def create_file(self, kind: str, name: str, content: bytes, labels: Labels) -> str:
        refuse_file(kind, name, content)
        document = {"Name": name, "Labels": dict(labels), "Data": base64.b64encode(content).decode("ascii")}
        doing = f"create the {kind} {shown(name)}"
        reply = await self.change("POST", (_KINDS[kind].path, "create"), doing, document=document, subject=name)
        return self.ident(reply.document(), "ID", doing)

    async def create_network(self, name: str, spec: NetworkSpec) -> str:
        """Also where one of that name is going: an engine from API 1.44 on has two of one name no more, and it is waited for."""
        doing = f"create the network {shown(name)}"
        document = self._network_body(name, spec)
        until, pause = anyio.current_time() + GOING_SECONDS, PAUSES[0]
        while True:
            try:
                reply = await self.change("POST", ("networks", "create"), doing, document=document, subject=name)
                return self.ident(reply.document(), "Id", doing)
            except Conflict:
                if anyio.current_time() >= until or not await self._is_going(name, doing):
                    raise
            await anyio.sleep(pause)
            pause = min(2 * pause, PAUSES[1])

    async def _is_going(self, name: str, doing: str) -> bool:
        return is_name_going(name, await self.read(("networks",), doing, {"filters": label_filter(None, name=[name])}))

    def _network_body(self, name: str, spec: NetworkSpec) -> dict[str, Any]:
        rules = Evaluator(NETWORK, self.capabilities, self.engine.name)
        rules.warnings(spec, "NetworkSpec")
        spec = rules.without(spec)
        with self.engine.by_own_name():
            body = network_payload(name, spec, self.engine.flavour, self.engine.version.abilities)
        # One that was removed keeps its name until the last container is off it, and only such a check would mind.
        return {**body, "Driver": OVERLAY, "CheckDuplicate": False}

    async def remove_object(self, kind: str, ident: str) -> None:
        path = (_KINDS[kind].path, Name(ident))
        await self.change("DELETE", path, f"remove the {kind} {shown(ident)}", subject=ident)

    def ident(self, document: Any, key: str, doing: str) -> str:
        """The id that the answer of a create call tells."""
        found = document.get(key) if isinstance(document, dict) else None
        if not isinstance(found, str) or not found:
            raise BackendError(f"{doing}: the engine's answer has no id", backend=self.engine.name, operation=doing)
        return found


def refuse_file(kind: str, name: str, content: bytes) -> None:
    """Raises ValidationError for a config or secret that no swarm takes."""
    largest = _KINDS[kind].largest
    if not 0 < len(content) <= largest:
        what = f"between 1 and {largest} bytes"
        raise ValidationError(
            f"{kind} {shown(name)}: expected {what}, and not {len(content)}", path=name, expected=what,
            remedy="put it into the image or a volume" if content else "give it content",
        )  # fmt: skip
    if len(name) > _LONGEST_NAME:
        expected = f"a name of at most {_LONGEST_NAME} characters"
        raise ValidationError(f"{kind} {shown(name)}: expected {expected}", path=name, expected=expected)
