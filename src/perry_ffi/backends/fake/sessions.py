"""Conversations with what runs in the engine in memory, and files in and out."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Sequence

from perry_ffi.backends.contract.sessions import Execution, Session
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.backends.fake.calls import FakeCalls
from perry_ffi.backends.fake.streams import Queue, Talk
from perry_ffi.errors import NotFound
from perry_ffi.model.container import ExecOptions, LogChunk
from perry_ffi.model.event import EngineEvent


class FakeSessions(FakeCalls):
    """Commands and main processes that are listened to."""

    async def exec_stream(self, ident: str, command: Sequence[str], options: ExecOptions, *, stdin: bool = False) -> Execution:
        result = await self.exec_container(ident, command, options)
        return Talk(Queue([LogChunk(stream="stdout", text=result.stdout)], ended=True), result.exit_code, stdin=stdin)

    async def attach_container(self, ident: str, *, stdin: bool = False) -> Session:
        async with self.call("attach_container", ident) as world:
            box = world.find(ident)
        output: Queue[LogChunk] = Queue()

        heard = 0

        def hear(event: EngineEvent) -> None:
            nonlocal heard
            if event.id == box.id and event.action in ("start", "die"):
                for stream, _, line in box.log[heard:]:
                    output.put(LogChunk(stream=stream, text=line))
                heard = len(box.log)
                if event.action == "die":
                    output.end()

        listening = self.listen(hear)
        output.on_close = listening.on_close
        return Talk(output, 0, stdin=stdin)


class FakeArchives(FakeCalls):
    """Files as tar files."""

    async def put_archive(self, ident: str, directory: str, tar: bytes) -> None:
        async with self.call("put_archive", ident, write=True) as world:
            world.find(ident).files.append(tar)

    async def get_archive(self, ident: str, path: str) -> Stream[bytes]:
        async with self.call("get_archive", ident) as world:
            box = world.find(ident)
            if path in box.wrote:
                return Queue([_packed(path.rpartition("/")[2], box.wrote[path])], ended=True)
            for packed in reversed(box.files):
                with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
                    if path.strip("/") in tar.getnames():
                        return Queue([packed], ended=True)
        raise NotFound(f"no such path: {path}", backend=self.name)


def _packed(name: str, text: str) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        row = tarfile.TarInfo(name)
        row.size = len(text.encode())
        tar.addfile(row, io.BytesIO(text.encode()))
    return file.getvalue()


__all__ = ["FakeArchives", "FakeSessions"]
