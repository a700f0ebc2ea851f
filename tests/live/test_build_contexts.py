"""Builds with named contexts, on real engines and whichever builder they take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from perry_ffi.errors import BackendError, ContainerError, NotFound, Unsupported
from tests.live.conftest import IMAGE, Bench
from tests.live.test_build import Heard, said, spec

pytestmark = pytest.mark.anyio

BUILDERS = {"classic": "", "buildkit": "RUN --mount=type=tmpfs,target=/t true\n"}


@pytest.fixture(params=list(BUILDERS))
def modern(request: pytest.FixtureRequest) -> str:
    """Nothing, or a line that docker's classic builder does not know."""
    return BUILDERS[request.param]


@pytest.fixture
def folders(tmp_path: Path) -> Path:
    """A context ``own``, another directory ``more``, and an empty one."""
    (tmp_path / "own").mkdir()
    (tmp_path / "empty").mkdir()
    (tmp_path / "more/deep").mkdir(parents=True)
    (tmp_path / "own/file").write_text("own\n")
    (tmp_path / "more/file").write_text("more\n")
    (tmp_path / "more/deep/run.sh").write_text("#!/bin/sh\n")
    (tmp_path / "more/deep/run.sh").chmod(0o755)
    (tmp_path / "more/link").symlink_to("file")
    (tmp_path / "more/left.log").write_text("x")
    (tmp_path / "more/.dockerignore").write_text("*.log\n.dockerignore\n")
    return tmp_path


async def left_over(bench: Bench) -> list[str]:
    return [image.repository for image in await bench.backend.list_images() if "perry-context" in image.repository]


@pytest.mark.attribute("builds.additional_contexts.a directory")
async def test_a_directory(bench: Bench, folders: Path, modern: str) -> None:
    (folders / "own/Dockerfile").write_text(
        f"FROM {IMAGE} AS zero\nRUN echo zero > /zero\nFROM {IMAGE}\n{modern}COPY --from=more . /more/\nCOPY --from=0 /zero /zero\nCOPY . /own/\n"
    )
    tag = f"localhost/{bench.prefix}/built:1"
    wanted = spec(folders / "own", additional_contexts={"more": str(folders / "more")})
    heard = Heard()
    first = await bench.backend.build_image(wanted, tag, heard)
    listed = await said(
        bench, tag, "sh", "-c", "cd /more; find . | sort; cat link /own/file /zero; test -x deep/run.sh && echo exec; ls -A /own"
    )
    assert listed == ".\n./deep\n./deep/run.sh\n./file\n./link\nmore\nown\nzero\nexec\nDockerfile\nfile\n"
    assert await left_over(bench) == []
    assert (await bench.backend.inspect_image(tag)).id == first
    assert await bench.backend.build_image(wanted, tag) == first, "nothing changed: it is all in the cache"
    assert await left_over(bench) == []


async def test_a_directory_as_a_base_and_an_empty_one(bench: Bench, folders: Path, modern: str) -> None:
    inline = f"FROM more AS files\nFROM {IMAGE}\n{modern}COPY --from=files /file /from-base\nCOPY --from=empty / /empty/\n"
    tag = f"localhost/{bench.prefix}/built:1"
    contexts = {"more": str(folders / "more"), "empty": str(folders / "empty")}
    await bench.backend.build_image(spec(folders / "own", dockerfile_inline=inline, additional_contexts=contexts), tag)
    assert await said(bench, tag, "sh", "-c", "cat /from-base; ls -A /empty | wc -l") == "more\n0\n"
    assert await left_over(bench) == []


@pytest.mark.attribute("builds.additional_contexts.docker-image://")
async def test_an_image(bench: Bench, folders: Path, modern: str) -> None:
    other = f"localhost/{bench.prefix}/other:1"
    await bench.backend.build_image(spec(folders / "own", dockerfile_inline=f"FROM {IMAGE}\nRUN echo other > /who\n"), other)
    (folders / "own/Dockerfile").write_text(
        f"FROM base AS first\n{modern}COPY --from=base /who /copied\nRUN cat /who > /ran\nFROM {IMAGE}\nRUN exit 3\n"
        f"FROM nobody/has:this AS old\nRUN exit 4\n"
    )
    tag = f"localhost/{bench.prefix}/built:1"
    wanted = spec(
        folders / "own", additional_contexts={"base": f"docker-image://{other}", "old": f"local-image://{other}"}, target="old"
    )
    await bench.backend.build_image(wanted, tag)
    assert await said(bench, tag, "cat", "/who") == "other\n"
    await bench.backend.build_image(wanted.model_copy(update={"target": "first"}), tag)
    assert await said(bench, tag, "cat", "/copied", "/ran") == "other\nother\n"


async def test_a_mount_of_a_context(bench: Bench, folders: Path) -> None:
    (folders / "own/Dockerfile").write_text(f"FROM {IMAGE}\nRUN --mount=type=bind,from=more,target=/in cat /in/file > /out\n")
    tag = f"localhost/{bench.prefix}/built:1"
    await bench.backend.build_image(spec(folders / "own", additional_contexts={"more": str(folders / "more")}), tag)
    assert await said(bench, tag, "cat", "/out") == "more\n"


@pytest.mark.attribute("builds.pull")
async def test_pull_asks_for_bases_and_for_no_context(bench: Bench, folders: Path) -> None:
    (folders / "own/Dockerfile").write_text("FROM more\nCOPY file /own\n")
    tag = f"localhost/{bench.prefix}/built:1"
    await bench.backend.build_image(spec(folders / "own", additional_contexts={"more": str(folders / "more")}, pull=True), tag)
    (folders / "own/Dockerfile").write_text(f"FROM 127.0.0.1:1/{bench.prefix}/base\nCOPY --from=more file /own\n")
    with pytest.raises(ContainerError, match="127.0.0.1:1"):
        await bench.backend.build_image(
            spec(folders / "own", additional_contexts={"more": str(folders / "more")}, pull=True), tag
        )
    assert await left_over(bench) == []


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ("https://example.invalid/x.git", Unsupported), ("git@example.invalid:x", Unsupported), ("service:web", Unsupported),
        ("oci-layout:///x", Unsupported), ("/nowhere/at/all", NotFound), ("docker-image://Bad Name", ContainerError),
    ],
)  # fmt: skip
@pytest.mark.attribute("builds.additional_contexts.an address")
async def test_a_context_that_cannot_be(bench: Bench, folders: Path, value: str, error: type[Exception]) -> None:
    (folders / "own/Dockerfile").write_text(f"FROM {IMAGE}\n")
    contexts: dict[str, Any] = {"more": str(folders / "more"), "bad": value}
    with pytest.raises(error) as caught:
        await bench.backend.build_image(spec(folders / "own", additional_contexts=contexts), None)
    assert "bad" in str(caught.value) or value in str(caught.value)
    assert await left_over(bench) == []


async def test_a_step_that_fails_leaves_no_context(bench: Bench, folders: Path, modern: str) -> None:
    (folders / "own/Dockerfile").write_text(f"FROM {IMAGE}\n{modern}COPY --from=more file /x\nRUN exit 7\n")
    with pytest.raises(BackendError) as caught:
        await bench.backend.build_image(spec(folders / "own", additional_contexts={"more": str(folders / "more")}), None)
    assert caught.value.details["exitCode"] == 7
    assert await left_over(bench) == []
