"""Containers: their creation, their runs, and their removal."""

from __future__ import annotations

import math
import os
import socket
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio
import anyio.to_thread

from perry_ffi.backends.apple import kept, words
from perry_ffi.backends.apple.calls import carries
from perry_ffi.backends.apple.characters import option
from perry_ffi.backends.apple.resources.names import Names
from perry_ffi.backends.apple.responses.container import container
from perry_ffi.backends.apple.responses.fields import rows
from perry_ffi.backends.apple.runs import is_over
from perry_ffi.backends.command_line.arguments import encoded, shown
from perry_ffi.backends.command_line.honoured import of_service, refuse_container
from perry_ffi.backends.command_line.reading import text_of
from perry_ffi.backends.contract.stream import Labels
from perry_ffi.cancellation import all_or_nothing
from perry_ffi.errors import Conflict, NotFound, Timeout, Unsupported
from perry_ffi.model.container_info import LIVE
from perry_ffi.model.reference import default_name

if TYPE_CHECKING:
    from perry_ffi.backends.apple.runs import Run
    from perry_ffi.model.container import ContainerHandle, ContainerInfo, ContainerSpec, ExecOptions, ExecResult
    from perry_ffi.model.mounts import Mount
    from perry_ffi.model.ports import Port

STOP_SECONDS = 10
"""Between the signal and the kill where nobody says it, as on other engines; its own would be 5."""
END_SECONDS = 0.25
"""Between two looks at a container that somebody else started, and whose end is waited for."""
PULL_SECONDS = 1800.0
"""A creation may pull."""
_FOR_EVER = 2**31 - 1
ENDING = ("SIGKILL", "KILL", "9")
"""Signals after which a container is not started again for its policy."""


class Containers(Names):
    """The container operations."""

    lists_health = False

    async def check_container(self, spec: ContainerSpec) -> None:
        self.line.argv(words.create(_chosen(_honoured(spec), self._port), spec.name or default_name(spec.image), "image", None))

    async def create_container(self, spec: ContainerSpec) -> ContainerHandle:
        doing = f"create the container {shown(spec.name or spec.image)}"
        await self.check_container(spec)
        asked, spec = spec, _honoured(spec)
        name = spec.name or default_name(spec.image)
        image = await self.image_for(spec, doing)
        whole = _chosen(spec, self._port)
        argv = words.create(whole, name, image, kept.written(asked.model_copy(update={"name": name})))
        await anyio.to_thread.run_sync(_make_sources, spec.volumes)
        return await all_or_nothing(self._create(argv, words.parted(whole.env)[0], name, doing), self._discard)

    async def image_for(self, spec: ContainerSpec, doing: str) -> str:
        """The name of the spec's image, which is there if ``pull_policy`` says so."""
        raise NotImplementedError

    def _port(self) -> int:
        """A port of this machine that is free at the moment: the engine chooses none."""
        with socket.socket() as free:
            free.bind(("", 0))
            return int(free.getsockname()[1])

    async def _create(self, argv: Sequence[str], variables: str, name: str, doing: str) -> ContainerHandle:
        from perry_ffi.model.container import ContainerHandle

        await self.line.change(argv, doing=doing, subject=name, extra_time=PULL_SECONDS, variables=variables)
        self.restarts.forget(name)
        self.runs.drop(name)
        self.checks.pop(name, None)
        return ContainerHandle(id=name, name=name)

    async def _discard(self, handle: ContainerHandle) -> None:
        try:
            await self.remove_container(handle.id, force=True)
        except NotFound:
            return

    async def start_container(self, ident: str) -> None:
        doing = f"start the container {shown(ident)}"
        info = await self.look(ident, doing)
        if info.status in LIVE:
            return
        run = await self.runs.begin(info, doing)
        self.restarts.watch(info, run)
        spec = self.kept_of(info)
        if spec is not None and spec.rm:
            self.tidying.start(self._tidied(run, [mount.name for mount in info.mounts if mount.anonymous]))
        await self.spread_names(info.id)

    async def _tidied(self, run: Run, volumes: Sequence[str]) -> None:
        """Of a container that goes as it ends the engine keeps the volumes that nobody named."""
        await run.over.wait()
        for volume in volumes:
            await self._let_go(volume)

    async def stop_container(self, ident: str, timeout: float | None = None) -> None:
        doing = f"stop the container {shown(ident)}"
        info = await self.look(ident, doing)
        self.restarts.forget(info.id)
        if info.status not in LIVE:
            return
        spec = self.kept_of(info)
        seconds = (
            timeout if timeout is not None else spec.stop_timeout if spec and spec.stop_timeout is not None else STOP_SECONDS
        )
        whole = math.ceil(seconds) if 0 <= seconds < _FOR_EVER else _FOR_EVER
        signal = [option("signal", spec.stop_signal)] if spec and spec.stop_signal else []
        await self.line.change(["stop", f"--time={whole}", *signal, info.id], doing=doing, subject=ident, extra_time=whole)
        await self._until_over(info.id)

    async def _until_over(self, name: str) -> None:
        """Until the code of a run that was begun here has come, which it does a moment after the end."""
        run = self.runs.of(name)
        if run is not None:
            with anyio.move_on_after(self.line.timeout):
                await run.over.wait()

    async def remove_container(self, ident: str, *, force: bool = False, volumes: bool = True) -> None:
        doing = f"remove the container {shown(ident)}"
        info = await self.look(ident, doing)
        if force and info.stopping:
            await self._until_stopped(info.id)
        own = [mount.name for mount in info.mounts if mount.anonymous] if volumes else []
        if force or info.status not in LIVE:
            self.restarts.forget(info.id)
        await self.line.change(["delete", *(["--force"] if force else []), info.id], doing=doing, subject=ident)
        await self._until_over(info.id)
        for volume in own:
            await self._let_go(volume)

    async def _until_stopped(self, name: str) -> None:
        """It refuses to remove one that is being stopped, by force too."""
        for _ in range(math.ceil(self.line.timeout / END_SECONDS)):
            if not (await self.look(name)).stopping:
                return
            await anyio.sleep(END_SECONDS)

    async def _let_go(self, volume: str) -> None:
        try:
            await self.line.change(["volume", "delete", volume], doing=f"remove the volume {volume}", subject=volume)
        except (NotFound, Conflict):
            return  # Another container mounts it, or it is gone.

    async def list_containers(self, *, all: bool, labels: Labels | None = None) -> list[ContainerInfo]:
        doing = "list the containers"
        found = await self.line.read(["list", *(["--all"] if all else []), words.JSON], doing=doing)
        infos = [self.runs.known(container(row)) for row in rows(found.stdout, doing)]
        return [info for info in infos if (all or info.status in LIVE) and carries(info.labels, labels)]

    async def inspect_container(self, ident: str) -> ContainerInfo:
        return await self.look(ident)

    async def container_spec(self, ident: str) -> ContainerSpec:
        info = await self.look(ident, f"read the specification of the container {shown(ident)}")
        spec = self.kept_of(info)
        if spec is None:
            reason = "it was not made by this library, or its specification is too long for a label"
            raise Unsupported(f"container_spec: {reason}", member="container_spec", backend=self.name, reason=reason)
        own = {mount.target: mount.name for mount in info.mounts if mount.anonymous}
        volumes = [replace(mount, source=own.get(mount.target, mount.source)) for mount in spec.volumes]
        return spec.model_copy(update={"volumes": volumes})

    async def wait_container(self, ident: str, timeout: float | None = None) -> int:
        doing = f"wait for the container {shown(ident)}"
        with anyio.move_on_after(timeout):
            return await self._wait(ident, doing)
        raise Timeout(f"{doing}: it has not ended", backend=self.name, waitedFor=ident, seconds=timeout)

    async def _wait(self, ident: str, doing: str) -> int:
        while True:
            run = self.runs.of(ident)
            try:
                info = await self.look(ident, doing)
            except NotFound:
                if run is None or (code := await self._ended(run)) is None:
                    raise
                return code
            if run is not None and run.started == info.started_at:
                await run.over.wait()
                return self._known(run.code, info, doing)
            if info.status == "created" and run is None:
                raise Conflict(f"{doing}: it was never started", backend=self.name, operation=doing, subject=ident)
            if is_over(info) and run is self.runs.of(ident) and (run is None or run.started is not None):
                return self._known(None, info, doing)
            await anyio.sleep(END_SECONDS)  # Somebody else started it, or it is being started here at this moment.

    async def _ended(self, run: Run) -> int | None:
        """The code of a run whose container is gone: it comes a moment later."""
        with anyio.move_on_after(self.line.timeout):
            await run.over.wait()
        return run.code

    def _known(self, code: int | None, info: ContainerInfo, doing: str) -> int:
        if code is not None:
            return code
        raise NotFound(
            f"{doing}: it has ended, and nobody knows its exit code: the engine tells it only to the program that started it",
            backend=self.name, operation=doing, subject=info.name,
        )  # fmt: skip

    async def exec_container(self, ident: str, command: Sequence[str], options: ExecOptions) -> ExecResult:
        from perry_ffi.model.container import ExecResult

        doing = f"run a command in the container {shown(ident)}"
        if options.privileged:
            words.refuse("ExecOptions.privileged", "it has no privileged commands")
        info = await self.look(ident, doing)
        if info.status != "running":
            raise Conflict(f"{doing}: it does not run", backend=self.name, operation=doing, subject=ident)
        argv, text = words.execute(info.id, command, options), encoded(options.stdin or "", "stdin")
        variables = words.parted(options.env)[0]
        found = await self.line.ask(argv, doing=doing, stdin=text, extra_time=_FOR_EVER, variables=variables)
        await self._refused(found.exit_code, text_of(found.stderr), info.id, doing)
        return ExecResult(stdout=text_of(found.stdout), stderr=text_of(found.stderr), exit_code=found.exit_code)

    async def _refused(self, code: int, said: str, name: str, doing: str) -> None:
        """Raises what the engine says where the command did not run at all: it ended meanwhile, or was never taken."""
        if code in (1, 64) and said.startswith("Error: ") and self.line.sayings.of(said) is not None:
            raise self.line.sayings.refusal(
                self.line.read_error(said), doing=doing, backend=self.name, subject=name, exit_code=code
            )

    async def kill_container(self, ident: str, signal: str = "SIGKILL") -> None:
        doing = f"send {shown(signal)} to the container {shown(ident)}"
        info = await self.look(ident, doing)
        if info.status not in LIVE:
            raise Conflict(f"{doing}: it does not run", backend=self.name, operation=doing, subject=ident)
        if signal in ENDING:
            self.restarts.forget(info.id)
        await self.line.change(["kill", option("signal", signal), info.id], doing=doing, subject=ident)


def _honoured(spec: ContainerSpec) -> ContainerSpec:
    """``spec``; of a project's service what is left of it. Unsupported for the first member that is refused."""
    from perry_ffi.model.service import ServiceSpec

    left = of_service(spec, words.NAME) if isinstance(spec, ServiceSpec) else spec
    refuse_container(left, words.NAME)
    return left


def _chosen(spec: ContainerSpec, free: object) -> ContainerSpec:
    """``spec`` with a port of this machine for each that is to be published somewhere."""
    assert callable(free)
    ports: list[Port] = [port if port.published else replace(port, published=str(free())) for port in spec.ports]
    return spec.model_copy(update={"ports": ports})


def _make_sources(mounts: Sequence[Mount]) -> None:
    """Makes the folders that are missing of those that are mounted, as other engines do; blocking."""
    for mount in mounts:
        if mount.type == "bind" and mount.create_host_path:
            try:
                os.makedirs(mount.source, exist_ok=True)
            except OSError:
                continue  # A file is there, or it may not be made: then the engine says so.


__all__ = ["PULL_SECONDS", "Containers"]
