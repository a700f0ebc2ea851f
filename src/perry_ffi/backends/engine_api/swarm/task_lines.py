"""The lines of a service's log: each with its time, then where it comes from, then what a task wrote.

With ``details`` a manager puts ``com.docker.swarm.node.id=…,com.docker.swarm.service.id=…,com.docker.swarm.task.id=…`` and a space
before each part of a line, among what the log driver adds of its own. Where a manager cannot tell all it says so in words of its own,
which no task has written, after what it could tell.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Literal, NamedTuple
from urllib.parse import unquote

from perry_ffi.backends.contract.service_records import TaskLog
from perry_ffi.backends.engine_api.logs.frames import HEADER
from perry_ffi.errors import BackendError

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREFIX = "com.docker.swarm."
_STREAMS: dict[int, Literal["stdout", "stderr", "engine"]] = {0: "stdout", 1: "stdout", 2: "stderr", 3: "engine"}
_FAILED = b"Error grabbing logs: "
_BEFORE_REASON = re.compile(r"^Error grabbing logs: (?:rpc error: code = \w+ desc = )?(?:warning: )?")
LONGEST = 1024 * 1024
"""Bytes of a part of a line: drivers cut lines after 16 KiB."""


class Message(NamedTuple):
    """One part of a line. stream: which; data: its bytes, with the time and the details before it. ``engine``: the manager's own words."""

    stream: Literal["stdout", "stderr", "engine"]
    data: bytes


class Messages:
    """Bytes of an answer to messages. terminal: the tasks have one, so that there are no frames: a message is a line of stdout.

    Raises BackendError for what is no such answer, and for a message of more than ``LONGEST`` bytes.
    """

    def __init__(self, doing: str, backend: str, *, terminal: bool) -> None:
        self._doing, self._backend, self._terminal = doing, backend, terminal
        self._held = bytearray()

    def feed(self, data: bytes) -> list[Message]:
        """The messages that ``data`` ends."""
        self._held += data
        return list(self._lines() if self._terminal else self._frames())

    def rest(self) -> list[Message]:
        """What is left at the end: of a terminal a line without its end. BackendError where a frame was cut."""
        if self._held and not self._terminal:
            raise self._broken("the engine's stream ends inside a frame")
        rest = bytes(self._held)
        return [Message("stdout", rest)] if rest else []

    def _lines(self) -> Iterator[Message]:
        *lines, rest = bytes(self._held).split(b"\n")
        self._bounded(len(rest))
        self._held = bytearray(rest)
        yield from (Message("engine" if line.startswith(_FAILED) else "stdout", line + b"\n") for line in lines)

    def _frames(self) -> Iterator[Message]:
        while len(self._held) >= HEADER:
            if self._held[0] not in _STREAMS or self._held[1:4] != b"\0\0\0":
                raise self._broken("the engine's answer is not a stream of frames")
            length = int.from_bytes(self._held[4:HEADER], "big")
            self._bounded(length)
            if len(self._held) < HEADER + length:
                return
            stream, data = _STREAMS[self._held[0]], bytes(self._held[HEADER : HEADER + length])
            del self._held[: HEADER + length]
            yield Message(stream, data)

    def _bounded(self, length: int) -> None:
        if length > LONGEST:
            raise self._broken(f"a line of the engine's log is longer than {LONGEST} bytes")

    def _broken(self, reason: str) -> BackendError:
        return BackendError(f"{self._doing}: {reason}", backend=self._backend, operation=self._doing, reason=reason)


class TaskLines:
    """Messages to records. A character that is cut between two parts of a task's line waits for its rest.

    service: whose log is read, where a message does not say.
    """

    def __init__(self, service: str, until: str = "") -> None:
        self._service, self._until = service, until
        self._decoders: dict[tuple[str, str], codecs.IncrementalDecoder] = {}

    def read(self, message: Message) -> TaskLog | None:
        """The record of ``message``; ``None`` of one after ``until``, where there is no whole character yet, and of the manager's own."""
        if message.stream == "engine":
            return None
        time, _, rest = message.data.partition(b" ")
        details, _, text = rest.partition(b" ")
        about = _details(details.decode("utf-8", "replace"))
        moment = time.decode("ascii", "replace")
        if self._until and moment > self._until:
            return None
        task = about.get("task.id", "")
        key = (task, message.stream)
        decoder = self._decoders.get(key)
        if decoder is None:
            decoder = self._decoders[key] = codecs.getincrementaldecoder("utf-8")("replace")
        whole = decoder.decode(text, text.endswith(b"\n"))
        if text.endswith(b"\n"):
            del self._decoders[key]
        if not whole:
            return None
        return TaskLog(task, about.get("node.id", ""), about.get("service.id", self._service), message.stream, whole, moment)


def reason_of(message: Message) -> str:
    """Why words are missing, where ``message`` says so; else empty."""
    return _BEFORE_REASON.sub("", message.data.decode("utf-8", "replace")).strip() if message.stream == "engine" else ""


def _details(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(","))
    return {name.removeprefix(_PREFIX): unquote(value) for name, _, value in pairs if name.startswith(_PREFIX)}


__all__ = ["Message", "Messages", "TaskLines", "reason_of"]
