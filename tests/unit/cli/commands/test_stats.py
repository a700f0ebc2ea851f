"""What containers use, as docker compose writes it."""

from __future__ import annotations

from typing import Any

from perry_ffi.cli.commands import stats
from perry_ffi.model.answer import Count
from perry_ffi.model.container_info import ContainerInfo, ContainerStats
from perry_ffi.service.samples import Sample

ID = "c" * 64


def sample(name: str, *, runs: bool = True, **used: Any) -> Sample:
    info = ContainerInfo(id=ID, name=name, image="i", status="running" if runs else "exited", created="")
    counts = dict.fromkeys(
        ("online_cpus", "memory_usage", "memory_limit", "network_rx", "network_tx", "block_read", "block_write", "pids"), Count(0)
    )
    taken = ContainerStats(id=ID, name=name, read="", **{**counts, "cpu_percent": 0.0, "memory_percent": 0.0, **used})
    return Sample("shop", info, taken if runs else None)


ROW = sample(
    "shop-web-1",
    cpu_percent=0.114,
    memory_usage=634_880,
    memory_limit=25_329_568_153,
    memory_percent=0.0025,
    network_rx=1180,
    pids=2,
)


def test_a_container_has_texts() -> None:
    assert stats._row(ROW, of_all=False) == {
        "BlockIO": "0B / 0B", "CPUPerc": "0.11%", "Container": ID, "ID": ID, "MemPerc": "0.00%", "MemUsage": "620KiB / 23.59GiB",
        "Name": "shop-web-1", "NetIO": "1.18kB / 0B", "PIDs": "2",
    }  # fmt: skip


def test_of_all_projects_it_names_its_own() -> None:
    row = stats._row(ROW, of_all=True)
    assert list(row) == ["Project", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"]
    assert (row["Project"], row["PIDs"]) == ("shop", 2)


def test_what_does_not_run_uses_nothing() -> None:
    row = stats._row(sample("shop-job-1", runs=False), of_all=False)
    assert (row["CPUPerc"], row["MemUsage"], row["PIDs"]) == ("--", "-- / --", "--")


def test_a_project_has_sums() -> None:
    assert stats._sum("shop", [ROW, ROW, sample("shop-job-1", runs=False)]) == {
        "Project": "shop", "Containers": 3, "CPUPerc": "0.23%", "MemUsage": "1.211MiB", "NetIO": "2.36kB / 0B", "BlockIO": "0B / 0B",
        "PIDs": 4,
    }  # fmt: skip
