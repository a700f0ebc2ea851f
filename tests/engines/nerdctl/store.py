"""What the little engine holds: one document and a folder, changed under a lock."""

from __future__ import annotations

import calendar
import fcntl
import json
import os
import re
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

Document = dict[str, Any]
EMPTY: Document = {"uuid": "", "containers": {}, "networks": {}, "volumes": {}, "images": {}, "subnet": 0}
NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+\Z")


class Failure(Exception):
    """What a command ends with: the words behind ``level=fatal``."""


class Store:
    """The folder of one engine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextmanager
    def changing(self) -> Iterator[Document]:
        """The document, written back at the end."""
        with open(self.folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            found = self._read()
            yield found
            fresh = self.folder / f"state.{os.getpid()}"
            fresh.write_text(json.dumps(found))
            fresh.rename(self.folder / "state.json")

    def read(self) -> Document:
        """The document as it is now."""
        with open(self.folder / "lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            return self._read()

    def _read(self) -> Document:
        try:
            return json.loads((self.folder / "state.json").read_text())  # type: ignore[no-any-return]
        except FileNotFoundError:
            return json.loads(json.dumps({**EMPTY, "uuid": secrets.token_hex(16)}))  # type: ignore[no-any-return]

    def place(self, ident: str) -> Path:
        """The folder of a container."""
        return self.folder / "containers" / ident


def say(level: str, message: str) -> None:
    """A line of its log, on the error output."""
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    sys.stderr.write(f'time="{stamp}" level={level} msg={json.dumps(message, ensure_ascii=False)}\n')
    sys.stderr.flush()


def fail(message: str) -> NoReturn:
    raise Failure(message)


def container(state: Document, word: str) -> Document:
    """The container of a name, an id, or the beginning of one."""
    for found in state["containers"].values():
        if word in (found["name"], found["id"]) or (len(word) >= 12 and found["id"].startswith(word)):
            return found  # type: ignore[no-any-return]
    fail(f"no such container: {word}")


def now() -> str:
    """The time as Go writes it."""
    ns = time.time_ns()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ns // 10**9)) + f".{ns % 10**9:09d}Z"


def seconds(text: str) -> float:
    """A time of ``now``, in seconds since 1970."""
    whole, _, part = text.removesuffix("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float(f"0.{part}")
