"""Services of a swarm: what is asked of them, and their tasks."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.contract.services import Services
from perry_ffi.backends.declared import of_engine
from perry_ffi.backends.engine_api.engine_client import shown
from perry_ffi.backends.engine_api.labels import carries, label_filter
from perry_ffi.backends.engine_api.swarm.changes import Changes
from perry_ffi.backends.engine_api.swarm.logs import TaskLogs
from perry_ffi.backends.engine_api.swarm.nodes import Nodes
from perry_ffi.backends.engine_api.swarm.objects import Objects
from perry_ffi.backends.engine_api.swarm.parse import is_gone, parse_distribution, parse_services, parse_tasks
from perry_ffi.backends.engine_api.swarm.payload import service_payload
from perry_ffi.backends.engine_api.transport.target import Name, Reference
from perry_ffi.backends.rules.evaluation import Evaluator
from perry_ffi.backends.rules.service import SERVICE
from perry_ffi.errors import NotFound, Unsupported
from perry_ffi.model.reference import is_image_id, parse_reference

if TYPE_CHECKING:
    from perry_ffi.backends.contract.service_definition import ServiceDefinition
    from perry_ffi.backends.contract.service_records import ResolvedImage, ServiceState, TaskState
    from perry_ffi.backends.contract.stream import Labels
    from perry_ffi.backends.engine_api.engine import EngineBackend
    from perry_ffi.settings import Settings

_SERVICES_AT_ONCE = 200
"""So many services one list of tasks is asked for: their ids stand in the request's line, which engines bound."""
_REMEMBERED = 10_000
"""So many services' names are remembered, for their tasks that outlive them."""


class SwarmServices(Nodes, Objects, Changes, TaskLogs, Services):
    """The services that a manager keeps. engine: its own."""

    def __init__(self, engine: EngineBackend, settings: Settings, name: str) -> None:
        super().__init__(engine, settings)
        self.capabilities = of_engine(name, engine.version.abilities)
        self._members = Evaluator(SERVICE, self.capabilities, name)
        self._seen: dict[str, str] = {}

    # -- what is there ----------------------------------------------------------------------------------

    async def services(self, labels: Labels | None = None) -> list[ServiceState]:
        found = await self._list("list the services", label_filter(labels))
        return [state for state in found if carries(state.labels, labels)]

    async def service(self, name: str) -> ServiceState:
        doing = f"look for the service {shown(name)}"
        for key in ("name", "id"):  # Both are asked for by how they begin.
            for state in await self._list(doing, label_filter(None, **{key: [name]})):
                if name in (state.name, state.id):
                    return state
        raise NotFound(f"{doing}: there is none", subject=name, backend=self.engine.name)

    async def _list(self, doing: str, filters: str | None) -> list[ServiceState]:
        found = parse_services(await self.read(("services",), doing, {"status": True, "filters": filters}))
        self._seen = dict(list({**self._seen, **{state.id: state.name for state in found}}.items())[-_REMEMBERED:])
        return found

    async def tasks(self, services: Iterable[str]) -> list[TaskState]:
        wanted = list(dict.fromkeys(services))
        documents: list[Any] = []
        for begin in range(0, len(wanted), _SERVICES_AT_ONCE):
            documents += await self._tasks_of(wanted[begin : begin + _SERVICES_AT_ONCE])
        at = {str(item.get("NodeID")) for item in documents if isinstance(item, dict) and item.get("NodeID")}
        return parse_tasks(documents, await self.node_names(at) if at else {})

    async def _tasks_of(self, services: list[str]) -> list[Any]:
        """As the engine tells them. Where one of the services is gone it knows none by its id, and its tasks by their names still."""
        try:
            return await self._task_list(service=services) or []
        except NotFound:
            names = [f"{self._seen[ident]}." for ident in services if ident in self._seen]
            found = await (self._task_list(name=names) if len(names) == len(services) else self._task_list())
        wanted = set(services)
        return [item for item in found or [] if item.get("ServiceID") in wanted and not is_gone(item)]

    async def _task_list(self, **filters: list[str]) -> Any:
        return await self.read(("tasks",), "list the tasks", {"filters": label_filter(None, **filters)})

    # -- changes ----------------------------------------------------------------------------------------

    async def check_service(self, definition: ServiceDefinition) -> None:
        self._payload(definition)

    def _payload(self, definition: ServiceDefinition) -> dict[str, Any]:
        self._members.warnings(definition.container, "ServiceSpec")
        definition = replace(definition, container=self._members.without(definition.container))
        with self.engine.by_own_name():
            return service_payload(definition, self.engine.version.api)

    async def create_service(self, definition: ServiceDefinition) -> str:
        return await self._create(definition.name, self._payload(definition))

    async def _create(self, name: str, spec: Mapping[str, Any]) -> str:
        doing = f"create the service {shown(name)}"
        headers = await self._credentials(_image(spec))
        reply = await self.change("POST", ("services", "create"), doing, document=spec, headers=headers, subject=name)
        return self.ident(reply.document(), "ID", doing)

    async def update_service(self, state: ServiceState, definition: ServiceDefinition, *, restart: bool = False) -> None:
        payload = self._payload(definition)
        if forced := int(state.kept.get("TaskTemplate", {}).get("ForceUpdate") or 0) + restart:
            payload["TaskTemplate"]["ForceUpdate"] = forced  # Another number alone replaces each task.
        await self._update(state, payload, "update")

    async def restore_service(self, state: ServiceState | None, former: ServiceState) -> None:
        if state is None:
            await self._create(former.name, former.kept)
        else:
            await self._update(state, former.kept, "put back")

    async def scale_service(self, state: ServiceState, replicas: int, labels: Labels | None = None) -> None:
        if state.everywhere:
            raise Unsupported(
                f"scale the service {shown(state.name)}: it runs once on each node", backend=self.engine.name, subject=state.name,
                member="deploy.mode", remedy="say mode: replicated",
            )  # fmt: skip
        spec = copy.deepcopy(dict(state.kept))
        spec["Mode"] = {"Replicated": {"Replicas": replicas}}
        if labels:
            kept = {**(spec.get("Labels") or {}), **labels}
            spec["Labels"] = {name: value for name, value in kept.items() if value is not None}
        await self._update(state, spec, "scale")

    async def restart_service(self, state: ServiceState, *, ends: bool = False) -> None:
        spec = copy.deepcopy(dict(state.kept))
        if ends:  # To an engine an end is a failure, whatever its code: it would go back, and have each task run once more.
            spec["UpdateConfig"] = {**(spec.get("UpdateConfig") or {}), "FailureAction": "continue"}
        task = spec.setdefault("TaskTemplate", {})
        task["ForceUpdate"] = int(task.get("ForceUpdate") or 0) + 1
        await self._update(state, spec, "restart")

    async def _update(self, state: ServiceState, spec: Mapping[str, Any], verb: str) -> None:
        await self.change(
            "POST", ("services", Name(state.id), "update"), f"{verb} the service {shown(state.name)}", document=spec,
            query={"version": state.version}, headers=await self._credentials(_image(spec)), subject=state.name,
        )  # fmt: skip

    async def remove_service(self, ident: str) -> None:
        await self.change("DELETE", ("services", Name(ident)), f"remove the service {shown(ident)}", subject=ident)

    async def resolve_image(self, reference: str) -> ResolvedImage:
        parts = parse_reference(reference)
        written = reference.partition("@")[0] + (f"@{parts.digest}" if parts.digest else "")
        doing = f"ask the registry for {shown(reference)}"
        document = await self.engine.ask_document(
            self.get(("distribution", Reference(written), "json"), doing, await self._credentials(reference)), subject=reference
        )
        return parse_distribution(reference.partition("@")[0], document)

    async def _credentials(self, image: str) -> dict[str, str]:
        """What each node needs to pull the image, where the user is logged in; an id is nothing that is pulled."""
        return {} if not image or is_image_id(image) else await self.engine.registry_headers(image)


def _image(spec: Mapping[str, Any]) -> str:
    """What a specification's tasks are made from."""
    return str(((spec.get("TaskTemplate") or {}).get("ContainerSpec") or {}).get("Image") or "")
