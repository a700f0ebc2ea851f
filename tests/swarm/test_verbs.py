"""Every verb over one small stack on three nodes, by the library and by perry-compose."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.cli.main import main
from perry_ffi.compose import Project, load
from perry_ffi.errors import Unsupported
from perry_ffi.model.container import ExecOptions, LogOptions
from perry_ffi.model.stack import RunOptions
from perry_ffi.stack.context import StackContext
from perry_ffi.stack.follow import followed_logs
from perry_ffi.stack.images import pull
from perry_ffi.stack.lifecycle import lifecycle
from perry_ffi.stack.logs import LogRequest, logs
from perry_ffi.stack.one_off import exec_in, run
from perry_ffi.stack.options import Down, Up
from perry_ffi.stack.projects import down_all
from perry_ffi.stack.stack import Stack, attach
from perry_ffi.stack.status import graph, ps, status
from perry_ffi.stack.up import up
from tests.engines.swarm.lab import Lab, until
from tests.swarm.shop import on

NAME = "verbs"
HELLO = "for n in 1 2 3; do echo hello $$n from $$(hostname); done; echo oops >&2; touch /tmp/ready; exec sleep 600"


def document(lab: Lab) -> dict[str, Any]:
    def service(command: str, **members: Any) -> dict[str, Any]:
        return {
            "image": lab.image, "command": ["sh", "-c", command], "stop_grace_period": "0s",
            "deploy": {"endpoint_mode": "dnsrr", "update_config": {"monitor": "500ms", "parallelism": 0}}, **members,
        }  # fmt: skip

    check = {"test": ["CMD", "test", "-f", "/tmp/ready"], "interval": "500ms", "retries": 20}
    return {
        "name": NAME,
        "services": {
            "db": service("sleep 1; touch /tmp/ready; exec sleep 600", healthcheck=check),
            "web": service(HELLO, scale=3, depends_on={"db": {"condition": "service_healthy"}}),
            "job": service("echo done; exit 0", restart="no"),
        },
    }


class Served:
    """lab: with the stack on it. file: the stack's. environ: of programs that work on it."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab, self.folder = lab, folder
        self.file = folder / "compose.json"
        self.file.write_text(json.dumps(document(lab)))
        self.nodes = ",".join(f"{node.name}=unix://{node.socket}" for node in lab.nodes)

    def model(self) -> Project:
        return load([str(self.file)], env={}, working_directory=str(self.folder))

    def on(self, *, nodes: bool = True) -> Any:
        return on(self.lab.leader().socket, self.folder, {"PERRY_SWARM_NODES": self.nodes} if nodes else {})


@pytest.fixture(scope="module")
def served(swarm: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    swarm.clean()
    found = Served(swarm, tmp_path_factory.mktemp("verbs"))

    async def bring_up() -> None:
        async with found.on() as context:
            await up(context, found.model(), Up())

    asyncio.run(bring_up())
    yield found
    swarm.clean()


@pytest.fixture
async def context(served: Served) -> AsyncIterator[StackContext]:
    async with served.on() as found:
        yield found


# -- looking ------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_ps_status_and_graph(served: Served, context: StackContext) -> None:
    rows = {row["name"]: row for row in await ps(context, NAME)}
    assert rows.keys() == {"db.1", "job.1", "web.1", "web.2", "web.3"}
    assert (rows["db.1"]["status"], rows["db.1"]["health"]) == ("running", "healthy")
    assert (rows["job.1"]["status"], rows["job.1"]["exitCode"]) == ("exited", 0)
    assert {rows[f"web.{n}"]["node"] for n in (1, 2, 3)} == {node.name for node in served.lab.nodes}
    found = await status(context, NAME, served.model(), {})
    assert {name: row["status"] for name, row in found["services"].items()} == {
        "db": "running", "job": "completed", "web": "running",
    }  # fmt: skip
    edges = (await graph(context, NAME, None))["edges"]
    assert edges == [{"from": "web", "to": "db", "condition": "service_healthy"}]
    model = await (await attach(context, NAME, {})).model()
    assert set(model.services) == {"db", "job", "web"}


@pytest.mark.anyio
async def test_logs_of_tasks_on_every_node(served: Served, context: StackContext) -> None:
    found = await logs(context, NAME, LogRequest(("web", "job")))
    assert [row["time"] for row in found] == sorted(row["time"] for row in found)
    web = [row for row in found if row["service"] == "web"]
    assert {row["node"] for row in web} == {node.name for node in served.lab.nodes}
    for number in (1, 2, 3):
        own = [row["text"].rpartition(" from ")[0] for row in web if row["replica"] == number and row["stream"] == "stdout"]
        assert own == ["hello 1", "hello 2", "hello 3"]
    assert [row["text"] for row in web if row["stream"] == "stderr"] == ["oops"] * 3
    assert [row["text"] for row in found if row["service"] == "job"] == ["done"]
    last = await logs(context, NAME, LogRequest(("web",), LogOptions(tail=1), 2))
    assert [row["container"] for row in last] == ["web.2"]
    assert await logs(context, NAME, LogRequest(("web",), LogOptions.model_validate({"until": "2020-01-01T00:00:00Z"}))) == []


@pytest.mark.anyio
async def test_a_follow_goes_over_a_restart_and_events_tell_of_it(context: StackContext) -> None:
    stack = Stack(context, NAME, None)
    heard = await stack.events()
    stream = await followed_logs(context, NAME, LogRequest(("web",), LogOptions(tail=0)), endless=True, ends=True).open()
    before = {row["id"] for row in await ps(context, NAME) if row["service"] == "web"}
    await lifecycle(context, NAME, None).restart(["web"])
    after = {row["id"] for row in await ps(context, NAME) if row["service"] == "web"}
    assert before.isdisjoint(after) and len(after) == 3
    told: list[Any] = []
    with anyio.fail_after(60):
        while sum(row["text"].startswith("hello 3") for row in told) < 3 or sum(row["stream"] == "end" for row in told) < 3:
            told += await stream.next() or ()
    assert {row["replica"] for row in told if row["text"].startswith("hello 3")} == {1, 2, 3}, told
    events: list[dict[str, Any]] = []
    with anyio.fail_after(60):
        while len({row["name"] for row in events if row.get("action") == "start"}) < 3:
            events += await heard.next() or ()
    assert any(row["kind"] == "service" and row["action"] == "update" for row in events)
    await stream.aclose()
    await stack.aclose()


# -- doing --------------------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_stop_and_start(served: Served, context: StackContext) -> None:
    verbs = lifecycle(context, NAME, None)
    await verbs.stop(["web"])
    assert not any(row["service"] == "web" for row in await ps(context, NAME))
    assert (await status(context, NAME, served.model(), {}))["services"]["web"]["status"] == "exited"
    await lifecycle(context, NAME, None).start(["web"], wait=True)
    assert sum(row["service"] == "web" and row["status"] == "running" for row in await ps(context, NAME)) == 3


@pytest.mark.anyio
async def test_what_is_done_in_containers_is_done_on_their_nodes(served: Served, context: StackContext) -> None:
    nodes = {row["number"]: row["node"] for row in await ps(context, NAME) if row["service"] == "web"}
    hosts = {
        number: (await exec_in(context, NAME, "web", ["cat", "/etc/hostname"], ExecOptions(), number)).stdout for number in nodes
    }
    assert len(set(hosts.values())) == 3
    await lifecycle(context, NAME, None).pause(["web"])
    assert [row.is_paused for row in boxes(served.lab)] == [True] * 3
    await lifecycle(context, NAME, None).unpause(["web"])
    assert [row.is_paused for row in boxes(served.lab)] == [False] * 3
    before = {row["id"] for row in await ps(context, NAME) if row["service"] == "web"}
    await lifecycle(context, NAME, None).kill(["web"], "SIGKILL")

    async def replaced() -> bool:
        rows = [row for row in await ps(context, NAME) if row["service"] == "web" and row["status"] == "running"]
        return len(rows) == 3 and before.isdisjoint(row["id"] for row in rows)

    with anyio.fail_after(60):
        while not await replaced():
            await anyio.sleep(0.2)


class Box:
    def __init__(self, row: dict[str, Any]) -> None:
        self.is_paused = row["State"] == "paused"


def boxes(lab: Lab) -> list[Box]:
    rows = [row for node in lab.nodes for row in node.call("GET", "/containers/json")]
    return [Box(row) for row in rows if row["Labels"].get("com.docker.swarm.service.name") == f"{NAME}_web"]


@pytest.mark.anyio
async def test_a_node_whose_engine_nobody_named_is_told_with_the_remedy(served: Served) -> None:
    async with served.on(nodes=False) as context:
        there = {row["number"]: row["node"] for row in await ps(context, NAME) if row["service"] == "web"}
        own = served.lab.leader().name
        for number, node in there.items():
            if node == own:
                assert (await exec_in(context, NAME, "web", ["true"], ExecOptions(), number)).exit_code == 0
            else:
                with pytest.raises(Unsupported, match=node) as raised:
                    await exec_in(context, NAME, "web", ["true"], ExecOptions(), number)
                assert "PERRY_SWARM_NODES" in str(raised.value.details["remedy"])


@pytest.mark.anyio
async def test_run_ends_with_its_code_and_leaves_nothing(served: Served, context: StackContext) -> None:
    found = await run(
        context,
        served.model(),
        "web",
        RunOptions(cmd=["sh", "-c", "echo $A; echo bad >&2; exit 3"], env={"A": "{{.Node.Hostname}}"}),
    )
    assert (found.exit_code, found.stdout, found.stderr) == (3, "{{.Node.Hostname}}\n", "bad\n")
    assert {row["Spec"]["Name"] for row in served.lab.leader().call("GET", "/services")} == {
        f"{NAME}_{n}" for n in ("db", "job", "web")
    }


@pytest.mark.anyio
async def test_pull_says_what_the_registry_has(served: Served, context: StackContext) -> None:
    report = await pull(context, served.model(), None, False)
    (image,) = report.images
    assert image.partition("@")[0] == served.lab.image.partition("@")[0].removesuffix(":1") or image.startswith(
        f"{served.lab.image}@"
    )
    assert "@sha256:" in image


# -- perry-compose ------------------------------------------------------------------------------------


@pytest.fixture
def program(served: Served, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Any:
    environ = {
        "PERRY_CONTAINER_BACKEND": "swarm", "DOCKER_HOST": f"unix://{served.lab.leader().socket}", "XDG_RUNTIME_DIR": str(served.folder),
        "PERRY_SWARM_NODES": served.nodes, "COMPOSE_FILE": str(served.file),
    }  # fmt: skip
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(served.folder)

    def call(*words: str, code: int = 0) -> str:
        capfd.readouterr()
        ended = main(list(words))
        said = capfd.readouterr()
        assert ended == code, (words, ended, said.out, said.err)
        return said.out + said.err

    return call


def test_commands_that_look(served: Served, program: Any) -> None:
    table = program("ps")
    assert table.splitlines()[0].split()[:2] == ["NAME", "NODE"]
    assert {node.name for node in served.lab.nodes} <= set(table.split())
    assert "(healthy)" in table
    rows = [json.loads(line) for line in program("ps", "-a", "--format", "json").splitlines()]
    assert {row["Name"] for row in rows} == {"db.1", "job.1", "web.1", "web.2", "web.3"}
    assert {row["Node"] for row in rows} == {node.name for node in served.lab.nodes}
    assert NAME in program("ls")
    assert "hello 3" in program("logs", "web")
    assert "sleep" in program("top", "web")
    assert len(program("stats", "--no-stream", "web").splitlines()) == 4
    assert "web.3" in program("images")
    assert "db" in program("graph")
    assert "web" in program("config", "--services")
    program("volumes")
    program("plan")
    assert program("events", "--until", "0s") == ""


def test_commands_that_do(served: Served, program: Any) -> None:
    assert program("exec", "-T", "--index", "2", "web", "sh", "-c", "hostname; exit 4", code=4).strip()
    (served.folder / "note").write_text("hello")
    program("cp", str(served.folder / "note"), "web:/tmp/note")
    for number in ("1", "2", "3"):
        assert program("exec", "-T", "--index", number, "web", "cat", "/tmp/note") == "hello"
    program("cp", "--index", "3", "web:/tmp/note", str(served.folder / "back"))
    assert (served.folder / "back").read_text() == "hello"
    assert "out 1" in program("run", "-T", "web", "sh", "-c", "echo out 1; exit 5", code=5)
    assert "restarted" in program("restart", "db")
    assert f"{served.lab.image} is sha256:" in program("pull")
    assert program("why", "web", "db").splitlines() == ["web: as it should be", "db: as it should be"]
    assert "stopped" in program("stop", "web")
    assert program("wait", "web", code=1)
    assert "started" in program("start", "web")


@pytest.mark.anyio
async def test_at_last_everything_is_taken_down(served: Served, context: StackContext) -> None:
    report = await down_all(context, Down())
    assert report.errors == []
    until(lambda: not served.lab.leftovers(NAME), "no node has anything left")
