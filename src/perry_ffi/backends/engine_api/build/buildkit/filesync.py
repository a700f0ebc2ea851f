"""The files of a build, as docker's BuildKit asks a session for them: one directory of files, and one of the Dockerfile.

A list of what is there goes first, then the contents of the files that the builder asks for, in its order. It has what a
former build of the same state of the same directory sent, and asks for the rest (github.com/tonistiigi/fsutil: packets
of a kind, what a file is, the number of a file and a piece of it).
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections import deque
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass

import anyio
import anyio.to_thread

from perry_ffi.backends.engine_api.build.buildkit import protobuf
from perry_ffi.backends.engine_api.build.buildkit.grpc_server import INVALID, NOT_FOUND, Call, Failed, Handler
from perry_ffi.backends.engine_api.build.context import IGNORE_FILE, BuildContext
from perry_ffi.backends.engine_api.build.files import Found, open_found, read_found
from perry_ffi.errors import ContainerError

DIFF_COPY = "/moby.filesync.v1.FileSync/DiffCopy"
DOCKERFILE = "Dockerfile"
"""The name that the builder is told."""

_STAT, _ASK, _DATA, _END, _ERROR = range(5)
_PIECE = 256 * 1024
_AT_ONCE = 1024 * 1024
# What a mode is beside its permissions, as Go writes it.
_MODES = {stat.S_ISUID: 1 << 23, stat.S_ISGID: 1 << 22, stat.S_ISVTX: 1 << 20}
_FOLDER, _LINK = 1 << 31, 1 << 27
_CHOSEN = b"# The context is what these rules leave.\n"


@dataclass(frozen=True)
class Sent:
    """One entry of a directory: what is told of it, and where its contents are."""

    name: str
    packet: bytes
    found: Found | None = None
    content: bytes = b""


class BuildFiles:
    """The directories of one build. failure: why a file could not be sent; the builder only says that it was not."""

    def __init__(self, context: BuildContext) -> None:
        self.failure: ContainerError | None = None
        found = list(context.files())
        self.key = _state_of(context, found)
        text, rules = _written(DOCKERFILE, context.dockerfile), _written(DOCKERFILE + IGNORE_FILE, _CHOSEN)
        self._folders = {"context": [_sent(one) for one in found], "dockerfile": [text, rules]}

    def handlers(self) -> dict[str, Handler]:
        return {DIFF_COPY: self._copy}

    async def _copy(self, call: Call) -> None:
        name = call.headers.get("dir-name", "")
        if name not in self._folders:
            raise Failed(NOT_FOUND, f"the build has no directory {name}")
        sent: Sequence[Sent] = self._folders[name]
        if call.values("followpaths") == [IGNORE_FILE]:
            sent = [one for one in sent if one.name == IGNORE_FILE]
        try:
            await _Copy(call, sent).run()
        except ContainerError as error:
            self.failure = self.failure or error
            await call.send(_packet(_ERROR, data=error.message.encode("utf-8", "replace")))
            raise Failed(INVALID, error.message) from None


class _Copy:
    """One directory on its way."""

    def __init__(self, call: Call, sent: Sequence[Sent]) -> None:
        self._call, self._sent = call, sent
        self._asked: deque[int] = deque()
        self._news = anyio.Event()

    async def run(self) -> None:
        """Until the builder has what it wants. Raises ValidationError for a file that cannot be read."""
        failures: list[ContainerError] = []
        async with anyio.create_task_group() as group:
            group.start_soon(self._send, failures, group.cancel_scope)
            done = await self._hear()
            group.cancel_scope.cancel()
        if failures:
            raise failures[0]
        if not done:
            raise Failed(INVALID, "the builder gave the files up")
        await self._call.send(_packet(_END))

    async def _hear(self) -> bool:
        """Notes what is asked for; whether it came to its end."""
        while (message := await self._call.receive()) is not None:
            packet = protobuf.decode(message)
            kind = protobuf.whole(packet, 1)
            if kind in (_END, _ERROR):
                return kind == _END
            if kind == _ASK:
                self._asked.append(protobuf.whole(packet, 3))
                self._news.set()
        return False

    async def _send(self, failures: list[ContainerError], scope: anyio.CancelScope) -> None:
        for one in self._sent:
            await self._call.send(one.packet)
        await self._call.send(_packet(_STAT))
        pieces = self._pieces()
        try:
            while True:
                self._news = anyio.Event()
                batch, waits = await anyio.to_thread.run_sync(_batch, pieces)
                for packet in batch:
                    await self._call.send(packet)
                if waits:
                    await self._news.wait()
        except ContainerError as error:
            failures.append(error)
            scope.cancel()
        finally:
            pieces.close()

    def _pieces(self) -> Generator[bytes, None, None]:
        """The contents that were asked for; nothing where more has to be asked. Drawn in a worker thread."""
        while True:
            while self._asked:
                number = self._asked.popleft()
                for piece in _contents(self._sent[number]) if number < len(self._sent) else ():
                    yield _packet(_DATA, number, piece)
                yield _packet(_DATA, number)
            yield b""


def _batch(pieces: Iterator[bytes]) -> tuple[list[bytes], bool]:
    """About a mebibyte, and whether that is all that was asked for."""
    found: list[bytes] = []
    size = 0
    while size < _AT_ONCE:
        if not (piece := next(pieces)):
            return found, True
        found.append(piece)
        size += len(piece)
    return found, False


def _contents(sent: Sent) -> Iterator[bytes]:
    if sent.found is None:
        yield sent.content
        return
    file, left = open_found(sent.found)
    with file:
        while left:
            data = read_found(sent.found, file, min(left, _PIECE))
            left -= len(data)
            yield data


def _packet(kind: int, number: int = 0, data: bytes = b"", status: bytes = b"") -> bytes:
    return protobuf.encode({1: kind, 2: status, 3: number, 4: data})


def _sent(found: Found) -> Sent:
    mode = found.status.st_mode
    told = stat.S_IMODE(mode) & 0o777 | sum(bit for own, bit in _MODES.items() if mode & own)
    told |= _FOLDER if found.is_folder else 0 if found.is_file else _LINK
    size = 0 if found.is_folder else found.status.st_size
    return Sent(found.name, _status(found.name, told, size, found.status.st_mtime_ns, found.link), found)


def _written(name: str, content: bytes) -> Sent:
    """A file that lies nowhere, and is new each time."""
    return Sent(name, _status(name, 0o644, len(content), time.time_ns()), None, content)


def _status(name: str, mode: int, size: int, time_ns: int, link: str = "") -> bytes:
    told: Mapping[int, int | bytes] = {
        1: os.fsencode(name), 2: mode, 5: size, 6: time_ns & 0xFFFF_FFFF_FFFF_FFFF, 7: os.fsencode(link),
    }  # fmt: skip
    return _packet(_STAT, status=protobuf.encode(told))


def _state_of(context: BuildContext, found: Sequence[Found]) -> str:
    """The same for the same files only: the builder compares sizes and times, which two states may have in common."""
    state = hashlib.sha256(os.fsencode(os.path.realpath(context.root)))
    for one in found:
        status = one.status
        parts = (status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev)
        state.update(b"\0" + os.fsencode(one.name) + repr(parts).encode())
    return state.hexdigest()
