"""Images: build, pull, push, list, inspect, remove."""

from __future__ import annotations

from perry_ffi.api.arguments import need, optional, required
from perry_ffi.api.session import Session
from perry_ffi.model.base import decode
from perry_ffi.model.image import BuildResult, BuildSpec, ImageDetails, ImageInfo, PullOptions, PushOptions


async def build(session: Session, spec: bytes | None, tag: str | None) -> BuildResult:
    wanted = required(BuildSpec, spec, "BuildSpec")
    name = optional(tag, "imageName")
    ident = await (await session.backend()).build_image(wanted, name)
    return BuildResult(id=ident)


async def pull(session: Session, reference: str | None, options: bytes | None) -> None:
    reference = need(reference, "reference")
    wanted = decode(PullOptions, options)
    await (await session.backend()).pull_image(reference, wanted)


async def push(session: Session, reference: str | None, options: bytes | None) -> None:
    reference = need(reference, "reference")
    wanted = decode(PushOptions, options)
    await (await session.backend()).push_image(reference, wanted)


async def list_(session: Session) -> list[ImageInfo]:
    return await (await session.backend()).list_images()


async def inspect(session: Session, reference: str | None) -> ImageDetails:
    reference = need(reference, "reference")
    return await (await session.backend()).inspect_image(reference)


async def remove(session: Session, reference: str | None, force: int) -> None:
    reference = need(reference, "reference")
    await (await session.backend()).remove_image(reference, force=bool(force))
