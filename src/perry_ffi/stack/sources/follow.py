"""Follows the sources of a project: copies what changes into containers, restarts them, builds and replaces them."""

from __future__ import annotations

import asyncio
import io
import os
import tarfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from perry_ffi.errors import ContainerError, NotFound, Unsupported
from perry_ffi.model.container import ExecOptions
from perry_ffi.stack import images
from perry_ffi.stack.elsewhere import present_replicas
from perry_ffi.stack.inside import engine_with
from perry_ffi.stack.lifecycle import lifecycle
from perry_ffi.stack.options import Up
from perry_ffi.stack.sources.changes import Changes
from perry_ffi.stack.sources.rules import SYNCS, Rule, roots, rules_of
from perry_ffi.stack.translate.build import image_name
from perry_ffi.stack.up import up

if TYPE_CHECKING:
    from perry_ffi.compose.project import Project
    from perry_ffi.model.image import BuildSpec
    from perry_ffi.stack.context import StackContext
    from perry_ffi.stack.observed import Replica

PART_BYTES = 32 << 20
"""How much is sent at once."""

Tell = Callable[[str], object]


class Sources:
    """The sources of some services of a project. tell: hears what is done, a line each. prune: images that a build takes the name
    from go, unless something is made of them.
    """

    def __init__(
        self, context: StackContext, project: Project, services: Sequence[str] | None, tell: Tell, *, prune: bool = True
    ) -> None:
        """Raises what ``rules_of`` raises, and Unsupported for what an engine that keeps services cannot do."""
        self._context, self._project, self._tell, self._prune = context, project, tell, prune
        self._rules = rules_of(project, services, _dockerignores(project))
        if context.backend.services is not None:
            _refuse_restarts(self._rules)

    async def follow(self) -> None:
        """Until it is cancelled. What fails is told, and the next change is another attempt."""
        changes = Changes(roots(self._rules), lambda path: all(rule.skips(path) for rule in self._rules))
        try:
            found = await changes.open()
            initial = [rule for rule in self._rules if rule.initial and rule.action in SYNCS]
            await self._take_in(found, initial)
            names = sorted({rule.service for rule in self._rules})
            how = "" if changes.by_events else " by looking again and again: the kernel tells nothing of changes"
            self._tell(f"watching the sources of {', '.join(names)}{how}")
            while True:
                await self._take_in(await changes.next(), self._rules)
        finally:
            changes.close()

    async def _take_in(self, changed: Iterable[str], rules: Iterable[Rule]) -> None:
        """Does what the rules say of some changes, service by service. A service that is built anew needs no copies."""
        wanted: dict[str, list[tuple[Rule, list[str]]]] = {}
        paths = sorted(changed)
        for rule in rules:
            if own := [path for path in paths if rule.concerns(path)]:
                wanted.setdefault(rule.service, []).append((rule, own))
        for service, rows in wanted.items():
            try:
                if any(rule.action == "rebuild" for rule, _ in rows):
                    await self._rebuild(service)
                else:
                    await self._in_containers(service, rows)
            except ContainerError as error:
                self._tell(f"{service}: {error.message}")

    # -- copies, commands, restarts -------------------------------------------------------------------

    async def _in_containers(self, service: str, rows: list[tuple[Rule, list[str]]]) -> None:
        running = [r for r in await present_replicas(self._context, self._project.name) if r.service == service and r.running]
        for rule, paths in rows:
            if rule.action in SYNCS:
                for row in running:
                    await self._copy(row, rule, paths)
                self._tell(f"{service}: {_counted(paths)} to {rule.target}")
        for rule, _ in rows:
            if rule.action == "sync+exec":
                for row in running:
                    await self._run(row, rule)
        if any(rule.action in ("restart", "sync+restart") for rule, _ in rows):
            await lifecycle(self._context, self._project.name, self._project).restart([service], dependents=False)

    async def _copy(self, row: Replica, rule: Rule, paths: list[str]) -> None:
        backend = await engine_with(self._context, row)
        whole = rule.path in paths or not os.path.isdir(rule.path)
        folder = os.path.dirname(rule.target) if whole and not os.path.isdir(rule.path) else rule.target
        there = [path for path in paths if os.path.lexists(path)]
        for part in await asyncio.to_thread(lambda: list(_archives(there, rule, folder))):
            try:
                await backend.put_archive(row.id, folder, part)
            except NotFound:
                await self._command(row, ["mkdir", "-p", "--", folder])
                await backend.put_archive(row.id, folder, part)
        if gone := [rule.place(path) for path in paths if not os.path.lexists(path)]:
            await self._command(row, ["rm", "-rf", "--", *gone])

    async def _command(self, row: Replica, command: list[str]) -> None:
        """Raises ContainerError where it fails. As root: the files are of whoever the image has made them of."""
        backend = await engine_with(self._context, row)
        result = await backend.exec_container(row.id, command, ExecOptions(user="0"))
        if result.exit_code:
            said = (result.stderr or result.stdout).strip()
            raise ContainerError(f"{row.name}: {' '.join(command[:2])} ended with exit code {result.exit_code}: {said}")

    async def _run(self, row: Replica, rule: Rule) -> None:
        asked = rule.exec
        command = [str(word) for word in asked.get("command") or ()]
        options = ExecOptions(
            env=_environment(asked.get("environment")), workdir=asked.get("working_dir") or None,
            user=asked.get("user") or None, privileged=bool(asked.get("privileged")),
        )  # fmt: skip
        backend = await engine_with(self._context, row)
        result = await backend.exec_container(row.id, command, options)
        for line in (result.stdout + result.stderr).splitlines():
            self._tell(f"{row.name}: {line}")
        if result.exit_code:
            self._tell(f"{row.name}: {' '.join(command)} ended with exit code {result.exit_code}")

    # -- builds ---------------------------------------------------------------------------------------

    async def _rebuild(self, service: str) -> None:
        """Builds the image, and makes the containers of the service anew from it."""
        backend, image = self._context.backend, image_name(self._project.to_dict(), service)
        before = await backend.image_id(image)
        self._tell(f"{service}: its image is built anew")
        await images.build(self._context, self._project, [service], ignore=False, changed=_as_it_is)
        await up(self._context, self._project, Up(services=(service,), dependencies=False, tell_orphans=False))
        if self._prune and before is not None and before != await backend.image_id(image):
            with suppress(ContainerError):  # Another name, or a container that is not ours, keeps it.
                if not (await backend.inspect_image(before)).tags:
                    await backend.remove_image(before)


def _as_it_is(spec: BuildSpec) -> BuildSpec:
    return spec


def _environment(value: Any) -> dict[str, str]:
    rows = value.items() if isinstance(value, dict) else (str(row).partition("=")[::2] for row in value or ())
    return {str(name): str(text) for name, text in rows if text is not None}


def _archives(paths: Iterable[str], rule: Rule, folder: str) -> Iterator[bytes]:
    """The files as tar files for ``folder``, none much larger than a part."""
    part: list[str] = []
    size = 0
    for path in paths:
        part.append(path)
        with suppress(OSError):
            size += os.lstat(path).st_size
        if size >= PART_BYTES:
            yield _archive(part, rule, folder)
            part, size = [], 0
    if part:
        yield _archive(part, rule, folder)


def _archive(paths: Iterable[str], rule: Rule, folder: str) -> bytes:
    """What goes meanwhile is left out: its end is another change."""
    whole = io.BytesIO()
    with tarfile.open(fileobj=whole, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for path in paths:
            with suppress(OSError):
                about = tar.gettarinfo(path, os.path.relpath(rule.place(path), folder))
                about.uid = about.gid = 0
                about.uname = about.gname = ""
                if about.isreg():
                    with open(path, "rb") as file:
                        content = file.read()
                    about.size = len(content)
                    tar.addfile(about, io.BytesIO(content))
                else:
                    tar.addfile(about)
    return whole.getvalue()


def _refuse_restarts(rules: Iterable[Rule]) -> None:
    """Raises Unsupported where something is copied into what another one takes the place of at once."""
    for rule in rules:
        if rule.action == "sync+restart":
            member = f"services.{rule.service}.develop.watch"
            raise Unsupported(
                f"{member}: sync+restart: a task of a cluster is not started again: another one takes its place, without what was copied",
                member=member, service=rule.service, remedy="write sync+exec with what has the process read it, or rebuild",
            )  # fmt: skip


def _counted(paths: list[str]) -> str:
    return os.path.basename(paths[0]) if len(paths) == 1 else f"{len(paths)} files"


def _dockerignores(project: Project) -> dict[str, str]:
    """The text of the ``.dockerignore`` of each build."""
    found = {}
    for name, tree in project.services.items():
        if "build" in tree:
            with suppress(OSError, UnicodeDecodeError), open(os.path.join(tree["build"]["context"], ".dockerignore")) as file:
                found[name] = file.read()
    return found
