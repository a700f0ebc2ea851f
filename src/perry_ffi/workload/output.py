"""What a job says and gives: bounded, whatever it says."""

from __future__ import annotations

import io
import json
import tarfile
from typing import TYPE_CHECKING

from perry_ffi.errors import NotFound, ServiceStartupFailed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from perry_ffi.backends.contract.base import Backend
    from perry_ffi.model.container_info import LogChunk
    from perry_ffi.workload.graph import Node

MAX_OUTPUT = 64 * 1024
"""Bytes of one output, and of what is kept of what was said last."""
_LINES = 20
_TAR = 64 * 1024
"""Bytes of a tar file beside its file."""


class Said:
    """What a container said: the end of it all, and the beginning of its standard output."""

    def __init__(self) -> None:
        self._tail: list[tuple[str, str]] = []
        self._size = 0
        self._stdout: list[str] = []
        self._bytes = 0

    def add(self, chunks: Iterable[LogChunk]) -> None:
        for chunk in chunks:
            if chunk.stream == "stdout":
                self._bytes += len(chunk.text.encode("utf-8", "surrogatepass"))
                if self._bytes <= MAX_OUTPUT + 1:
                    self._stdout.append(chunk.text)
            self._tail.append((chunk.stream, chunk.text[-MAX_OUTPUT:]))
            self._size += len(self._tail[-1][1])
            while self._size > MAX_OUTPUT and len(self._tail) > 1:
                self._size -= len(self._tail.pop(0)[1])

    def lines(self, *, stdout: bool = True) -> list[str]:
        """The last lines. stdout: whether that may be told."""
        text = "".join(text for stream, text in self._tail if stdout or stream != "stdout")
        return text.splitlines()[-_LINES:]

    @property
    def stdout(self) -> str | None:
        """The standard output without the end of its last line; ``None`` where it is more than an output can be."""
        return None if self._bytes > MAX_OUTPUT + 1 else _trimmed("".join(self._stdout))


def tells_stdout(node: Node) -> bool:
    """Whether what a node says may be told: not where it is an output that is sensitive."""
    return not any(one.source == "stdout" and one.sensitive for one in node.outputs.values())


async def read_outputs(backend: Backend, node: Node, container: str, stdout: str | None) -> dict[str, str]:
    """The outputs of a job that has ended well. stdout: ``None`` for too much. Raises ServiceStartupFailed where one is not there."""
    found: dict[str, str] = {}
    for name, output in node.outputs.items():
        where = f"nodes.{node.name}.outputs.{name}"
        text = stdout if output.source == "stdout" else await _file(backend, node, where, container, output.path or "")
        if text is None or len(text.encode("utf-8", "surrogatepass")) > MAX_OUTPUT:
            raise _no_output(node, where, f"it is more than {MAX_OUTPUT} bytes", container)
        if output.json_:
            _check_json(node, where, text, container)
        found[name] = text
    return found


async def outputs_again(backend: Backend, node: Node, container: str) -> dict[str, str]:
    """The same, of a job that ended before: its standard output is what the engine's log has of it."""
    from perry_ffi.model.container import LogOptions

    stdout = None
    if any(output.source == "stdout" for output in node.outputs.values()) or not node.outputs:
        said = Said()
        stream = await backend.read_logs(container, LogOptions())
        try:
            while (batch := await stream.next()) is not None:
                said.add(batch)
        finally:
            await stream.aclose()
        stdout = said.stdout
    found = await read_outputs(backend, node, container, stdout)
    return found if stdout is None else {**found, "": stdout}


async def _file(backend: Backend, node: Node, where: str, container: str, path: str) -> str | None:
    """The text of a file of a container; ``None`` where it is too much."""
    try:
        stream = await backend.get_archive(container, path)
    except NotFound:
        raise _no_output(node, where, f"it left no file {path}", container) from None
    packed = bytearray()
    try:
        while (batch := await stream.next()) is not None:
            for part in batch:
                packed += part
            if len(packed) > MAX_OUTPUT + _TAR:
                return None
    finally:
        await stream.aclose()
    return _unpacked(node, where, path, bytes(packed), container)


def _unpacked(node: Node, where: str, path: str, packed: bytes, container: str) -> str:
    try:
        with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
            row = tar.next()
            file = tar.extractfile(row) if row is not None and row.isfile() else None
            if file is None:
                raise _no_output(node, where, f"{path} is no file", container)
            return _trimmed(file.read().decode())
    except (tarfile.TarError, UnicodeDecodeError):
        raise _no_output(node, where, f"{path} holds no text", container) from None


def _check_json(node: Node, where: str, text: str, container: str) -> None:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        raise _no_output(node, where, "it is no JSON", container) from None


def _no_output(node: Node, where: str, reason: str, container: str) -> ServiceStartupFailed:
    return ServiceStartupFailed(f"{where}: {reason}", node=node.name, container=container, reason=reason, exitCode=0)


def _trimmed(text: str) -> str:
    return text.removesuffix("\n").removesuffix("\r")
