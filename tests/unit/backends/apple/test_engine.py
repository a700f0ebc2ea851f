"""The engine behind its command line, as a program that keeps real processes: what the contract's own tests do not ask."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.apple.engine import AppleBackend
from perry_ffi.backends.apple.resources import use
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.backends.detect import connect
from perry_ffi.errors import BackendError, BackendNotAvailable, Conflict, NotFound, Timeout, Unsupported
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec, ExecOptions, LogChunk, LogOptions
from perry_ffi.model.container_info import ContainerInfo
from perry_ffi.model.image import BuildSpec, PullOptions
from perry_ffi.model.network import NetworkSpec
from perry_ffi.settings import Settings
from tests.engines.apple.installed import install
from tests.engines.apple.program import DOWN

pytestmark = pytest.mark.anyio
IMAGE = "alpine:3"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def connected(environ: dict[str, str]) -> AppleBackend:
    found = await connect(Settings.from_environ({**environ, "PERRY_CONTAINER_PROBE_TIMEOUT": "20"}), ["apple/container"])
    assert isinstance(found, AppleBackend)
    return found


@pytest.fixture
async def engine(tmp_path: Path) -> AsyncIterator[AppleBackend]:
    found = await connected(install(tmp_path, IMAGE))
    yield found
    for row in await found.list_containers(all=True):
        await found.remove_container(row.id, force=True)
    await found.aclose()


def spec(*command: str, **members: Any) -> ContainerSpec:
    return validate(ContainerSpec, {"image": IMAGE, "network": "none", "name": "web", "cmd": list(command), **members})


async def text(stream: Stream[LogChunk]) -> str:
    found = ""
    with anyio.fail_after(20):
        while (chunks := await stream.next()) is not None:
            found += "".join(chunk.text for chunk in chunks)
    return found


async def test_a_policy_starts_it_again(engine: AppleBackend) -> None:
    script = "echo run >>/runs; test $(wc -l </runs) -lt 3 && exit 4; sleep 600"
    handle = await engine.run_container(spec("sh", "-c", script, restart="on-failure", stop_timeout=0))
    runs = ""
    with anyio.fail_after(20):
        while runs != "3":
            await anyio.sleep(0.2)
            with suppress(Conflict):  # It ended at this moment.
                runs = (await engine.exec_container(handle.id, ["sh", "-c", "wc -l </runs"], ExecOptions())).stdout.strip()
    await engine.kill_container(handle.id)
    await anyio.sleep(0.5)
    assert (await engine.inspect_container(handle.id)).status == "exited"


async def test_another_process_does_not_know_the_code(engine: AppleBackend, tmp_path: Path) -> None:
    handle = await engine.run_container(spec("sh", "-c", "exit 3"))
    assert await engine.wait_container(handle.id) == 3
    assert (await engine.inspect_container(handle.id)).exit_code == 3
    other = AppleBackend(engine.line, engine._system)
    assert (await other.inspect_container(handle.id)).exit_code is None
    with pytest.raises(NotFound, match="nobody knows its exit code"):
        await other.wait_container(handle.id)
    await other.aclose()


async def test_what_was_started_lives_on_without_this_process(engine: AppleBackend) -> None:
    handle = await engine.run_container(spec("sh", "-c", "sleep 0.5; echo late; sleep 600", stop_timeout=0))
    await engine.aclose()
    other = AppleBackend(engine.line, engine._system)
    with anyio.fail_after(20):
        while "late" not in (await other.container_logs(handle.id, LogOptions())).stdout:
            await anyio.sleep(0.1)
    assert (await other.inspect_container(handle.id)).status == "running"
    await other.stop_container(handle.id)
    assert (await other.inspect_container(handle.id)).status == "exited"


async def test_logs(engine: AppleBackend) -> None:
    handle = await engine.run_container(spec("sh", "-c", "echo one; echo; printf two"))
    await engine.wait_container(handle.id)
    logs = await engine.container_logs(handle.id, LogOptions())
    assert (logs.stdout, logs.stderr) == ("one\n\ntwo\n", "")
    assert (await engine.container_logs(handle.id, LogOptions(tail=1))).stdout == "two\n"
    assert (await engine.container_logs(handle.id, LogOptions(tail=0))).stdout == ""
    started = (await engine.inspect_container(handle.id)).started_at
    stamped = (await engine.container_logs(handle.id, LogOptions(timestamps=True))).stdout
    assert stamped == f"{started} one\n{started} \n{started} two\n"
    with pytest.raises(Unsupported, match="LogOptions.since"):
        await engine.container_logs(handle.id, validate(LogOptions, {"since": 5}))


async def test_a_log_that_ends_within_a_character_is_read_with_its_end(engine: AppleBackend) -> None:
    handle = await engine.run_container(spec("sh", "-c", "printf 'half\\303'; sleep 0.5; printf '\\251 done\\n'"))
    await anyio.sleep(0.1)
    assert await text(await engine.read_logs(handle.id, LogOptions())) == "halfé done\n"


async def test_a_log_that_is_followed(engine: AppleBackend) -> None:
    handle = await engine.run_container(
        spec("sh", "-c", "echo one; sleep 1; echo; printf tw; sleep 1; echo o; sleep 1; echo three")
    )
    assert await text(await engine.follow_logs(handle.id, LogOptions())) in ("one\n\ntwo\nthree\n", "one\n\ntw\no\nthree\n")


async def test_commands_inside(engine: AppleBackend) -> None:
    handle = await engine.run_container(spec("sleep", "600", env={"A": "1"}, stop_timeout=0))
    found = await engine.exec_container(
        handle.id, ["sh", "-c", 'cat; echo "$A$B" >&2; exit 9'], validate(ExecOptions, {"stdin": "in", "env": {"B": "-x"}})
    )
    assert (found.stdout, found.stderr, found.exit_code) == ("in", "1-x\n", 9)
    with pytest.raises(Unsupported):
        await engine.exec_container(handle.id, ["true"], ExecOptions(privileged=True))
    await engine.stop_container(handle.id)
    with pytest.raises(Conflict):
        await engine.exec_container(handle.id, ["true"], ExecOptions())


async def test_health(engine: AppleBackend) -> None:
    check = {"test": ["CMD", "test", "-e", "/ok"], "retries": 2}
    handle = await engine.run_container(spec("sleep", "600", healthcheck=check, stop_timeout=0))
    assert not await engine.health_probes_run_by_engine()
    assert [(await engine.probe_health(handle.id)).status for _ in range(2)] == ["starting", "unhealthy"]
    await engine.exec_container(handle.id, ["touch", "/ok"], ExecOptions())
    assert (await engine.probe_health(handle.id)).status == "healthy"
    assert [probe.exit_code for probe in await engine.health_log(handle.id)] == [1, 1, 0]


async def test_ports_that_nobody_chose(engine: AppleBackend) -> None:
    handle = await engine.create_container(spec("true", ports=["80"]))
    (port,) = (await engine.inspect_container(handle.id)).published
    assert port.port > 1 and port.protocol == "tcp"


async def test_folders_that_are_missing_are_made_unless_they_have_to_be_there(engine: AppleBackend, tmp_path: Path) -> None:
    await engine.create_container(spec("true", volumes=[f"{tmp_path}/new:/in"]))
    assert (tmp_path / "new").is_dir()
    gone = {"type": "bind", "source": f"{tmp_path}/gone", "target": "/in", "bind": {"create_host_path": False}}
    with pytest.raises(NotFound, match="does not exist"):
        await engine.create_container(spec("true", name="other", volumes=[gone]))


@pytest.mark.parametrize(
    ("members", "member"),
    [
        ({"privileged": True}, "privileged"), ({"hostname": "h"}, "hostname"), ({"pids_limit": 5}, "pids_limit"),
        ({"no_new_privileges": True}, "no_new_privileges"), ({"devices": ["/dev/a"]}, "devices"), ({"gpus": "all"}, "gpus"),
 ({"ports": ["5:5/sctp"]}, "ports[0].protocol"),
        ({"network": None, "networks": {"net": {"ipv4_address": "10.0.0.2"}}}, "networks.net.ipv4_address"),
        ({"tmpfs": {"/t": "nr_inodes=5"}}, "tmpfs./t.nr_inodes"), ({"sysctls": {"a": "1"}}, "sysctls"),
    ],
)  # fmt: skip
async def test_what_it_lacks_is_refused_by_name(engine: AppleBackend, members: dict[str, Any], member: str) -> None:
    for call in (engine.check_container, engine.create_container):
        with pytest.raises(Unsupported) as caught:
            await call(spec("true", **members))
        assert caught.value.details["member"] == f"ContainerSpec.{member}"
    assert await engine.list_containers(all=True) == []


async def test_networks_are_refused_for_what_they_lack(engine: AppleBackend) -> None:
    for members in ({"driver": "macvlan"}, {"driver_opts": {"mtu": "1400"}}, {"labels": {"Big_One": "1"}}, {"attachable": True}):
        with pytest.raises(Unsupported, match="NetworkSpec"):
            await engine.create_network("net", validate(NetworkSpec, members))


async def test_images(engine: AppleBackend) -> None:
    await engine.tag_image(IMAGE, "copy:1")
    found = await engine.inspect_image("copy:1")
    assert found.id == await engine.image_id(IMAGE)
    handle = await engine.create_container(spec("true").model_copy(update={"image": found.id}))
    with pytest.raises(Conflict):
        await engine.remove_image(IMAGE)
    await engine.remove_container(handle.id)
    await engine.remove_image("copy:1")
    assert [row.repository for row in await engine.list_images()] == ["alpine"]
    with pytest.raises(NotFound):
        await engine.remove_image("copy:1")
    with pytest.raises(Unsupported, match="PullOptions.username"):
        await engine.pull_image(IMAGE, PullOptions(username="u"))
    await engine.pull_image(IMAGE, PullOptions(policy="missing"))


async def test_builds(engine: AppleBackend, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "Dockerfile").write_text("FROM alpine:3\nENV A=1\n")
    ident = await engine.build_image(validate(BuildSpec, {"context": str(source), "labels": {"l": "1=2"}}), "made:1")
    found = await engine.inspect_image("made:1")
    assert (found.id, found.env, found.labels) == (ident, {"A": "1"}, {"l": "1=2"})
    inline = {"context": str(source), "dockerfile_inline": "FROM alpine:3\nRUN echo why; exit 3\n"}
    with pytest.raises(BackendError, match="did not complete") as caught:
        await engine.build_image(validate(BuildSpec, inline), "made:2")
    assert "why" in caught.value.details["output"]
    with pytest.raises(Unsupported, match="16384 bytes"):
        await engine.build_image(validate(BuildSpec, {**inline, "dockerfile_inline": "#" * 16384}), "made:3")
    with pytest.raises(NotFound):
        await engine.build_image(validate(BuildSpec, {"context": str(tmp_path / "none")}), "made:4")
    missing = {"context": str(source), "secrets": [{"id": "a", "file": str(tmp_path / "none")}]}
    with pytest.raises(NotFound, match="BuildSpec.secrets\\[0\\]: there is no file"):
        await engine.build_image(validate(BuildSpec, missing), "made:5")


async def test_what_a_container_uses(engine: AppleBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(use, "APART", 0.01)
    handle = await engine.run_container(spec("sleep", "600", stop_timeout=0))
    found = await engine.container_stats(handle.id)
    assert (found.memory_usage, found.memory_percent, found.pids, found.online_cpus) == (32 << 20, 3.125, 2, 4)
    await engine.stop_container(handle.id)
    with pytest.raises(Conflict):
        await engine.container_stats(handle.id)


async def test_a_service_that_goes_away(engine: AppleBackend) -> None:
    env = {**engine.line.env, DOWN: "not running"}
    down = AppleBackend(type(engine.line)(**{**engine.line.__dict__, "env": env}), engine._system)
    with pytest.raises(BackendNotAvailable) as caught:
        await down.list_containers(all=True)
    assert caught.value.details["remedy"] == "container system start --enable-kernel-install"


async def test_nothing_is_left_running(engine: AppleBackend) -> None:
    handle = await engine.run_container(spec("sleep", "600"))
    await engine.remove_container(handle.id, force=True)
    run = engine.runs.of(handle.id)
    assert run is None or run.ended
    assert os.path.exists(engine.line.program)


async def test_what_goes_as_it_ends_takes_its_unnamed_volumes_along(engine: AppleBackend) -> None:
    handle = await engine.run_container(spec("sh", "-c", "sleep 0.3", rm=True, volumes=["/any", "named:/named"]))
    assert await engine.wait_container(handle.id) == 0
    with anyio.fail_after(20):
        while [row.name for row in await engine.list_volumes()] != ["named"]:
            await anyio.sleep(0.1)


async def test_the_end_of_a_run_that_somebody_else_started(engine: AppleBackend) -> None:
    """It is looked for at times, and not without a pause."""
    handle = await engine.run_container(spec("sh", "-c", "exit 3"))
    assert await engine.wait_container(handle.id) == 3
    other = AppleBackend(engine.line, engine._system)
    await other.start_container(handle.id)
    with pytest.raises(NotFound, match="nobody knows its exit code"):
        await engine.wait_container(handle.id, 20)
    assert await other.wait_container(handle.id) == 3
    await other.aclose()


async def test_looks_at_a_run_of_somebody_else_have_pauses(engine: AppleBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    handle = await engine.run_container(spec("sleep", "600", stop_timeout=0))
    await engine.stop_container(handle.id)
    other = AppleBackend(engine.line, engine._system)
    await other.start_container(handle.id)
    looks, look = 0, engine.look

    async def counted(ident: str, doing: str | None = None) -> ContainerInfo:
        nonlocal looks
        looks += 1
        return await look(ident, doing)

    monkeypatch.setattr(engine, "look", counted)
    with pytest.raises(Timeout):
        await engine.wait_container(handle.id, 1)
    assert looks <= 5
    await other.aclose()
