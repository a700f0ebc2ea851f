"""Images of the engine in force: build, pull, push, list, inspect, remove."""

from __future__ import annotations

from perry_ffi.model.image import BuildResult, BuildSpec, ImageDetails, ImageInfo, PullOptions, PushOptions
from perry_ffi.service.client import Client
from perry_ffi.service.trust import tell


async def build(client: Client, spec: BuildSpec, tag: str | None = None) -> BuildResult:
    """Builds from a folder, and tags with ``tag`` where there is one."""
    return BuildResult(id=await (await client.backend()).build_image(spec, tag))


async def pull(client: Client, reference: str, options: PullOptions) -> None:
    """Pulls, with the user's own credentials for the registry; under a policy, what was verified and nothing else."""
    backend = await client.backend()
    if (in_force := await client.trust.in_force()) is None:
        await backend.pull_image(reference, options)
        return
    pull = "missing" if options.policy == "if_not_present" else options.policy or "always"
    admitted = await in_force.fetch(backend, reference, pull=pull, options=options)
    tell(client, admitted)
    if admitted.verification is None:
        await backend.pull_image(reference, options)


async def push(client: Client, reference: str, options: PushOptions) -> None:
    """Pushes, with the user's own credentials for the registry."""
    await (await client.backend()).push_image(reference, options)


async def list_(client: Client) -> list[ImageInfo]:
    """What the engine has."""
    return await (await client.backend()).list_images()


async def inspect(client: Client, reference: str) -> ImageDetails:
    """Describes one."""
    return await (await client.backend()).inspect_image(reference)


async def remove(client: Client, reference: str, *, force: bool = False) -> None:
    """Removes an image, or the tag that is named. force: also while a stopped container uses it."""
    await (await client.backend()).remove_image(reference, force=force)
