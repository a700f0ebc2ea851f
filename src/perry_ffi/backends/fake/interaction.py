"""What a person does inside the containers of the engine in memory."""

from __future__ import annotations

import io
import tarfile
from collections.abc import AsyncIterator, Sequence
from typing import Literal

import anyio

from perry_ffi.backends.contract.interaction import CommitOptions, Conversation, ExecConversation, Found, Piece, Terms
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.backends.fake.calls import FakeCalls
from perry_ffi.backends.fake.streams import Queue
from perry_ffi.errors import Conflict, NotFound
from perry_ffi.model.container import ExecOptions
from perry_ffi.model.event import EngineEvent


class FakeConversation(ExecConversation):
    """Records what it is told. What it says is put into ``output``."""

    def __init__(self, output: Queue[Piece], terms: Terms, code: int, *, terminal: bool) -> None:
        self.output: Stream[Piece] = output
        self.terminal, self.terms, self.takes_input = terminal, terms, terms.stdin
        self.received = b""
        self.input_ended = False
        self.sizes: list[tuple[int, int]] = []
        self._code = code

    async def send(self, data: bytes) -> None:
        await anyio.lowlevel.checkpoint()
        if not self.terms.stdin or self.input_ended:
            raise Conflict("it reads no input", backend="fake")
        self.received += data

    async def end_input(self) -> None:
        await anyio.lowlevel.checkpoint()
        self.input_ended = True

    async def resize(self, columns: int, rows: int) -> None:
        await anyio.lowlevel.checkpoint()
        self.sizes.append((columns, rows))

    async def exit_code(self) -> int:
        await anyio.lowlevel.checkpoint()
        return self._code

    async def aclose(self) -> None:
        await self.output.aclose()


class FakeInteraction(FakeCalls):
    """Conversations, copies, and what is made of a container."""

    def conversed(self) -> list[FakeConversation]:
        """Every conversation that was begun, in order."""
        if not hasattr(self, "_conversed"):
            self._conversed: list[FakeConversation] = []
        return self._conversed

    async def talk_to_command(self, ident: str, command: Sequence[str], options: ExecOptions, terms: Terms) -> ExecConversation:
        async with self.call("talk_to_command", ident, write=True) as world:
            box = world.find(ident)
            if box.status != "running":
                raise Conflict(f"{box.name} does not run", backend=self.name)
            said: Piece = ("stdout", " ".join(command).encode())
            talk = FakeConversation(Queue([said], ended=True), terms, world.behave(box).exec_code, terminal=terms.terminal)
        self.conversed().append(talk)
        return talk

    async def talk_to_container(self, ident: str, terms: Terms) -> Conversation:
        async with self.call("talk_to_container", ident) as world:
            box = world.find(ident)
        output: Queue[Piece] = Queue()

        def hear(event: EngineEvent) -> None:
            if event.id == box.id and event.action == "die":
                for stream, _, line in box.log:
                    output.put((stream, line.encode()))
                output.end()

        listening = self.listen(hear)
        output.on_close = listening.on_close
        talk = FakeConversation(output, terms, 0, terminal=bool(getattr(box.spec, "tty", False)))
        self.conversed().append(talk)
        return talk

    async def exec_detached(self, ident: str, command: Sequence[str], options: ExecOptions) -> None:
        async with self.call("exec_detached", ident, write=True) as world:
            if world.find(ident).status != "running":
                raise Conflict(f"{ident} does not run", backend=self.name)

    async def path_in_container(self, ident: str, path: str) -> Found:
        async with self.call("path_in_container", ident) as world:
            box = world.find(ident)
        name = path.rstrip("/").rpartition("/")[2]
        if path.rstrip("/") in box.wrote:
            return Found(name, "file")
        wanted = path.strip("/")
        for packed in reversed(box.files):
            with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
                for member in tar.getmembers():
                    if member.name.strip("/") == wanted:
                        return Found(name, _kind(member), member.linkname)
        if wanted in ("", "tmp"):
            return Found(name or "/", "directory")
        raise NotFound(f"no such path: {path}", backend=self.name)

    async def copy_into(self, ident: str, directory: str, tar: AsyncIterator[bytes], *, own: bool = False) -> None:
        data = b"".join([piece async for piece in tar])
        async with self.call("copy_into", ident, write=True) as world:
            world.find(ident).files.append(data)

    async def commit_container(self, ident: str, reference: str | None, options: CommitOptions) -> str:
        async with self.call("commit_container", ident, write=True) as world:
            world.find(ident)
            return world.make_image(reference or "committed")

    async def export_container(self, ident: str) -> Stream[bytes]:
        async with self.call("export_container", ident) as world:
            box = world.find(ident)
        return Queue([*box.files] or [bytes(10240)], ended=True)


def _kind(member: tarfile.TarInfo) -> Literal["directory", "file", "link", "other"]:
    if member.isdir():
        return "directory"
    if member.issym():
        return "link"
    return "file" if member.isfile() else "other"


__all__ = ["FakeConversation", "FakeInteraction"]
