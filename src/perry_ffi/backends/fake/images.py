"""Images of the engine in memory."""

from __future__ import annotations

from datetime import UTC, datetime

from perry_ffi.backends.contract.stream import AsyncProgress
from perry_ffi.backends.fake.calls import STEP, FakeCalls
from perry_ffi.errors import Conflict, NotFound
from perry_ffi.model.image import BuildSpec, ImageDetails, ImageInfo, PullOptions, PushOptions


class FakeImages(FakeCalls):
    """The core's images."""

    async def pull_image(self, reference: str, options: PullOptions, progress: AsyncProgress | None = None) -> None:
        async with self.call("pull_image", reference, write=True) as world:
            if reference not in world.remote:
                raise NotFound(f"no registry has {reference}", backend=self.name, subject=reference)
            world.tagged.pop(reference, None)
            if reference in world.published:
                name = world.published[reference]
                ident = world.find_image(name) or world.make_image(reference)
                if "@" not in reference:
                    world.name_image(ident, reference)
                world.digests.setdefault(ident, []).extend({name}.difference(world.digests.get(ident, ())))
            elif reference not in world.images:
                world.make_image(reference)
        if progress is not None:
            await progress.report({"status": "Pull complete"})

    async def list_images(self) -> list[ImageInfo]:
        async with self.call("list_images") as world:
            pairs = [(name.rpartition(":") if ":" in name else (name, "", "latest"), i) for name, i in world.images.items()]
            pairs += [(("", "", ""), ident) for ident in sorted(world.unnamed)]
            return [ImageInfo(id=i, repository=n[0], tag=n[2], size=0, created=STEP) for n, i in pairs]

    async def inspect_image(self, reference: str) -> ImageDetails:
        async with self.call("inspect_image", reference):
            ident = self._image(reference)
            names = [name for name, found in self.world.images.items() if found == ident]
            tagged = self.world.tagged.get(reference, "")
            digests = self.world.digests.get(ident, [])
            return ImageDetails(id=ident, tags=names, digests=digests, size=0, created=STEP, tagged_at=tagged)

    async def remove_image(self, reference: str, *, force: bool = False) -> None:
        async with self.call("remove_image", reference, write=True) as world:
            ident = self._image(reference)
            last = list(world.images.values()).count(ident) <= 1
            if not force and last and any(box.image_id == ident for box in world.boxes.values()):
                raise Conflict(f"{reference} is in use", backend=self.name)
            world.images = {name: found for name, found in world.images.items() if name != reference}
            world.unnamed.discard(ident)

    async def image_id(self, reference: str) -> str | None:
        async with self.call("image_id", reference) as world:
            return world.find_image(reference)

    def _image(self, reference: str) -> str:
        found = self.world.find_image(reference)
        if found is None:
            raise NotFound(f"no such image: {reference}", backend=self.name, subject=reference)
        return found


class FakeImageWork(FakeImages):
    """Images are named, built and pushed."""

    async def tag_image(self, source: str, reference: str) -> None:
        async with self.call("tag_image", reference, write=True) as world:
            world.name_image(self._image(source), reference)
            world.tagged[reference] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    async def build_image(self, spec: BuildSpec, tag: str | None, progress: AsyncProgress | None = None) -> str:
        async with self.call("build_image", tag or "", write=True) as world:
            ident = world.make_image(tag or "built")
            for other in spec.tags:
                world.name_image(ident, other)
        if progress is not None:
            await progress.report({"text": "built\n"})
        return ident

    async def push_image(self, reference: str, options: PushOptions, progress: AsyncProgress | None = None) -> None:
        async with self.call("push_image", reference, write=True) as world:
            self._image(reference)
            world.remote.add(reference)


__all__ = ["FakeImageWork", "FakeImages"]
