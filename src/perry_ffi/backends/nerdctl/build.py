"""Builds, which nerdctl leaves to BuildKit by a program of its own, ``buildctl``."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.command_line.arguments import encoded, option, options, pairs, record
from perry_ffi.backends.command_line.honoured import refuse, refuse_lacking, refuse_odd_labels
from perry_ffi.backends.command_line.reading import text_of
from perry_ffi.backends.contract.images import ImageBuilds
from perry_ffi.backends.engine_api.build.secrets import read_secrets
from perry_ffi.backends.nerdctl.health import NerdctlHealth
from perry_ffi.backends.nerdctl.sayings import build_failure
from perry_ffi.errors import NotFound, ValidationError
from perry_ffi.model import reference, values

if TYPE_CHECKING:
    from perry_ffi.backends.contract.stream import AsyncProgress
    from perry_ffi.errors import ContainerError
    from perry_ffi.model.build_values import BuildAgent
    from perry_ffi.model.image import BuildSpec

BUILD = 4 * 3600.0
"""Seconds beyond its own bound that a build may take."""
_LAST_LINES = 20
HELD, _PULLED = "local-image://", ("docker-image://", "https://", "http://")
"""A context that is an image which the engine has to hold, and those that BuildKit fetches where they are not there."""


class NerdctlBuilds(NerdctlHealth, ImageBuilds):
    """Builds of this machine's directories."""

    async def build_image(self, spec: BuildSpec, tag: str | None, progress: AsyncProgress | None = None) -> str:
        refuse_odd_labels(spec.labels, "BuildSpec", self.name)
        refuse_lacking("BuildSpec", spec, self.name)
        doing = f"build {tag or spec.context}"
        inside = self.is_in_machine
        if inside:
            _refuse_files(spec, tag, self.name)
        await self._look_for_contexts(spec)
        names = [values.within("BuildSpec.tags", reference.image, name) for name in (tag, *spec.tags) if name] or [
            f"localhost/perry-build:{secrets.token_hex(10)}"
        ]
        with tempfile.TemporaryDirectory(prefix="perry-build-") as folder:
            words = await anyio.to_thread.run_sync(build_words, spec, names, Path.cwd(), Path(folder), self._line.env, inside)
            text = encoded(spec.dockerfile_inline or "", "BuildSpec.dockerfile_inline") if inside else b""
            said = await self._line.ask(words, doing=doing, stdin=text, extra_time=BUILD)
            lines = [line for line in text_of(said.stderr + said.stdout).split("\n") if line.strip()]
            for line in lines if progress is not None else ():
                if progress is not None:
                    await progress.report({"status": line})
            if said.exit_code != 0:
                error = self._build_failure(lines, doing, tag, said.exit_code)
                if why := self.unread(words[-1]):
                    error.details.setdefault("remedy", f"move the context: {why}")
                raise error
        return (await self.inspect_image(names[0])).id  # What its builder tells is a manifest's id, by which none is inspected.

    def _build_failure(self, lines: Sequence[str], doing: str, tag: str | None, exit_code: int) -> ContainerError:
        """Of the kind that the builder's last word tells: what steps say tells none."""
        last = "\n".join(lines[-_LAST_LINES:])
        return self._line.sayings.refusal(
            last, doing=doing, backend=self.name, subject=tag, exit_code=exit_code, by=build_failure(lines)
        )

    async def _look_for_contexts(self, spec: BuildSpec) -> None:
        """Raises NotFound for an image that is not there: its builder would ask registries for it, as it would with ``pull``."""
        for name, value in spec.additional_contexts.items():
            if value.startswith(HELD):
                await self.inspect_image(value.removeprefix(HELD))
                if spec.pull:
                    reason = "its builder would ask registries for the image of a context, too"
                    refuse(f"BuildSpec.additional_contexts.{name}", self.name, f"{reason}: build without pull")


def _refuse_files(spec: BuildSpec, tag: str | None, backend: str) -> None:
    """What goes by files of this build alone, which a machine does not see."""
    files = "its builder is in a virtual machine, and sees no file that is written for one build"
    for member in ("secrets", "ssh"):
        if getattr(spec, member):
            refuse(f"BuildSpec.{member}", backend, files)
    if not tag and not spec.tags:
        refuse("BuildSpec.tags", backend, f"an image without a name cannot be found again: {files}")


def build_words(
    spec: BuildSpec, names: Sequence[str], directory: Path, folder: Path, environ: Mapping[str, str], inside: bool = False
) -> list[str]:
    """All of the command behind ``nerdctl``. names: of the image. directory: relative paths begin there; folder: of this build alone; environ: where
    secrets may be; inside: nerdctl is in a machine that does not see ``folder``, and gets an inline Dockerfile on its input.
    Reads and writes files; blocking.
    """
    context = Path(os.path.normpath(directory / spec.context))
    if not context.is_dir():
        raise NotFound(f"build: there is no directory {context}", file=str(context), path="BuildSpec.context")
    words = ["build", "--progress=plain"]
    by_input = inside and spec.dockerfile_inline is not None
    words.append(option("file", "-" if by_input else _dockerfile(spec, context, folder)))
    words += options("tag", names)
    words += pairs("build-arg", spec.args) + pairs("label", spec.labels)
    platform = record([spec.platform], "BuildSpec.platform") if spec.platform else ""
    said = {"target": spec.target, "network": spec.network, "platform": platform}
    words += [option(flag, value) for flag, value in said.items() if value]
    words += ["--no-cache"] if spec.no_cache else []
    words += ["--pull"] if spec.pull else []
    words += options("cache-from", spec.cache_from) + options("cache-to", spec.cache_to)
    words += options("allow", spec.entitlements) + options("add-host", spec.extra_hosts)
    words += _secrets(read_secrets(spec.secrets, environ), folder)
    words += options("ssh", map(_agent, spec.ssh))
    words += pairs("build-context", {name: _context(name, value, directory) for name, value in spec.additional_contexts.items()})
    return [*words, str(context)]


def _context(name: str, value: str, directory: Path) -> str:
    """A named context as nerdctl takes it. Its builder finds the images of its own namespace before it asks registries."""
    if value.startswith(HELD):
        return f"docker-image://{value.removeprefix(HELD)}"
    if value.startswith(_PULLED):
        return value
    path = Path(os.path.normpath(directory / value))
    if not path.is_dir():
        raise NotFound(f"build: there is no directory {path}", file=str(path), path=f"BuildSpec.additional_contexts.{name}")
    return str(path)


def _dockerfile(spec: BuildSpec, context: Path, folder: Path) -> Path:
    if spec.dockerfile_inline is not None:
        path = folder / "Dockerfile"
        path.write_bytes(encoded(spec.dockerfile_inline, "BuildSpec.dockerfile_inline"))
        return path
    names = [spec.dockerfile] if spec.dockerfile else ["Dockerfile", "Containerfile"]
    for name in names:
        if (context / name).is_file():
            return context / name
    raise NotFound(f"build: there is no {names[0]} in {context}", file=str(context / names[0]), path="BuildSpec.dockerfile")


def _secrets(contents: Mapping[str, bytes], folder: Path) -> list[str]:
    """Each in a file of its own that nobody else can read, for as long as the build takes."""
    words = []
    for index, (ident, content) in enumerate(contents.items()):
        path = folder / f"secret-{index}"
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        words.append(option("secret", record([f"id={ident}", f"src={path}"], "secrets")))
    return words


def _agent(agent: BuildAgent) -> str:
    """``id[=socket]``: what stands behind a comma would be another socket."""
    if "=" in agent.id or "," in agent.socket:
        where = agent.where or "BuildSpec.ssh"
        raise ValidationError(f"{where}: expected an id without = and a path without ,", path=where, expected="a path without ,")
    return f"{agent.id}={agent.socket}" if agent.socket else agent.id


__all__ = ["NerdctlBuilds", "build_words"]
