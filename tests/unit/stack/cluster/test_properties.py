"""Rules that hold for every project on a cluster: brought up twice it asks little and does nothing, an edit touches what it is about,
there and back leaves nothing behind, and what fails leaves no trace.
"""

from __future__ import annotations

import copy
import os
import tempfile
from pathlib import Path
from typing import Any

import anyio
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from perry_ffi.backends.fake.cluster import Task, TaskScript
from perry_ffi.compose import Project, load_document
from perry_ffi.errors import ServiceStartupFailed
from perry_ffi.stack import identity
from tests.unit.stack.cluster.rig import IMAGE, Rig

NAMES = "abcde"
JOBS = "bd"
JOB, FAILS = "job", "fails"
MANY = os.environ.get("PERRY_TEST_CLUSTER") == "1"
RULE = settings(
    max_examples=100 if MANY else 12, derandomize=not MANY, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip
"""Every run has the same few; ``make test-cluster`` looks further."""


@st.composite
def projects(draw: st.DrawFn) -> dict[str, Any]:
    """Services that depend on earlier ones alone; jobs end by themselves, and those who wait for them know. Who is a job by its name is
    one in every project: an engine takes the end of what ran before for a failure of its update.
    """
    services: dict[str, Any] = {}
    for index, name in enumerate(NAMES[: draw(st.integers(1, 5))]):
        job = name in JOBS
        row: dict[str, Any] = {
            "image": IMAGE,
            "labels": {JOB: str(job)},
            "environment": {"V": draw(st.sampled_from(["1", "{{x}}"]))},
        }
        row["depends_on"] = {}
        if job and draw(st.booleans()):
            row["restart"] = "no"
        for other in draw(st.lists(st.sampled_from(NAMES[:index]), max_size=2, unique=True)) if index else ():
            of_job = services[other]["labels"][JOB] == "True"
            condition = "service_completed_successfully" if of_job else draw(
                st.sampled_from(["service_started", "service_healthy"] if "healthcheck" in services[other] else ["service_started"])
            )  # fmt: skip
            row["depends_on"][other] = {"condition": condition, "restart": draw(st.booleans())}
        deploy: dict[str, Any] = {"mode": draw(st.sampled_from(["replicated", "replicated", "global"]))}
        if deploy["mode"] == "replicated":
            deploy["replicas"] = draw(st.integers(1 if job else 0, 3))
        if draw(st.booleans()):
            deploy["update_config"] = {
                "order": draw(st.sampled_from(["start-first", "stop-first"])), "parallelism": draw(st.integers(0, 2)),
                "failure_action": draw(st.sampled_from(["rollback", "pause", "continue"])),
            }  # fmt: skip
        deploy["endpoint_mode"] = draw(st.sampled_from(["vip", "dnsrr"]))
        if not job and draw(st.booleans()):
            row["healthcheck"] = {"test": ["CMD", "true"], "interval": "1s"}
        if draw(st.booleans()):
            row["networks"] = draw(st.lists(st.sampled_from(["front", "back"]), min_size=1, unique=True))
        row["configs"] = draw(
            st.lists(st.sampled_from([*"cd", {"source": "c", "target": "/more", "mode": 0o400}]), max_size=3, unique_by=str)
        )
        row["secrets"] = draw(st.lists(st.just("s"), max_size=1))
        if draw(st.booleans()):
            row["volumes"] = ["data:/data"]
        services[name] = {**row, "deploy": deploy}
    contents = st.sampled_from("xy")
    return {
        "name": "p", "services": services, "networks": {"front": {}, "back": {}}, "volumes": {"data": {}},
        "configs": {"c": {"content": draw(contents)}, "d": {"content": draw(contents)}}, "secrets": {"s": {"environment": "S"}},
    }  # fmt: skip


def loaded(document: dict[str, Any], secret: str = "1") -> Project:
    return load_document(copy.deepcopy(document), env={"S": secret}, working_directory="/")


def new_rig() -> Rig:
    rig = Rig(Path(tempfile.mkdtemp(prefix="perry-rig-")))

    def script(task: Task) -> TaskScript:
        labels = task.definition.container.labels
        if FAILS in labels:
            return TaskScript(exit_code=3)
        return TaskScript(exit_code=0 if labels.get(JOB) == "True" else None)

    rig.cluster.script = script
    return rig


async def tasks(rig: Rig) -> dict[str, set[str]]:
    """The ids of the tasks that are wanted, by the service's name in the file."""
    found = {}
    for state in await rig.services.services():
        rows = await rig.services.tasks([state.id])
        found[state.labels[identity.SERVICE]] = {task.id for task in rows if task.wanted or task.state == "complete"}
    return found


async def told(rig: Rig) -> Any:
    """What the cluster holds, by names: ids and transactions say nothing of a project."""
    state = await rig.state()
    own = (identity.TRANSACTION, identity.CLUSTER_NETWORKS)
    services = {
        name: (row[0], row[2], {k: v for k, v in row[3].items() if k not in own}, row[4])
        for name, row in state["services"].items()
    }
    return services, sorted((kind, name) for kind, name, _ in state["objects"])


@RULE
@given(projects())
def test_a_second_up_asks_little_and_does_nothing(document: dict[str, Any]) -> None:
    async def check() -> None:
        rig = new_rig()
        await rig.up(loaded(document))
        ran = await tasks(rig)
        rig.cluster.calls.clear()
        assert (await rig.up(loaded(document))).empty
        assert not rig.cluster.writes
        assert len(rig.cluster.calls) <= 8, rig.calls
        assert await tasks(rig) == ran
        assert (await rig.down()).errors == []
        assert await rig.state() == {"services": {}, "objects": set()}

    anyio.run(check)


@RULE
@given(projects(), projects())
def test_there_and_back_nothing_is_doubled_or_left(one: dict[str, Any], two: dict[str, Any]) -> None:
    async def check() -> None:
        rig = new_rig()
        await rig.up(loaded(one))
        before = await told(rig)
        await rig.up(loaded(two), remove_orphans=True)
        now = await told(rig)
        fresh = new_rig()
        await fresh.up(loaded(two))
        assert now == await told(fresh)
        await rig.up(loaded(one), remove_orphans=True)
        assert await told(rig) == before
        assert await rig.plan(loaded(one)) == "nothing to do\n"

    anyio.run(check)


EDITS = ("environment", "labels", "deploy labels", "replicas", "config", "secret", "alias")


def edited(document: dict[str, Any], service: str, edit: str) -> tuple[dict[str, Any], str, set[str]]:
    """The project with one edit, the secret's content, and the services whose definition it changes."""
    new = copy.deepcopy(document)
    row, secret, about = new["services"][service], "1", {service}
    if edit == "environment":
        row["environment"]["V"] = "other"
    elif edit == "labels":
        row["labels"]["more"] = "1"
    elif edit == "deploy labels":
        row["deploy"]["labels"] = {"more": "1"}
    elif edit == "alias":
        network = (row.get("networks") or ["default"])[0]
        row["networks"] = {name: {} for name in row.get("networks") or ["default"]} | {network: {"aliases": ["other"]}}
    elif edit == "replicas":
        about = {service} if row["deploy"].get("replicas") else set()
        row["deploy"] |= {"replicas": row["deploy"]["replicas"] + 1} if about else {}
    elif edit == "config":
        new["configs"]["c"]["content"] = "z"
        about = {n for n, s in new["services"].items() if any(c == "c" or isinstance(c, dict) for c in s["configs"])}
    elif edit == "secret":
        secret, about = "2", {n for n, s in new["services"].items() if s["secrets"]}
    return new, secret, about


@RULE
@given(projects(), st.integers(0, 4), st.sampled_from(EDITS))
def test_an_edit_touches_what_it_is_about(document: dict[str, Any], number: int, edit: str) -> None:
    """And who says ``restart: true`` of that; labels and a number replace no task at all."""

    async def check() -> None:
        rig = new_rig()
        service = list(document["services"])[number % len(document["services"])]
        new, secret, about = edited(document, service, edit)
        await rig.up(loaded(document))
        ran = await tasks(rig)
        steps = await rig.up(loaded(new, secret))
        replaced = set(about) if edit not in ("replicas", "deploy labels") else set()
        follow = set(replaced)
        for name, row in new["services"].items():
            if any(edge["restart"] and other in follow for other, edge in row["depends_on"].items()):
                follow.add(name)
        words = {step.owner for step in steps.steps if step.action.name in ("update service", "scale service", "create service")}
        assert words == about
        now = await tasks(rig)
        assert {name for name in ran if not ran[name] <= now[name]} <= follow
        assert all(ran[name].isdisjoint(now[name]) for name in replaced if new["services"][name]["labels"][JOB] == "False")
        assert len(await rig.services.objects("config")) == len(await _used(rig, "config"))
        assert await rig.plan(loaded(new, secret)) == "nothing to do\n"

    anyio.run(check)


async def _used(rig: Rig, kind: str) -> set[str]:
    """The names of the objects that services use."""
    rows = [row for state in await rig.services.services() for row in state.labels[identity.CLUSTER_FILES].split(",")]
    return {name for row in rows if row.startswith(f"{kind}:") for name in row.partition("=")[2].split("+")}


@RULE
@given(projects(), projects(), st.integers(0, 4))
def test_an_up_that_fails_leaves_no_trace(one: dict[str, Any], two: dict[str, Any], number: int) -> None:
    """Whatever its policy of updates is."""

    async def check() -> None:
        rig = new_rig()
        await rig.up(loaded(one))
        before = await rig.state()
        new = copy.deepcopy(two)
        name = list(new["services"])[number % len(new["services"])]
        row = new["services"][name]
        row["labels"] |= {FAILS: "1", JOB: "False"}
        row["restart"] = "no"
        if row["deploy"].get("replicas") == 0:
            row["deploy"]["replicas"] = 1
        try:
            await rig.up(loaded(new))
        except ServiceStartupFailed as error:
            assert error.details["service"] == name
            assert error.details["rolledBack"] is True, error.details
        else:
            raise AssertionError("it came up")
        after = await rig.state()
        assert after["objects"] == before["objects"]
        assert after["services"] == before["services"]
        assert await rig.plan(loaded(one)) == "nothing to do\n"

    anyio.run(check)
