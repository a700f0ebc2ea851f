"""Containers, from their creation to their removal."""

from __future__ import annotations

import asyncio
import math
import sys
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import anyio

from perry_ffi.backends.command_line.arguments import named, new_name, option, shown
from perry_ffi.backends.command_line.honoured import of_service, refuse_container, refuse_odd_labels
from perry_ffi.backends.command_line.reading import last_line, text_of
from perry_ffi.backends.contract.stream import Labels
from perry_ffi.backends.engine_api.responses.fields import is_generated
from perry_ffi.backends.nerdctl.calls import carries, label_filters
from perry_ffi.backends.nerdctl.create_words import REMOVE, Creation, create_words
from perry_ffi.backends.nerdctl.images import NerdctlImages
from perry_ffi.backends.nerdctl.readings import container_info, read_only_mounts
from perry_ffi.backends.nerdctl.sayings import errors
from perry_ffi.cancellation import all_or_nothing
from perry_ffi.errors import BackendError, Conflict, ContainerError, NotFound, Timeout, Unsupported
from perry_ffi.model.container_info import ContainerHandle, ContainerInfo
from perry_ffi.model.reference import default_name

if TYPE_CHECKING:
    from perry_ffi.backends.command_line.invocation import CommandLine
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.model.image_info import ImageDetails
    from perry_ffi.model.service import ServiceSpec
    from perry_ffi.settings import Settings

_CODES = 1000
"""Exit codes that are remembered of containers that were removed as they ended."""
ENDING = 600.0
"""Seconds beyond its own bound that a command may take which waits for a container's grace."""
_WITHOUT_END = 10.0**9


class _Asked(NamedTuple):
    """A container's name, the words that create it, and the variables that are given beside them."""

    name: str
    words: list[str]
    variables: str


class NerdctlContainers(NerdctlImages):
    """The core's containers. nerdctl removes none as it ends: whoever started it here waits for it, and removes it."""

    lists_health = False
    """It tells what the last probe found, however long ago that was."""
    stand_beside = False
    """Ports that are taken are refused as it is created, and the name that it is created with is taken again at each start."""

    def __init__(self, line: CommandLine, settings: Settings, *, identity: str, address: str, machine: bool = False) -> None:
        super().__init__(line, settings, identity=identity, address=address, machine=machine)
        self._removals: dict[str, asyncio.Future[None]] = {}
        self._codes: OrderedDict[str, int] = OrderedDict()

    def is_generated_volume_name(self, volume: str) -> bool:
        return is_generated(volume)

    @property
    def late_networks(self) -> int:
        """Networks are looked for when a container starts."""
        return sys.maxsize

    # -- made and removed -----------------------------------------------------------------------

    async def check_container(self, spec: ContainerSpec) -> None:
        await anyio.to_thread.run_sync(self._asked, spec, None)

    async def create_container(self, spec: ContainerSpec) -> ContainerHandle:
        await self.check_container(spec)
        if getattr(spec, "volumes_from", []):
            spec = await self._with_volumes_of_others(cast("ServiceSpec", spec))
        spec, through = await self._in_the_first_ones_network(spec)
        image = await self.image_for(spec)
        asked = await anyio.to_thread.run_sync(self._asked, spec, image, through)
        return await all_or_nothing(self._create(asked, spec.image), self._discard)

    async def _in_the_first_ones_network(self, spec: ContainerSpec) -> tuple[ContainerSpec, str]:
        """The spec, and whose network was asked for where that container is itself in another's: nerdctl looks for files of its own
        that such a one does not have. All are in the network of the first.
        """
        asked = (spec.network or "").partition("container:")[2]
        if not asked:
            return spec, ""
        first = found = await self.inspect_container(asked)
        while owner := first.joined.get("network"):
            first = await self.inspect_container(owner)
        if first is found:
            return spec, ""
        return spec.model_copy(update={"network": f"container:{first.id}"}), found.id

    async def _with_volumes_of_others(self, spec: ServiceSpec) -> ServiceSpec:
        """The spec with what nerdctl takes in silence for nothing: one that is not there is NotFound, and what is taken to be
        read only becomes mounts of the container's own, for nerdctl knows no modes and would mount none of them.
        """
        names: list[str] = []
        mounts = list(spec.volumes)
        for source in spec.volumes_from:
            name, _, mode = source.partition(":")
            found = await self.inspect_container(name)
            if "ro" not in mode.split(","):
                names.append(name)
                continue
            taken = {mount.target for mount in mounts} | set(spec.tmpfs)
            mounts += [mount for mount in read_only_mounts(found.raw or {}) if mount.target not in taken]
        return spec.model_copy(update={"volumes_from": names, "volumes": mounts})

    def _asked(self, spec: ContainerSpec, image: ImageDetails | None, through: str = "") -> _Asked:
        """What is asked for. Raises what makes it impossible; a profile for seccomp is read for it."""
        from perry_ffi.model.container import ContainerSpec

        if spec.verify is not None:
            raise Unsupported(
                "ContainerSpec.verify: an engine verifies nothing, and this image was not verified before",
                member="ContainerSpec.verify", backend=self.name, remedy="create it by the library's own run or create",
            )  # fmt: skip
        if type(spec) is ContainerSpec:
            refuse_odd_labels(spec.labels, "ContainerSpec", self.name)
            refuse_container(spec, self.name)
        else:
            spec = of_service(cast("ServiceSpec", spec), self.name)
            refuse_odd_labels(spec.labels, "ServiceSpec", self.name)
        name = new_name(spec.name or default_name(spec.image), "container", self.name)
        ident, command = (image.id, tuple(image.cmd)) if image is not None else ("", ())
        lines, rest = self.parted(spec.env)
        known = Creation(name, ident, Path.cwd(), command, self.name, self.unread, through)
        words = create_words(spec.model_copy(update={"env": rest}), known)
        self._line.argv(words)  # refused before an image is pulled for it
        return _Asked(name, words, lines)

    async def _create(self, asked: _Asked, image: str) -> ContainerHandle:
        doing = f"create the container {asked.name}"
        said = await self._line.ask(asked.words, doing=doing, variables=asked.variables)
        said = self._line.checked(said, doing=doing, subject=image)
        return ContainerHandle(id=last_line(said.stdout, doing=doing, backend=self.name), name=asked.name)

    async def _discard(self, handle: ContainerHandle) -> None:
        await self.remove_container(handle.id, force=True)

    async def remove_container(self, ident: str, *, force: bool = False, volumes: bool = True) -> None:
        doing = f"remove the container {shown(ident)}"
        own = await self._own_volumes(ident, doing) if volumes else []
        words = ["rm", *(["--force"] if force else []), self.container(ident)]
        said = await self._line.change(words, doing=doing, subject=ident, extra_time=ENDING)
        if missed := errors(text_of(said.stderr)):  # It removes nothing by force with success.
            raise self._line.sayings.refusal(missed, doing=doing, backend=self.name, subject=ident)
        for name in own:
            with suppress(Conflict, NotFound):
                await self._line.change(["volume", "rm", named(name, "volume", self.name)], doing=doing, subject=name)

    async def _own_volumes(self, ident: str, doing: str) -> list[str]:
        """Those that go with a container. Its program's own option would also remove one that another container has taken over."""
        found = await self._documents([self.container(ident)], doing)
        return [mount.name for document in found for mount in container_info(document).mounts if mount.anonymous]

    def container(self, ident: str) -> str:
        """A container's name or id as a word."""
        return named(ident, "container", self.name)

    # -- started and stopped --------------------------------------------------------------------

    async def start_container(self, ident: str) -> None:
        doing = f"start the container {shown(ident)}"
        await self._line.change(["start", self.container(ident)], doing=doing, subject=ident)
        await self._remove_when_it_ends(ident)

    async def stop_container(self, ident: str, timeout: float | None = None) -> None:
        doing = f"stop the container {shown(ident)}"
        words = ["stop", *([] if timeout is None else [option("time", math.ceil(timeout))]), self.container(ident)]
        await self._line.change(words, doing=doing, subject=ident, extra_time=ENDING if timeout is None else timeout)

    async def _remove_when_it_ends(self, ident: str) -> None:
        found = await self._documents([self.container(ident)], f"start the container {shown(ident)}")
        labels = (found[0].get("Config") or {}).get("Labels") or {} if found else {}
        if REMOVE in labels:
            whole = str(found[0]["Id"])
            task = asyncio.ensure_future(self._remove_ended(whole))
            self._removals[whole] = task
            task.add_done_callback(lambda done: self._removals.pop(whole, None))

    async def _remove_ended(self, ident: str) -> None:
        try:
            self._codes[ident] = await self._wait(ident)
            while len(self._codes) > _CODES:
                self._codes.popitem(last=False)
            await self.remove_container(ident, force=True)
        except ContainerError:
            return  # Somebody removed it, or will be told so by what he asks next.

    async def aclose(self) -> None:
        tasks = list(self._removals.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    # -- waited for -----------------------------------------------------------------------------

    async def wait_container(self, ident: str, timeout: float | None = None) -> int:
        whole = ident
        with anyio.move_on_after(timeout):
            try:
                whole = await self._whole(ident)
                return await self._wait(whole)
            except NotFound:
                if (code := self._codes.get(whole)) is not None:
                    return code
                raise
        raise Timeout(f"{shown(ident)} has not ended", waitedFor=ident, seconds=timeout)

    async def _whole(self, ident: str) -> str:
        """A container's whole id, also of one that was removed as it ended."""
        if ident in self._codes:
            return ident
        return (await self.inspect_container(ident)).id

    async def _wait(self, ident: str) -> int:
        """The exit code of a run that has begun. The wait is its caller's to bound: a container may run for years."""
        doing = f"wait for the container {shown(ident)}"
        if (known := self._codes.get(ident)) is not None:
            return known
        said = await self._line.read(["wait", self.container(ident)], doing=doing, subject=ident, extra_time=_WITHOUT_END)
        text = last_line(said.stdout, doing=doing, backend=self.name)
        if not text.isdecimal():
            raise BackendError(f"{doing}: {text} is no exit code", backend=self.name, operation=doing, output=text)
        return int(text)

    # -- looked at ------------------------------------------------------------------------------

    async def list_containers(self, *, all: bool, labels: Labels | None = None) -> list[ContainerInfo]:
        doing = "list the containers"
        words = ["ps", "--no-trunc", "--format={{json .}}", *(["--all"] if all else []), *label_filters(labels)]
        idents = [str(row.get("ID") or "") for row in await self.rows(words, doing=doing)]
        found = map(container_info, await self._documents([ident for ident in idents if ident], doing))
        return [item.model_copy(update={"raw": None}) for item in found if carries(item.labels, labels)]

    async def inspect_container(self, ident: str) -> ContainerInfo:
        doing = f"inspect the container {shown(ident)}"
        return container_info(await self.one([*_INSPECT, self.container(ident)], doing=doing, subject=ident))

    async def _documents(self, idents: list[str], doing: str) -> list[dict[str, Any]]:
        return await self.described(_INSPECT, idents, doing=doing, gone="container")


_INSPECT = ("container", "inspect", "--mode=dockercompat")

__all__ = ["ENDING", "NerdctlContainers"]
