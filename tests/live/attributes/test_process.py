"""What runs in a container, and how it ends."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.errors import ContainerError
from tests.live.attributes.world import Look, Place, World, attribute, has, lacks, looked_up, looks, matches, until
from tests.live.stack_support import encode

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

ENDS_ONCE = ["sh", "-c", "echo run >>/count; test $(wc -l </count) -gt 1 && exec sleep 600; exit 0"]
"""Ends well the first time, and stays the second."""
WRITES = ["sh", "-c", "for i in $(seq 400); do echo line $$i of a log that is long; done; exec sleep 600"]
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
RUNS = "tr '\\0' ' ' </proc/1/cmdline"


def project(place: Place) -> tuple[dict[str, Any], dict[str, Any]]:
    (place.folder / "some.env").write_text("OF_FILE=from file\nBOTH=file\n")
    (place.folder / "some.labels").write_text("of.file=x\n")
    check = {"test": ["CMD-SHELL", "test -e /ok || { echo not yet; exit 1; }"], "interval": "200ms", "timeout": "5s"}
    plain = {"command": ["sleep", "600"]}
    services: dict[str, Any] = {
        "image-own": {"image": place.built, "command": None},
        "cleared": {"image": place.built, "entrypoint": [], "command": ["sleep", "601"]},
        "emptied": {"image": place.built, "command": []},
        "bare": {"image": place.commands, "entrypoint": [], "command": None},
        "said": {
            "image": place.built, "entrypoint": ["/bin/sleep"], "command": ["602"], "environment": {"OF_IMAGE": None},
            "healthcheck": {"disable": True}, "labels": {"own": "-b\n=c", "of.image": "no"}, "label_file": "some.labels",
            "annotations": {"a": "b"},
        },
        "user": {
            **plain, "user": "1000:5", "group_add": ["7", "user"], "working_dir": "/home", "hostname": "some-host",
            "domainname": "d.example", "environment": {"A": "b\n-c=$$d", "EMPTY": "", "BOTH": "own"},
            "env_file": ["some.env"], "init": True, "container_name": f"{place.prefix}-named", "expose": ["80"],
        },
        "other": {**plain, "user": "user", "working_dir": "/not/there/yet", "environment": {"NAMED": f"{place.prefix}-named"}},
        "terminal": {"command": ["sh"], "tty": True, "stdin_open": True},
        "input": {"command": ["sh", "-c", "cat; exec sleep 600"], "stdin_open": True},
        "interrupted": {
            "command": ["sh", "-c", "trap 'echo int; exit 0' INT; trap 'echo term; exit 1' TERM; while :; do sleep 0.1; done"],
            "stop_signal": "SIGINT", "stop_grace_period": "20s",
        },
        "stubborn": {"command": ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"], "stop_grace_period": "1.5s"},
        "quick": {"command": ["sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"], "stop_grace_period": "0s"},
        "always": {"command": ENDS_ONCE, "restart": "always"},
        "unless": {"command": ENDS_ONCE, "restart": "unless-stopped"},
        "deployed": {"command": ENDS_ONCE, "deploy": {"restart_policy": {"condition": "any"}}},
        "failing": {"command": ["sh", "-c", "echo try; exit 3"], "restart": "on-failure:2"},
        "attempts": {
            "command": ["sh", "-c", "echo try; exit 3"],
            "deploy": {"restart_policy": {"condition": "on-failure", "max_attempts": 1, "delay": "1s", "window": "1s"}},
        },
        "well": {"command": ["sh", "-c", "echo try"], "restart": "on-failure"},
        "once": {"command": ["sh", "-c", "echo try; exit 3"], "restart": "no"},
        "checked": {**plain, "healthcheck": {**check, "retries": 3, "start_period": "60s", "start_interval": "1s"}},
        "ill": {**plain, "healthcheck": {**check, "retries": 2}},
        "logs-little": {"command": WRITES, "logging": {"driver": "json-file", "options": {"max-size": "4k", "max-file": "2"}}},
        "logs-nothing": {"command": WRITES, "logging": {"driver": "none"}},
        "logs-tagged": {"command": WRITES, "logging": {"driver": "json-file", "options": {"tag": "mine"}}},
        "logs-elsewhere": {"command": WRITES, "logging": place[{
            "docker": {"driver": "local"}, "podman": {"driver": "k8s-file", "options": {"path": f"{place.folder}/log"}}}]},
        "logs-otherwise": {"command": WRITES, "logging": place[{
            "docker": {"driver": "json-file"}, "podman": {"driver": "syslog", "options": {"max-size": "1m"}}}]},
        "own-platform": {**plain, "platform": f"linux/{ARCHITECTURE}"},
        "inherited": {"image": place.built, "entrypoint": [], **plain, "healthcheck": {"interval": "200ms"}},
    }  # fmt: skip
    return services, {}


LOOKS = (
    Look("services.image", "image-own", "cat /seed/below/f", "seed"),
    Look("services.command", "image-own", RUNS, "sleep 600", case="of the image"),
    Look("services.command", "said", RUNS, "/bin/sleep 602"),
    Look("services.command", "emptied", RUNS, "sleep 600", case="empty"),
    Look("services.entrypoint", "image-own", RUNS, "sleep 600", case="of the image"),
    Look("services.entrypoint", "said", RUNS, "/bin/sleep 602"),
    Look("services.entrypoint", "cleared", RUNS, "sleep 601", case="cleared"),
    Look("services.entrypoint", "bare", RUNS, "sleep 605", case="cleared before the image's command"),
    Look("services.user", "user", "grep -E '^[UG]id' /proc/self/status | tr -s '\\t\\n' ' '", "Uid: 1000 1000 1000 1000 Gid: 5 5 5 5"),
    Look("services.user", "other", "id -u; id -g", "1000\n1000", case="by name"),
    Look("services.group_add", "user", "id -G", matches(r"^5 (7 1000|1000 7)$")),
    Look("services.working_dir", "user", "readlink /proc/$(pidof sleep | cut -d' ' -f1)/cwd || pwd", "/home"),
    Look("services.working_dir", "other", "pwd", "/not/there/yet", case="not there yet"),
    Look("services.hostname", "user", "hostname; grep some-host /etc/hosts", matches(r"^some-host\n.*some-host")),
    Look("services.hostname", "other", looked_up("some-host"), has("PING some-host ("), case="looked up"),
    Look("services.domainname", "user", "cat /proc/sys/kernel/domainname", "d.example", podman="domainname"),
    Look("services.init", "user", "cat /proc/1/comm; cat /proc/*/comm", matches(r"^(docker-init|catatonit|podman-init)\n(.*\n)*sleep")),
    Look("services.tty", "terminal", "readlink /proc/1/fd/0; stat -Lc %F /proc/1/fd/1", matches("^/dev/(pts/)?(0|console)\ncharacter")),
    Look("services.stdin_open", "input", "cat /proc/1/comm; readlink /proc/1/fd/0", matches(r"^sh\n(pipe|/)")),
    Look("services.stdin_open", "input", "ps -o comm | grep -cx cat", "1", case="no end of it"),
    Look("services.environment", "user", "env", has("A=b\n-c=$d", "EMPTY=\n", "BOTH=own")),
    Look("services.environment without a value", "said", "tr '\\0' '\\n' </proc/1/environ", lacks("OF_IMAGE")),
    Look("services.env_file", "user", "env", has("OF_FILE=from file")),
    Look("services.container_name", "other", looked_up("$NAMED"), has("-named (")),
)  # fmt: skip


@looks(LOOKS)
async def test_inside(world: World, look: Look) -> None:
    await world.check(look)


# -- ends and restarts ------------------------------------------------------------------------------


async def stopped(world: World, service: str) -> tuple[float, int]:
    """How long it took to stop it, and its exit code."""
    begun = time.monotonic()
    await world.stacks.call("stop", world.handle, encode([service]), None)
    return time.monotonic() - begun, world.inspect(service)["State"]["ExitCode"]


@attribute("services.stop_signal")
async def test_the_stop_signal_is_sent(world: World) -> None:
    seconds, code = await stopped(world, "interrupted")
    assert await world.log("interrupted") == ["int"] and code == 0 and seconds < 15


@attribute("services.stop_grace_period")
async def test_the_grace_period_is_waited_for_and_no_longer(world: World) -> None:
    """In whole seconds, rounded up."""
    for service, least in (("stubborn", 2), ("quick", 0)):
        seconds, code = await stopped(world, service)
        assert least <= seconds < least + 4 and code == 137, service


@pytest.mark.parametrize("service", [
    pytest.param("always", marks=attribute("services.restart")),
    pytest.param("unless", marks=attribute("services.restart")),
    pytest.param("deployed", marks=attribute("services.deploy.restart_policy.condition")),
])  # fmt: skip
async def test_what_ends_is_started_again(world: World, service: str) -> None:
    async def again() -> bool:
        return world.inspect(service)["State"]["Running"] and await world.out(service, "wc -l </count") == "2"

    await until(again)
    assert (await stopped(world, service))[1] in (137, 143)
    await anyio.sleep(0.3)
    assert world.inspect(service)["State"]["Running"] is False, "what somebody stopped stays so"


@pytest.mark.parametrize(("service", "runs"), [
    pytest.param("failing", 3, marks=attribute("services.restart")),
    pytest.param("well", 1, marks=attribute("services.restart")),
    pytest.param("once", 1, marks=attribute("services.restart")),
    pytest.param("attempts", 2, marks=attribute("services.deploy.restart_policy.max_attempts")),
])  # fmt: skip
async def test_what_fails_is_started_again_as_often_as_it_may(world: World, service: str, runs: int) -> None:
    async def ended() -> bool:
        return len(await world.log(service)) == runs and not world.inspect(service)["State"]["Running"]

    await until(ended)
    await anyio.sleep(0.5)
    assert await world.log(service) == ["try"] * runs


@attribute("services.deploy.restart_policy.delay", "services.deploy.restart_policy.window")
async def test_what_only_a_swarm_waits_for_is_warned_of(world: World) -> None:
    assert {f"services.attempts.deploy.restart_policy.{name}" for name in ("delay", "window")} <= world.warned


# -- health -----------------------------------------------------------------------------------------


async def health(world: World, service: str) -> str:
    return (await world.stacks.call("status", world.handle))["services"][service].get("health") or "none"


@attribute("services.healthcheck")
async def test_health(world: World) -> None:
    """Failures count after the start period, as many as retries says; one success is enough at any time."""

    async def is_now(service: str, state: str) -> bool:
        return await health(world, service) == state

    await until(lambda: is_now("ill", "unhealthy"))
    assert await health(world, "checked") == "starting"
    await world.out("checked", "touch /ok")
    await until(lambda: is_now("checked", "healthy"))


@attribute("services.healthcheck.test")
async def test_a_health_check_without_a_test_is_the_images(world: World) -> None:
    if world.podman:
        assert "services.inherited.healthcheck.test" in world.warned
        return

    async def healthy() -> bool:
        return await health(world, "inherited") == "healthy"

    await until(healthy, 10)  # The image's own would take 30 seconds.


@attribute("services.healthcheck.start_interval")
async def test_a_quicker_start(world: World) -> None:
    """Where docker's API knows it, its probes run by it until the start period is over; else it is warned of."""
    if world.api < (1, 44):
        assert "services.checked.healthcheck.start_interval" in world.warned
        return
    check = {"test": ["CMD", "test", "-e", "/ok"], "interval": "100s", "start_period": "90s", "start_interval": "200ms"}
    async with world.beside(
        {"s": {"command": ["sh", "-c", "sleep 1; touch /ok; exec sleep 600"], "healthcheck": check}}
    ) as other:

        async def healthy() -> bool:
            return await health(other, "s") == "healthy"

        await until(healthy, 20)
    assert "services.checked.healthcheck.start_interval" not in world.warned


@attribute("services.healthcheck.disable")
async def test_the_images_health_check_is_off(world: World) -> None:
    async def told() -> bool:
        return await health(world, "image-own") != "none"

    await until(told)
    assert await health(world, "said") == "none"


# -- what is written on a container -----------------------------------------------------------------


@attribute("services.labels", "services.label_file")
async def test_labels(world: World) -> None:
    labels = world.inspect("said")["Config"]["Labels"]
    assert {"own": "-b\n=c", "of.image": "no", "of.file": "x"}.items() <= labels.items()
    (row,) = list(world.stacks.ask("/containers/json?filters=%7B%22label%22%3A%5B%22of.file%3Dx%22%5D%7D"))
    assert row["Id"] == world.inspect("said")["Id"]


@attribute("services.annotations")
async def test_annotations(world: World) -> None:
    """What a runtime gets, where the engine's API takes them; else they are warned of."""
    if without_annotations(world):
        assert "services.said.annotations" in world.warned
    else:
        api = "1.41" if world.podman else "1.43"
        assert world.inspect("said", api=api)["HostConfig"]["Annotations"]["a"] == "b"


def without_annotations(world: World) -> bool:
    return world.abilities < ((5, 4) if world.podman else (1, 43))


@attribute("services.expose")
async def test_exposed_ports_are_known(world: World) -> None:
    assert "80/tcp" in world.inspect("user")["Config"]["ExposedPorts"]


# -- logs and platforms -----------------------------------------------------------------------------


LAST = "line 400 of a log that is long"


@attribute("services.logging.driver")
async def test_log_drivers(world: World) -> None:
    """One that keeps nothing; one of the engine's own; and, on podman, one that it lacks, in whose place its default stands."""
    for service in ("logs-elsewhere", "logs-otherwise"):
        await until(lambda service=service: ends_with(world, service, LAST))
        assert len(await world.log(service)) == 400, service
    if not world.podman:  # Its compatible API calls each of them json-file.
        assert world.inspect("logs-elsewhere")["HostConfig"]["LogConfig"]["Type"] == "local"
    try:
        assert await world.log("logs-nothing") == []
    except ContainerError as error:
        assert "log" in error.message
    if world.podman:
        assert "services.logs-otherwise.logging.driver" in world.warned


async def ends_with(world: World, service: str, line: str) -> bool:
    return (await world.log(service))[-1:] == [line]


@attribute("services.logging.options")
async def test_options_of_logs(world: World) -> None:
    """A bounded log has its end; a file that is named is written; what is left out is said."""
    await until(lambda: ends_with(world, "logs-little", LAST))
    assert 0 < len(await world.log("logs-little")) < 300
    if world.podman:
        assert LAST in (world.place.folder / "log").read_text()
        left_out = {"logs-little.logging.options.max-file", "logs-tagged.logging.options.tag"}
        assert {f"services.{member}" for member in left_out} <= world.warned
    else:
        folder = Path(world.inspect("logs-little")["LogPath"]).parent
        assert len(list(folder.glob("*-json.log*"))) == 2
        assert '"tag":"mine"' in Path(world.inspect("logs-tagged")["LogPath"]).read_text()


@attribute("services.platform")
async def test_platforms(world: World) -> None:
    """The image's own is taken. One that it is not for is looked for elsewhere, and never run instead."""
    assert await world.out("own-platform", "uname -m") == os.uname().machine
    service = {"command": ["sleep", "600"], "platform": "linux/s390x", "image": "localhost/perry-test:1", "pull_policy": "never"}
    with pytest.raises(ContainerError, match="s390x|platform|No such image|not found"):
        async with world.beside({"s": service}):
            raise AssertionError("it is up")


async def test_nothing_else_is_warned_of(world: World) -> None:
    """Each is a look's or a test's above."""
    known = {f"attempts.deploy.restart_policy.{name}" for name in ("delay", "window")}
    known |= {"checked.healthcheck.start_interval"} if world.api < (1, 44) else set()
    if world.podman:
        known |= {"logs-little.logging.options.max-file", "logs-tagged.logging.options.tag", "logs-otherwise.logging.driver"}
        known |= {"user.domainname", "inherited.healthcheck.test"}
    known |= {"said.annotations"} if without_annotations(world) else set()
    assert world.warned == {f"services.{member}" for member in known}
