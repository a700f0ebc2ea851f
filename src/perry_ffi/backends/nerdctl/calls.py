"""What every group of operations is made of: nerdctl's command line, and the reading of many objects at once."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.command_line.arguments import option
from perry_ffi.backends.command_line.environment import parted
from perry_ffi.backends.command_line.reading import document, objects, unreadable
from perry_ffi.backends.contract.absent import CoreBackend
from perry_ffi.errors import NotFound

if TYPE_CHECKING:
    from perry_ffi.backends.command_line.invocation import CommandLine
    from perry_ffi.backends.contract.stream import Labels
    from perry_ffi.settings import Settings

_MANY = 200
"""Names in one command: an argument vector has a bound."""
_TRIES = 4
_LONGEST_FILTER = 4096


class NerdctlCalls(CoreBackend):
    """The connection. Commands that change something go on to their end where their caller is cancelled."""

    def __init__(self, line: CommandLine, settings: Settings, *, identity: str, address: str, machine: bool = False) -> None:
        """machine: whether it runs in a virtual machine, by the name of whose product it goes: files of this machine are its own
        only in folders that both have.
        """
        self._line, self._settings = line, settings
        self.name, self.is_in_machine = line.backend, machine
        self.identity, self.address = identity, address

    def unshared(self, source: str) -> str:
        from perry_ffi.backends.engine_api.requests.host_paths import is_of_this_machine

        return self.unread(source) if self.is_in_machine and is_of_this_machine(source, Path("/")) else ""

    def unread(self, path: str) -> str:
        """Why nerdctl may not find the file ``path`` of this machine; empty where it does."""
        if not self.is_in_machine:
            return ""
        from perry_ffi.backends.machines.shares import unshared

        return unshared(self._settings, self.name, path)

    def parted(self, variables: Mapping[str, str]) -> tuple[str, Mapping[str, str]]:
        """The lines of those that are given beside the words, and the others; in a machine all of them, for it has no open files of
        this one.
        """
        return ("", variables) if self.is_in_machine else parted(variables)

    @property
    def parallel_calls(self) -> int:
        """Two for each processor: each call is a process, and a start of its own to the kernel."""
        return 2 * (os.cpu_count() or 1)

    async def described(self, words: Sequence[str], names: Sequence[str], *, doing: str, gone: str) -> list[dict[str, Any]]:
        """The documents of many objects, in few commands: ``words`` and the names behind them.

        One that is gone meanwhile makes the whole command say nothing: then each is asked by itself, and what is gone left out.
        gone: of what kind they are.
        """
        found: list[dict[str, Any]] = []
        for start in range(0, len(names), _MANY):
            part = names[start : start + _MANY]
            try:
                found += await self.one_or_more([*words, *part], doing=doing)
            except NotFound:
                for name in part if len(part) > 1 else ():
                    found += await self.described(words, [name], doing=doing, gone=gone)
        return found

    async def one_or_more(self, words: Sequence[str], *, doing: str, subject: str | None = None) -> list[dict[str, Any]]:
        """The documents that a command prints as one list."""
        said = await self._line.read(words, doing=doing, subject=subject)
        return objects(said.stdout.strip().replace(b"\n", b" "), doing=doing, backend=self.name)

    async def one(self, words: Sequence[str], *, doing: str, subject: str) -> dict[str, Any]:
        """The document of the one object that is asked for."""
        found = await self.one_or_more(words, doing=doing, subject=subject)
        if len(found) != 1:
            unreadable(str(found), doing=doing, backend=self.name, why=f"it has {len(found)} entries for one")
        return found[0]

    async def rows(self, words: Sequence[str], *, doing: str) -> list[dict[str, Any]]:
        """The lines of a list."""
        said = await self._line.read(words, doing=doing)
        return objects(said.stdout, doing=doing, backend=self.name)

    async def answer(self, words: Sequence[str], *, doing: str) -> Any:
        """One JSON document."""
        return document((await self._line.read(words, doing=doing)).stdout, doing=doing, backend=self.name)


def carries(found: dict[str, str], labels: Labels | None) -> bool:
    """Whether something with the labels ``found`` carries all of ``labels``; ``None`` stands for any value."""
    wanted = (labels or {}).items()
    return all(name in found and (value is None or found[name] == value) for name, value in wanted)


_PLAIN = re.compile(r"[\w./:@%+-]+")


def label_filters(labels: Labels | None) -> list[str]:
    """Options that leave out most of what does not carry ``labels``; what they leave is looked at again.

    Only what nothing could part goes into one: by its name alone a label is looked for whose value has a comma, say. One that may
    have no value goes into none: containerd has no such labels, so nerdctl would leave out what carries them.
    """
    found = []
    for name, value in (labels or {}).items():
        if value and _PLAIN.fullmatch(name) and len(name) < _LONGEST_FILTER:
            exact = len(value) < _LONGEST_FILTER and _PLAIN.fullmatch(value) is not None
            found.append(option("filter", f"label={name}={value}" if exact else f"label={name}"))
    return found


__all__ = ["NerdctlCalls", "carries", "label_filters"]
