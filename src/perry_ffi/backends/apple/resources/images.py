"""Images. Each has a name; one that is asked for by its id is looked up among them.

Credentials are the user's keychain's, which the engine reads by itself: nothing of the user's is passed on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.backends.apple import words
from perry_ffi.backends.apple.characters import option
from perry_ffi.backends.apple.resources.containers import PULL_SECONDS, Containers
from perry_ffi.backends.apple.responses.fields import one, rows
from perry_ffi.backends.apple.responses.resources import image, listed_image
from perry_ffi.backends.command_line.arguments import image_named, shown
from perry_ffi.backends.contract.stream import AsyncProgress
from perry_ffi.errors import NotFound, Unsupported
from perry_ffi.model.reference import is_image_id

if TYPE_CHECKING:
    from perry_ffi.model.container import ContainerSpec
    from perry_ffi.model.image import ImageDetails, ImageInfo, PullOptions, PushOptions, RegistryOptions


class Images(Containers):
    """The image operations."""

    async def image_for(self, spec: ContainerSpec, doing: str) -> str:
        if is_image_id(spec.image):
            return await self._name_of(spec.image, doing)
        name = image_named(spec.image, self.name)
        if spec.pull_policy == "always":
            await self._pull(name, spec.platform, f"pull the image {shown(name)}")
        elif spec.pull_policy == "never":
            await self.inspect_image(name)
        return name

    async def _name_of(self, ident: str, doing: str) -> str:
        """A name of the image with an id: the engine finds none by that."""
        wanted = ident.removeprefix("sha256:")
        found = await self.line.read(["image", "list", words.JSON], doing=doing)
        for row in rows(found.stdout, doing):
            if image(row).id.removeprefix("sha256:") == wanted:
                return str(row["configuration"]["name"])
        raise NotFound(f"{doing}: no such image: {shown(ident)}", backend=self.name, operation=doing, subject=ident)

    async def _named_image(self, reference: str, doing: str) -> str:
        return await self._name_of(reference, doing) if is_image_id(reference) else image_named(reference, self.name)

    async def pull_image(self, reference: str, options: PullOptions, progress: AsyncProgress | None = None) -> None:
        doing = f"pull the image {shown(reference)}"
        self._refuse_credentials(options, "PullOptions")
        name = image_named(reference, self.name)
        if options.policy in ("missing", "if_not_present", "never"):
            if await self.image_id(name) is not None:
                return
            if options.policy == "never":
                raise NotFound(f"{doing}: it is not there, and is not to be pulled", backend=self.name, operation=doing)
        await self._pull(name, options.platform, doing)
        if progress is not None:
            await progress.report({"status": f"pulled {name}"})

    async def _pull(self, name: str, platform: str | None, doing: str) -> None:
        only = [option("platform", platform)] if platform else []
        argv = ["image", "pull", "--progress=none", *only, name]
        await self.line.read(argv, doing=doing, subject=name, extra_time=PULL_SECONDS)

    def _refuse_credentials(self, options: RegistryOptions, model: str) -> None:
        for member in ("username", "password", "identity_token"):
            if getattr(options, member) is not None:
                reason = "its credentials are those of the user's keychain"
                words.refuse(f"{model}.{member}", reason, "run: container registry login SERVER")

    async def push_image(self, reference: str, options: PushOptions, progress: AsyncProgress | None = None) -> None:
        doing = f"push the image {shown(reference)}"
        self._refuse_credentials(options, "PushOptions")
        name = image_named(reference, self.name)
        only = [option("platform", options.platform)] if options.platform else []
        argv = ["image", "push", "--progress=none", *only, name]
        await self.line.read(argv, doing=doing, subject=reference, extra_time=PULL_SECONDS)
        if progress is not None:
            await progress.report({"status": f"pushed {name}"})

    async def list_images(self) -> list[ImageInfo]:
        doing = "list the images"
        found = await self.line.read(["image", "list", words.JSON], doing=doing)
        return [listed_image(row) for row in rows(found.stdout, doing)]

    async def inspect_image(self, reference: str) -> ImageDetails:
        doing = f"inspect the image {shown(reference)}"
        name = await self._named_image(reference, doing)
        found = await self.line.read(["image", "inspect", name], doing=doing, subject=reference)
        return image(one(found.stdout, doing))

    async def remove_image(self, reference: str, *, force: bool = False) -> None:
        """It removes images of containers too, so ``force`` says nothing; without it one that is used is left alone."""
        doing = f"remove the image {shown(reference)}"
        found = await self.inspect_image(reference)
        if not force:
            await self._refuse_used(found, doing)
        name = await self._named_image(reference, doing)
        await self.line.change(["image", "delete", name], doing=doing, subject=reference)

    async def _refuse_used(self, found: ImageDetails, doing: str) -> None:
        from perry_ffi.errors import Conflict

        users = [row.name for row in await self.list_containers(all=True) if row.image_id == found.id]
        if users:
            raise Conflict(
                f"{doing}: {', '.join(sorted(users)[:10])} use it", backend=self.name, operation=doing, containers=users
            )

    async def tag_image(self, source: str, reference: str) -> None:
        doing = f"tag the image {shown(source)} as {shown(reference)}"
        if "@" in reference:
            raise Unsupported(f"{doing}: a digest is no name to give", member="reference", backend=self.name, reason="a digest")
        argv = ["image", "tag", await self._named_image(source, doing), image_named(reference, self.name)]
        await self.line.change(argv, doing=doing, subject=source)


__all__ = ["Images"]
