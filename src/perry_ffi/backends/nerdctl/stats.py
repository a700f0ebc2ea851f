"""nerdctl's statistics, which are texts for a table: ``0.53%``, ``624KiB / 8EiB``."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from perry_ffi.backends.engine_api.responses.fields import reads
from perry_ffi.model.answer import Count
from perry_ffi.model.container_info import ContainerStats

if TYPE_CHECKING:
    from perry_ffi.model.container_info import ContainerInfo

_SIZE = re.compile(r"([0-9.]+)\s*([kKMGTPE]?)(i?)B\Z")
_POWERS = "KMGTPE"


@reads("what a container uses")
def container_stats(row: Mapping[str, Any], info: ContainerInfo) -> ContainerStats:
    """One line of ``stats --format=json``. What is not running has none, and uses nothing."""
    memory, limit = _two(row.get("MemUsage"))
    received, sent = _two(row.get("NetIO"))
    read, written = _two(row.get("BlockIO"))
    return ContainerStats(
        id=info.id,
        name=info.name,
        read=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        cpu_percent=_share(row.get("CPUPerc")),
        online_cpus=Count(os.cpu_count() or 1),
        memory_usage=Count(memory),
        memory_limit=Count(limit),
        memory_percent=_share(row.get("MemPerc")),
        network_rx=Count(received),
        network_tx=Count(sent),
        block_read=Count(read),
        block_write=Count(written),
        pids=Count(int(row.get("PIDs") or 0)),
    )


def _share(text: Any) -> float:
    return float(str(text or "0%").removesuffix("%"))


def _two(text: Any) -> tuple[int, int]:
    first, _, second = str(text or "0B / 0B").partition("/")
    return size(first), size(second)


def size(text: str) -> int:
    """Bytes of ``1.5MiB`` or ``12kB``; ValueError for what is no size."""
    match = _SIZE.match(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no size")
    number, prefix, binary = match.groups()
    power = _POWERS.index(prefix.upper()) + 1 if prefix else 0
    unit: int = (1024 if binary else 1000) ** power
    return round(float(number) * unit)


__all__ = ["container_stats", "size"]
