"""Hooks of a service: commands inside its containers, and containers of their own that run before it starts."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import ContainerError
from perry_ffi.runtime.action import EngineAction
from perry_ffi.stack.project_run import ProjectAction, ProjectRun

if TYPE_CHECKING:
    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.runtime.run import Run
    from perry_ffi.stack.translate.hooks import Hook


@dataclass(frozen=True)
class HookOf:
    """One hook of a service, which is read when it is run: what is wrong with it stands in the way of nothing before."""

    service: str
    tree: Mapping[str, Any] = field(repr=False)
    kind: str
    index: int

    @property
    def which(self) -> str:
        """Its place, as ``post_start[0]``."""
        return f"{self.kind}[{self.index}]"

    @property
    def per_replica(self) -> bool:
        """Whether each container has a run of its own."""
        return bool((self.tree.get(self.kind) or ())[self.index].get("per_replica"))

    def read(self) -> Hook:
        """Raises ValidationError with the path inside the project."""
        from perry_ffi.stack.translate.hooks import hooks

        found: tuple[Hook, ...] = getattr(hooks({"services": {self.service: self.tree}}, self.service), self.kind)
        return found[self.index]


@dataclass(frozen=True, repr=False, eq=False)
class RunHook(EngineAction):
    """A ``post_start`` or ``pre_stop`` hook. ident: of a container that was there before."""

    name = "run hook"
    hook: HookOf
    ident: str | None = None

    async def perform(self, run: Run) -> None:
        from perry_ffi.stack.hooks import run_hook

        await run_hook(run.backend, self.ident or self.target, self.hook.read(), self.owner or "", self.hook.which)


@dataclass(frozen=True, repr=False, eq=False)
class RunInitHook(ProjectAction):
    """A ``pre_start`` hook, in a container of its own."""

    name = "run hook"
    hook: HookOf

    async def perform(self, project: ProjectRun) -> None:
        from perry_ffi.runtime.readiness import started
        from perry_ffi.stack.delivery import put_files
        from perry_ffi.stack.hooks import hook_failed

        run, service = project.run, self.owner or ""
        # One of its own for each up: what a killed one left does not stand in the way.
        name = f"{self.target}-pre_start-{self.hook.index}-{run.undo.transaction[:8]}"
        spec = await project.specs.init_container(service, name, self.hook.read())
        with run.undo.container(name).asked():
            created = await run.backend.create_container(spec)
        await put_files(run.backend, created.id, project.mounts.get(service, ()))
        ending = await run.backend.wait_exit(created.id)
        try:
            await started(run.backend, created.id, service, name, run.naming)
            code = await ending.exit_code(run.wait_timeout)
        finally:
            await ending.aclose()
        if code:
            raise hook_failed(service, self.hook.which, code, await _said(run.backend, created.id))
        await run.backend.remove_container(created.id, force=True)


async def _said(backend: Backend, ident: str) -> str:
    """The last lines of a container; nothing where they cannot be read, which is no reason to hide that it failed."""
    from perry_ffi.model.container import LogOptions

    with suppress(ContainerError):
        logs = await backend.container_logs(ident, LogOptions(tail=20))
        return logs.stdout + logs.stderr
    return ""
