"""Images: those that are there, and the ways to and from registries."""

from __future__ import annotations

import base64
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import anyio

from perry_ffi.backends.command_line.arguments import encoded, image_named, option, record, shown
from perry_ffi.backends.command_line.honoured import refuse
from perry_ffi.backends.command_line.reading import text_of
from perry_ffi.backends.contract.images import ImageNames, ImagePushes, is_enough
from perry_ffi.backends.contract.stream import AsyncProgress
from perry_ffi.backends.engine_api.responses.image import matches_platform, parse_image
from perry_ffi.backends.nerdctl.calls import NerdctlCalls
from perry_ffi.errors import NotFound, ValidationError
from perry_ffi.model.image_info import ImageInfo
from perry_ffi.model.reference import is_image_id, parse_reference
from perry_ffi.registry.credentials import HUB, HUB_KEY

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.model.image import PullOptions, PushOptions, RegistryOptions
    from perry_ffi.model.image_info import ImageDetails

TRANSFER = 3600.0
"""Seconds beyond its own bound that a transfer may take."""
_INSPECT = ("image", "inspect", "--mode=dockercompat")
_NONE = "<none>"


class NerdctlImages(NerdctlCalls, ImageNames, ImagePushes):
    """The image operations but builds."""

    async def list_images(self) -> list[ImageInfo]:
        doing = "list the images"
        rows = await self.rows(["images", "--no-trunc", "--format={{json .}}"], doing=doing)
        names = [f"{row.get('Repository')}:{row.get('Tag')}" for row in rows]
        known = [name for name in dict.fromkeys(names) if _NONE not in name]
        found = map(parse_image, await self.described(_INSPECT, known, doing=doing, gone="image"))
        return list({(item.id, tag): _named(item, tag) for item in found for tag in item.tags or [_NONE]}.values())

    async def inspect_image(self, reference: str) -> ImageDetails:
        doing = f"inspect the image {shown(reference)}"
        return parse_image(await self.one([*_INSPECT, image_named(reference, self.name)], doing=doing, subject=reference))

    async def remove_image(self, reference: str, *, force: bool = False) -> None:
        words = ["rmi", *(["--force"] if force else []), image_named(reference, self.name)]
        await self.inspect_image(reference)  # By force it removes nothing with success.
        await self._line.change(words, doing=f"remove the image {shown(reference)}", subject=reference)

    async def image_id(self, reference: str) -> str | None:
        try:
            return (await self.inspect_image(reference)).id
        except NotFound:
            return None

    async def tag_image(self, source: str, reference: str) -> None:
        doing = f"tag the image {shown(source)} as {shown(reference)}"
        if parse_reference(reference).digest:
            raise ValidationError(f"{doing}: a digest is no name to give", path="reference", expected="a name with a tag")
        words = ["tag", image_named(source, self.name), image_named(reference, self.name)]
        await self._line.change(words, doing=doing, subject=source)

    async def image_for(self, spec: ContainerSpec) -> ImageDetails:
        """The image of a container that is to be created, pulled where the spec says so, and of its platform."""
        from perry_ffi.model.image import PullOptions

        policy = "never" if is_image_id(spec.image) else spec.pull_policy or "missing"
        if policy == "never":
            return self._of_platform(await self.inspect_image(spec.image), spec)
        if policy != "always":
            with suppress(NotFound):
                return self._of_platform(await self.inspect_image(spec.image), spec)
        await self.pull_image(spec.image, PullOptions(platform=spec.platform))
        return self._of_platform(await self.inspect_image(spec.image), spec)

    def _of_platform(self, found: ImageDetails, spec: ContainerSpec) -> ImageDetails:
        """``found``, unless it is for another platform than the spec's: nerdctl pulls and runs any."""
        if spec.platform and not matches_platform(found, spec.platform):
            raise NotFound(
                f"the image {shown(spec.image)} is for {found.os}/{found.architecture}, not for {spec.platform}",
                backend=self.name, subject=spec.image,
            )  # fmt: skip
        return found

    # -- registries -----------------------------------------------------------------------------

    async def pull_image(self, reference: str, options: PullOptions, progress: AsyncProgress | None = None) -> None:
        there = partial(self._is_there, reference)
        if await is_enough(options.policy, there, reference, told=shown(reference), backend=self.name):
            return
        platform = [option("platform", record([options.platform], "platform"))] if options.platform else []
        words = ["pull", *platform, image_named(reference, self.name)]
        await self._transfer(words, reference, options, progress, doing=f"pull {shown(reference)}")

    async def _is_there(self, reference: str) -> bool:
        return await self.image_id(reference) is not None

    async def push_image(self, reference: str, options: PushOptions, progress: AsyncProgress | None = None) -> None:
        if parse_reference(reference).digest:
            raise ValidationError(
                f"{shown(reference)}: a digest cannot be pushed", path="reference", expected="a name with a tag"
            )
        platform = [option("platform", record([options.platform], "platform"))] if options.platform else []
        words = ["push", *platform, image_named(reference, self.name)]
        await self._transfer(words, reference, options, progress, doing=f"push {shown(reference)}")

    async def _transfer(
        self, words: Sequence[str], reference: str, options: RegistryOptions, progress: AsyncProgress | None, *, doing: str
    ) -> None:
        """With the user's own credentials, which nerdctl finds itself, or with those that were given, in a folder of its own. One in
        a machine finds those that are kept there, and sees no such folder.
        """
        if self.is_in_machine and (options.username or options.identity_token):
            refuse(
                f"{type(options).__name__}.{'username' if options.username else 'identity_token'}", self.name,
                f"its nerdctl is in a virtual machine, and takes the credentials that it has there: {self.address} login",
            )  # fmt: skip
        with await anyio.to_thread.run_sync(_credentials, reference, options) as folder:
            line = replace(self._line, env={**self._line.env, "DOCKER_CONFIG": folder}) if folder else self._line
            said = await line.read(words, doing=doing, subject=reference, extra_time=TRANSFER)
        for text in text_of(said.stderr + said.stdout).split("\n") if progress is not None else ():
            if text.strip() and progress is not None:
                await progress.report({"status": text.strip()})


@contextmanager
def _folder(config: Mapping[str, object]) -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="perry-auth-") as folder:
        with open(os.open(os.path.join(folder, "config.json"), os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            json.dump(config, file)
        yield folder


@contextmanager
def _credentials(reference: str, options: RegistryOptions) -> Iterator[str]:
    """A folder for ``DOCKER_CONFIG`` with the credentials that were given; empty where none were."""
    if not options.username and not options.identity_token:
        yield ""
        return
    registry = parse_reference(reference).registry
    entry = {"auth": base64.b64encode(encoded(f"{options.username or ''}:{options.password or ''}", "password")).decode()}
    if options.identity_token:
        entry["identitytoken"] = options.identity_token
    with _folder({"auths": {HUB_KEY if registry == HUB else registry: entry}}) as folder:
        yield folder


def _named(image: ImageDetails, tag: str) -> ImageInfo:
    repository, _, name = tag.rpartition(":") if tag != _NONE else (_NONE, "", _NONE)
    return ImageInfo(id=image.id, repository=repository, tag=name, size=image.size, created=image.created)


__all__ = ["NerdctlImages"]
