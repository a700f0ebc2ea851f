"""Containers: made, started, stopped, removed, looked at and waited for."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import anyio
import anyio.to_thread

from perry_ffi.backends.contract.stream import Labels
from perry_ffi.backends.engine_api.engine_client import carries, label_filter, shown
from perry_ffi.backends.engine_api.requests.honoured import refuse_under
from perry_ffi.backends.engine_api.requests.host_gateway import asks_for_gateway, networks_to_ask, with_gateway
from perry_ffi.backends.engine_api.requests.read_only_root import all_read_only
from perry_ffi.backends.engine_api.resources.ending_limit import Endings
from perry_ffi.backends.engine_api.resources.image_transfer import Registry
from perry_ffi.backends.engine_api.resources.images import Images
from perry_ffi.backends.engine_api.resources.unnamed_volumes import NAMELESS_API, left_over, unused, with_names
from perry_ffi.backends.engine_api.responses.container import parse_container, parse_containers, with_published
from perry_ffi.backends.engine_api.responses.image import matches_platform
from perry_ffi.backends.engine_api.responses.network import parse_network
from perry_ffi.backends.engine_api.responses.stats import parse_processes, parse_stats
from perry_ffi.backends.engine_api.sayings import Meaning, says
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.target import Name
from perry_ffi.cancellation import all_or_nothing, finish
from perry_ffi.errors import BackendError, Conflict, NotFound, Unsupported
from perry_ffi.model.container_info import ContainerHandle, ContainerInfo, ContainerStats, ProcessTable
from perry_ffi.model.reference import is_image_id

if TYPE_CHECKING:
    from perry_ffi.backends.engine_api.requests.container import ContainerPayload
    from perry_ffi.backends.engine_api.requests.security import SeccompProfile
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.model.image import ImageDetails
    from perry_ffi.model.service import ServiceSpec

STATS_INTERVAL = 0.5
"""Seconds between the two samples that a share of the processors is counted from."""


class Containers(Registry, Images, Endings):
    """The container operations."""

    # -- made and removed -----------------------------------------------------------------------

    async def create_container(self, spec: ContainerSpec) -> ContainerHandle:
        if self.podman and asks_for_gateway(spec):
            spec = with_gateway(spec, await self._gateways(networks_to_ask(spec)))
        if self._loses_names and (rows := getattr(spec, "volumes_from", None)):
            spec = with_names(cast("ServiceSpec", spec), await self._sources(rows))
        payload = await self._ready(spec)
        policy = "never" if is_image_id(spec.image) else spec.pull_policy or "missing"
        if policy == "always" or await self._is_of_another_platform(spec, policy):
            await self._pull_for(spec)
            payload, policy = await self._ready(spec), "never"
        try:
            return await all_or_nothing(self._create(payload), self._discard)
        except NotFound:
            if digest := await self.nameless_image(spec.image):
                return await all_or_nothing(self._create(_of_image(payload, digest)), self._discard)
            if policy == "never" or (not spec.platform and await self.has_image(spec.image)):
                raise
        await self._pull_for(spec)
        return await all_or_nothing(self._create(await self._ready(spec)), self._discard)

    async def _ready(self, spec: ContainerSpec) -> ContainerPayload:
        """What the engine is sent; of an image that is not there yet, once it was pulled."""
        if self.podman and (spec.read_only or _clears_entrypoint(spec)):
            with suppress(NotFound):
                spec = await self._as_docker_would(spec, await self.inspect_image(spec.image))
        return await _made(self._payload, spec)

    async def _as_docker_would(self, spec: ContainerSpec, image: ImageDetails) -> ContainerSpec:
        """Podman has to be told the image's command where the entrypoint is cleared, and what a read-only root is."""
        if _clears_entrypoint(spec):
            spec = spec.model_copy(update={"cmd": image.cmd})
        if spec.read_only:
            sources = await self._sources(getattr(spec, "volumes_from", []))
            mounted = [mount.target for source, _ in sources for mount in source.mounts]
            spec = all_read_only(spec, [*image.volumes, *mounted])
        return spec

    @property
    def _loses_names(self) -> bool:
        return not self.podman and self.version.api >= NAMELESS_API

    async def _sources(self, rows: list[str]) -> list[tuple[ContainerInfo, bool]]:
        """The containers of ``volumes_from``, and whether only to read; one that is not there is the engine's to refuse."""
        found: list[tuple[ContainerInfo, bool]] = []
        for row in rows:
            ident, _, mode = row.partition(":")
            with suppress(NotFound):
                found.append((await self.inspect_container(ident), mode == "ro"))
        return found

    async def _gateways(self, networks: list[str]) -> list[str]:
        found: list[str] = []
        for name in networks:
            doing = f"ask for the gateway of the network {shown(name)}"
            request = Request("GET", ("networks", await self.network_segment(name)), doing)
            try:
                found += parse_network(await self.ask_document(request, subject=name)).gateways
            except NotFound:
                continue
        return found

    async def _pull_for(self, spec: ContainerSpec) -> None:
        from perry_ffi.model.image import PullOptions

        await self.pull_image(spec.image, PullOptions(platform=spec.platform))

    async def _is_of_another_platform(self, spec: ContainerSpec, policy: str) -> bool:
        """Podman takes any image that is there, so its platform is compared here. Docker does that itself."""
        if not self.podman or not spec.platform:
            return False
        try:
            image = await self.inspect_image(spec.image)
        except NotFound:
            return False
        if matches_platform(image, spec.platform):
            return False
        if policy == "never":
            raise NotFound(
                f"the image {shown(spec.image)} is for {image.os}/{image.architecture}, not for {spec.platform}",
                backend=self.name, subject=spec.image,
            )  # fmt: skip
        return True

    async def check_container(self, spec: ContainerSpec) -> None:
        await _made(self._translated, spec)

    def _payload(self, spec: ContainerSpec) -> ContainerPayload:
        from perry_ffi.backends.engine_api.requests.service import check_sources
        from perry_ffi.model.container import ContainerSpec

        if type(spec) is not ContainerSpec and self._client.endpoint.path is not None:
            check_sources(cast("ServiceSpec", spec), self.flavour)
        return self._translated(spec)

    def _translated(self, spec: ContainerSpec) -> ContainerPayload:
        with self.by_own_name():
            return self._in_its_dialect(spec)

    def _in_its_dialect(self, spec: ContainerSpec) -> ContainerPayload:
        """What the engine is sent; a seccomp profile is read for it."""
        from perry_ffi.backends.engine_api.requests.container import container_payload
        from perry_ffi.backends.engine_api.requests.host_paths import refuse_host_paths
        from perry_ffi.backends.engine_api.requests.security import read_seccomp
        from perry_ffi.backends.engine_api.requests.service import service_payload
        from perry_ffi.model.container import ContainerSpec

        here = Path.cwd()
        if self.elsewhere:
            refuse_host_paths(spec, here, self.elsewhere)
        seccomp = read_seccomp(spec, here)
        if seccomp is not None and not seccomp.path and self.podman:
            seccomp = self._in_a_file(seccomp)
        if type(spec) is not ContainerSpec:
            return service_payload(
                cast("ServiceSpec", spec), self.flavour, **self._engine(), seccomp=seccomp, directory=here
            ).payload
        if self.version.conditions:
            refuse_under("ContainerSpec", spec, self.flavour, self.version.abilities, self.version.conditions)
        return container_payload(spec, self.flavour, **self._engine(), seccomp=seccomp, directory=here)

    def _in_a_file(self, profile: SeccompProfile) -> SeccompProfile:
        """Podman reads a profile from its own machine."""
        from perry_ffi.backends.engine_api.sandboxes.profile_file import profile_file

        if self.elsewhere:
            member, reason = "ContainerSpec.seccomp", f"it reads a profile from its own machine, and that is {self.elsewhere}"
            raise Unsupported(
                f"{member}: {self.name} cannot honour it: {reason}", member=member, backend=self.name, reason=reason
            )
        return replace(profile, path=str(profile_file(profile.text, self._settings)))

    def _engine(self) -> dict[str, Any]:
        """What payloads depend on: the version of the API, and podman's own."""
        return {"api": self.version.abilities, "release": self.version.release if self.podman else None}

    async def _create(self, payload: ContainerPayload) -> ContainerHandle:
        doing = f"create the container {payload.name}"
        request = Request("POST", ("containers", "create"), doing, query=payload.query, document=payload.body)
        created = await self.ask_object(request, subject=payload.body.get("Image"))
        ident = created.get("Id")
        if not isinstance(ident, str) or not ident:
            raise BackendError(f"{doing}: the engine gives no id", backend=self.name, operation=doing)
        left_out = [text for text in created.get("Warnings") or [] if isinstance(text, str)]
        handle = ContainerHandle(id=ident, name=payload.name, warnings=left_out)
        try:
            for network, endpoint in payload.connect:
                await self._connect(handle, network, endpoint)
        except BaseException:
            await finish(self._discard(handle))
            raise
        return handle

    async def _connect(self, handle: ContainerHandle, network: str, endpoint: dict[str, Any]) -> None:
        doing = f"connect the container {handle.name} to the network {shown(network)}"
        body = {"Container": handle.id, "EndpointConfig": endpoint}
        path = ("networks", await self.network_segment(network), "connect")
        await self.ask(Request("POST", path, doing, document=body), subject=network)

    async def _discard(self, handle: ContainerHandle) -> None:
        try:
            await self.remove_container(handle.id, force=True)
        except NotFound:
            return

    async def remove_container(self, ident: str, *, force: bool = False, volumes: bool = True) -> None:
        doing = f"remove the container {shown(ident)}"
        path: tuple[str | Name, ...] = ("containers", Name(ident))
        query: dict[str, bool | int] = {"force": force, "v": volumes}
        versioned = True
        if force and self.podman:
            # Its compatible removal waits for the container's own grace. Its own has another word for the volumes.
            path, query, versioned = ("v4.0.0", "libpod", *path), {"force": True, "volumes": volumes, "timeout": 0}, False
        may_stay = await self._left_over(ident) if volumes and self._loses_names else []
        try:
            async with self.ending(ident, 0 if force else math.inf, removes=True):
                await self.ask(
                    Request("DELETE", path, doing, query=query, patient=True, versioned=versioned, removes=force), subject=ident
                )
        except Conflict as error:
            if not says(error.message, Meaning.REMOVAL):
                raise
            await self._wait_until_removed(ident, doing)
        for name in unused(may_stay, await self.list_containers(all=True)) if may_stay else ():
            await self._remove_unused(name)

    async def _left_over(self, ident: str) -> list[str]:
        try:
            return left_over(await self.inspect_container(ident))
        except NotFound:
            return []

    async def _remove_unused(self, name: str) -> None:
        request = Request("DELETE", ("volumes", Name(name)), f"remove the volume {shown(name)}")
        await self.ask(request, subject=name, also=(404, 409))

    async def _wait_until_removed(self, ident: str, doing: str) -> None:
        """Somebody else (``rm``) removes it already; what was asked for is done when that is."""
        request = Request("POST", ("containers", Name(ident), "wait"), doing, query={"condition": "removed"}, patient=True)
        await self.ask(request, subject=ident, also=(404,))

    # -- started and stopped --------------------------------------------------------------------

    async def start_container(self, ident: str) -> None:
        request = Request("POST", ("containers", Name(ident), "start"), f"start the container {shown(ident)}", patient=True)
        await self.ask(request, subject=ident, also=(304,))

    async def stop_container(self, ident: str, timeout: float | None = None) -> None:
        if self.podman:
            await self._mark_as_stopped(ident)
        query = {} if timeout is None else {"t": math.ceil(timeout)}
        request = Request(
            "POST", ("containers", Name(ident), "stop"), f"stop the container {shown(ident)}", query=query, patient=True
        )
        async with self.ending(ident, timeout):
            await self.ask(request, subject=ident, also=(304,))
        await self.agreed(ident)

    async def _mark_as_stopped(self, ident: str) -> None:
        """Leaves a word in podman's events that somebody ends it, for ``was_stopped``.

        Podman tells of a stop only where it is quicker than its own clean-up process, and of a kill always. SIGCONT
        means nothing to a process that runs. What does not run refuses it, and needs no such word.
        """
        doing, any_status = f"stop the container {shown(ident)}", range(400, 600)
        word = Request("POST", ("containers", Name(ident), "kill"), doing, query={"signal": "SIGCONT"})
        if (await self.ask(word, subject=ident, also=any_status)).status < 300:
            # A frozen one takes a signal and cannot be stopped, which on docker it can.
            await self.ask(Request("POST", ("containers", Name(ident), "unpause"), doing), subject=ident, also=any_status)

    # -- looked at ------------------------------------------------------------------------------

    async def list_containers(self, *, all: bool, labels: Labels | None = None) -> list[ContainerInfo]:
        request = Request(
            "GET", ("containers", "json"), "list the containers", query={"all": all, "filters": label_filter(labels)}
        )
        found = parse_containers(await self.ask_document(request))
        found = [item for item in found if carries(item.labels, labels)]
        if self.podman and any("->" in line for item in found for line in item.ports):
            found = with_published(found, await self.ask_document(_native_list(all, labels)))
        return found

    async def inspect_container(self, ident: str) -> ContainerInfo:
        return parse_container(await self._inspect(ident))

    async def _inspect(self, ident: str) -> dict[str, Any]:
        request = Request("GET", ("containers", Name(ident), "json"), f"inspect the container {shown(ident)}")
        return await self.ask_object(request, subject=ident)

    async def container_stats(self, ident: str) -> ContainerStats:
        doing = f"read the statistics of {shown(ident)}"
        earlier = None
        if self.podman:
            # Docker sends the sample before along; podman's has to be taken.
            earlier = await self._sample(ident, doing)
            await anyio.sleep(STATS_INTERVAL)
        return parse_stats(await self._sample(ident, doing), ident, earlier)

    async def container_processes(self, ident: str) -> ProcessTable:
        request = Request("GET", ("containers", Name(ident), "top"), f"list the processes of {shown(ident)}")
        return parse_processes(await self.ask_document(request, subject=ident))

    async def _sample(self, ident: str, doing: str) -> Any:
        """One sample; None where podman says nothing of a container that does not run."""
        request = Request("GET", ("containers", Name(ident), "stats"), doing, query={"stream": False}, extra_time=5.0)
        reply = await self.ask(request, subject=ident)
        return reply.document() if reply.body.strip() else None


async def _made(make: Callable[[ContainerSpec], ContainerPayload], spec: ContainerSpec) -> ContainerPayload:
    """By a thread where it may look at files, which can take long: a thread costs more than all else that is made here."""
    from perry_ffi.backends.engine_api.requests.host_paths import may_name_files

    if may_name_files(spec):
        return await anyio.to_thread.run_sync(make, spec)
    return make(spec)


def _of_image(payload: ContainerPayload, ident: str) -> ContainerPayload:
    return payload._replace(body={**payload.body, "Image": ident})


def _clears_entrypoint(spec: ContainerSpec) -> bool:
    return spec.entrypoint == [] and not spec.cmd


def _native_list(all: bool, labels: Labels | None) -> Request:
    """Podman's own list: the compatible one shows only the first of ports that follow each other."""
    query = {"all": all, "filters": label_filter(labels)}
    return Request("GET", ("v4.0.0", "libpod", "containers", "json"), "list the ports", query=query, versioned=False)
