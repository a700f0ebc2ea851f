"""Containers are replaced while they serve: no request by the service's name fails, and what never gets ready replaces nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.errors import ServiceStartupFailed, ValidationError
from tests.live.attributes.world import attribute
from tests.live.peer import Peer, leaves_binds_of_ours
from tests.live.stack_support import IDLE, Stacks, stacks  # noqa: F401

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(600), pytest.mark.socket("who asks is put into a container's network")]
HERE = Path(__file__).parent
REPLACEMENTS, REQUESTS, WORKERS = 10, 2000, 8
CHECK = {"test": ["CMD", "wget", "-q", "-O", "-", "http://127.0.0.1/"], "interval": "1s", "timeout": "2s", "start_period": "5s"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A static program, which is mounted into the test's image."""
    made = tmp_path_factory.mktemp("rolling") / "server"
    subprocess.run(["cc", "-O1", "-static", "-Wall", "-Wextra", "-Werror", "-o", made, HERE / "rolling_server.c"], check=True)
    return made


def rolling(stacks: Stacks, server: Path, text: str, **members: Any) -> dict[str, Any]:
    """A server that says ``text``, and somebody who may ask it; members: of the server, ``update`` of its update_config."""
    update = {"order": "start-first", **members.pop("update", {})}
    web = {
        "command": ["/server", "80", "10", text], "volumes": [f"{server}:/server:ro"], "healthcheck": CHECK,
        "stop_grace_period": "10s", "deploy": {"replicas": members.pop("replicas", 1), "update_config": update}, **members,
    }  # fmt: skip
    return stacks.spec({"web": web, "client": {"command": IDLE}})


class Load:
    """What was asked for meanwhile, once it has ended."""

    answers: dict[str, int]
    failures: list[str]
    untold: int
    named: bool
    slowest: float

    def check(self, stacks: Stacks, least: int, *texts: str) -> None:
        """No request failed, there were enough, and each of ``texts`` was an answer. A server of names that is the engine's own
        may hang, and is no container of ours.
        """
        assert self.failures == [], self.failures[:5]
        enough = sum(self.answers.values()) >= least and self.answers.keys() >= set(texts)
        if not enough and self.untold and stacks.podman:
            pytest.skip(f"aardvark-dns told no name for a while ({self.untold} questions): it hangs where containers come and go")
        assert enough and (self.untold == 0 or stacks.podman), (self.untold, self.answers)


@contextmanager
def load(stacks: Stacks) -> Iterator[Load]:
    """Asks for http://web/ from inside the network of the container ``client``."""
    told = stacks.ask(f"/containers/{stacks.prefix}-client-1/json")
    pid, found = str(told["State"]["Pid"]), Load()
    words = ["nsenter", "--target", pid, "--net", sys.executable, HERE / "rolling_load.py"]
    asking = subprocess.Popen(
        [*words, told["ResolvConfPath"], "http://web/", str(WORKERS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield found
    finally:
        said = asking.communicate()[0]
    assert asking.returncode == 0
    for name, value in json.loads(said).items():
        setattr(found, name, value)


async def serving(stacks: Stacks, handle: int) -> list[str]:
    return sorted(name for name, state in (await stacks.states(handle)).items() if name.startswith("web") and state == "running")


@attribute("services.deploy.update_config")
async def test_no_request_fails_while_containers_are_replaced(stacks: Stacks, server: Path) -> None:
    both = {"monitor": "1s"}  # Long enough that whoever waits for an address that has just gone finds the other one there.
    handle = await stacks.up(rolling(stacks, server, "0", update=both), wait=True)
    with load(stacks) as found:
        for version in range(1, REPLACEMENTS + 1):
            await stacks.up(rolling(stacks, server, str(version), update=both))
            assert len(await serving(stacks, handle)) == 1
        await anyio.sleep(1)
    found.check(stacks, REQUESTS, *map(str, range(REPLACEMENTS + 1)))
    # It took the lowest number that was free each time.
    assert await serving(stacks, handle) in (["web-1"], ["web-2"])
    await stacks.gone(handle)


@attribute("services.deploy.update_config")
async def test_what_never_gets_ready_replaces_nothing(stacks: Stacks, server: Path) -> None:
    handle = await stacks.up(rolling(stacks, server, "old"), wait=True)
    was = stacks.held()
    ill = {"healthcheck": {"test": ["CMD-SHELL", "echo it is ill; false"], "interval": "1s", "retries": 2}}
    with load(stacks) as found:
        with pytest.raises(ServiceStartupFailed) as caught:
            await stacks.up(rolling(stacks, server, "new", **ill))
        await anyio.sleep(0.5)
    assert caught.value.details["rolledBack"] is True
    assert caught.value.details["container"] == f"{stacks.prefix}-web-2" and "unhealthy" in caught.value.message
    assert "it is ill" in caught.value.details["probe"]["output"]
    found.check(stacks, 10)
    assert stacks.held() == was
    with pytest.raises(ServiceStartupFailed) as caught:
        await stacks.up(rolling(stacks, server, "new", command=["sh", "-c", "echo bad luck; exit 3"]))
    assert caught.value.details["exitCode"] == 3 and caught.value.details["logs"] == ["bad luck"]
    assert stacks.held() == was
    await stacks.gone(handle)


@attribute("services.deploy.update_config", "services.deploy.update_config.failure_action")
async def test_what_is_done_of_a_failure(stacks: Stacks, server: Path) -> None:
    """The second of three fails: a hook of it does not find what the first one took."""
    once = {
        "volumes": [f"{server}:/server:ro", f"{stacks.folder}:/once"],
        "post_start": [{"command": ["sh", "-c", "rmdir /once/turn || ! echo it is not my turn"]}],
    }
    handle = await stacks.up(rolling(stacks, server, "old", replicas=3), wait=True)
    for action, left in (("pause", ["web-2", "web-3", "web-4"]), ("continue", ["web-2", "web-3", "web-4"])):
        (stacks.folder / "turn").mkdir()
        with pytest.raises(ServiceStartupFailed) as caught:
            await stacks.up(rolling(stacks, server, action, replicas=3, update={"failure_action": action}, **once))
        (told,) = caught.value.details["rollouts"]
        assert told["failureAction"] == action and caught.value.details["rolledBack"] is False
        assert len(told["replaced"]) == 1 and len(told["goOn"]) == 2
        assert len(await serving(stacks, handle)) == 3
        if action == "pause":
            assert await serving(stacks, handle) == left
        await stacks.up(rolling(stacks, server, "old", replicas=3))
    await stacks.gone(handle)


async def test_what_cannot_be_two_at_once_is_named_before_anything_is_touched(stacks: Stacks, server: Path) -> None:
    fixed = {"ports": ["18080:80"]}
    handle = await stacks.up(rolling(stacks, server, "old", **fixed), wait=True)
    was = await stacks.made(handle)
    with pytest.raises(ValidationError) as caught:
        await stacks.up(rolling(stacks, server, "new", **fixed))
    assert caught.value.details["path"] == "services.web.ports[0].published"
    assert await stacks.made(handle) == was
    await stacks.gone(handle)


async def test_docker_compose_goes_on_with_numbers_of_its_own(docker_compose: None, stacks: Stacks, server: Path) -> None:
    """It takes number 2 alone for what it is, and scales it; and the other way round."""
    if stacks.podman:
        pytest.skip("docker compose makes every container anew on podman")
    handle = await stacks.up(rolling(stacks, server, "0"), wait=True)
    await stacks.up(rolling(stacks, server, "1"))
    assert await serving(stacks, handle) == ["web-2"]
    document = rolling(stacks, server, "1")
    (stacks.folder / "compose.yaml").write_text(json.dumps(document))
    peer = Peer(stacks.engine, stacks.folder)
    if not leaves_binds_of_ours():
        peer.run("up", "-d")
    was = await stacks.made(handle)
    peer.run("up", "-d")
    assert await stacks.made(handle) == was
    peer.run("up", "-d", "--scale", "web=2")
    assert len(await serving(stacks, handle)) == 2 and "web-2" in await serving(stacks, handle)
    await stacks.up(document)
    assert await serving(stacks, handle) == ["web-2"] or await serving(stacks, handle) == ["web-1"]
    await stacks.gone(handle)
