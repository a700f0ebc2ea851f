"""The calls that whole projects need, on real engines."""

from __future__ import annotations

import io
import json
import os
import signal
import tarfile
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import anyio.to_thread
import pytest

from perry_ffi.backends.contract.base import Backend
from perry_ffi.backends.contract.sessions import Session
from perry_ffi.backends.contract.stream import Stream
from perry_ffi.backends.detect import connect
from perry_ffi.errors import BackendError, Conflict, NotFound, Unsupported, ValidationError
from perry_ffi.model.base import validate
from perry_ffi.model.container import ContainerSpec, ExecOptions, LogChunk, LogOptions
from perry_ffi.model.endpoint import EndpointSpec
from perry_ffi.model.event import EngineEvent
from perry_ffi.model.network import NetworkSpec
from perry_ffi.model.volume import VolumeSpec
from perry_ffi.settings import Settings
from tests.contract.support import BOUND, status, until
from tests.engines import image
from tests.engines.daemon import ask
from tests.engines.leavings import remove_folder
from tests.engines.private import Engines, podman_environ
from tests.live.conftest import IMAGE, Bench, missing

pytestmark = pytest.mark.anyio
LOGS = LogOptions()


async def text(stream: Stream[LogChunk]) -> dict[str, str]:
    """All that a stream says."""
    found = {"stdout": "", "stderr": ""}
    with anyio.fail_after(BOUND):
        while (chunks := await stream.next()) is not None:
            for chunk in chunks:
                found[chunk.stream] += chunk.text
    return found


def actions(events: list[EngineEvent], ident: str) -> list[str]:
    """What happened to one object, without what only one engine tells."""
    return [event.action for event in events if event.id == ident and event.action not in ("init", "cleanup", "attach")]


# -- the life of a container ----------------------------------------------------------------------


async def test_a_signal_reaches_the_main_process(bench: Bench) -> None:
    backend = bench.backend
    handle = await bench.run("sh", "-c", "trap 'exit 9' HUP; echo ready; while :; do sleep 0.05; done")
    with anyio.fail_after(BOUND):
        while "ready" not in (await backend.container_logs(handle.id, LOGS)).stdout:
            await anyio.sleep(0.02)
    await backend.kill_container(handle.id, "SIGHUP")
    assert await backend.wait_container(handle.id, BOUND) == 9
    with pytest.raises(Conflict):
        await backend.kill_container(handle.id)
    with pytest.raises(NotFound):
        await backend.kill_container(bench.name("none"))
    with pytest.raises(ValidationError):
        await backend.kill_container(handle.id, "SIGHUP; reboot")


# -- the end that was watched for -------------------------------------------------------------------


# -- networks ---------------------------------------------------------------------------------------


@pytest.fixture
async def network(bench: Bench) -> AsyncIterator[str]:
    ipam = {"config": [{"subnet": "10.219.7.0/24"}]}
    info = await bench.backend.create_network(bench.name("net"), validate(NetworkSpec, {"ipam": ipam}))
    yield info.name


@pytest.mark.parametrize("started", [False, True])
async def test_joining_a_network_with_all_that_an_endpoint_has(bench: Bench, network: str, started: bool) -> None:
    backend = bench.backend
    first = await backend.create_network(bench.name("first"), NetworkSpec())
    handle = await backend.create_container(bench.spec("sleep", "600", network=first.name))
    if started:
        await backend.start_container(handle.id)
    endpoint = EndpointSpec(aliases=("db", "store"), ipv4_address="10.219.7.77")
    await backend.connect_network(network, handle.id, endpoint)
    await backend.start_container(handle.id)
    place = (await backend.inspect_container(handle.id)).networks[network]
    assert place.ip_address == "10.219.7.77" and {"db", "store"} <= set(place.aliases)
    other = await bench.run("sleep", "600", network=network)
    seen = await backend.exec_container(other.id, ["nslookup", "store"], ExecOptions())
    assert "10.219.7.77" in seen.stdout
    with pytest.raises(Conflict):
        await backend.connect_network(network, handle.id, endpoint)


async def test_a_fixed_mac_address(bench: Bench, network: str) -> None:
    first = await bench.backend.create_network(bench.name("first"), NetworkSpec())
    handle = await bench.run("sleep", "600", network=first.name)
    endpoint = EndpointSpec(mac_address="02:42:0a:db:07:63")
    if not bench.podman and bench.api < (1, 54):
        with pytest.raises(Unsupported) as caught:
            await bench.backend.connect_network(network, handle.id, endpoint)
        assert "mac_address" in caught.value.details["member"]
        return
    await bench.backend.connect_network(network, handle.id, endpoint)
    assert (await bench.backend.inspect_container(handle.id)).networks[network].mac_address == endpoint.mac_address


# -- files ------------------------------------------------------------------------------------------


def tar(**files: tuple[bytes, int, int, int]) -> bytes:
    """A tar file of name to (data, mode, uid, gid)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, (data, mode, uid, gid) in files.items():
            info = tarfile.TarInfo(name)
            info.size, info.mode, info.uid, info.gid = len(data), mode, uid, gid
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


async def unpacked(stream: Stream[bytes]) -> dict[str, bytes]:
    data = b""
    with anyio.fail_after(BOUND):
        while (pieces := await stream.next()) is not None:
            data += b"".join(pieces)
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        found = {item.name: archive.extractfile(item) for item in archive if item.isfile()}
        return {name: file.read() for name, file in found.items() if file is not None}


@pytest.mark.parametrize("started", [False, True])
@pytest.mark.parametrize("user", ["0", "1000:1000"])
async def test_files_keep_owner_and_mode(bench: Bench, started: bool, user: str) -> None:
    backend = bench.backend
    show = "while [ ! -e /tmp/go ]; do sleep 0.02; done; stat -c '%n %u:%g %a' /tmp/secret /tmp/other; cat /tmp/other"
    handle = await backend.create_container(bench.spec("sh", "-c", show, user=user))
    if started:
        await backend.start_container(handle.id)
    files = tar(secret=(b"x" * 700_000, 0o440, 1000, 0), other=(b"hello", 0o604, 7, 1234))
    await backend.put_archive(handle.id, "/tmp", files)
    await backend.put_archive(handle.id, "/tmp", tar(go=(b"", 0o644, 0, 0)))
    if not started:
        await backend.start_container(handle.id)
    assert await backend.wait_container(handle.id, BOUND) == 0
    said = (await backend.container_logs(handle.id, LOGS)).stdout
    assert said == "/tmp/secret 1000:0 440\n/tmp/other 7:1234 604\nhello"
    assert await unpacked(await backend.get_archive(handle.id, "/tmp/secret")) == {"secret": b"x" * 700_000}


async def test_files_into_a_volume(bench: Bench) -> None:
    backend = bench.backend
    await backend.create_volume(bench.name("v"), VolumeSpec())
    handle = await backend.create_container(bench.spec("cat", "/data/f", volumes=[f"{bench.name('v')}:/data"]))
    await backend.put_archive(handle.id, "/data", tar(f=(b"kept", 0o644, 0, 0)))
    await backend.start_container(handle.id)
    assert await backend.wait_container(handle.id, BOUND) == 0
    assert (await backend.container_logs(handle.id, LOGS)).stdout == "kept"


async def test_files_of_two_containers_into_one_volume_at_once(bench: Bench) -> None:
    """As replicas get theirs: engines let them get in each other's way."""
    backend, volume = bench.backend, f"{bench.name('v')}:/data"
    await backend.create_volume(bench.name("v"), VolumeSpec())
    both = [await backend.create_container(bench.spec("cat", "/data/f0", volumes=[volume])) for _ in range(2)]
    files = tar(**{f"f{number}": (b"kept", 0o644, 0, 0) for number in range(60)})
    for _ in range(3):
        async with anyio.create_task_group() as group:
            for handle in both:
                group.start_soon(backend.put_archive, handle.id, "/data", files)
    await backend.start_container(both[0].id)
    assert await backend.wait_container(both[0].id, BOUND) == 0


async def test_files_with_their_directories_from_the_root_on(bench: Bench) -> None:
    handle = await bench.backend.create_container(bench.spec("cat", "/run/secrets/deep/key"))
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for folder in ("run", "run/secrets", "run/secrets/deep"):
            info = tarfile.TarInfo(folder)
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(info)
        info = tarfile.TarInfo("run/secrets/deep/key")
        info.size = 3
        archive.addfile(info, io.BytesIO(b"abc"))
    await bench.backend.put_archive(handle.id, "/", out.getvalue())
    await bench.backend.start_container(handle.id)
    assert await bench.backend.wait_container(handle.id, BOUND) == 0
    assert (await bench.backend.container_logs(handle.id, LOGS)).stdout == "abc"


async def test_places_that_are_not_there(bench: Bench) -> None:
    backend = bench.backend
    handle = await backend.create_container(bench.spec("sleep", "600"))
    files = tar(f=(b"", 0o644, 0, 0))
    for started in (False, True):
        for directory in ("/nope", "/tmp/a/b", "/etc/passwd"):
            with pytest.raises(NotFound) as caught:
                await backend.put_archive(handle.id, directory, files)
            assert directory in caught.value.message, started
            with pytest.raises(NotFound):
                await backend.get_archive(handle.id, f"{directory}/f")
        await backend.start_container(handle.id)
    assert (await backend.exec_container(handle.id, ["ls", "/tmp"], ExecOptions())).stdout == ""
    with pytest.raises(NotFound):
        await backend.put_archive(bench.name("none"), "/tmp", files)
    with pytest.raises(NotFound):
        await backend.get_archive(bench.name("none"), "/tmp")
    with pytest.raises(BackendError):
        await backend.put_archive(handle.id, "/tmp", b"no tar file" * 100)


async def test_a_read_only_root_takes_no_files_while_it_runs(bench: Bench) -> None:
    await bench.backend.create_volume(bench.name("v"), VolumeSpec())
    handle = await bench.run("sleep", "600", read_only=True, volumes=[f"{bench.name('v')}:/data"])
    with pytest.raises(Conflict):
        await bench.backend.put_archive(handle.id, "/etc", tar(f=(b"", 0o644, 0, 0)))
    await bench.backend.put_archive(handle.id, "/data", tar(f=(b"in", 0o644, 0, 0)))
    assert await unpacked(await bench.backend.get_archive(handle.id, "/data/f")) == {"f": b"in"}


# -- images -------------------------------------------------------------------------------------------


async def test_tags_and_ids(bench: Bench) -> None:
    backend = bench.backend
    name = f"localhost/{bench.prefix}"
    ident = await backend.image_id(IMAGE)
    assert ident and ident.startswith("sha256:") and await backend.image_id(ident) == ident
    assert await backend.image_id(name) is None
    await backend.tag_image(IMAGE, f"{name}:v1")
    await backend.tag_image(ident, name)
    assert await backend.image_id(f"{name}:v1") == ident == await backend.image_id(f"{name}:latest")
    with pytest.raises(NotFound):
        await backend.tag_image(f"{name}/none:1", f"{name}:v2")
    with pytest.raises(ValidationError):
        await backend.tag_image(IMAGE, "Not A Reference")
    await backend.remove_image(f"{name}:v1")
    assert await backend.image_id(f"{name}:v1") is None and await backend.image_id(IMAGE) == ident


# -- labels and anonymous volumes -----------------------------------------------------------------------


@pytest.mark.parametrize("force", [False, True])
async def test_anonymous_volumes_stay_on_demand(bench: Bench, force: bool) -> None:
    backend = bench.backend
    for volumes, rest in ((False, 1), (True, 0)):
        handle = await backend.create_container(bench.spec("true", volumes=["/data"]))
        name = (await backend.inspect_container(handle.id)).raw["Mounts"][0]["Name"]  # type: ignore[index]
        await backend.remove_container(handle.id, force=force, volumes=volumes)
        assert len([item for item in await backend.list_volumes() if item.name == name]) == rest
        if rest:
            await backend.remove_volume(name)


# -- events -----------------------------------------------------------------------------------------------


async def test_a_container_s_life_in_events(bench: Bench) -> None:
    backend, label = bench.backend, {"perry.test": bench.prefix}
    stream = await backend.events(label)
    handle = await backend.create_container(bench.spec("sleep", "600", labels=label))
    await backend.create_container(bench.spec("true", labels={"perry.test": "another"}))
    await backend.start_container(handle.id)
    await backend.pause_container(handle.id)
    await backend.unpause_container(handle.id)
    await backend.exec_container(handle.id, ["sh", "-c", "exit 3"], ExecOptions())
    await backend.rename_container(handle.id, bench.name("later"))
    await backend.stop_container(handle.id, 0)
    await backend.start_container(handle.id)
    await backend.kill_container(handle.id)
    await backend.wait_container(handle.id, BOUND)
    await backend.remove_container(handle.id)
    events = await until(stream, lambda event: event.action == "destroy")
    await stream.aclose()
    assert {event.id for event in events} == {handle.id} and {event.kind for event in events} == {"container"}
    told = list(dict.fromkeys(actions(events, handle.id)))
    expected = {"create", "start", "pause", "unpause", "exec_start", "exec_die", "rename", "die", "kill", "destroy"}
    assert set(told) - {"exec_create", "stop"} == expected and (bench.podman or "stop" in told)
    assert [action for action in told if action in ("create", "start", "rename", "die", "destroy")] == [
        "create", "start", "rename", "die", "destroy",
    ]  # fmt: skip
    assert [event.exit_code for event in events if event.action == "die"] == [137, 137]
    assert [event.exit_code for event in events if event.action == "exec_die"] == [3]
    assert events[0].name == handle.name and events[-1].name == bench.name("later")
    assert all(event.attributes["perry.test"] == bench.prefix for event in events)
    times = [event.time for event in events]
    assert abs(times[0] - time.time_ns()) < 300 * 10**9


async def test_events_of_the_past(bench: Bench) -> None:
    label = {"perry.test": bench.prefix}
    first = await bench.backend.events(label)
    early = await bench.backend.create_container(bench.spec("true", labels=label))
    late = await bench.backend.create_container(bench.spec("true", labels=label))
    created = [event for event in await until(first, lambda event: event.id == late.id) if event.action == "create"]
    assert [event.id for event in created] == [early.id, late.id]
    for since, wanted in ((created[0].time, [early.id, late.id]), (created[1].time - 1_000_000, [late.id])):
        stream = await bench.backend.events(label, since / 10**9)
        told = await until(stream, lambda event: event.id == late.id)
        assert [event.id for event in told if event.action == "create"] == wanted
        await stream.aclose()
    await first.aclose()


async def test_events_of_networks_volumes_and_images(bench: Bench, network: str) -> None:
    backend = bench.backend
    stream = await backend.events()
    volume = await backend.create_volume(bench.name("v"), VolumeSpec())
    handle = await bench.run("sleep", "600", network=network)
    other = await backend.create_network(bench.name("other"), NetworkSpec())
    await backend.connect_network(other.name, handle.id, EndpointSpec())
    await backend.disconnect_network(other.name, handle.id)
    await backend.remove_volume(volume.name)
    await backend.tag_image(IMAGE, f"localhost/{bench.prefix}:1")
    await backend.remove_image(f"localhost/{bench.prefix}:1")
    events = await until(stream, lambda event: (event.kind, event.action) == ("image", "untag"))
    await stream.aclose()
    volumes = [(e.action, e.id, e.name) for e in events if e.kind == "volume" and e.id == volume.name]
    assert volumes == [("create", volume.name, volume.name), ("destroy", volume.name, volume.name)]
    joined = [e.action for e in events if e.kind == "network" and e.attributes.get("container") == handle.id]
    assert "connect" in joined and joined[-1] == "disconnect"
    assert ("tag", await backend.image_id(IMAGE)) in [(e.action, e.id) for e in events if e.kind == "image"]


# -- health -------------------------------------------------------------------------------------------------


CHECK = {"test": "echo probe $$; test -e /tmp/ok", "interval": "200ms", "timeout": "5s", "retries": 2}


async def test_health_from_starting_to_healthy(bench: Bench) -> None:
    backend = bench.backend
    by_engine = await backend.health_probes_run_by_engine()
    assert by_engine is not bench.podman
    handle = await bench.run("sleep", "600", healthcheck=CHECK)
    unhealthy = await health(bench, handle.id, "unhealthy")
    assert unhealthy.exit_code == 1 and unhealthy.output.startswith("probe")
    assert (await backend.inspect_container(handle.id)).health == "unhealthy"
    log = await backend.health_log(handle.id)
    assert len(log) >= 2 and {(item.status, item.exit_code) for item in log} == {("unhealthy", 1)}
    await backend.exec_container(handle.id, ["touch", "/tmp/ok"], ExecOptions())
    healthy = await health(bench, handle.id, "healthy")
    assert healthy.exit_code == 0 and (await backend.inspect_container(handle.id)).health == "healthy"
    assert (await backend.health_log(handle.id))[-1].status == "healthy"


async def health(bench: Bench, ident: str, wanted: str):
    with anyio.fail_after(BOUND):
        while (found := await bench.backend.probe_health(ident)).status != wanted:
            await anyio.sleep(0.1)
    return found


async def test_a_change_of_health_is_an_event(bench: Bench) -> None:
    label = {"perry.test": bench.prefix}
    stream = await bench.backend.events(label)
    handle = await bench.run("sleep", "600", healthcheck={**CHECK, "test": "true"}, labels=label)
    await health(bench, handle.id, "healthy")
    events = await until(stream, lambda event: event.action == "health_status")
    assert events[-1].health == (None if bench.podman else "healthy")
    await stream.aclose()


async def test_a_probe_that_takes_too_long_has_failed(bench: Bench) -> None:
    check = {**CHECK, "test": "sleep 2", "timeout": "300ms", "retries": 1}
    handle = await bench.run("sleep", "600", healthcheck=check)
    found = await health(bench, handle.id, "unhealthy")
    assert found.exit_code == -1


async def test_health_where_there_is_none(bench: Bench) -> None:
    backend = bench.backend
    plain = await bench.run("sleep", "600")
    idle = await backend.create_container(bench.spec("sleep", "600", healthcheck=CHECK))
    off = await bench.run("sleep", "600", healthcheck={"disable": True})
    for handle in (plain, idle, off):
        with pytest.raises(Conflict):
            await backend.probe_health(handle.id)
        assert await backend.health_log(handle.id) == []
    for call in (backend.probe_health, backend.health_log):
        with pytest.raises(NotFound):
            await call(bench.name("none"))


# -- what runs ------------------------------------------------------------------------------------------------


async def test_a_command_s_output_as_it_comes(bench: Bench) -> None:
    handle = await bench.run("sleep", "600")
    script = "echo one; while [ ! -e /tmp/go ]; do sleep 0.02; done; printf two >&2; exit 7"
    execution = await bench.backend.exec_stream(handle.id, ["sh", "-c", script], ExecOptions())
    with anyio.fail_after(BOUND):
        first = await execution.output.next()
    assert first and first[0].text == "one\n"
    await bench.backend.exec_container(handle.id, ["touch", "/tmp/go"], ExecOptions())
    assert await text(execution.output) == {"stdout": "", "stderr": "two"}
    assert await execution.exit_code() == 7
    with pytest.raises(Conflict):
        await execution.send(b"x")
    await execution.aclose()


async def test_a_command_s_input_given_ahead(bench: Bench) -> None:
    handle = await bench.run("sleep", "600")
    much = "0123456789abcde\n" * 60_000
    options = ExecOptions(stdin=much)
    execution = await bench.backend.exec_stream(handle.id, ["cat"], options)
    assert (await text(execution.output))["stdout"] == much
    assert await execution.exit_code() == 0
    await execution.aclose()
    deaf = await bench.backend.exec_stream(handle.id, ["true"], options)
    assert (await text(deaf.output))["stdout"] == ""
    assert await deaf.exit_code() == 0
    await deaf.aclose()


async def test_a_conversation_with_a_command(bench: Bench) -> None:
    handle = await bench.run("sleep", "600")
    script = "read a; echo got $a; read b; echo and $b; cat; exit 4"
    options = ExecOptions(env={"X": "1"}, workdir="/tmp", user="1000")
    execution = await bench.backend.exec_stream(handle.id, ["sh", "-c", script], options, stdin=True)
    await converse(execution)
    assert await execution.exit_code() == 4
    await execution.aclose()
    with pytest.raises(ValidationError):
        await bench.backend.exec_stream(handle.id, ["cat"], ExecOptions(stdin="x"), stdin=True)
    with pytest.raises(ValidationError):
        await bench.backend.exec_stream(handle.id, [], ExecOptions())
    with pytest.raises(NotFound):
        await bench.backend.exec_stream(bench.name("none"), ["true"], ExecOptions())


async def converse(session: Session) -> None:
    said = ""
    with anyio.fail_after(BOUND):
        await session.send(b"one\n")
        while "got one\n" not in said:
            said += "".join(chunk.text for chunk in await session.output.next() or ())
        await session.send(b"two\nthree")
        await session.end_input()
    assert said + (await text(session.output))["stdout"] == "got one\nand two\nthree"


@pytest.mark.parametrize("rm", [False, True])
async def test_not_a_byte_of_a_short_life_is_missed(bench: Bench, rm: bool) -> None:
    for _ in range(8):
        handle = await bench.backend.create_container(bench.spec("sh", "-c", "echo a; echo b >&2; printf c", rm=rm))
        watch = await bench.backend.wait_exit(handle.id)
        session = await bench.backend.attach_container(handle.id)
        await bench.backend.start_container(handle.id)
        assert await text(session.output) == {"stdout": "a\nc", "stderr": "b\n"}
        assert await watch.exit_code(BOUND) == 0
        await session.aclose()
        await watch.aclose()


async def test_attaching_to_what_runs(bench: Bench) -> None:
    handle = await bench.run("sh", "-c", "while [ ! -e /tmp/go ]; do sleep 0.02; done; echo bye")
    session = await bench.backend.attach_container(handle.id)
    await bench.backend.exec_container(handle.id, ["touch", "/tmp/go"], ExecOptions())
    assert (await text(session.output))["stdout"] == "bye\n"
    await session.aclose()
    with pytest.raises(Conflict):
        await bench.backend.attach_container(handle.id, stdin=True)
    with pytest.raises(NotFound):
        await bench.backend.attach_container(bench.name("none"))


async def test_a_conversation_with_a_container(bench: Bench) -> None:
    body = {
        "Image": IMAGE, "Cmd": ["sh", "-c", "read a; echo got $a; read b; echo and $b; cat; exit 4"],
        "OpenStdin": True, "StdinOnce": True, "AttachStdin": True, "HostConfig": {"NetworkMode": "none"},
    }  # fmt: skip
    name = bench.name("talk")
    assert ask(bench.engine.socket, "POST", f"/v1.41/containers/create?name={name}", json.dumps(body).encode())[0] == 201
    session = await bench.backend.attach_container(name, stdin=True)
    await bench.backend.start_container(name)
    await converse(session)
    await session.aclose()
    assert await bench.backend.wait_container(name, BOUND) == 4


async def test_a_session_that_is_closed_leaves_the_rest_alone(bench: Bench) -> None:
    handle = await bench.run("sleep", "600")
    session = await bench.backend.attach_container(handle.id)
    execution = await bench.backend.exec_stream(handle.id, ["sleep", "600"], ExecOptions(), stdin=True)
    async with anyio.create_task_group() as group:

        async def read(stream: Stream[LogChunk]) -> None:
            assert await stream.next() is None

        for one in (session, execution):
            group.start_soon(read, one.output)
        await anyio.sleep(0.05)
        for one in (session, execution):
            await one.aclose()
            await one.aclose()
    assert await status(bench, handle.id) == "running"


# -- the engine that the library starts ---------------------------------------------------------------------------


@pytest.fixture
def short_path() -> Iterator[str]:
    """A directory whose name leaves room for a socket's."""
    folder = tempfile.mkdtemp(prefix="pt")
    yield folder
    remove_folder(Path(folder))


@asynccontextmanager
async def started_podman(environ: Mapping[str, str], folder: str) -> AsyncIterator[Backend]:
    """A podman that the library starts, with the image of the tests."""
    settings = Settings.from_environ({"HOME": folder, "PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": folder, **environ})
    backend = await connect(settings, ["podman"])
    try:
        await anyio.to_thread.run_sync(image.build, str(backend._client.endpoint.path))  # type: ignore[attr-defined]
        yield backend
    finally:
        await backend.aclose()


def test_containers_of_a_started_podman_do_not_block_sigpipe(engines: Engines, short_path: str) -> None:
    """The library's thread blocks it, and podman hands on to containers what it inherits."""
    if not engines.service_environ:
        missing(engines.missing.get("podman", "a podman of the tests' own needs root"))
    said: list[str] = []

    async def work() -> None:
        async with started_podman(engines.service_environ, short_path) as backend:
            spec = {"image": IMAGE, "cmd": ["cat", "/proc/self/status"], "network": "none"}
            handle = await backend.run_container(validate(ContainerSpec, spec))
            assert await backend.wait_container(handle.id, BOUND) == 0
            said.append((await backend.container_logs(handle.id, LOGS)).stdout)
            await backend.remove_container(handle.id)

    def run() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGPIPE})
        anyio.run(work)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    mask = next(line.split()[1] for line in said[0].splitlines() if line.startswith("SigBlk:"))
    assert not int(mask, 16) >> (signal.SIGPIPE - 1) & 1


async def test_podman_s_log_of_events_may_be_shortened(engines: Engines, short_path: str) -> None:
    """Podman cuts its log in half at a size, and ends or repeats the streams that follow it."""
    if not engines.service_environ:
        missing(engines.missing.get("podman", "a podman of the tests' own needs root"))
    folder = Path(short_path, "e")
    environ = podman_environ(folder, 3)
    conf = folder / "containers.conf"
    conf.write_text(conf.read_text().replace("[engine]", '[engine]\nevents_logfile_max_size = "12k"'))
    async with started_podman(environ, short_path) as backend:
        stream = await backend.events({"perry.test": None})
        idents: list[str] = []
        events: list[EngineEvent] = []

        async def read() -> None:
            while [event.action for event in events].count("destroy") < 24:
                events.extend(await stream.next() or ())

        async def work() -> None:
            spec = {"image": IMAGE, "cmd": ["true"], "network": "none", "labels": {"perry.test": "1"}}
            for _ in range(24):
                handle = await backend.create_container(validate(ContainerSpec, spec))
                watch = await backend.wait_exit(handle.id)
                await backend.start_container(handle.id)
                assert await watch.exit_code(BOUND) == 0
                idents.append(handle.id)
                await backend.remove_container(handle.id)

        with anyio.fail_after(4 * BOUND):
            async with anyio.create_task_group() as group:
                group.start_soon(read)
                await work()
        for action in ("create", "start", "die", "destroy"):
            assert [event.id for event in events if event.action == action] == idents
        await stream.aclose()
