"""The commands of ``perry-compose`` that change what is there, on real engines."""

from __future__ import annotations

import signal
import time
from typing import Any

import pytest

from tests.live.command_line import CommandLine
from tests.live.conftest import IMAGE
from tests.live.stack_support import Stacks, nothing_of, stacks  # noqa: F401

pytestmark = pytest.mark.anyio
BOTH = {"web-1": "running", "db-1": "running"}


def states(shell: CommandLine, stacks: Stacks) -> dict[str, str]:
    """Each container and what it does, as the engine itself tells."""
    rows = stacks.ask("/containers/json?all=1")
    words = {"stopped": "exited"}  # podman's own
    names = {row["Names"][0].lstrip("/"): words.get(row["State"], row["State"]) for row in rows if row["Names"]}
    prefix = f"{stacks.prefix}-"
    return {name.removeprefix(prefix): state for name, state in names.items() if name.startswith(prefix)}


def become(shell: CommandLine, stacks: Stacks, wanted: dict[str, str]) -> None:
    """A container that got a signal ends when it has heard it."""
    until = time.monotonic() + 15
    while (found := states(shell, stacks)) != wanted and time.monotonic() < until:
        time.sleep(0.2)
    assert found == wanted


def two(stacks: Stacks, **web: Any) -> dict[str, Any]:
    return stacks.spec({"web": {"depends_on": ["db"], **web}, "db": {}})


async def test_verbs_of_what_is_there(stacks: Stacks) -> None:
    """Each does what its name says to what is named, rehearses it first and changes nothing by that."""
    shell = CommandLine(stacks, two(stacks))
    none = shell.run("start", "web")
    assert none.status == 1 and "services.web: it has no container" in none.err and "perry-compose up web" in none.err
    for idle in (("stop",), ("restart",), ("pause",), ("unpause",), ("kill",), ("rm",), ("rm", "-f")):
        assert shell.does(*idle).out == ""
    shell.does("up", "-d")
    for words, after in (
        (("pause", "web"), {"web-1": "paused"}),
        (("unpause",), {"web-1": "running"}),
        (("kill", "-s", "TERM", "web"), {"web-1": "exited"}),
        (("start", "--wait"), {"web-1": "running"}),
        (("stop", "-t", "1", "web"), {"web-1": "exited"}),
        (("restart", "-t", "1"), {"web-1": "running"}),
        (("kill",), {"web-1": "exited", "db-1": "exited"}),
        (("start", "web"), BOTH),
    ):
        before = states(shell, stacks)
        planned = shell.does(*words, "--dry-run").out
        assert f"{stacks.prefix}-web-1" in planned and states(shell, stacks) == before
        shell.does(*words)
        become(shell, stacks, {**BOTH, **after})
    unknown = shell.run("stop", "nosuch")
    assert unknown.status == 1 and "no such service: nosuch" in unknown.err
    assert shell.run("kill", "-s", "NOSUCH").status == 1


async def test_a_restart_says_that_the_files_have_changed(stacks: Stacks) -> None:
    shell = CommandLine(stacks, two(stacks))
    shell.does("up", "-d")
    assert "configuration" not in shell.does("restart", "-t", "1").err
    shell.write(two(stacks, environment={"NEW": "1"}))
    said = shell.does("restart", "-t", "1", "web").err
    assert "web: its configuration changed" in said and "perry-compose up web" in said and "db:" not in said
    assert "configuration" not in shell.does("restart", "-t", "1", "db").err


async def test_what_does_not_run_is_removed(stacks: Stacks) -> None:
    """An answer comes from a pipe, nothing is asked there; -f needs none."""
    shell = CommandLine(stacks, two(stacks))
    shell.does("up", "-d")
    assert "no stopped containers" in shell.does("rm", "-f").err
    shell.does("stop", "-t", "1", "web")
    unasked = shell.does("rm")
    assert "-f does it without asking" in unasked.err and "web-1" in states(shell, stacks)
    shell.does("rm", text="n\n")
    assert "web-1" in states(shell, stacks)
    shell.does("rm", text="y\n")
    assert states(shell, stacks) == {"db-1": "running"}
    shell.does("rm", "-sfv", "db")
    assert states(shell, stacks) == {}


async def test_created_and_scaled(stacks: Stacks) -> None:
    shell = CommandLine(stacks, two(stacks))
    assert "create container" in shell.does("create", "--dry-run").out and nothing_of(stacks.engine, stacks.prefix)
    shell.does("create", "--scale", "web=2")
    assert set(states(shell, stacks)) == {"web-1", "web-2", "db-1"} and "running" not in states(shell, stacks).values()
    assert "nothing to do" in shell.does("create", "--scale", "web=2").err
    assert "create container" in shell.does("scale", "web=3", "--dry-run").out
    shell.does("scale", "web=3")
    assert states(shell, stacks) == {**BOTH, "web-2": "running", "web-3": "running"}
    shell.does("scale", "web=1", "--no-deps")
    assert states(shell, stacks) == BOTH
    assert shell.run("scale", "web").status == 1 and shell.run("scale").status == 2


async def test_some_services_are_taken_down(stacks: Stacks) -> None:
    """Networks that others are on stay."""
    shell = CommandLine(stacks, two(stacks))
    shell.does("up", "-d")
    planned = shell.does("down", "web", "--dry-run").out
    assert "web-1" in planned and "db-1" not in planned and "network" not in planned
    shell.does("down", "-t", "1", "web")
    assert states(shell, stacks) == {"db-1": "running"}
    assert shell.run("down", "nosuch").status == 1
    shell.does("down", "-t", "1", "db")
    assert nothing_of(stacks.engine, stacks.prefix)


async def test_orphans_are_killed_and_removed_where_that_is_asked_for(stacks: Stacks) -> None:
    shell = CommandLine(stacks, two(stacks))
    shell.does("up", "-d")
    shell.write(stacks.spec({"web": {}}))
    shell.does("kill", "--remove-orphans")
    assert states(shell, stacks) == {"web-1": "exited"}


async def test_images_are_built_pulled_and_pushed(stacks: Stacks) -> None:
    """What an engine cannot do is named; what cannot be had is an error, unless it may be missing."""
    name = f"localhost:1/{stacks.prefix}:1"
    (stacks.folder / "Dockerfile").write_text(f"FROM {IMAGE}\nARG A=file\nRUN echo is-$A > /a\n")
    built = {"image": name, "build": {"context": "."}, "command": ["cat", "/a"]}
    shell = CommandLine(stacks, {"name": stacks.prefix, "services": {"web": built}})
    assert shell.run("up", "-d", "--no-build").status == 1
    assert name in shell.does("build", "--dry-run").out
    assert "nothing" not in shell.does("push", "--ignore-missing", "--dry-run").out.replace("nothing to do", "")
    shell.does("build", "--build-arg", "A=typed", "--no-cache")
    shell.does("up", "-d", "--no-build")
    assert "is-typed" in shell.does("logs", "-f", "--no-log-prefix").out
    # Podman tries a push that fails again for seconds: no more of them than there are words to try.
    quiet = shell.run("push", "-q")
    assert quiet.status == 1 and quiet.err.count("\n") <= 3 and shell.run("push", "--ignore-push-failures").status == 0
    shell.does("pull", "--ignore-buildable")
    assert "perry-compose build web" in shell.does("pull").err
    assert shell.run("build", "--builder", "other").status == 1
    shell.write({"name": stacks.prefix, "services": {"web": {"image": name}}})
    assert shell.does("pull", "--policy", "missing").err == "nothing to pull\n"
    assert shell.run("pull").status == 1 and "warning" in shell.does("pull", "--ignore-pull-failures").err
    shell.does("down", "--rmi", "all")


async def test_an_interrupted_down_says_what_is_left(stacks: Stacks) -> None:
    deaf = {"command": ["sh", "-c", "trap '' TERM; while :; do sleep 1; done"], "stop_grace_period": "15s"}
    shell = CommandLine(stacks, stacks.spec({"web": deaf}))
    shell.does("up", "-d")
    process = shell.begin("down")
    time.sleep(4)
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 143 and "left: " in said and f"{stacks.prefix}-web-1" in said, said
    shell.does("down", "-t", "0")


async def test_a_job_that_is_done_is_ready(stacks: Stacks) -> None:
    shell = CommandLine(stacks, stacks.spec({"job": {"command": ["true"]}, "web": {}}))
    shell.does("up", "-d", "--wait")
    bad = CommandLine(stacks, stacks.spec({"job": {"command": ["false"]}, "web": {}}))
    assert bad.run("up", "-d", "--wait").status == 1


async def test_names_and_bounds(stacks: Stacks) -> None:
    """--compatibility and --parallel, by flag and by variable; orphans by variables."""
    shell = CommandLine(stacks, two(stacks))
    shell.does("--compatibility", "--parallel", "1", "up", "-d")
    rows = stacks.ask("/containers/json?all=1")
    assert {name.lstrip("/") for row in rows for name in row["Names"] if stacks.prefix in name} == {
        f"{stacks.prefix}_web_1", f"{stacks.prefix}_db_1",
    }  # fmt: skip
    assert "nothing to do" in shell.does("up", "-d", COMPOSE_COMPATIBILITY="true", COMPOSE_PARALLEL_LIMIT="1").err
    assert shell.run("up", "-d", COMPOSE_PARALLEL_LIMIT="many").status == 1
    shell.write(stacks.spec({"web": {}}))
    told = shell.does("--compatibility", "up", "-d")
    assert "--remove-orphans" in told.err
    assert "orphans" not in shell.does("--compatibility", "up", "-d", COMPOSE_IGNORE_ORPHANS="1").err
    shell.does("--compatibility", "up", "-d", COMPOSE_REMOVE_ORPHANS="1")
    assert len([row for row in stacks.ask("/containers/json?all=1") if stacks.prefix in row["Names"][0]]) == 1


# -- attached ---------------------------------------------------------------------------------------


def ends(seconds: float, code: int) -> dict[str, Any]:
    return {"command": ["sh", "-c", f"echo begins; sleep {seconds}; exit {code}"]}


async def test_an_attached_up_ends_with_its_containers(stacks: Stacks) -> None:
    """Logs begin while others wait; how each ended is told behind its last words; the status is 0, whatever they ended with."""
    probe = {"test": ["CMD", "true"], "interval": "1s", "start_period": "5s"}
    db = {**ends(4, 0), "healthcheck": probe}
    web = {**ends(0.5, 7), "depends_on": {"db": {"condition": "service_healthy"}}}
    shell = CommandLine(stacks, stacks.spec({"web": web, "db": db}))
    said = shell.does("up")
    lines = said.out.splitlines()
    assert lines[0] == "db-1  | begins" and "web-1 | begins" in lines, said
    assert lines.index("web-1 exited with code 7") > lines.index("web-1 | begins") and "db-1 exited with code 0" in lines
    shell.does("down", "-t", "1")
    bare = shell.does("up", "--no-log-prefix", "--attach", "web", "--timestamps").out.splitlines()
    assert len(bare) == 2 and bare[0].endswith(" begins") and "T" in bare[0], bare
    assert bare[1] == "web-1 exited with code 7"
    shell.does("down", "-t", "1")
    assert all("web" not in line for line in shell.does("up", "--no-attach", "web").out.splitlines())


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("--abort-on-container-exit",), 0),
        (("--abort-on-container-failure",), 7),
        (("--exit-code-from", "bad"), 137),
        (("--exit-code-from", "good"), 0),
    ],
)
async def test_one_end_that_ends_all(stacks: Stacks, words: tuple[str, ...], status: int) -> None:
    """The first one ends with 0, the second with 7 unless it is killed before; nothing runs afterwards."""
    bad = {"command": ["sh", "-c", "sleep 6; exit 7"], "stop_grace_period": "0.1s"}
    shell = CommandLine(stacks, stacks.spec({"good": ends(1, 0), "bad": bad, "on": {}}))
    said = shell.run("up", *words)
    assert said.status == status, said
    assert "running" not in states(shell, stacks).values() and "stopping: " in said.err
    assert "good-1 exited with code 0" in said.out


async def test_a_job_that_others_wait_for_ends_nothing(stacks: Stacks) -> None:
    job = {"depends_on": {"job": {"condition": "service_completed_successfully"}}}
    shell = CommandLine(stacks, stacks.spec({"job": ends(0.2, 0), "web": {**ends(2, 3), **job}}))
    said = shell.run("up", "--abort-on-container-exit")
    assert said.status == 3 and "job-1 exited with code 0" in said.out and "web-1 exited with code 3" in said.out, said


async def test_flags_that_contradict_each_other(stacks: Stacks) -> None:
    shell = CommandLine(stacks, two(stacks))
    for words in (
        ("-d", "--abort-on-container-exit"),
        ("--wait", "--attach", "web"),
        ("--attach", "web", "--attach-dependencies"),
        ("--build", "--no-build"),
    ):
        assert shell.run("up", *words).status == 2, words
    assert shell.run("up", "--exit-code-from", "nosuch").status == 1
    for words in (("db",), ("--no-deps", "web")):
        said = shell.run("up", "--exit-code-from", "web" if words == ("db",) else "db", *words)
        assert said.status == 1 and "this up does not bring it up" in said.err, said
    assert nothing_of(stacks.engine, stacks.prefix)


async def test_what_an_up_replaces_ends_nothing(stacks: Stacks) -> None:
    """The end of the container that was there before is not the end of its successor; its words before are not told again."""
    shell = CommandLine(stacks, stacks.spec({"web": ends(300, 0)}))
    shell.does("up", "-d")
    shell.write(stacks.spec({"web": ends(1, 5)}))
    said = shell.run("up", "--abort-on-container-exit")
    assert said.status == 5 and said.out.splitlines() == ["web-1 | begins", "web-1 exited with code 5"], said
