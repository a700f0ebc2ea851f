"""Which builder makes an image, and which names it gets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import anyio.to_thread

from perry_ffi.backends.contract.stream import AsyncProgress
from perry_ffi.backends.engine_api.build.buildkit.build import BuildKit
from perry_ffi.backends.engine_api.build.buildkit.choice import needs_buildkit
from perry_ffi.backends.engine_api.build.context import BuildContext, build_context
from perry_ffi.backends.engine_api.build.context_images import NamedContexts
from perry_ffi.backends.engine_api.build.upload import for_docker
from perry_ffi.backends.engine_api.requests.queries import build_tags, buildkit_can
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.target import Reference
from perry_ffi.model.reference import parse_reference

if TYPE_CHECKING:
    from perry_ffi.model.image import BuildSpec


class Builder(NamedContexts, BuildKit):
    """All that an engine builds with."""

    async def build(self, spec: BuildSpec, tag: str | None, progress: AsyncProgress | None) -> str:
        """The id of the image. Raises as ``Backend.build_image``."""
        doing = f"build {tag or 'an image'}"
        sent = await anyio.to_thread.run_sync(self._sent, spec)
        async with self._contexts(spec, sent) as (wanted, context):
            if await anyio.to_thread.run_sync(self._is_buildkit_s, wanted, context):
                image = await self._with_buildkit(wanted, tag, context, doing, progress)
            else:
                image = await self._classic(wanted, tag, context, doing, progress)
        for name in build_tags(spec, tag):
            await self._tag(image, name, doing)
        return image

    def _sent(self, spec: BuildSpec) -> BuildContext:
        return build_context(spec.context, spec.dockerfile, spec.dockerfile_inline, podman=self.engine.podman)

    def _is_buildkit_s(self, spec: BuildSpec, context: BuildContext) -> bool:
        if self.engine.podman:
            return False
        if needs_buildkit(spec, context.dockerfile_text()):
            return True
        return for_docker(context) is None and buildkit_can(spec, self.engine.version.api)

    async def _tag(self, image: str, name: str, doing: str) -> None:
        parts = parse_reference(name)
        query = {"repo": parts.repository, "tag": parts.tag_or_latest}
        await self.engine.ask(Request("POST", ("images", Reference(image), "tag"), doing, query=query), subject=name)
