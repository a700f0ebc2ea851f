"""What nerdctl does in ways of its own, on the little engine that does it so."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import anyio
import pytest

from perry_ffi.backends.contract.stream import Stream
from perry_ffi.errors import BackendError, Conflict, NotFound, Unsupported, ValidationError
from perry_ffi.model.base import validate
from perry_ffi.model.container import ExecOptions, LogOptions
from perry_ffi.model.container_info import LogChunk
from perry_ffi.model.image import BuildSpec, PullOptions
from perry_ffi.model.network import NetworkSpec
from perry_ffi.model.volume import VolumeSpec
from tests.live.conftest import IMAGE, Bench

pytestmark = pytest.mark.anyio


async def all_of(stream: Stream[LogChunk]) -> list[tuple[str, str]]:
    found = []
    with anyio.fail_after(20):
        while (chunks := await stream.next()) is not None:
            found += [(chunk.stream, chunk.text) for chunk in chunks]
    await stream.aclose()
    return found


async def test_the_code_of_a_command_inside_is_its_own(bench: Bench) -> None:
    handle = await bench.run("sleep", "600")

    async def run(*command: str, **options: object) -> tuple[str, str, int]:
        found = await bench.backend.exec_container(handle.id, command, validate(ExecOptions, options))
        return found.stdout, found.stderr, found.exit_code

    assert await run("sh", "-c", "echo out; echo err >&2; exit 7") == ("out\n", "err\n", 7)
    assert await run("sh", "-c", "printf 'no end' >&2; exit 3") == ("", "no end", 3)
    assert await run("sh", "-c", "echo 'time=\"x\" level=fatal msg=\"exec failed with exit code 9\"' >&2") == (
        "", 'time="x" level=fatal msg="exec failed with exit code 9"\n', 0,
    )  # fmt: skip
    assert await run("cat", stdin="a\nb") == ("a\nb", "", 0)
    assert await run("cat", stdin="x" * 300_000) == ("x" * 300_000, "", 0)
    assert await run("sh", "-c", 'echo "$A$PWD"', env={"A": "-b=c,"}, workdir="/tmp") == ("-b=c,/tmp\n", "", 0)
    assert await run("echo", "-n", "--help") == ("--help", "", 0)
    for command, code in (("/no/such", 127), ("nobody", 127), ("/etc", 126)):
        with pytest.raises(BackendError) as caught:
            await run(command)
        assert caught.value.details["exitCode"] == code
    await bench.backend.stop_container(handle.id, 0)
    with pytest.raises(Conflict):
        await run("true")


async def test_a_conversation_with_a_command(bench: Bench) -> None:
    handle = await bench.run("sleep", "600")
    execution = await bench.backend.exec_stream(
        handle.id, ["sh", "-c", "read a; echo $a; cat; exit 4"], ExecOptions(), stdin=True
    )
    await execution.send(b"first\n")
    await execution.send(b"more")
    await execution.end_input()
    assert "".join(text for _, text in await all_of(execution.output)) == "first\nmore"
    assert await execution.exit_code() == 4
    await execution.aclose()


async def test_logs_are_put_together_by_their_times(bench: Bench) -> None:
    script = "for i in 1 2 3; do echo o$i; sleep 0.02; echo e$i >&2; sleep 0.02; done; printf rest"
    handle = await bench.run("sh", "-c", script)
    await bench.backend.wait_container(handle.id, 20)
    found = await all_of(await bench.backend.read_logs(handle.id, LogOptions()))
    assert "".join(text for _, text in found) == "o1\ne1\no2\ne2\no3\ne3\nrest"
    logs = await bench.backend.container_logs(handle.id, validate(LogOptions, {"timestamps": True}))
    assert [line.split(" ")[1] for line in logs.stderr.splitlines()] == ["e1", "e2", "e3"] and logs.stderr.startswith("20")
    assert (await bench.backend.container_logs(handle.id, LogOptions(tail=0))).stdout == ""


async def test_a_log_is_followed_to_the_end_of_its_container(bench: Bench) -> None:
    handle = await bench.run("sh", "-c", "echo one; sleep 0.3; echo two >&2")
    found = await all_of(await bench.backend.follow_logs(handle.id, LogOptions()))
    assert found == [("stdout", "one\n"), ("stderr", "two\n")]


async def test_a_log_is_followed_from_now_on(bench: Bench) -> None:
    """Without its last lines, all of which nerdctl tells for a tail of 0."""
    handle = await bench.run("sh", "-c", "echo one; sleep 1; echo two")
    await anyio.sleep(0.3)
    assert await all_of(await bench.backend.follow_logs(handle.id, LogOptions(tail=0))) == [("stdout", "two\n")]


async def test_files(bench: Bench) -> None:
    handle = await bench.backend.create_container(bench.spec("true"))
    put = io.BytesIO()
    with tarfile.open(fileobj=put, mode="w") as tar:
        info = tarfile.TarInfo("-a b,c")
        info.size, info.mode = 2, 0o640
        tar.addfile(info, io.BytesIO(b"hi"))
    await bench.backend.put_archive(handle.id, "/tmp", put.getvalue())
    stream = await bench.backend.get_archive(handle.id, "/tmp/-a b,c")
    taken = b""
    while (pieces := await stream.next()) is not None:
        taken += b"".join(pieces)
    await stream.aclose()
    with tarfile.open(fileobj=io.BytesIO(taken)) as tar:
        (member,) = tar.getmembers()
        file = tar.extractfile(member)
        assert file is not None and (member.mode, file.read()) == (0o640, b"hi")
    with pytest.raises(NotFound):
        await bench.backend.get_archive(handle.id, "/nowhere")
    with pytest.raises(NotFound):
        await bench.backend.put_archive(handle.id, "/nowhere", put.getvalue())


async def test_health_is_asked_for_and_belongs_to_one_run(bench: Bench) -> None:
    check = {"test": ["CMD", "test", "-e", "/tmp/a b"], "retries": 2}
    handle = await bench.run("sleep", "600", healthcheck=check, stop_timeout=0)
    backend = bench.backend
    assert (await backend.inspect_container(handle.id)).health_check is not None
    found = [await backend.probe_health(handle.id) for _ in range(2)]
    assert [(item.status, item.exit_code) for item in found] == [("starting", 1), ("unhealthy", 1)]
    await backend.exec_container(handle.id, ["touch", "/tmp/a b"], ExecOptions())
    assert (await backend.probe_health(handle.id)).status == "healthy"
    assert [item.status for item in await backend.health_log(handle.id)] == ["unhealthy", "unhealthy", "healthy"]
    await backend.restart_container(handle.id, 0)
    assert (await backend.inspect_container(handle.id)).health == "starting"
    assert await backend.health_log(handle.id) == []
    plain = await bench.run("sleep", "600")
    with pytest.raises(Conflict):
        await backend.probe_health(plain.id)


async def test_volumes_are_kept_from_one_container_to_the_next(bench: Bench) -> None:
    name = bench.name("data")
    await bench.backend.create_volume(name, VolumeSpec())
    for command in ("echo kept >/data/f", "test $(cat /data/f) = kept"):
        handle = await bench.run("sh", "-c", command, volumes=[f"{name}:/data"])
        assert await bench.backend.wait_container(handle.id, 20) == 0
        (mount,) = (await bench.backend.inspect_container(handle.id)).mounts
        assert (mount.name, mount.target, mount.anonymous) == (name, "/data", False)
    with pytest.raises(Conflict):
        await bench.backend.remove_volume(name)
    with pytest.raises(Conflict):
        await bench.backend.create_volume(name, VolumeSpec())


async def test_a_host_s_folder(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    strict = {"type": "bind", "source": str(tmp_path / "no, such"), "target": "/a", "bind": {"create_host_path": False}}
    with pytest.raises(BackendError):
        await bench.run("true", volumes=[strict])
    handle = await bench.run("sh", "-c", "echo x >/a/f; touch /b/g", volumes=[f"{tmp_path}/new:/a", f"{tmp_path}/there:/b:ro"])
    assert await bench.backend.wait_container(handle.id, 20) == 1
    assert (tmp_path / "new/f").read_text() == "x\n" and not (tmp_path / "there/g").exists()


async def test_images(bench: Bench) -> None:
    backend, name = bench.backend, f"localhost/{bench.prefix}:2"
    found = await backend.inspect_image(IMAGE)
    assert found.tags and (found.os, found.env) == ("linux", {"PATH": "/bin"})
    await backend.tag_image(IMAGE, name)
    assert {item.repository for item in await backend.list_images() if item.id == found.id} >= {f"localhost/{bench.prefix}"}
    await backend.remove_image(name)
    for call in (
        backend.inspect_image(name), backend.remove_image(name, force=True), backend.tag_image(name, f"{name}1"),
        backend.pull_image(name, PullOptions()), backend.pull_image(name, validate(PullOptions, {"policy": "never"})),
        backend.inspect_image("--help"),
    ):  # fmt: skip
        with pytest.raises(NotFound):
            await call
    assert await backend.image_id("-x") is None
    with pytest.raises(NotFound, match="is for linux/amd64"):
        await backend.create_container(bench.spec("true", platform="linux/arm64", pull_policy="never"))


async def test_a_build_without_its_builder_says_what_helps(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    with pytest.raises(BackendError, match="no buildkit host") as caught:
        await bench.backend.build_image(BuildSpec(context=str(tmp_path)), "a:1")
    assert "buildkitd" in caught.value.details["remedy"]
    contexts = {"base": f"local-image://localhost/{bench.prefix}/missing:1"}
    with pytest.raises(NotFound, match="missing:1"):
        await bench.backend.build_image(BuildSpec(context=str(tmp_path), additional_contexts=contexts), "a:1")
    contexts = {"base": f"local-image://{IMAGE}"}
    with pytest.raises(Unsupported, match="additional_contexts.base: nerdctl cannot honour it: .*without pull"):
        await bench.backend.build_image(BuildSpec(context=str(tmp_path), additional_contexts=contexts, pull=True), "a:1")


async def test_what_it_lacks_is_refused_by_its_member(bench: Bench) -> None:
    backend = bench.backend
    for members, member in (
        ({"networks": {"n": {"aliases": ["a", "b"]}}}, "ContainerSpec.networks.n.aliases"),
        ({"networks": {"n": {"ipv4_address": "10.0.0.2"}, "m": None}}, "ContainerSpec.networks.n.ipv4_address"),
        ({"ports": ["8000-8010:80"]}, "ContainerSpec.ports"),
        ({"security_opt": ["mask=/a"]}, "ContainerSpec.security_opt[0]"),
        ({"labels": {"a=b": "c"}}, "ContainerSpec.labels"),
    ):
        with pytest.raises(Unsupported) as caught:
            await backend.check_container(bench.spec("true", **{"network": None, **members}))
        assert caught.value.details["member"] == member
    with pytest.raises(Unsupported, match=r"VolumeSpec\.driver: "):
        await backend.create_volume(bench.name("v"), VolumeSpec(driver="nfs"))
    with pytest.raises(Unsupported, match=r"NetworkSpec\.attachable: "):
        await backend.create_network(bench.name("n"), NetworkSpec(attachable=True))
    for call in (backend.create_volume("-v", VolumeSpec()), backend.create_network("--help", NetworkSpec())):
        with pytest.raises(ValidationError):
            await call


async def test_a_container_that_is_removed_as_it_ends(bench: Bench) -> None:
    handle = await bench.run("sleep", "600", rm=True, volumes=["/data"])
    await bench.backend.kill_container(handle.id)
    assert await bench.backend.wait_container(handle.id, 20) == 137
    with anyio.fail_after(20):
        while handle.id in {item.id for item in await bench.backend.list_containers(all=True)}:
            await anyio.sleep(0.05)
    assert await bench.backend.wait_container(handle.id, 20) == 137


async def test_a_network_goes_by_its_id_too(bench: Bench) -> None:
    made = await bench.backend.create_network(bench.name("n"), NetworkSpec())
    assert (await bench.backend.inspect_network(made.id)).name == made.name
    await bench.backend.remove_network(made.id)
    with pytest.raises(NotFound):
        await bench.backend.remove_network(made.id)


async def test_signals_have_names_and_take_forwards_away(bench: Bench) -> None:
    plain = await bench.run("sh", "-c", "trap 'exit 5' HUP; while :; do sleep 0.05; done")
    await anyio.sleep(0.3)
    await bench.backend.kill_container(plain.id, "1")
    assert await bench.backend.wait_container(plain.id, 20) == 5
    published = await bench.run("sleep", "600", network="bridge", ports=["18089:80"])
    with pytest.raises(Unsupported, match="forwards of its published ports"):
        await bench.backend.kill_container(published.id, "SIGHUP")
    await bench.backend.kill_container(published.id, "KILL")


async def test_who_ended_a_container(bench: Bench) -> None:
    backend = bench.backend
    handle = await backend.create_container(bench.spec("sh", "-c", "test -e /tmp/x || exec sleep 600"))
    assert await backend.was_stopped(handle.id) is None
    await backend.start_container(handle.id)
    await backend.exec_container(handle.id, ["touch", "/tmp/x"], ExecOptions())
    await backend.stop_container(handle.id, 0)
    assert await backend.was_stopped(handle.id) is True
    await backend.start_container(handle.id)
    await backend.wait_container(handle.id, 20)
    assert await backend.was_stopped(handle.id) is False
