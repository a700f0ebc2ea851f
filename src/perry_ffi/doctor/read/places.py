"""Where engines may listen on this machine: the usual places, those of the products, and those that something names."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from perry_ffi.backends.machines.places import sockets
from perry_ffi.doctor.find import find
from perry_ffi.doctor.products import MACHINES
from perry_ffi.doctor.symptoms.engines import CONTAINERD

if TYPE_CHECKING:
    from perry_ffi.doctor.facts import Machine
    from perry_ffi.settings import Settings

MOST = 64
"""Places that are looked at; a folder of machines may have any number."""


class Place(NamedTuple):
    """runtime: whose it is; named_by: the variable or the context that has it; speaks: whether docker's API is spoken there."""

    runtime: str
    path: str
    named_by: str = ""
    speaks: bool = True


def places(settings: Settings, machine: Machine, named: Mapping[str, str], root: Path = Path("/")) -> list[Place]:
    """Each path once, those that something names first. root: where the system's own sockets are."""
    found: dict[str, Place] = {}
    for place in _all(settings, machine, named, root):
        found.setdefault(place.path, place)
    return [*found.values()][:MOST]


def _all(settings: Settings, machine: Machine, named: Mapping[str, str], root: Path) -> Iterator[Place]:
    for by, path in named.items():
        yield Place("podman" if by.startswith("CONTAINER") else "docker", path, by)
    if machine.platform == "win32":
        return
    yield Place("docker", str(root / "var/run/docker.sock"))
    if machine.runtime_dir:
        yield Place("docker", f"{machine.runtime_dir}/docker.sock")
        yield Place("podman", f"{machine.runtime_dir}/podman/podman.sock")
    if machine.platform == "linux":
        yield Place("podman", str(root / "run/podman/podman.sock"))
        yield from _containerd(settings, machine, root)
    for product in MACHINES:
        yield from (Place(product.name, path) for path in sockets(settings, product) if os.path.lexists(path))


def _containerd(settings: Settings, machine: Machine, root: Path) -> Iterator[Place]:
    """The one that nerdctl asks, where it is installed. That of a user's own set-up is in a file system of its own: nerdctl tells of it."""
    if find(settings, "nerdctl") is None:
        return
    named = (settings.environ or {}).get("CONTAINERD_ADDRESS", "").removeprefix("unix://")
    if named.startswith("/"):
        yield Place("nerdctl", named, "CONTAINERD_ADDRESS", speaks=False)
    elif machine.uid == 0:
        yield Place("nerdctl", str(root / CONTAINERD.lstrip("/")), speaks=False)
