"""Builds: by its own builder, a machine that it starts for the first of them."""

from __future__ import annotations

import os
import secrets as random
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import anyio.to_thread

from perry_ffi.backends.apple import words
from perry_ffi.backends.apple.calls import AppleCalls
from perry_ffi.backends.command_line.arguments import encoded
from perry_ffi.backends.command_line.honoured import refuse_lacking
from perry_ffi.backends.command_line.reading import text_of
from perry_ffi.backends.contract.stream import AsyncProgress
from perry_ffi.errors import BackendError, NotFound, ValidationError

if TYPE_CHECKING:
    from perry_ffi.model.build_values import BuildSecret
    from perry_ffi.model.image import BuildSpec

BUILD_SECONDS = 3600.0
MAX_DOCKERFILE = 16 * 1024
"""Bytes: it refuses one that is as long."""
_LAST_LINES = 20
_NAMES = ("Dockerfile", "Containerfile")


class Builds(AppleCalls):
    """``op.build``"""

    async def build_image(self, spec: BuildSpec, tag: str | None, progress: AsyncProgress | None = None) -> str:
        doing = f"build {tag or 'an image'}"
        refuse_lacking("BuildSpec", spec, words.NAME)
        tags = [*([tag] if tag else []), *spec.tags] or [f"perry-build-{random.token_hex(8)}:latest"]
        with tempfile.TemporaryDirectory(prefix="perry-build-") as folder:
            dockerfile, files = await anyio.to_thread.run_sync(self._files, spec, Path(folder))
            argv = words.build(spec, tags, dockerfile, files)
            found = await self.line.ask(argv, doing=doing, extra_time=BUILD_SECONDS)
        said = text_of(found.stderr) + text_of(found.stdout)
        if found.exit_code:
            lines = said.strip().splitlines()[-_LAST_LINES:]
            raise BackendError(
                f"{doing}: {lines[-1] if lines else 'it failed and said nothing'}", backend=self.name, operation=doing,
                exitCode=found.exit_code, output="\n".join(lines) or None,
            )  # fmt: skip
        if progress is not None:
            for line in said.splitlines():
                await progress.report({"stream": f"{line}\n"})
        return (await self.inspect_image(tags[0])).id

    def _files(self, spec: BuildSpec, folder: Path) -> tuple[str, dict[str, str]]:
        """The Dockerfile and the secrets as files; blocking."""
        if not os.path.isdir(spec.context):
            raise NotFound(f"BuildSpec.context: there is no directory {spec.context}", path="BuildSpec.context")
        dockerfile = _dockerfile(spec, folder)
        with _readable(dockerfile):
            size = os.path.getsize(dockerfile)
        if size >= MAX_DOCKERFILE:
            reason = f"it takes no Dockerfile of {MAX_DOCKERFILE} bytes or more, and this one has {size}"
            words.refuse("BuildSpec.dockerfile", reason)
        return dockerfile, {item.id: self._secret(index, item, folder) for index, item in enumerate(spec.secrets)}

    def _secret(self, index: int, secret: BuildSecret, folder: Path) -> str:
        """A file with it, of this user alone."""
        where = secret.where or f"BuildSpec.secrets[{index}]"
        if secret.content is None and not secret.environment:
            if not _is_there(secret.file):
                raise NotFound(f"{where}: there is no file {secret.file}", path=where, file=secret.file)
            return os.path.abspath(secret.file)
        content = secret.content
        if content is None:
            environ: Mapping[str, str] = self.line.env
            if secret.environment not in environ:
                raise ValidationError(f"{where}: the variable {secret.environment} is not set", path=where)
            content = environ[secret.environment].encode("utf-8", "surrogateescape")
        path = folder / f"secret-{index}"
        path.touch(0o600)
        path.write_bytes(content)
        return str(path)


def _is_there(file: str) -> bool:
    return os.path.isfile(file)


def _dockerfile(spec: BuildSpec, folder: Path) -> str:
    if spec.dockerfile_inline is not None:
        path = folder / "Dockerfile"
        path.write_bytes(encoded(spec.dockerfile_inline, "BuildSpec.dockerfile_inline"))
        return str(path)
    if spec.dockerfile is not None:
        return os.path.abspath(os.path.join(spec.context, spec.dockerfile))
    found = (os.path.abspath(os.path.join(spec.context, name)) for name in _NAMES)
    return next((path for path in found if os.path.exists(path)), os.path.abspath(os.path.join(spec.context, _NAMES[0])))


@contextmanager
def _readable(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise NotFound(f"BuildSpec.dockerfile: {path}: {error.strerror}", path="BuildSpec.dockerfile", file=path) from None


__all__ = ["MAX_DOCKERFILE", "Builds"]
