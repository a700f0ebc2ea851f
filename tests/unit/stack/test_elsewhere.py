"""A project that this engine has nothing of, while another one has it, is not taken for absent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from perry_ffi.backends.contract.engine import Elsewhere
from perry_ffi.errors import Conflict, NotFound
from perry_ffi.model.container import ExecOptions
from perry_ffi.stack import stack
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.down import down, plan_down
from perry_ffi.stack.follow import FollowedLogs
from perry_ffi.stack.identity import container_labels
from perry_ffi.stack.lifecycle import Lifecycle
from perry_ffi.stack.logs import LogRequest, logs
from perry_ffi.stack.one_off import exec_in
from perry_ffi.stack.options import Down, Up
from perry_ffi.stack.project_lookup import find_model
from perry_ffi.stack.status import graph, ps, status
from perry_ffi.stack.up import plan, up
from tests.unit.stack.rig import Rig, project

pytestmark = pytest.mark.anyio
OWN = container_labels("p", "a", 1, digest="d", image_id="i", depends_on={})
THEIRS = {f"com.docker.compose.{key}": value for key, value in (("project", "p"), ("service", "a"), ("config-hash", "d"))}
WANTED = project({"a": {}})

Verb = Callable[[StackContext], Awaitable[Any]]
LOOKING: dict[str, Verb] = {
    "ps": lambda context: ps(context, "p"),
    "status": lambda context: status(context, "p", WANTED, {}),
    "graph": lambda context: graph(context, "p", None),
    "logs": lambda context: logs(context, "p", LogRequest(), {"a"}),
    "follow": lambda context: FollowedLogs(context, "p", LogRequest(), {"a"}).open(),
    "attach": lambda context: stack.attach(context, "p", {}),
    "model": lambda context: find_model(context, "p", {}),
    "exec": lambda context: exec_in(context, "p", "a", ["true"], ExecOptions()),
}
CHANGING: dict[str, Verb] = {
    "up": lambda context: up(context, WANTED, Up()),
    "plan": lambda context: plan(context, WANTED, Up()),
    "down": lambda context: down(context, "p", WANTED, Down()),
    "down by name": lambda context: down(context, "p", None, Down(volumes=True, images="all")),
    "plan of down": lambda context: plan_down(context, "p", WANTED, Down()),
    "start": lambda context: Lifecycle(context, "p", WANTED).start(None),
    "stop": lambda context: Lifecycle(context, "p", WANTED).stop(["a"]),
    "restart": lambda context: Lifecycle(context, "p", None).restart(None),
    "kill": lambda context: Lifecycle(context, "p", WANTED).kill(None, "SIGKILL"),
}


class Others:
    """What other engines are said to have, and how often they were asked."""

    def __init__(self, *labels: dict[str, str]) -> None:
        self.labels = labels
        self.asked = 0

    async def __call__(self, labels: Any) -> list[Elsewhere]:
        self.asked += 1
        return [Elsewhere("docker", "unix:///d.sock", self.labels)] if self.labels else []


def beside(rig: Rig, *labels: dict[str, str]) -> tuple[StackContext, Others]:
    others = Others(*labels)
    return replace(rig.context, elsewhere=others), others


@pytest.mark.parametrize("labels", [OWN, THEIRS], ids=["ours", "docker compose's"])
@pytest.mark.parametrize("verb", [*LOOKING, *CHANGING])
async def test_every_verb_names_both_engines(rig: Rig, verb: str, labels: dict[str, str]) -> None:
    context, _ = beside(rig, {"other": "x"}, labels)
    with pytest.raises(Conflict) as caught:
        await {**LOOKING, **CHANGING}[verb](context)
    assert caught.value.message == "project p: fake has nothing of it, but docker at unix:///d.sock has its containers"
    assert "DOCKER_HOST=unix:///d.sock" in caught.value.details["remedy"]
    assert "PERRY_CONTAINER_BACKEND=fake" in caught.value.details["remedy"]
    assert not rig.backend.writes


async def test_an_engine_that_has_something_of_the_project_is_the_one(rig: Rig) -> None:
    """Nobody else is asked, and none again once the project is down."""
    context, others = beside(rig)
    await up(context, WANTED, Up())
    assert others.asked == 1
    others.labels = (OWN,)
    for name, verb in {**LOOKING, **CHANGING}.items():
        if name not in ("model", "down", "down by name", "follow"):
            await verb(context)
    report = await down(context, "p", WANTED, Down())
    assert report.containers_removed == 1 and not report.errors and others.asked == 1


async def test_what_is_left_of_a_project_without_containers_is_taken_down(rig: Rig) -> None:
    await rig.up(project({"a": {"volumes": ["data:/data"]}}, volumes={"data": {}}))
    await rig.down()
    context, _ = beside(rig, OWN)
    report = await down(context, "p", None, Down(volumes=True))
    assert report.volumes_removed == 1
    with pytest.raises(Conflict):
        await down(context, "p", None, Down(volumes=True))


async def test_containers_of_others_are_nobodys(rig: Rig) -> None:
    """An image that was built for a project carries its labels into every container that is run from it."""
    context, _ = beside(rig, {"com.docker.compose.project": "p", "com.docker.compose.service": "a"})
    assert await ps(context, "p") == []
    with pytest.raises(NotFound):
        await stack.attach(context, "p", {})
    assert not (await up(context, WANTED, Up())).empty
