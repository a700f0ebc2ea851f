"""The build operation. What builds is loaded by the first build."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.backends.contract.stream import AsyncProgress
from perry_ffi.backends.engine_api.engine_client import EngineCalls

if TYPE_CHECKING:
    from perry_ffi.model.image import BuildSpec


class Build(EngineCalls):
    """Images from directories."""

    async def build_image(self, spec: BuildSpec, tag: str | None, progress: AsyncProgress | None = None) -> str:
        from perry_ffi.backends.engine_api.build.builder import Builder

        with self.by_own_name():
            return await Builder(self).build(spec, tag, progress)
