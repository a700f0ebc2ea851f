"""From an engine's sample of a container's resources to ``ContainerStats``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perry_ffi.backends.engine_api.responses.fields import instant, listing, mapping, moment, reads
from perry_ffi.errors import Conflict
from perry_ffi.model.container_info import ContainerStats, ProcessTable


@reads("a container's statistics")
def parse_stats(document: Any, ident: str, earlier: Any = None) -> ContainerStats:
    """One sample of ``GET /containers/{id}/stats``.

    The share of the processors is counted from the sample before: docker sends it along, for podman
    hand it over as ``earlier``; without one the share is 0. Raises Conflict for a container that does
    not run (docker sends an empty sample, podman nothing).
    """
    if not document or not moment(mapping(document).get("read")):
        raise Conflict(f"{ident}: no statistics, the container is not running", name=ident, reason="not running")
    memory, cpu = mapping(document.get("memory_stats")), mapping(document.get("cpu_stats"))
    usage, limit = _memory(memory), _number(memory.get("limit"))
    received, sent = _network(document)
    read, written = _blocks(document)
    return ContainerStats(
        id=document.get("id") or document.get("Id") or ident,
        name=str(document.get("name") or "").removeprefix("/"),
        read=moment(document["read"]),
        cpu_percent=_cpu_percent(document, earlier),
        online_cpus=_number(cpu.get("online_cpus")) or len(listing(_usage(cpu).get("percpu_usage"))),
        memory_usage=usage,
        memory_limit=limit,
        memory_percent=round(usage / limit * 100, 3) if limit else 0.0,
        network_rx=received,
        network_tx=sent,
        block_read=read,
        block_write=written,
        pids=_number(mapping(document.get("pids_stats")).get("current")),
    )


@reads("a container's processes")
def parse_processes(document: Any) -> ProcessTable:
    """The answer of ``GET /containers/{id}/top``."""
    titles, rows = listing(document["Titles"]), listing(document["Processes"])
    if len(titles) == 1 and len(names := titles[0].split()) > 1:
        # Podman passes on the lines of a program in the container, where the machine's own does not tell.
        titles, rows = names, [str(row[0]).split(None, len(names) - 1) for row in rows]
    return ProcessTable(titles=titles, processes=rows)


def _number(value: Any) -> int:
    return max(0, int(value or 0))


def _usage(cpu: Mapping[str, Any]) -> Mapping[str, Any]:
    return mapping(cpu.get("cpu_usage"))


def _memory(memory: Mapping[str, Any]) -> int:
    """Without the inactive page cache (cgroup v1 and v2 name it differently), as the engines' own tools count."""
    detail = mapping(memory.get("stats"))
    cache = detail.get("total_inactive_file", detail.get("inactive_file", 0))
    usage = _number(memory.get("usage"))
    return usage - cache if cache < usage else usage


def _cpu_percent(document: Mapping[str, Any], earlier: Any) -> float:
    before = mapping(earlier)
    since = before.get("read") or document.get("preread")
    base = before.get("cpu_stats") if before else document.get("precpu_stats")
    if not moment(since):
        return 0.0
    spent = _number(_usage(mapping(document["cpu_stats"])).get("total_usage"))
    spent -= _number(_usage(mapping(base)).get("total_usage"))
    elapsed = (instant(document["read"]) - instant(since)) * 1e9
    return round(max(0.0, spent / elapsed * 100), 3) if elapsed > 0 else 0.0


def _network(document: Mapping[str, Any]) -> tuple[int, int]:
    cards = [mapping(card) for card in mapping(document.get("networks")).values()]
    return sum(_number(card.get("rx_bytes")) for card in cards), sum(_number(card.get("tx_bytes")) for card in cards)


def _blocks(document: Mapping[str, Any]) -> tuple[int, int]:
    totals = {"read": 0, "write": 0}
    for entry in listing(mapping(document.get("blkio_stats")).get("io_service_bytes_recursive")):
        if (kind := str(entry["op"]).lower()) in totals:
            totals[kind] += _number(entry["value"])
    return totals["read"], totals["write"]
