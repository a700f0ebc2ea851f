"""Plans on a cluster grow with services and no faster, counted in instructions; and an ``up`` calls as often as it has something to change."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from perry_ffi.compose import Project
from tests.support.instructions import growth
from tests.unit.stack.cluster.rig import Rig, project

LINEAR = 1.02
TOGETHER = 10
SIZES = (20, 80)


def many(services: int, mark: str = "1", edited: str = "") -> Project:
    """So many services of five tasks, each with a config of its own, every second one after the one before it. edited: one that
    has another mark than the rest.
    """
    rows: dict[str, Any] = {}
    for number in range(services):
        rows[f"s{number}"] = {
            "image": f"registry.example/app{number % 5}:1", "command": ["serve", str(number)], "environment": {"MARK": mark},
            "deploy": {"replicas": 5}, "networks": [f"n{number // TOGETHER}"], "configs": [f"c{number}"],
        }  # fmt: skip
        if f"s{number}" == edited:
            rows[edited]["environment"] = {"MARK": "edited"}
        if number % 2:
            rows[f"s{number}"]["depends_on"] = [f"s{number - 1}"]
    configs = {f"c{number}": {"content": f"number {number}"} for number in range(services)}
    return project(rows, configs=configs, networks={f"n{number}": {} for number in range((services - 1) // TOGETHER + 1)})


def stood(folder: Path, services: int) -> Rig:
    rig = Rig(folder)
    asyncio.run(rig.up(many(services)))
    return rig


def planned(folder: Path, services: int, case: str) -> Callable[[], object]:
    rig = Rig(folder) if case == "all to create" else stood(folder, services)
    wanted = many(services, mark="2" if case == "all to update" else "1")
    return lambda: asyncio.run(rig.plan(wanted))


@pytest.mark.parametrize("case", ["all to create", "all to update", "nothing to do"])
def test_a_plan_grows_with_the_services(tmp_path: Path, case: str) -> None:
    assert growth(lambda services: planned(tmp_path, services, case)) < LINEAR


def calls_of(rig: Rig, work: Callable[[], object]) -> Counter[str]:
    before = rig.cluster.counts
    work()
    return rig.cluster.counts - before


@pytest.mark.parametrize("services", SIZES)
def test_an_up_makes_each_thing_once(tmp_path: Path, services: int) -> None:
    rig = Rig(tmp_path)
    asyncio.run(rig.up(many(services)))
    networks = (services - 1) // TOGETHER + 1
    writes = Counter(call.method for call in rig.cluster.writes)
    assert writes == {"create_service": services, "create_file": services, "create_network": networks}


@pytest.mark.parametrize("services", SIZES)
def test_with_nothing_to_do_it_looks_as_often_whatever_the_size(tmp_path: Path, services: int) -> None:
    rig = stood(tmp_path, services)
    assert calls_of(rig, lambda: asyncio.run(rig.up(many(services)))) == {"services": 1, "objects": 3, "resolve_image": 5}


@pytest.mark.parametrize("services", SIZES)
def test_one_edit_changes_one_service(tmp_path: Path, services: int) -> None:
    rig = stood(tmp_path, services)
    before = len(rig.cluster.writes)
    asyncio.run(rig.up(many(services, edited="s7")))
    assert [call.method for call in rig.cluster.writes[before:]] == ["update_service"]


@pytest.mark.parametrize("services", SIZES)
def test_a_down_removes_each_thing_once(tmp_path: Path, services: int) -> None:
    rig = stood(tmp_path, services)
    before = len(rig.cluster.writes)
    asyncio.run(rig.down())
    removed = Counter(call.method for call in rig.cluster.writes[before:])
    assert removed == {"remove_service": services, "remove_object": services + (services - 1) // TOGETHER + 1}
