"""Decodes chunks of a log to text: bytes of a stream in, text in which no character is cut and no time stands inside a line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from perry_ffi.backends.engine_api.logs.frames import TextDecoder
from perry_ffi.backends.engine_api.logs.line_parts import LineParts, Part
from perry_ffi.model.container_info import LogChunk


class Text(NamedTuple):
    """A piece of a stream; the rest as ``LogChunk`` has it."""

    stream: str
    text: str
    fresh: bool = False
    part: str | None = None


class ChunkText:
    """Bytes of two streams to text. parts: takes times out of lines; ``None`` where no times are, or none can be told."""

    def __init__(self, parts: LineParts | None) -> None:
        self._parts = parts
        self._text = TextDecoder()
        self._times: dict[str, str] = {}

    def feed(self, stream: str, piece: bytes, *, begins: bool, fresh: bool) -> list[Text]:
        """The text so far. begins: a frame begins with ``piece``; fresh: and a line in any case."""
        if self._parts is None:
            return self._one(stream, piece, fresh, None)
        found = self._parts.feed(stream, piece, begins=begins, fresh=fresh)
        return [text for part in found for text in self._part(stream, part)]

    def rest(self) -> list[Text]:
        """What was held back, at the end."""
        held = self._parts.rest() if self._parts is not None else []
        texts = [text for stream, part in held for text in self._part(stream, part)]
        return [*texts, *(Text(stream, text, part="") for stream, text in self._text.rest())]

    def _part(self, stream: str, part: Part) -> list[Text]:
        """A time waits for the first whole character of its part."""
        before = self._text.cut_off(stream) if part.fresh else ""
        if part.time:
            self._times[stream] = part.time
        found = self._one(stream, part.data, part.fresh, self._times.get(stream, ""))
        if found:
            self._times.pop(stream, None)
        return [Text(stream, before, part=""), *found] if before else found

    def _one(self, stream: str, data: bytes, fresh: bool, part: str | None) -> list[Text]:
        text = self._text.feed(stream, data)
        return [Text(stream, text, fresh, part)] if text else []


def joined(pieces: Iterable[Text]) -> list[LogChunk]:
    """One chunk for each run of pieces of one stream; what comes after an unfinished line begins a new one."""
    runs: list[tuple[Text, list[str]]] = []
    for piece in pieces:
        if piece.fresh or not runs or runs[-1][0].stream != piece.stream or not runs[-1][1][-1].endswith("\n"):
            runs.append((piece, []))
        runs[-1][1].append(piece.text)
    return [
        LogChunk.model_construct(stream=first.stream, text="".join(texts), fresh=first.fresh, part=first.part)
        for first, texts in runs
    ]
