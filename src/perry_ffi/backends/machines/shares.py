"""What a machine has of the host: its folders, for what is mounted from elsewhere is an empty one there, without an error; a name
for it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from perry_ffi.backends.machines import places, products
from perry_ffi.model.backend import BackendMount

if TYPE_CHECKING:
    from perry_ffi.model.backend import BackendInfo
    from perry_ffi.settings import Settings


def unshared(settings: Settings, name: str, source: str) -> str:
    """Why the path ``source`` of the host may be empty in the machine of the engine ``name``; empty where it is not."""
    machine = products.of(name)
    if machine is None or not machine.shares:
        return ""
    folders = [share.path for share in places.shares(settings, machine)]
    known = {path for folder in folders for path in (folder, os.path.realpath(folder))}
    if any(_is_below(path, folder) for path in (os.path.normpath(source), os.path.realpath(source)) for folder in known):
        return ""
    return f"{machine.product} has only {', '.join(folders)} of this machine, unless it is told otherwise: {source} may be empty there"


def with_machine(info: BackendInfo, settings: Settings, name: str) -> BackendInfo:
    """``info`` of an engine in the machine ``name``, with what the table says of that; where it has no such row, as it was."""
    machine = products.of(name)
    if machine is None:
        return info
    mounts = [BackendMount(path=share.path, read_only=share.read_only) for share in places.shares(settings, machine)]
    return info.model_copy(update={"mounts": mounts or None, "host_address": machine.host or None})


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
