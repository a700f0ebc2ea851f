"""What lies over a place in a service's container, as far as the document says it: what an image declares is not seen here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from perry_ffi.model import container_values as own
from perry_ffi.stack.translate.document import entries, mapping


@dataclass(frozen=True)
class Cover:
    """A mount of the service. keeps: what is put into it before the container starts is there when it has started."""

    target: str
    kind: str
    writable: bool = True
    keeps: bool = True

    @property
    def takes_files(self) -> bool:
        return self.kind in ("volume", "bind") and self.writable and self.keeps


def covers(project: Mapping[str, Any], service: Mapping[str, Any], where: str) -> list[Cover]:
    """The mounts of ``service``, a part of ``project`` at ``where``."""
    items = [item for item in entries(service.get("volumes"), f"{where}.volumes") if isinstance(item, Mapping)]
    found = [_of_volume(project, item) for item in items if item.get("target")]
    return [*found, *(Cover(path.rstrip("/"), "tmpfs", keeps=False) for path in own.tmpfs(service.get("tmpfs") or []))]


def over(path: str, found: Iterable[Cover]) -> Cover | None:
    """The mount that ``path`` is in: of those that lie one in the other the innermost."""
    around = [cover for cover in found if is_below(path, cover.target)]
    return max(around, key=lambda cover: len(cover.target), default=None)


def is_below(path: str, directory: str) -> bool:
    return path.startswith(directory.rstrip("/") + "/")


def _of_volume(project: Mapping[str, Any], item: Mapping[str, Any]) -> Cover:
    kind = str(item.get("type") or "")
    declared = mapping(project.get("volumes"), "volumes").get(str(item.get("source") or "")) if kind == "volume" else None
    options = mapping(declared, "volumes").get("driver_opts") if isinstance(declared, Mapping) else None
    # A file system in memory is empty each time it is mounted, a volume's too.
    memory = kind == "tmpfs" or (isinstance(options, Mapping) and options.get("type") == "tmpfs")
    return Cover(str(item["target"]).rstrip("/"), kind, not item.get("read_only"), keeps=not memory)
