"""Which files below some folders change: by the kernel's word, else by looking every half second."""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable, Iterable

from perry_ffi.stack.sources.kernel import Kernel

SCAN_SECONDS = 0.5
"""How often is looked where the kernel tells nothing."""
CALM_SECONDS = 0.2
"""How long nothing has to change before what has changed is told: editors and builds write more than once."""
LONGEST_SECONDS = 2.0
"""After which it is told though it goes on."""

Stamp = tuple[int, int, int, int]
"""Of a file: when it was written, its size, its number, its mode."""


class Tree:
    """What is in some folders, as it was when they were looked at. skipped: paths that nobody wants to hear of."""

    def __init__(self, roots: Iterable[str], skipped: Callable[[str], bool]) -> None:
        self._roots, self._skipped = sorted(set(roots)), skipped
        self._folders: dict[str, dict[str, Stamp | None]] = {}
        """By folder: its entries; ``None`` for a folder, and for what is no file either."""

    @property
    def folders(self) -> list[str]:
        """All that are looked at."""
        return list(self._folders)

    def look(self, folders: Iterable[str] | None = None) -> set[str]:
        """The files that are there, are not there any more, or are not as they were. folders: only in these; ``None`` everywhere."""
        changed: set[str] = set()
        for folder in self._roots if folders is None else folders:
            self._look_into(folder, changed, deep=folders is None)
        return changed

    def _look_into(self, folder: str, changed: set[str], *, deep: bool) -> None:
        before, now = self._folders.get(folder), _entries(folder, self._skipped)
        if now is None:
            self._forget(folder, changed)
            return
        self._folders[folder] = now
        for name, stamp in now.items():
            path = os.path.join(folder, name)
            if stamp is not None:
                if before is None or before.get(name) != stamp:
                    changed.add(path)
            elif deep or path not in self._folders:
                self._look_into(path, changed, deep=True)
        for name in set(before or ()) - set(now):
            path = os.path.join(folder, name)
            if path in self._folders:
                self._forget(path, changed)
            changed.add(path)

    def _forget(self, folder: str, changed: set[str]) -> None:
        for name, stamp in self._folders.pop(folder, {}).items():
            path = os.path.join(folder, name)
            if stamp is None:
                self._forget(path, changed)
            else:
                changed.add(path)


def _entries(folder: str, skipped: Callable[[str], bool]) -> dict[str, Stamp | None] | None:
    """``None`` where there is no such folder. Links are what they are, and are not followed."""
    found: dict[str, Stamp | None] = {}
    try:
        with os.scandir(folder) as rows:
            for row in rows:
                if skipped(row.path):
                    continue
                try:
                    about = row.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                folderish = stat.S_ISDIR(about.st_mode)
                if folderish or stat.S_ISREG(about.st_mode) or stat.S_ISLNK(about.st_mode):
                    found[row.name] = None if folderish else (about.st_mtime_ns, about.st_size, about.st_ino, about.st_mode)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    return found


class Changes:
    """The changes below some folders from ``open`` on, told in batches. Whoever opened it closes it."""

    def __init__(self, roots: Iterable[str], skipped: Callable[[str], bool]) -> None:
        self._tree = Tree(roots, skipped)
        self._kernel: Kernel | None = None
        self._known: set[str] = set()
        self._news = asyncio.Event()

    @property
    def by_events(self) -> bool:
        """Whether the kernel tells of changes; else they are looked for."""
        return self._kernel is not None

    async def open(self) -> set[str]:
        """Looks at all there is, and gives it. What the kernel does not tell, or no more of, is looked for."""
        try:
            self._kernel = Kernel()
            found = await asyncio.to_thread(self._tree.look)
            self._hear_all()
            # What came between the look and the kernel's first word.
            found |= await asyncio.to_thread(self._tree.look)
            self._hear_all()
        except OSError:
            self._give_up_the_kernel()
            found = await asyncio.to_thread(self._tree.look)
        if self._kernel is not None:
            asyncio.get_running_loop().add_reader(self._kernel.descriptor, self._news.set)
        return found

    def _hear_all(self) -> None:
        if self._kernel is not None:
            for folder in self._tree.folders:
                if folder not in self._known:
                    self._kernel.add(folder)
                    self._known.add(folder)
            self._known &= set(self._tree.folders)

    def _give_up_the_kernel(self) -> None:
        kernel, self._kernel = self._kernel, None
        if kernel is not None:
            asyncio.get_running_loop().remove_reader(kernel.descriptor)
            kernel.close()

    async def next(self) -> set[str]:
        """The next changes: files that are there, changed or gone; once nothing more has changed for a moment."""
        changed = await self._some()
        loop = asyncio.get_running_loop()
        end = loop.time() + LONGEST_SECONDS
        while loop.time() < end:
            try:
                changed |= await asyncio.wait_for(self._some(), CALM_SECONDS)
            except TimeoutError:
                break
        return changed

    async def _some(self) -> set[str]:
        while True:
            if self._kernel is None:
                await asyncio.sleep(SCAN_SECONDS)
                found = await asyncio.to_thread(self._tree.look)
            else:
                await self._news.wait()
                self._news.clear()
                found = self._tree.look(self._kernel.heard())
                try:
                    self._hear_all()
                except OSError:
                    self._give_up_the_kernel()
            if found:
                return found

    def close(self) -> None:
        """Hears no more. Idempotent."""
        self._give_up_the_kernel()
