"""Networks and volumes of a graph: the schema of a Compose document, and who may name them."""

from __future__ import annotations

from typing import Any

import pytest

from perry_ffi.errors import ValidationError
from perry_ffi.model.base import validate
from perry_ffi.model.workload import WorkloadGraph
from perry_ffi.workload.check import check
from tests.support.workloads import checked, document, refusal


def test_short_forms_are_read() -> None:
    graph = checked(
        {}, networks={"a": None, "b": {"internal": True, "labels": ["x=y"]}}, volumes={"v": None, "w": {"external": True}}
    )
    assert graph.networks["b"]["internal"] is True
    assert graph.networks["b"]["labels"] == {"x": "y"}
    assert set(graph.networks) == {"a", "b"}
    assert graph.volumes["w"]["external"] is True
    assert set(graph.volumes) == {"v", "w"}


@pytest.mark.parametrize(
    ("section", "rows", "path"),
    [
        ("networks", {"a": {"drvier": "x"}}, "WorkloadGraph.networks.a"),
        ("networks", {"a": 3}, "WorkloadGraph.networks.a"),
        ("networks", {"a": {"ipam": {"config": [{"subnet": 3}]}}}, "WorkloadGraph.networks.a.ipam.config[0].subnet"),
        ("volumes", {"v": {"driver": 3}}, "WorkloadGraph.volumes.v.driver"),
        ("volumes", {"v": {"external": True, "driver": "x"}}, "WorkloadGraph.volumes.v"),
        ("networks", [], "WorkloadGraph.networks"),
        ("networks", {"a": {"name": "x\0"}}, "WorkloadGraph.networks.a.name"),
    ],
)
def test_other_members_are_refused(section: str, rows: Any, path: str) -> None:
    assert refusal({}, **{section: rows}).details["path"].startswith(path)


@pytest.mark.parametrize(
    ("node", "path"),
    [
        ({"networks": ["frnt"]}, "networks[0]"),
        ({"networks": {"default": {}, "frnt": {}}}, "networks[1]"),
        ({"network": "frnt"}, "network"),
        ({"volumes": ["dta:/data"]}, "volumes[0]"),
        ({"volumes": ["/x", {"type": "volume", "source": "dta", "target": "/y"}]}, "volumes[1]"),
    ],
)
def test_what_is_not_declared_is_refused(node: dict[str, Any], path: str) -> None:
    error = refusal({"a": node}, networks={"front": {}}, volumes={"data": {}})
    assert error.details["path"] == f"WorkloadGraph.nodes.a.{path}"
    assert error.details["meant"] in ("front", "data")


def test_binds_and_volumes_without_a_name_need_no_declaration() -> None:
    node = {"volumes": ["/host:/a", "./b:/b", "/c", "data:/d"], "networks": ["default", "front"]}
    checked({"a": node}, networks={"front": {}}, volumes={"data": {}})


def test_the_network_of_nodes_without_egress_has_a_name_of_its_own() -> None:
    error = refusal({"a": {"policy": {"egress": False}}}, networks={"inner": {}})
    assert error.details["path"] == "WorkloadGraph.networks.inner"
    checked({"a": {}}, networks={"inner": {}})


def deep(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize("value", [deep(10_000), "\ud800", {"\ud800": 1}, {"a": object()}, {"a": [float("nan")]}, {1: 2}])
def test_values_that_are_no_json_are_refused(value: Any) -> None:
    """A Python host may hand over anything."""
    with pytest.raises(ValidationError) as refused:
        check(validate(WorkloadGraph, document({}, networks={"a": {"driver_opts": value}})))
    assert refused.value.details["path"].startswith("WorkloadGraph")
