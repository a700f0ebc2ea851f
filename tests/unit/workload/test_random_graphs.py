"""Any graph, any nodes that fail, any call that fails: put back leaves no trace, what halts is what ran, and it can be gone on with."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perry_ffi.backends.fake import Behaviour
from perry_ffi.errors import BackendError, ContainerError
from tests.unit.workload.rig import GraphRig, graph

_FOLDER = tempfile.TemporaryDirectory(prefix="perry-graphs-")
NAMES = "abcdef"
OF_JOBS, OF_SERVICES = ("succeeded", "completed", "started"), ("ready", "started")
RULE = settings(max_examples=60)
Drawn = tuple[dict[str, Any], dict[str, list[Behaviour]]]


@st.composite
def graphs(draw: st.DrawFn) -> Drawn:
    """Nodes that depend only on earlier ones, and how each of their tries goes; mostly well."""
    nodes: dict[str, Any] = {}
    tries: dict[str, list[Behaviour]] = {}
    for index, name in enumerate(NAMES[: draw(st.integers(1, 6))]):
        job = draw(st.booleans())
        row: dict[str, Any] = {"kind": "job" if job else "service", "env": {"V": str(draw(st.integers(0, 1)))}}
        row["depends_on"] = {
            other: {"condition": draw(st.sampled_from(OF_JOBS if nodes[other]["kind"] == "job" else OF_SERVICES))}
            for other in (draw(st.lists(st.sampled_from(NAMES[:index]), max_size=2, unique=True)) if index else ())
        }
        jobs = [other for other in nodes if nodes[other]["kind"] == "job"]
        if jobs and draw(st.booleans()):
            row["env"]["OUT"] = {"nodeId": draw(st.sampled_from(jobs)), "projection": "output"}
        if draw(st.booleans()):
            row["retry"] = {"limit": draw(st.integers(0, 2)), "delay": 0}
        row |= draw(
            st.sampled_from([{}, {"volumes": ["data:/d", "/scratch"]}, {"policy": {"egress": False}}, {"networks": ["back"]}])
        )
        row["networks" if "policy" in row else "keep"] = [] if "policy" in row else True
        fails = [*draw(st.lists(st.sampled_from([False, False, False, True]), min_size=3, max_size=3)), False]
        ok = Behaviour(exit_code=0, stdout=f"{name}\n") if job else Behaviour()
        tries[name] = [Behaviour(exit_code=3) if each else ok for each in fails]
        nodes[name] = row
    return nodes, tries


def made(nodes: dict[str, Any]) -> Any:
    return graph(nodes, volumes={"data": {}}, networks={"back": {}})


ways = st.sampled_from([("before", None), ("before", 500), ("after", None)])


@RULE
@given(graphs(), graphs(), st.integers(0, 40), ways, st.booleans())
def test_what_was_put_back_is_as_it_was(one: Drawn, two: Drawn, number: int, way: tuple[str, int | None], resume: bool) -> None:
    async def check() -> None:
        rig = GraphRig(Path(_FOLDER.name), **{name: [rows[-1]] for name, rows in healthy(one[1]).items()})
        await rig.run(made(one[0]))
        was = rig.state()
        rig.interrupt(number, lambda: BackendError("cut", backend="fake", status=way[1]), way[0])
        old = set(rig.world.boxes)
        plain = rig._behave
        rig.tries = {**rig.tries}
        new = two[1]
        rig.world.behave = lambda box: plain(box) if box.id in old else tries_of(new, box)
        try:
            run = await rig.run(made(two[0]), resume=resume)
        except ContainerError as error:
            assert error.details.get("rolledBack", True) is True and "leftOver" not in error.details, error.to_dict()
            now = rig.state()
            assert now == was, _difference(was, now)
        else:
            assert set(run.status()["phases"].values()) <= {"ready", "succeeded", "skipped", "failed"}
        assert rig.backend.open_streams == 0
        rig.calm()
        assert (await rig.down("g", volumes=True)).errors == [] and not rig.world.boxes and len(rig.world.networks) == 3

    anyio.run(check)


@RULE
@given(graphs(), st.integers(0, 40), ways, st.sampled_from(["haltGraph", "partialContinue"]), st.booleans())
def test_what_halted_is_what_ran_and_is_gone_on_with(
    drawn: Drawn, number: int, way: tuple[str, int | None], strategy: str, stop: bool
) -> None:
    nodes, tries = drawn

    async def check() -> None:
        rig = GraphRig(Path(_FOLDER.name), **tries)
        rig.interrupt(number, lambda: BackendError("cut", backend="fake", status=way[1]), way[0])
        try:
            run = await rig.run(made(nodes), onFailure=strategy, stopRunning=stop)
        except ContainerError:
            assert not rig.world.boxes, "before the first node"
            return
        assert all(box.starts for box in rig.world.boxes.values())
        phases = run.status()["phases"]
        assert not {"pending", "waiting", "running", "creating", "starting", "pulling", "retrying"} & set(phases.values()), phases
        done = {box.id for box in rig.world.boxes.values() if phases[name_of(box)] == "succeeded"}
        rig.calm()
        rig.tries = healthy(tries)
        again = await rig.run(made(nodes), resume=True)
        assert again.status()["healthy"], again.status()
        kept = {box.id for box in rig.world.boxes.values() if again.status()["details"][name_of(box)]["reused"]}
        fresh = [name for name, row in again.status()["details"].items() if not row["reused"]]
        assert fresh or kept >= done, "with nothing to run again nothing that is done runs again"
        assert sorted(map(name_of, rig.world.boxes.values())) == sorted(nodes)

    anyio.run(check)


def healthy(tries: dict[str, list[Behaviour]]) -> dict[str, Any]:
    """The same nodes where none fails."""
    return {name: [rows[-1]] for name, rows in tries.items()}


def name_of(box: Any) -> str:
    return str(box.spec.labels["com.docker.compose.service"])


def tries_of(tries: dict[str, list[Behaviour]], box: Any) -> Behaviour:
    rows = tries[name_of(box)]
    return rows[min(int(box.spec.labels["perry.compose.number"]), len(rows)) - 1]


def _difference(was: dict[str, Any], now: dict[str, Any]) -> str:
    rows = [(was["containers"].get(key), now["containers"].get(key)) for key in {*was["containers"], *now["containers"]}]
    return repr([pair for pair in rows if pair[0] != pair[1]]) + repr(
        (was["networks"] ^ now["networks"], was["volumes"] ^ now["volumes"])
    )


pytestmark = pytest.mark.timeout(300)
