"""What the builders share: how a stream goes up, and what a failed step becomes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from perry_ffi.backends.registry_words import remedy_of_step
from perry_ffi.errors import BackendError, ContainerError

if TYPE_CHECKING:
    from perry_ffi.backends.engine_api.build.tar import TarStream
    from perry_ffi.backends.engine_api.engine_client import EngineCalls

_EXIT = re.compile(r"(?:exit status|non-zero code:|exit code:?) (\d{1,3})\b")


class Builders:
    """What each builder of an engine is made of."""

    def __init__(self, engine: EngineCalls) -> None:
        self.engine = engine
        self.name = engine.name

    def failed_step(self, doing: str, error: tuple[str, int | None], step: str, output: str) -> ContainerError:
        """The error of a build. error: the engine's words, and the exit code where it tells one apart from them."""
        words, code = error
        if code is None and (match := _EXIT.search(words)):
            code = int(match[1])
        return BackendError(
            f"{doing}: {words.strip()}{f' in {step}' if step else ''}", backend=self.name, operation=doing, exitCode=code,
            step=step or None, output=output or None, remedy=remedy_of_step(words, step, self.name),
        )  # fmt: skip


async def in_worker(stream: TarStream) -> AsyncIterator[bytes]:
    """The tar stream, made in a worker thread while it is sent."""
    pieces = stream.pieces()
    while (piece := await anyio.to_thread.run_sync(next, pieces, b"")) != b"":
        yield piece


def image_in_aux(event: Mapping[str, Any]) -> str | None:
    """The id of the built image, where a line of the answer brings it."""
    aux = event.get("aux")
    ident = aux.get("ID") if isinstance(aux, dict) else None
    return ident if isinstance(ident, str) and ident else None
