"""Builds by the engine's classic build API: the directory goes up as a stream, the builder's words come back."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from perry_ffi.backends.contract.stream import AsyncProgress
from perry_ffi.backends.engine_api.build.last_lines import LastLines
from perry_ffi.backends.engine_api.build.secrets import read_secrets
from perry_ffi.backends.engine_api.build.shared import Builders, image_in_aux, in_worker
from perry_ffi.backends.engine_api.build.upload import Upload, for_docker, for_docker_amended, for_podman
from perry_ffi.backends.engine_api.requests.queries import build_query
from perry_ffi.backends.engine_api.transport.http import Request, ResponseStream
from perry_ffi.backends.engine_api.transport.json_lines import error_of, json_lines
from perry_ffi.backends.engine_api.transport.target import Reference
from perry_ffi.errors import BackendError
from perry_ffi.registry.credentials import header

if TYPE_CHECKING:
    from perry_ffi.backends.engine_api.build.context import BuildContext
    from perry_ffi.model.image import BuildSpec

_ID_LINE = re.compile(r"Successfully built ([0-9a-f]{12,64})\s*\Z|\A((?:sha256:)?[0-9a-f]{64})\s*\Z")


class Classic(Builders):
    """Docker's classic builder, and podman's."""

    async def _classic(
        self, spec: BuildSpec, tag: str | None, context: BuildContext, doing: str, progress: AsyncProgress | None
    ) -> str:
        query = build_query(spec, tag, self.engine.flavour)
        upload = await anyio.to_thread.run_sync(self._upload, spec, context)
        stored = await self.engine._store.all(podman_first=self.engine.podman)
        known = {server: credential.to_engine() for server, credential in stored.items()}
        request = Request(
            "POST", ("build",), doing, patient=True, body=in_worker(upload.stream), query={**query, **upload.query},
            headers={"X-Registry-Config": header(known)} if known else {},
        )  # fmt: skip
        stream = await self.engine.open(request)
        try:
            return await self._follow(stream, doing, progress)
        finally:
            stream.close()

    def _upload(self, spec: BuildSpec, context: BuildContext) -> Upload:
        """Podman gets the build's secrets with the context, and its service moves them out before it builds."""
        if self.engine.podman:
            return for_podman(context, read_secrets(spec.secrets, self.engine._settings.environ or {}))
        return for_docker(context) or for_docker_amended(context)

    async def _follow(self, stream: ResponseStream, doing: str, progress: AsyncProgress | None) -> str:
        last = _Output()
        image = named = None
        async for event in json_lines(stream, doing=doing, backend=self.name):
            if (error := error_of(event)) is not None:
                raise self.failed_step(doing, error, last.step, last.text())
            named = _image_of(event) or named
            image = image_in_aux(event) or image
            report = _report(event)
            last.add(report.get("text", ""))
            if progress is not None and report:
                await progress.report(report)
        if image is not None:
            return image
        if named is None:
            raise BackendError(f"{doing}: the engine names no image", backend=self.name, output=last.text())
        return await self._whole_id(named, doing)

    async def _whole_id(self, named: str, doing: str) -> str:
        """The builder's words shorten the id."""
        found = await self.engine.ask_object(Request("GET", ("images", Reference(named), "json"), doing), subject=named)
        return str(found["Id"])


class _Output:
    """The end of the classic builder's output, and the step it belongs to."""

    def __init__(self) -> None:
        self.step = ""
        self._lines = LastLines()

    def add(self, text: str) -> None:
        for line in self._lines.add(text):
            if re.match(r"(?i)(?:\[[^\]]*\] )?step \d+", line):
                self.step = line.strip()

    def text(self) -> str:
        return self._lines.text()


def _image_of(event: Mapping[str, Any]) -> str | None:
    text = event.get("stream")
    match = _ID_LINE.search(text) if isinstance(text, str) and len(text) < 300 else None
    return (match[1] or match[2]) if match else None


def _report(event: Mapping[str, Any]) -> dict[str, Any]:
    """One piece of the builder's output (``{text}``), or the state of a base image's layer (``{status, id?}``)."""
    if isinstance(event.get("stream"), str):
        return {"text": event["stream"]}
    if isinstance(event.get("status"), str):
        layer = event.get("id")
        return {"status": event["status"], **({"id": layer} if isinstance(layer, str) else {})}
    return {}
