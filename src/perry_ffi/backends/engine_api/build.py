"""Builds: a directory goes to the engine as a stream, its builder's words come back."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from perry_ffi.backends.base import AsyncProgress
from perry_ffi.backends.credentials import header
from perry_ffi.backends.engine_api.calls import EngineCalls
from perry_ffi.backends.engine_api.http import Request, ResponseStream
from perry_ffi.backends.engine_api.lines import error_of, json_lines
from perry_ffi.backends.engine_api.payload_image import build_query, build_tags
from perry_ffi.backends.engine_api.target import Reference
from perry_ffi.errors import BackendError, ContainerError
from perry_ffi.model.reference import parse_reference

if TYPE_CHECKING:
    from perry_ffi.backends.engine_api.build_context import BuildContext
    from perry_ffi.model.image import BuildSpec

KEPT_LINES = 40
_ID_LINE = re.compile(r"Successfully built ([0-9a-f]{12,64})\s*\Z|\A((?:sha256:)?[0-9a-f]{64})\s*\Z")
_EXIT = re.compile(r"(?:exit status|non-zero code:|exit code:?) (\d{1,3})\b")


class Build(EngineCalls):
    """The build operation."""

    async def build_image(self, spec: BuildSpec, tag: str | None, progress: AsyncProgress | None = None) -> str:
        doing = f"build {tag or 'an image'}"
        from perry_ffi.backends.engine_api.build_context import build_context

        context = await anyio.to_thread.run_sync(build_context, spec.context, spec.dockerfile, spec.dockerfile_inline)
        stored = await self._store.all(podman_first=self.podman)
        known = {server: credential.to_engine() for server, credential in stored.items()}
        request = Request(
            "POST", ("build",), doing, patient=True, body=_in_worker(context),
            query={**build_query(spec, tag, self.flavour), "dockerfile": context.dockerfile},
            headers={"X-Registry-Config": header(known)} if known else {},
        )  # fmt: skip
        stream = await self.open(request)
        try:
            image = await self._follow(stream, doing, progress)
        finally:
            stream.close()
        for name in build_tags(spec, tag):
            await self._tag(image, name, doing)
        return image

    async def _tag(self, image: str, name: str, doing: str) -> None:
        parts = parse_reference(name)
        query = {"repo": parts.repository, "tag": parts.tag_or_latest}
        await self.ask(Request("POST", ("images", Reference(image), "tag"), doing, query=query), subject=name)

    async def _follow(self, stream: ResponseStream, doing: str, progress: AsyncProgress | None) -> str:
        last = _LastLines()
        image = named = None
        async for event in json_lines(stream, doing=doing, backend=self.name):
            if (error := error_of(event)) is not None:
                raise self._failed_step(doing, error, last)
            named = _image_of(event) or named
            image = _image_in_aux(event) or image
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
        found = await self.ask_object(Request("GET", ("images", Reference(named), "json"), doing), subject=named)
        return str(found["Id"])

    def _failed_step(self, doing: str, error: tuple[str, int | None], last: _LastLines) -> ContainerError:
        words, code = error
        if code is None and (match := _EXIT.search(words)):
            code = int(match[1])
        step = f" in {last.step}" if last.step else ""
        return BackendError(
            f"{doing}: {words.strip()}{step}", backend=self.name, operation=doing, exitCode=code, step=last.step or None,
            output=last.text() or None,
        )  # fmt: skip


class _LastLines:
    """The end of a builder's output, and the step it belongs to."""

    def __init__(self) -> None:
        self.step = ""
        self._lines: deque[str] = deque(maxlen=KEPT_LINES)
        self._open = ""

    def add(self, text: str) -> None:
        *whole, self._open = (self._open + text).split("\n")
        self._open = self._open[-10_000:]
        for line in whole:
            if re.match(r"(?i)(?:\[[^\]]*\] )?step \d+", line):
                self.step = line.strip()
            if line.strip():
                self._lines.append(line[:2000])

    def text(self) -> str:
        return "\n".join([*self._lines, *([self._open] if self._open.strip() else [])])


async def _in_worker(context: BuildContext) -> AsyncIterator[bytes]:
    pieces = context.pieces()
    while (piece := await anyio.to_thread.run_sync(next, pieces, b"")) != b"":
        yield piece


def _image_in_aux(event: Mapping[str, Any]) -> str | None:
    aux = event.get("aux")
    ident = aux.get("ID") if isinstance(aux, dict) else None
    return ident if isinstance(ident, str) and ident else None


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
