"""Builds with secrets, agents and a modern Dockerfile, on real engines: podman's own builder, docker's BuildKit."""

from __future__ import annotations

import gzip
import io
import subprocess
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.errors import BackendError, ContainerError, NotFound, Unsupported, ValidationError
from tests.engines.daemon import ask
from tests.live.conftest import IMAGE, Bench
from tests.live.stack_support import Stacks
from tests.live.test_build import Heard, said, spec

pytestmark = pytest.mark.anyio

SECRET = "hunter2-very-secret-7d1f"
SHOW = "RUN --mount=type=secret,id=token tr a-z A-Z < /run/secrets/token > /tmp/out && grep -c HUNTER2 /tmp/out && rm /tmp/out\n"


def tag(bench: Bench, number: int = 1) -> str:
    return f"localhost/{bench.prefix}/built:{number}"


def image_bytes(bench: Bench | Stacks, image: str) -> bytes:
    """All that an image is made of, layers unpacked, and its history."""
    address = bench.engine.host.removeprefix("unix://")
    status, data = ask(address, "GET", f"/v1.41/images/{image}/get")
    assert status == 200
    return unpacked(data) + ask(address, "GET", f"/v1.41/images/{image}/history")[1]


def unpacked(data: bytes) -> bytes:
    """A saved image, and its layers without compression."""
    found = data
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        for member in tar.getmembers():
            content = tar.extractfile(member).read() if member.isfile() else b""  # type: ignore[union-attr]
            found += gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    return found


@pytest.mark.attribute("builds.secrets.source", "builds.secrets.target")
async def test_a_secret_is_there_in_its_step_and_nowhere_else(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "context").mkdir()
    (tmp_path / "token").write_text(SECRET)
    (tmp_path / "context/own").write_text("x")
    (tmp_path / "context/Dockerfile").write_text(
        f"FROM {IMAGE}\nCOPY . /all/\n{SHOW}RUN --mount=type=secret,id=second,target=/s cp /s /second\n"
        "RUN ls -a /run/secrets 2>/dev/null | grep token || echo gone\nCOPY . /again/\n"
    )
    heard = Heard()
    wanted = spec(tmp_path / "context", secrets=[{"id": "token", "file": str(tmp_path / "token")}, "id=second,src=/etc/hostname"])
    await bench.backend.build_image(wanted, tag(bench), heard)
    found = image_bytes(bench, tag(bench))
    assert SECRET.encode() not in found and SECRET.upper().encode() not in found
    assert SECRET not in str(heard.events) and "gone" in heard.text()
    listed = await said(bench, tag(bench), "sh", "-c", "ls -A /all /again; cat /second")
    assert listed == f"/again:\nDockerfile\nown\n\n/all:\nDockerfile\nown\n{Path('/etc/hostname').read_text()}"


async def test_a_secret_is_the_same_step_of_the_cache(bench: Bench, tmp_path: Path) -> None:
    """A changed secret alone builds nothing anew, as docker has it."""
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\n{SHOW}")
    build = bench.backend.build_image
    first = await build(spec(tmp_path, secrets=[{"id": "token", "content": SECRET}]), tag(bench))
    assert await build(spec(tmp_path, secrets=[{"id": "token", "content": SECRET}]), tag(bench)) == first


async def test_a_step_that_fails_with_a_secret(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        f"FROM {IMAGE}\nRUN echo earlier\nRUN --mount=type=secret,id=token echo first; echo the reason >&2; exit 7\n"
    )
    with pytest.raises(BackendError) as caught:
        await bench.backend.build_image(spec(tmp_path, secrets=[{"id": "token", "content": SECRET}]), tag(bench))
    details = caught.value.details
    assert details["exitCode"] == 7 and "the reason" in details["output"] and "RUN" in details["step"]
    assert SECRET not in str(caught.value.to_dict())


async def test_a_secret_that_is_not_given(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nRUN --mount=type=secret,id=token,required=true cat /run/secrets/token\n")
    with pytest.raises(ContainerError, match="token"):
        await bench.backend.build_image(spec(tmp_path, secrets=[{"id": "other", "content": SECRET}]), tag(bench))
    with pytest.raises(NotFound, match=r"^BuildSpec\.secrets\[0\]"):
        await bench.backend.build_image(spec(tmp_path, secrets=["id=token,src=/nowhere/x"]), tag(bench))


async def test_a_modern_dockerfile(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "Dockerfile").write_text(
        f"FROM {IMAGE} AS first\nARG TARGETARCH\nRUN echo made > /made\nFROM {IMAGE}\nCOPY --chmod=0750 file /file\n"
        "RUN --mount=type=bind,from=first,source=/made,target=/in/made cat /in/made > /out\n"
        "RUN --mount=type=tmpfs,target=/t touch /t/x && ls /t >> /out\n"
        "RUN --mount=type=cache,id=perry,target=/c echo kept >> /c/x && wc -l < /c/x\n"
    )
    await bench.backend.build_image(spec(tmp_path), tag(bench))
    assert (
        await said(bench, tag(bench), "sh", "-c", "cat /out; stat -c %a /file; ls /c /t 2>/dev/null | grep -c x")
        == "made\nx\n750\n0\n"
    )


def api(bench: Bench) -> tuple[int, int]:
    return bench.backend.version.api  # type: ignore[attr-defined]


async def test_here_documents(bench: Bench, tmp_path: Path) -> None:
    """The builders learnt them late; one that has not says so."""
    (tmp_path / "Dockerfile").write_text(
        f"FROM {IMAGE}\nRUN <<END\necho one > /out\necho two >> /out\nEND\nCOPY --chmod=600 <<-'FILE' /file\n\tas $it is\nFILE\n"
    )
    version = bench.backend.version.version  # type: ignore[attr-defined]
    knows = int(version.split(".")[0]) >= 5 if bench.podman else api(bench) >= (1, 42)
    if not knows:
        with pytest.raises(ContainerError):
            await bench.backend.build_image(spec(tmp_path), tag(bench))
        return
    await bench.backend.build_image(spec(tmp_path), tag(bench))
    assert await said(bench, tag(bench), "cat", "/out", "/file") == "one\ntwo\nas $it is\n"


@pytest.mark.parametrize("mount", ["", "--mount=type=tmpfs,target=/t "], ids=["classic", "buildkit"])
async def test_the_members_of_a_build(bench: Bench, tmp_path: Path, mount: str) -> None:
    """They hold whichever builder it takes."""
    (tmp_path / "Dockerfile").write_text(
        f"FROM {IMAGE} AS first\nARG WORD\nRUN {mount}echo $WORD; cat /etc/hosts; ip a | grep -c '^[0-9]'\n"
        "FROM first\nRUN exit 3\n"
    )
    heard = Heard()
    network = {"network": "none"} if not bench.podman else {}
    wanted = spec(
        tmp_path, args={"WORD": 'a "quoted" -word'}, target="first", labels={"x": "y z"}, no_cache=True,
        tags=[f"localhost/{bench.prefix}/also:2"], extra_hosts=["one:10.9.8.7", "two:10.9.8.6"], **network,
    )  # fmt: skip
    ident = await bench.backend.build_image(wanted, tag(bench), heard)
    details = await bench.backend.inspect_image(tag(bench))
    assert details.id == ident == (await bench.backend.inspect_image(f"localhost/{bench.prefix}/also:2")).id
    assert details.labels["x"] == "y z" and 'a "quoted" -word' in heard.text()
    text = heard.text().replace("\t", " ")
    assert "10.9.8.7 one" in text and "10.9.8.6 two" in text, text
    if not bench.podman:
        assert "\n1\n" in text, "with no network there is the loopback only"
    if mount and not bench.podman:
        old = api(bench) < (1, 42)
        for members in ({"network": "mine"}, *([{"shm_size": "1m"}, {"ulimits": {"nofile": 5}}] if old else ())):
            with pytest.raises(Unsupported, match=f"^BuildSpec.{next(iter(members))}"):
                await bench.backend.build_image(spec(tmp_path, **members), tag(bench))


async def test_a_cancelled_build_ends_on_the_engine(bench: Bench, tmp_path: Path) -> None:
    if bench.podman:
        pytest.skip("its service lets the step that runs come to its end, and then builds no more")
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nRUN --mount=type=tmpfs,target=/t echo here; sleep 61.7\n")
    heard, building = Heard(), anyio.CancelScope()

    async def watch() -> None:
        while not sleepers():
            await anyio.sleep(0.05)
        building.cancel()

    with anyio.fail_after(40):
        async with anyio.create_task_group() as group:
            group.start_soon(watch)
            with building:
                await bench.backend.build_image(spec(tmp_path), tag(bench), heard)
        assert building.cancelled_caught
        while sleepers():
            await anyio.sleep(0.05)
    with pytest.raises(NotFound):
        await bench.backend.inspect_image(tag(bench))


def sleepers() -> list[str]:
    """The processes of the step, whoever runs it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                if (entry / "cmdline").read_bytes() == b"sleep\x0061.7\0":
                    found.append(entry.name)
            except OSError:
                continue
    return found


TALK = r"""
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int main(int count, char **words)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char answer[100] = "";
    int agent = socket(AF_UNIX, SOCK_STREAM, 0);
    strncpy(address.sun_path, words[1], sizeof address.sun_path - 1);
    if (connect(agent, (struct sockaddr *)&address, sizeof address) || write(agent, words[2], strlen(words[2])) < 0)
        return 1;
    if (read(agent, answer, sizeof answer - 1) < 0)
        return 2;
    puts(answer);
    return 0;
}
"""


@pytest.fixture
async def agent(tmp_path: Path) -> AsyncIterator[str]:
    """Something that answers like an agent: with what it was told, in capitals."""
    path = str(tmp_path / "agent.sock")

    async def answer(stream: Any) -> None:
        async with stream:
            async for data in stream:
                await stream.send(data.upper())

    async with await anyio.create_unix_listener(path) as listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, answer)
        yield path
        group.cancel_scope.cancel()


@pytest.mark.attribute("builds.ssh.default", "builds.ssh.the socket of an agent")
async def test_an_ssh_agent(bench: Bench, tmp_path: Path, agent: str) -> None:
    context = tmp_path / "context"
    context.mkdir()
    (tmp_path / "talk.c").write_text(TALK)
    subprocess.run(["cc", "-static", "-o", context / "talk", tmp_path / "talk.c"], check=True)
    (context / "Dockerfile").write_text(f"FROM {IMAGE}\nCOPY talk /\nRUN --mount=type=ssh /talk $SSH_AUTH_SOCK 'sign this'\n")
    wanted = spec(context, ssh=[f"default={agent}"])
    if bench.podman:
        with pytest.raises(Unsupported, match=r"^BuildSpec\.ssh"):
            await bench.backend.build_image(wanted, tag(bench))
        return
    heard = Heard()
    await bench.backend.build_image(wanted, tag(bench), heard)
    assert "SIGN THIS" in heard.text()
    with pytest.raises(ValidationError, match=r"^BuildSpec\.ssh\[0\]"):
        await bench.backend.build_image(spec(context, ssh=["default"]), tag(bench))
