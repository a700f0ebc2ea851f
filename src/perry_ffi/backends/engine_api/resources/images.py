"""The images that an engine holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perry_ffi.backends.engine_api.engine_client import EngineCalls, shown
from perry_ffi.backends.engine_api.responses.image import parse_image, parse_images
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.target import Reference
from perry_ffi.errors import NotFound, ValidationError
from perry_ffi.model.reference import parse_reference

if TYPE_CHECKING:
    from perry_ffi.model.image import ImageDetails, ImageInfo


class Images(EngineCalls):
    """The image operations that need no registry."""

    async def list_images(self) -> list[ImageInfo]:
        return parse_images(await self.ask_document(Request("GET", ("images", "json"), "list the images")))

    async def inspect_image(self, reference: str) -> ImageDetails:
        doing = f"inspect the image {shown(reference)}"
        request = Request("GET", ("images", Reference(reference), "json"), doing)
        return parse_image(await self.ask_document(request, subject=reference))

    async def remove_image(self, reference: str, *, force: bool = False) -> None:
        doing = f"remove the image {shown(reference)}"
        request = Request("DELETE", ("images", Reference(reference)), doing, query={"force": force}, patient=True)
        await self.ask(request, subject=reference)

    async def tag_image(self, source: str, reference: str) -> None:
        doing = f"tag the image {shown(source)} as {shown(reference)}"
        parts = parse_reference(reference)
        if parts.digest:
            raise ValidationError(f"{doing}: a digest is no name to give", path="reference", expected="a name with a tag")
        query = {"repo": reference.removesuffix(f":{parts.tag}") if parts.tag else reference, "tag": parts.tag_or_latest}
        await self.ask(Request("POST", ("images", Reference(source), "tag"), doing, query=query), subject=source)

    async def image_id(self, reference: str) -> str | None:
        try:
            return (await self.inspect_image(reference)).id
        except NotFound:
            return None
