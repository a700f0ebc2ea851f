"""What BuildKit tells of a build: steps (vertexes), their output, their pulls, their errors. Pure.

Each ``moby.buildkit.trace`` record of the engine's answer is a StatusResponse in base64. A step is told once when it
starts (or comes from the cache), its output as it comes; steps run side by side, so the output is kept by step.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any

from perry_ffi.backends.engine_api.build.buildkit import protobuf
from perry_ffi.backends.engine_api.build.last_lines import LastLines

RECORD = "moby.buildkit.trace"
_CANCELED = "context canceled"


class Trace:
    """The state of one build. Raises protobuf.Malformed for a record that is none."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._told: set[str] = set()
        self._lines: dict[str, LastLines] = {}
        self._pulls: dict[tuple[str, str], str] = {}
        self._failed = ""
        self._latest = ""

    @property
    def step(self) -> str:
        """The name of the step that failed; empty if none did."""
        return self._names.get(self._failed, "")

    def output(self) -> str:
        """The end of the output of the step that failed, else of the latest that said something."""
        lines = self._lines.get(self._failed or self._latest)
        return lines.text() if lines else ""

    def add(self, record: str) -> list[dict[str, Any]]:
        """Takes the next record and gives what there is to report: ``{text}`` or ``{status, id}`` each."""
        try:
            fields = protobuf.decode(base64.b64decode(record, validate=True))
        except binascii.Error:
            raise protobuf.Malformed("not base64") from None
        found = [event for row in protobuf.messages(fields, 1) for event in self._vertex(protobuf.decode(row))]
        found += [event for row in protobuf.messages(fields, 2) for event in self._status(protobuf.decode(row))]
        found += [event for row in protobuf.messages(fields, 3) for event in self._log(protobuf.decode(row))]
        return found + [event for row in protobuf.messages(fields, 4) for event in _warning(protobuf.decode(row))]

    def _vertex(self, row: protobuf.Fields) -> list[dict[str, Any]]:
        digest, name = protobuf.text(row, 1), protobuf.text(row, 3)
        started, cached, error = bool(protobuf.messages(row, 5)), bool(protobuf.whole(row, 4)), protobuf.text(row, 7)
        self._names[digest] = name
        if error and not (self._failed and error.endswith(_CANCELED)):
            self._failed = digest
        if digest in self._told or not (started or cached or error):
            return []
        self._told.add(digest)
        return [{"text": f"{'CACHED ' if cached else ''}{name}\n"}]

    def _status(self, row: protobuf.Fields) -> list[dict[str, Any]]:
        """A download or unpacking within a step; told when it starts and when it is done."""
        ident, kind = protobuf.text(row, 1), protobuf.text(row, 3)
        done = bool(protobuf.messages(row, 8))
        status = f"{kind or 'working'}: done" if done else kind or "working"
        if not ident or self._pulls.get((ident, kind)) == status:
            return []
        self._pulls[(ident, kind)] = status
        return [{"status": status, "id": ident}]

    def _log(self, row: protobuf.Fields) -> list[dict[str, Any]]:
        digest, text = protobuf.text(row, 1), protobuf.text(row, 4)
        self._latest = digest
        self._lines.setdefault(digest, LastLines()).add(text)
        return [{"text": text}] if text else []


def _warning(row: protobuf.Fields) -> list[dict[str, Any]]:
    short = protobuf.text(row, 3)
    return [{"text": f"warning: {short}\n"}] if short else []


def record_of(event: Mapping[str, Any]) -> str | None:
    """The record that a line of the answer carries, if it does."""
    aux = event.get("aux")
    return aux if event.get("id") == RECORD and isinstance(aux, str) else None
