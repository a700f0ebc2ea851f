"""Images: one function for each row of perry/container that names one."""

from __future__ import annotations

from perry_ffi.api.arguments import need, optional, required
from perry_ffi.model.base import decode
from perry_ffi.model.image import BuildResult, BuildSpec, ImageDetails, ImageInfo, PullOptions, PushOptions
from perry_ffi.model.verification import Verification
from perry_ffi.service import images
from perry_ffi.service.client import Client


async def build(client: Client, spec: bytes | None, tag: str | None) -> BuildResult:
    return await images.build(client, required(BuildSpec, spec, "BuildSpec"), optional(tag, "imageName"))


async def pull(client: Client, reference: str | None, options: bytes | None) -> None:
    await images.pull(client, need(reference, "reference"), decode(PullOptions, options))


async def push(client: Client, reference: str | None, options: bytes | None) -> None:
    await images.push(client, need(reference, "reference"), decode(PushOptions, options))


async def list_(client: Client) -> list[ImageInfo]:
    return await images.list_(client)


async def inspect(client: Client, reference: str | None) -> ImageDetails:
    return await images.inspect(client, need(reference, "reference"))


async def verify(client: Client, reference: str | None, policy: bytes | None) -> Verification:
    from perry_ffi.model.base import validate
    from perry_ffi.model.jsontext import load
    from perry_ffi.model.verify import VerifyPolicy
    from perry_ffi.service.trust import verify_image

    said = load(policy, "VerifyPolicy")
    wanted = None if said is None else validate(VerifyPolicy, said, "VerifyPolicy")
    return await verify_image(client, need(reference, "reference"), wanted)


async def remove(client: Client, reference: str | None, force: int) -> None:
    await images.remove(client, need(reference, "reference"), force=bool(force))
