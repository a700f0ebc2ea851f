"""The steps of an ``up``: each one engine call, noted in the journal before it is made."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.contract.stream import AsyncProgress
from perry_ffi.cancellation import uninterrupted
from perry_ffi.errors import Conflict, ContainerError, NotFound, one_line
from perry_ffi.runtime.plan import Action, Step
from perry_ffi.runtime.readiness import Readiness, started
from perry_ffi.runtime.rollback import Entry, UndoLog
from perry_ffi.stack import identity
from perry_ffi.stack.anonymous import inherited_volumes, remove_for_heir, remove_with, with_files_label
from perry_ffi.stack.delivery import put_files, without_needless_carriers
from perry_ffi.stack.desired import joined_services
from perry_ffi.stack.hooks import hook_failed, run_hook
from perry_ffi.stack.image_age import note_pull
from perry_ffi.stack.translate.build import build_spec, named_in
from perry_ffi.stack.translate.container import service_spec
from perry_ffi.stack.translate.files import FileMount
from perry_ffi.stack.translate.hooks import Hook, hooks
from perry_ffi.stack.translate.names import container_name, linked_as
from perry_ffi.stack.translate.objects import network_spec, volume_spec

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.service import ServiceSpec
    from perry_ffi.runtime.event_bus import EventBus
    from perry_ffi.stack.desired import Desired


_NONE: Mapping[str, str] = {}


@dataclass(frozen=True)
class Transaction:
    """What the steps of one ``up`` share.

    document: the resolved project. images: the id of each reference. ident: of the transaction. mounts: the configs and
    secrets of each service, with their contents. contents: of variables that the project's secrets take. files:
    the project's Compose files, for the labels. built_beside: the ids of the images that were there before any was built.
    """

    backend: Backend
    document: Mapping[str, Any]
    desired: Desired
    images: Mapping[str, str | None]
    mounts: Mapping[str, list[FileMount]]
    ident: str
    working_dir: str
    contents: Mapping[str, str] = field(repr=False)
    files: tuple[str, ...]
    journal: UndoLog
    readiness: Readiness | None
    hub: EventBus
    wait_timeout: float | None
    built_beside: frozenset[str] = frozenset()


class ProgressEvents(AsyncProgress):
    """Tells what a pull, push or build reports."""

    def __init__(self, hub: EventBus, kind: str, target: str, service: str | None) -> None:
        self._hub = hub
        self._about = {"operation": kind, "target": target, "service": service}

    async def report(self, event: Mapping[str, Any]) -> None:
        self._hub.tell("progress", **self._about, detail=dict(event))


class Actions:
    """Does the steps."""

    def __init__(self, transaction: Transaction) -> None:
        self._t = transaction
        self._backend = transaction.backend
        self._linked = linked_as(transaction.document)
        self._do: dict[Action, Callable[[Step], Awaitable[None]]] = {
            Action.PULL_IMAGE: self._pull,
            Action.BUILD_IMAGE: self._build,
            Action.REMOVE_DUPLICATE: self._remove_duplicate,
            Action.REMOVE_OLD_NETWORK: self._remove_old_network,
            Action.CREATE_NETWORK: self._create_network,
            Action.CREATE_VOLUME: self._create_volume,
            Action.CREATE_CONTAINER: self._create_container,
            Action.COPY_FILES: self._copy_files,
            Action.RENAME_CONTAINER: self._rename,
            Action.STOP_CONTAINER: self._stop,
            Action.DISCONNECT_CONTAINER: self._disconnect,
            Action.START_CONTAINER: self._start,
            Action.UNPAUSE_CONTAINER: self._unpause,
            Action.RESTART_CONTAINER: self._restart,
            Action.RUN_HOOK: self._hook,
            Action.WAIT: self._wait,
            Action.REMOVE_CONTAINER: self._remove,
            Action.REMOVE_VOLUME: self._remove_volume,
        }

    async def perform(self, step: Step) -> None:
        """Does one step. Raises what the backend raises, and ServiceStartupFailed where a wait or hook fails."""
        await self._do[step.action](step)

    # -- images -------------------------------------------------------------------------------------

    async def _pull(self, step: Step) -> None:
        from perry_ffi.model.image import PullOptions

        tree = self._t.document["services"][step.service]
        self._t.journal.image(step.target, self._t.images.get(step.target))
        options = PullOptions(platform=tree.get("platform"))
        await self._backend.pull_image(step.target, options, ProgressEvents(self._t.hub, "pull", step.target, step.service))
        await note_pull(self._backend, tree.get("pull_policy") or "", step.target)

    async def _build(self, step: Step) -> None:
        labels = identity.project_labels(self._t.desired.project)
        spec, names = build_spec(self._t.document, step.service or "", labels, self._t.contents, self._backend.capabilities)
        wanted = spec.model_copy(update={"tags": [*spec.tags, *names[1:]]})
        for name in dict.fromkeys([*names, *spec.tags]):
            self._t.journal.image(name, await self._backend.image_id(name), self._t.built_beside)
        with named_in(step.service or ""):
            await self._backend.build_image(wanted, names[0], ProgressEvents(self._t.hub, "build", step.target, step.service))

    # -- networks and volumes -------------------------------------------------------------------------

    async def _create_network(self, step: Step) -> None:
        key = step.arguments["key"]
        wanted = self._t.desired.all_networks[key]
        labels = identity.network_labels(self._t.desired.project, key, wanted.digest, wanted.peer_digest, self._t.ident)
        name, spec = network_spec(self._t.document, key, labels, self._backend.capabilities)
        assert spec is not None, "a plan creates nothing that is external"
        self._t.journal.network(name, in_place=step.arguments.get("in_place", False))
        created = await self._backend.create_network(name, spec)
        await self._only_one(name, created.id)

    async def _only_one(self, name: str, created: str) -> None:
        """Docker lets two create a network of one name at once: one of a killed ``up`` may have come just before ours."""
        for info in await self._backend.list_networks({identity.PROJECT: self._t.desired.project}):
            if info.name == name and info.id != created:
                await self._backend.remove_network(created)
                return

    async def _remove_old_network(self, step: Step) -> None:
        kept = await self._backend.keep_network(step.arguments["id"])
        self._t.journal.old_network(kept)
        await self._backend.remove_network(kept.id)

    async def _remove_duplicate(self, step: Step) -> None:
        try:
            await self._backend.remove_network(step.arguments["id"])
        except NotFound:
            return

    async def _create_volume(self, step: Step) -> None:
        key = step.arguments["key"]
        wanted = self._t.desired.all_volumes[key]
        labels = identity.volume_labels(self._t.desired.project, key, wanted.digest, wanted.peer_digest, self._t.ident)
        name, spec = volume_spec(self._t.document, key, labels, self._backend.capabilities)
        assert spec is not None, "a plan creates nothing that is external"
        self._t.journal.volume(name)
        await self._backend.create_volume(name, spec)

    # -- containers -----------------------------------------------------------------------------------

    async def _create_container(self, step: Step) -> None:
        arguments = step.arguments
        spec = await self._joined_spec(step.service or "", arguments["number"], arguments["final_name"])
        spec = await self._with_carriers(spec)
        if arguments["inherit"]:
            spec = await inherited_volumes(self._backend, arguments["inherit"], spec)
        with self._t.journal.container(step.target).asked():
            created = await self._backend.create_container(spec.model_copy(update={"name": step.target}))
        for text in created.warnings:
            self._t.hub.tell("warning", code="engine", message=one_line(f"{step.target}: {text}"), service=step.service)

    async def _joined_spec(self, service: str, number: int, name: str) -> ServiceSpec:
        """The spec of a container, with the ids of those that it is created with, as they are now."""
        tree = self._t.desired.services[service].tree
        names = {other: container_name(self._t.document, other, 1) for other in joined_services(tree)}
        joined = {other: (await self._backend.inspect_container(first)).id for other, first in names.items()}
        return self.container_spec(service, number, name, joined=joined)

    def container_spec(
        self, service: str, number: int, name: str, *, joined: Mapping[str, str] = _NONE, use_aliases: bool = True
    ) -> ServiceSpec:
        """The spec of a container of the project, with its labels. joined: ids of containers that it is created with."""
        wanted = self._t.desired.services[service]
        image = self._t.images.get(wanted.image)
        labels = identity.container_labels(
            self._t.desired.project, service, number,
            digest=wanted.digest, peer_digest=wanted.peer_digest(joined), image_id=image or "",
            depends_on=wanted.edges(),
            working_dir=self._t.working_dir, files=self._t.files, transaction=self._t.ident,
        )  # fmt: skip
        return service_spec(
            self._t.document, service, number, image=wanted.image, labels=labels, name=name, linked=self._linked,
            use_aliases=use_aliases, api_socket=self._backend.api_socket, working_dir=self._t.working_dir or None,
        )  # fmt: skip

    async def _with_carriers(self, spec: ServiceSpec) -> ServiceSpec:
        """``spec`` with the volumes that it needs for its files, and a label that names them."""
        return with_files_label(await without_needless_carriers(self._backend, spec))

    async def _copy_files(self, step: Step) -> None:
        mounts = self._t.mounts.get(step.service or "", [])
        if step.arguments["mounted"]:
            mounts = [entry for entry in mounts if not entry.file]
        await self._put_files(self._ident(step), mounts)

    async def _put_files(self, ident: str, mounts: Sequence[FileMount]) -> None:
        await put_files(self._backend, ident, mounts)

    async def _rename(self, step: Step) -> None:
        if ident := step.arguments["id"]:
            self._t.journal.renamed(ident, step.target)
        else:
            # The new one takes the name: it has to go before the old one gets it back.
            self._t.journal.container(step.arguments["to"], there=True)
        # A name is given at once or not at all: nobody has to guess which, even if the up is cancelled meanwhile.
        await uninterrupted(self._backend.rename_container(self._ident(step), step.arguments["to"]))

    async def _stop(self, step: Step) -> None:
        for network in step.arguments.get("leaves", ()):
            # While it runs: an engine may not tell afterwards which address it had.
            await self._note_place(step, network)
        with self._ending(step).asked():
            await self._backend.stop_container(step.arguments["id"], step.arguments["timeout"])

    async def _disconnect(self, step: Step) -> None:
        if not step.arguments["noted"]:
            await self._note_place(step, step.arguments["network"])
        with suppress(Conflict):  # It is off already; if it is not, the network does not go.
            await self._backend.disconnect_network(step.arguments["network"], step.arguments["id"])

    async def _note_place(self, step: Step, network: str) -> None:
        kept = await self._backend.keep_place(network, step.arguments["id"])
        if kept is not None:
            self._t.journal.place(kept, step.target)

    def _ending(self, step: Step) -> Entry:
        """Notes that a run of a container ends, and with it the namespaces that others are in."""
        journal, arguments = self._t.journal, step.arguments
        entry = journal.stopped(arguments["id"], step.target, paused=arguments.get("paused", False), rank=arguments["rank"])
        for ident, name, owner, paused, rank in arguments.get("inside", ()):
            journal.joined(ident, name, owner, paused=paused, rank=rank)
        return entry

    async def _start(self, step: Step) -> None:
        if ident := step.arguments["id"]:
            self._t.journal.started(ident, step.target)
        await started(self._backend, self._ident(step), step.service or "", step.target)

    async def _unpause(self, step: Step) -> None:
        self._t.journal.unpaused(step.arguments["id"], step.target)
        await self._backend.unpause_container(step.arguments["id"])

    async def _restart(self, step: Step) -> None:
        with self._ending(step).asked():
            await self._backend.restart_container(step.arguments["id"], None)

    async def _remove(self, step: Step) -> None:
        await (remove_for_heir if step.arguments["heir"] else remove_with)(self._backend, step)

    async def _remove_volume(self, step: Step) -> None:
        await self._backend.remove_volume(step.target)

    # -- hooks and waits ------------------------------------------------------------------------------

    async def _hook(self, step: Step) -> None:
        service = step.service or ""
        hook = getattr(hooks(self._t.document, service), step.arguments["kind"])[step.arguments["index"]]
        if step.arguments["kind"] == "pre_start":
            await self._init_container(step, service, hook)
        else:
            await run_hook(self._backend, self._ident(step), hook, service, step.cause)

    async def _init_container(self, step: Step, service: str, hook: Hook) -> None:
        """Runs a ``pre_start`` hook in a container of its own, with the service's volumes and networks."""
        from perry_ffi.model.container import LogOptions

        # One of its own for each up: what a killed one left does not stand in the way.
        name = f"{step.target}-pre_start-{step.arguments['index']}-{self._t.ident[:8]}"
        spec = await self._with_carriers(self._init_spec(name, service, hook))
        with self._t.journal.container(name).asked():
            created = await self._backend.create_container(spec)
        await self._put_files(created.id, self._t.mounts.get(service, ()))
        ending = await self._backend.wait_exit(created.id)
        try:
            await started(self._backend, created.id, service, name)
            code = await ending.exit_code(self._t.wait_timeout)
        finally:
            await ending.aclose()
        if code:
            said = ""
            with suppress(ContainerError):  # A log that cannot be read is no reason to hide the failure.
                logs = await self._backend.container_logs(created.id, LogOptions(tail=20))
                said = logs.stdout + logs.stderr
            raise hook_failed(service, step.cause, code, said)
        await self._backend.remove_container(created.id, force=True)

    def _init_spec(self, name: str, service: str, hook: Hook) -> ServiceSpec:
        spec = self.container_spec(service, 1, name, use_aliases=False)
        one_off = {identity.ONE_OFF: "true", identity.THEIRS + "oneoff": "True"}
        own = {"cmd": list(hook.command) or None, "image": hook.image, "user": hook.user, "workdir": hook.working_dir}
        changes: dict[str, Any] = {key: value for key, value in own.items() if value}
        changes["env"] = {**spec.env, **hook.env}
        changes["labels"] = {**spec.labels, **one_off}
        return spec.model_copy(update={**changes, "ports": [], "healthcheck": None, "restart": None})

    async def _wait(self, step: Step) -> None:
        assert self._t.readiness is not None and step.service is not None
        for name in step.arguments["containers"]:
            await self._t.readiness.until(step.service, name, step.arguments["condition"], self._t.wait_timeout)

    @staticmethod
    def _ident(step: Step) -> str:
        return step.arguments.get("id") or step.target
