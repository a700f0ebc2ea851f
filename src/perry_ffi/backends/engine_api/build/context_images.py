"""The named contexts of a build as images that the engine holds: given ones, or a directory's files on nothing.

A directory's image has a name of the build's own and goes with it.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import anyio.to_thread

from perry_ffi.backends.engine_api.build.classic import Classic
from perry_ffi.backends.engine_api.build.context import BuildContext, directory_context
from perry_ffi.backends.engine_api.build.named_contexts import bases, staged
from perry_ffi.backends.engine_api.flavour import refuse_member
from perry_ffi.cancellation import finish
from perry_ffi.errors import ContainerError, Unsupported
from perry_ffi.model import reference, values
from perry_ffi.model.image import BuildSpec, PullOptions

PULLED, HELD = "docker-image://", "local-image://"
"""An image that is pulled where it is missing (or ``pull`` asks for it), and one that the engine has to hold."""
_REMOTE = ("git@", "github.com/", "service:", "target:")


class NamedContexts(Classic):
    """What ``additional_contexts`` of a build becomes before the builder sees it."""

    @asynccontextmanager
    async def _contexts(self, spec: BuildSpec, context: BuildContext) -> AsyncIterator[tuple[BuildSpec, BuildContext]]:
        """The build without named contexts: its Dockerfile has them as stages. Takes away what it made when it is done."""
        if not spec.additional_contexts:
            yield spec, context
            return
        made: list[str] = []
        try:
            images = {name: await self._image_of(spec, name, made) for name in spec.additional_contexts}
            yield await self._staged(spec, context, images)
        finally:
            if made:
                await finish(self._forget(made))

    async def _image_of(self, spec: BuildSpec, name: str, made: list[str]) -> str:
        value, member = spec.additional_contexts[name], f"BuildSpec.additional_contexts.{name}"
        for scheme in (PULLED, HELD):
            if value.startswith(scheme):
                return str(values.within(member, reference.image, value.removeprefix(scheme)))
        if "://" in value or value.startswith(_REMOTE):
            refuse_member(member, self.engine.flavour, "a context is a directory of this machine, or an image")
        return await self._directory_image(spec, name, value, made)

    async def _directory_image(self, spec: BuildSpec, name: str, directory: str, made: list[str]) -> str:
        doing = f"build the context {name} of an image"
        context = await anyio.to_thread.run_sync(directory_context, directory)
        image = f"localhost/perry-context:{secrets.token_hex(10)}"
        made.append(image)
        await self._classic(BuildSpec(platform=spec.platform), image, context, doing, None)
        return image

    async def _staged(self, spec: BuildSpec, context: BuildContext, images: Mapping[str, str]) -> tuple[BuildSpec, BuildContext]:
        found = staged(context.dockerfile_text(), list(images))
        arguments = {argument: images[name] for name, argument in found.arguments.items()}
        changes = {
            "additional_contexts": {}, "args": {**spec.args, **arguments}, "target": found.target(spec.target), "pull": False,
        }  # fmt: skip
        if spec.pull:
            given = [image for name, image in images.items() if spec.additional_contexts[name].startswith(PULLED)]
            await self._pull_bases(spec, found.text, given)
        return spec.model_copy(update=changes), context.with_dockerfile(found.text)

    async def _pull_bases(self, spec: BuildSpec, text: str, given: list[str]) -> None:
        """Pulls what ``pull`` would; the engine itself would ask registries for the images of contexts, too."""
        found = bases(text)
        if found is None:
            reason = "with additional_contexts and a FROM that holds a variable"
            raise Unsupported(f"BuildSpec.pull: not {reason}", member="BuildSpec.pull", backend=self.name, reason=reason)
        for image in [*given, *found]:
            await self.engine.pull_image(image, PullOptions(platform=spec.platform))

    async def _forget(self, images: list[str]) -> None:
        for image in images:
            try:
                await self.engine.remove_image(image)
            except ContainerError:
                continue  # It was not made, or the engine is gone: the build's own error is the one to tell.
