"""Pull and push: images between an engine and its registries."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.contract.images import is_enough
from perry_ffi.backends.contract.stream import AsyncProgress
from perry_ffi.backends.engine_api.engine_client import EngineCalls, shown
from perry_ffi.backends.engine_api.transport.http import Request
from perry_ffi.backends.engine_api.transport.json_lines import error_of, json_lines
from perry_ffi.backends.engine_api.transport.target import Reference
from perry_ffi.errors import ValidationError
from perry_ffi.model.reference import ImageReference, is_image_id, parse_reference

if TYPE_CHECKING:
    from perry_ffi.model.image import PullOptions, PushOptions, RegistryOptions


class Registry(EngineCalls):
    """The operations that speak to a registry through the engine."""

    async def pull_image(self, reference: str, options: PullOptions, progress: AsyncProgress | None = None) -> None:
        there = partial(self.has_image, reference)
        if await is_enough(options.policy, there, reference, told=shown(reference), backend=self.name):
            return
        parts = parse_reference(reference)
        request = Request(
            "POST", ("images", "create"), f"pull {shown(reference)}", patient=True,
            query={"fromImage": parts.repository, "tag": parts.version, "platform": options.platform},
            headers=await self._auth(parts, options, always=False),
        )  # fmt: skip
        await self._transfer(request, reference, progress)

    async def push_image(self, reference: str, options: PushOptions, progress: AsyncProgress | None = None) -> None:
        parts = parse_reference(reference)
        if parts.digest:
            raise ValidationError(
                f"{shown(reference)}: a digest cannot be pushed", path="reference", expected="a name with a tag"
            )
        written = reference.removesuffix(f":{parts.tag}") if parts.tag else reference
        request = Request(
            "POST", ("images", Reference(written), "push"), f"push {shown(reference)}", patient=True,
            query={"tag": parts.tag_or_latest, "platform": options.platform},
            headers=await self._auth(parts, options, always=True),
        )  # fmt: skip
        await self._transfer(request, reference, progress)

    async def has_image(self, reference: str) -> bool:
        """Whether the engine holds the image."""
        doing = f"look for the image {shown(reference)}"
        reply = await self.ask(Request("GET", ("images", Reference(reference), "json"), doing), also=(404,))
        return reply.status != 404

    async def nameless_image(self, reference: str) -> str | None:
        """The digest that ``reference`` ends with, where the engine has an image by it although no name leads there.

        Docker with containerd's store of images has digests for ids, and knows which repository an image is of by its names alone:
        once the only tag moves on, that repository has no such digest.
        """
        digest = "" if self.podman or is_image_id(reference) else parse_reference(reference).digest
        if not digest or await self.has_image(reference) or not await self.has_image(digest):
            return None
        return digest

    async def registry_headers(self, reference: str) -> dict[str, str]:
        """The user's credentials for the registry of ``reference``, where there are any."""
        from perry_ffi.model.image import RegistryOptions  # not for those who bring theirs

        return await self._auth(parse_reference(reference), RegistryOptions(), always=False)

    async def _auth(self, parts: ImageReference, options: RegistryOptions, *, always: bool) -> dict[str, str]:
        from perry_ffi.registry.credentials import HUB, HUB_KEY, Credential, header

        credential: Credential | None
        if options.username or options.identity_token:
            server = HUB_KEY if parts.registry == HUB else parts.registry
            credential = Credential(server, options.username or "", options.password or "", options.identity_token or "")
        else:
            credential = await self._store.find(parts.registry, parts.path, podman_first=self.podman)
        if credential is None:
            return {"X-Registry-Auth": header({})} if always else {}
        return {"X-Registry-Auth": header(credential.to_engine())}

    async def _transfer(self, request: Request, reference: str, progress: AsyncProgress | None) -> None:
        stream = await self.open(request, subject=reference)
        try:
            async for event in json_lines(stream, doing=request.doing, backend=self.name):
                if (error := error_of(event)) is not None:
                    raise self.refused(stream.status, error[0].encode(), request.doing, reference, in_stream=True)
                if progress is not None and (report := _report(event)):
                    await progress.report(report)
        finally:
            stream.close()


def _report(event: dict[str, Any]) -> dict[str, Any]:
    """One state of one layer: ``{status, id?, current?, total?}``."""
    status = event.get("status") or event.get("stream")
    if not isinstance(status, str) or not status.strip():
        return {}
    detail = event.get("progressDetail")
    detail = detail if isinstance(detail, dict) else {}
    report = {
        "status": status.strip(), "id": event.get("id"), "current": detail.get("current"), "total": detail.get("total"),
    }  # fmt: skip
    return {name: value for name, value in report.items() if value is not None}
