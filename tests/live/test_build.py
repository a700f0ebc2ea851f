"""Builds on real engines."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import anyio
import pytest

from perry_ffi.backends.contract.stream import AsyncProgress
from perry_ffi.errors import BackendError, ContainerError, NotFound, ValidationError
from perry_ffi.model.base import validate
from perry_ffi.model.container import LogOptions
from perry_ffi.model.image import BuildSpec
from tests.live.conftest import IMAGE, Bench

pytestmark = pytest.mark.anyio


class Heard(AsyncProgress):
    def __init__(self) -> None:
        self.events: list[Mapping[str, Any]] = []

    async def report(self, event: Mapping[str, Any]) -> None:
        self.events.append(event)

    def text(self) -> str:
        return "".join(str(event.get("text", "")) for event in self.events)


def spec(folder: Path, **members: Any) -> BuildSpec:
    return validate(BuildSpec, {"context": str(folder), **members})


async def said(bench: Bench, image: str, *command: str) -> str:
    handle = await bench.backend.run_container(bench.spec(*command).model_copy(update={"image": image}))
    await bench.backend.wait_container(handle.id)
    return (await bench.backend.container_logs(handle.id, LogOptions())).stdout


async def test_a_build(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(
        f"FROM {IMAGE} AS first\nARG WORD\nLABEL own=1\nCOPY . /data/\nRUN echo built with $WORD > /built\n"
        "FROM first\nRUN echo never reached\n"
    )
    (tmp_path / ".dockerignore").write_text("*.log\n!keep.log\nsecret/\n")
    (tmp_path / "secret").mkdir()
    for name in ("a.txt", "a.log", "keep.log", "secret/key", "with space", "-dash", "new\nline", "ümlaut"):
        (tmp_path / name).write_text(name)
    (tmp_path / "link").symlink_to("a.txt")
    (tmp_path / "run.sh").write_text("#!/bin/sh\n")
    (tmp_path / "run.sh").chmod(0o755)
    tag, heard = f"localhost/{bench.prefix}/built:1", Heard()
    wanted = spec(
        tmp_path, args={"WORD": 'a "quoted" -word'}, target="first", labels={"x": "y z"},
        tags=[f"localhost/{bench.prefix}/also:2"],
    )  # fmt: skip
    ident = await bench.backend.build_image(wanted, tag, heard)
    details = await bench.backend.inspect_image(tag)
    assert details.id == ident and details.labels["x"] == "y z"
    assert (await bench.backend.inspect_image(f"localhost/{bench.prefix}/also:2")).id == details.id
    assert "COPY" in heard.text()
    listed = await said(
        bench, tag, "sh", "-c", "cat /built; cd /data; printf '%s\\n' .* *; readlink link; test -x run.sh && echo exec"
    )
    assert listed.startswith('built with a "quoted" -word\n')
    found = listed.split("\n")
    for name in ("a.txt", "keep.log", "with space", "-dash", "ümlaut", ".dockerignore", "Dockerfile", "exec"):
        assert name in found, listed
    assert "a.log" not in found and "secret" not in found


async def test_the_same_build_again_gives_the_same_image(bench: Bench, tmp_path: Path) -> None:
    """From the engine's cache, also with labels from outside; podman sets those in an order of chance if it is let."""
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nENV A=b\n")
    labels = {f"label{number}": f"={number}, {{}}" for number in range(6)}
    name = f"localhost/{bench.name('again')}:1"
    idents = {await bench.backend.build_image(spec(tmp_path, labels=labels), name) for _ in range(5)}
    assert len(idents) == 1
    assert (await bench.backend.inspect_image(name)).labels.items() >= labels.items()


async def test_dockerfiles_from_elsewhere(bench: Bench, tmp_path: Path) -> None:
    context = tmp_path / "context"
    context.mkdir()
    (context / "file").write_text("x")
    (tmp_path / "Other").write_text(f"FROM {IMAGE}\nCOPY file /from-other\n")
    for number, members in enumerate(
        (
            {"dockerfile": "../Other"},
            {"dockerfile": str(tmp_path / "Other")},
            {"dockerfile_inline": f"FROM {IMAGE}\nCOPY file /from-other\n"},
        )
    ):
        tag = f"localhost/{bench.prefix}/elsewhere:{number}"
        await bench.backend.build_image(spec(context, **members), tag)
        assert await said(bench, tag, "sh", "-c", "cat /from-other; ls -a / | grep dockerfile") == "x"
    with pytest.raises(NotFound):
        await bench.backend.build_image(spec(context), "x:1")
    with pytest.raises(NotFound):
        await bench.backend.build_image(spec(tmp_path / "nowhere"), "x:1")


async def test_a_step_that_fails(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nRUN echo first; echo the reason >&2; exit 7\n")
    with pytest.raises(BackendError) as caught:
        await bench.backend.build_image(spec(tmp_path), f"localhost/{bench.prefix}/x:1")
    details = caught.value.details
    assert details["exitCode"] == 7 and "the reason" in details["output"] and "RUN" in details["step"].upper()


async def test_a_dockerfile_that_is_wrong(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROBNICATE now\n")
    with pytest.raises(ContainerError) as caught:
        await bench.backend.build_image(spec(tmp_path), f"localhost/{bench.prefix}/x:1")
    assert isinstance(caught.value, (ValidationError, BackendError)) and caught.value.message


@pytest.mark.skipif(os.geteuid() == 0 and not Path("/proc/1/mem").exists(), reason="needs a file nobody can read")
async def test_a_file_that_cannot_be_sent(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nCOPY . /x\n")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValidationError) as caught:
        await bench.backend.build_image(spec(tmp_path), f"localhost/{bench.prefix}/x:1")
    assert caught.value.details["file"] == "pipe"
    assert (await bench.backend.inspect_image(IMAGE)).id


async def test_a_cancelled_build(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nRUN sleep 60\n")
    with anyio.fail_after(20), anyio.move_on_after(1.5):
        await bench.backend.build_image(spec(tmp_path), f"localhost/{bench.prefix}/x:1")
    with pytest.raises(NotFound):
        await bench.backend.inspect_image(f"localhost/{bench.prefix}/x:1")


async def test_a_large_context(bench: Bench, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(f"FROM {IMAGE}\nCOPY big /big\n")
    with (tmp_path / "big").open("wb") as file:
        for number in range(40):
            file.write(bytes([number]) * (1 << 20))
    tag = f"localhost/{bench.prefix}/big:1"
    await bench.backend.build_image(spec(tmp_path), tag)
    assert (await said(bench, tag, "sh", "-c", "wc -c < /big")).strip() == str(40 << 20)
