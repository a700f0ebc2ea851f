"""Mounts of a container as options: no path of one becomes another field of it."""

from __future__ import annotations

import os.path
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from perry_ffi.backends.command_line.arguments import option, record, without_colon

if TYPE_CHECKING:
    from perry_ffi.model.mounts import Mount


def mount_words(mounts: Sequence[Mount], directory: Path) -> list[str]:
    """An option for each mount. directory: relative sources begin there."""
    return [_word(mount, directory, f"ContainerSpec.volumes[{index}]") for index, mount in enumerate(mounts)]


def _word(mount: Mount, directory: Path, where: str) -> str:
    if mount.type == "bind" and mount.create_host_path:
        return _creating_bind(mount, directory, where)
    if mount.type == "volume" and not mount.source:
        return option("volume", without_colon(mount.target, where))
    fields = [f"type={mount.type}", f"dst={mount.target}"]
    if mount.source:
        fields.append(f"src={_absolute(mount.source, directory) if mount.type == 'bind' else mount.source}")
    if mount.read_only:
        fields.append("readonly")
    if mount.propagation:
        fields.append(f"bind-propagation={mount.propagation}")
    if mount.size:
        fields.append(f"tmpfs-size={mount.size}")
    if mount.mode is not None:
        fields.append(f"tmpfs-mode={mount.mode:o}")
    return option("mount", record(fields, where))


def _creating_bind(mount: Mount, directory: Path, where: str) -> str:
    """Only this form makes a directory of a source that is missing. It has no way to say a path that holds a colon."""
    source, target = _absolute(mount.source, directory), mount.target
    modes = [word for word in ("ro" if mount.read_only else "", mount.propagation) if word]
    parts = [without_colon(source, where), without_colon(target, where), *([",".join(modes)] if modes else [])]
    return option("volume", ":".join(parts))


def _absolute(source: str, directory: Path) -> str:
    return source if source.startswith("/") else os.path.normpath(directory / source)


__all__ = ["mount_words"]
