"""What an image gets of a directory, on real engines and whichever builder they take: what docker compose publishes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from perry_ffi.errors import BackendError, ValidationError
from perry_ffi.model.network import NetworkSpec
from tests.live.conftest import IMAGE, Bench
from tests.live.test_build import Heard, said, spec
from tests.support.build_cases import CASES, Case

pytestmark = pytest.mark.anyio

BUILDERS = {"by default": "", "buildkit": "RUN --mount=type=tmpfs,target=/t true\n"}
LIST = "find . -mindepth 1 | sed 's,^./,,' | sort"


@pytest.fixture(params=list(BUILDERS))
def modern(request: pytest.FixtureRequest) -> str:
    """Nothing, or a line that docker's classic builder does not know."""
    return BUILDERS[request.param]


def tag(bench: Bench, number: int = 1) -> str:
    return f"localhost/{bench.prefix}/built:{number}"


async def published(bench: Bench, image: str, folder: str) -> list[str]:
    listed = await said(bench, image, "sh", "-c", f"export LC_ALL=C; cd {folder}; {LIST}")
    return sorted(listed.split())


@pytest.mark.parametrize("name", list(CASES))
async def test_what_is_published(bench: Bench, tmp_path: Path, name: str, modern: str) -> None:
    case: Case = CASES[name]
    if modern and (bench.podman or not case.classic):
        pytest.skip("the same builder")
    inline = case.write(tmp_path / "context", f"FROM {IMAGE}\n{modern}COPY . /app/\n")
    wanted = spec(tmp_path / "context", dockerfile=case.dockerfile, dockerfile_inline=inline)
    await bench.backend.build_image(wanted, tag(bench))
    files, folders = case.expected()
    assert await published(bench, tag(bench), "/app") == sorted([*files, *folders])


@pytest.mark.parametrize("ignore", [None, "a\n", "*\n!file\n"])
async def test_what_a_step_sees_of_the_context(bench: Bench, tmp_path: Path, ignore: str | None) -> None:
    """A step that mounts the context sees what COPY sees, and neither the Dockerfile nor a secret."""
    (tmp_path / "file").write_text("x")
    if ignore is not None:
        (tmp_path / ".dockerignore").write_text(ignore)
    (tmp_path / "out").symlink_to("../elsewhere")
    inline = (
        f"FROM {IMAGE}\nRUN --mount=type=bind,target=/context cp -a /context /bound\n"
        "RUN --mount=type=secret,id=token --mount=type=bind,target=/context cp -a /context /again\nCOPY . /copied/\n"
    )
    wanted = spec(tmp_path, dockerfile_inline=inline, secrets=[{"id": "token", "content": "very secret"}])
    await bench.backend.build_image(wanted, tag(bench))
    expected = ["file"] if ignore == "*\n!file\n" else [".dockerignore", "file", "out"] if ignore else ["file", "out"]
    for folder in ("/bound", "/again", "/copied"):
        assert await published(bench, tag(bench), folder) == expected, folder


async def test_a_dockerfile_that_is_rewritten_is_published_as_it_lies(bench: Bench, tmp_path: Path, modern: str) -> None:
    """Contexts become stages of what the builder reads, and of nothing that COPY sees."""
    (tmp_path / "own").mkdir()
    (tmp_path / "more").mkdir()
    (tmp_path / "more/word").write_text("word\n")
    text = f"FROM {IMAGE}\n{modern}COPY --from=more /word /word\nCOPY . /app/\n"
    (tmp_path / "own/Dockerfile").write_text(text)
    (tmp_path / "own/.dockerignore").write_text("nothing\n")
    for number, rules in enumerate(("nothing\n", ".dockerignore\n", "Dockerfile\n")):
        (tmp_path / "own/.dockerignore").write_text(rules)
        wanted = spec(tmp_path / "own", additional_contexts={"more": str(tmp_path / "more")})
        await bench.backend.build_image(wanted, tag(bench, number))
        seen = await said(bench, tag(bench, number), "sh", "-c", "cd /app; ls -A; cat /word Dockerfile .dockerignore 2>/dev/null")
        files = {0: ".dockerignore\nDockerfile", 1: "Dockerfile", 2: ".dockerignore"}[number]
        assert seen == f"{files}\nword\n{text if number < 2 else ''}{rules if number != 1 else ''}"


async def test_modes_times_and_links(bench: Bench, tmp_path: Path, modern: str) -> None:
    (tmp_path / "run").write_text("x")
    (tmp_path / "run").chmod(0o755)
    (tmp_path / "shut/in").mkdir(parents=True)
    (tmp_path / "shut/in/a").write_text("x")
    (tmp_path / "shut").chmod(0o711)
    (tmp_path / "shut/in").chmod(0o750)
    (tmp_path / ".dockerignore").write_text("shut\n!shut/in/a\n")
    (tmp_path / "in").symlink_to("shut/in/a")
    (tmp_path / "out").symlink_to("../../nowhere")
    (tmp_path / "shut/in/out").symlink_to("../../../nowhere")
    inline = f"FROM {IMAGE}\n{modern}COPY . /app/\n"
    await bench.backend.build_image(spec(tmp_path, dockerfile_inline=inline), tag(bench))
    seen = await said(
        bench, tag(bench), "sh", "-c", "cd /app; stat -c '%n %a %u:%g' run shut shut/in; readlink in; readlink out; ls shut/in"
    )
    assert seen == "run 755 0:0\nshut 711 0:0\nshut/in 750 0:0\nshut/in/a\n../../nowhere\na\n"


async def test_the_cache(bench: Bench, tmp_path: Path, modern: str) -> None:
    """What did not change is not built again; what did is, also where its size and its time are the same."""
    (tmp_path / "file").write_text("one")
    (tmp_path / ".dockerignore").write_text("x\n")
    os.utime(tmp_path / "file", (1_000_000_000, 1_000_000_000))
    wanted = spec(tmp_path, dockerfile_inline=f"FROM {IMAGE}\n{modern}COPY . /app/\n")
    first = await bench.backend.build_image(wanted, tag(bench))
    assert await bench.backend.build_image(wanted, tag(bench)) == first
    (tmp_path / "file").write_text("two")
    os.utime(tmp_path / "file", (1_000_000_000, 1_000_000_000))
    await bench.backend.build_image(wanted, tag(bench))
    assert await said(bench, tag(bench), "cat", "/app/file") == "two"


async def test_many_files_and_a_large_one(bench: Bench, tmp_path: Path, modern: str) -> None:
    for number in range(400):
        (tmp_path / f"{number}").write_text(f"{number}\n")
    (tmp_path / "large").write_bytes(os.urandom(5 * 1024 * 1024))
    (tmp_path / ".dockerignore").write_text("\n")
    await bench.backend.build_image(spec(tmp_path, dockerfile_inline=f"FROM {IMAGE}\n{modern}COPY . /app/\n"), tag(bench))
    total = await said(bench, tag(bench), "sh", "-c", "cd /app; ls | wc -l; wc -c < large; cat [0-9]* | sort -n | tail -n 1")
    assert total == "401\n5242880\n399\n"


async def test_a_file_that_cannot_be_sent(bench: Bench, tmp_path: Path, modern: str) -> None:
    (tmp_path / ".dockerignore").write_text("\n")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ValidationError, match="^pipe: it is neither") as caught:
        await bench.backend.build_image(spec(tmp_path, dockerfile_inline=f"FROM {IMAGE}\n{modern}COPY . /app/\n"), tag(bench))
    assert caught.value.details["file"] == "pipe"


async def test_an_error_names_the_step(bench: Bench, tmp_path: Path, modern: str) -> None:
    (tmp_path / ".dockerignore").write_text("gone\n")
    (tmp_path / "gone").write_text("")
    heard = Heard()
    with pytest.raises(BackendError) as caught:
        await bench.backend.build_image(
            spec(tmp_path, dockerfile_inline=f"FROM {IMAGE}\n{modern}COPY gone /app/\n"), tag(bench), heard
        )
    assert "gone" in caught.value.message


async def test_a_build_that_only_docker_s_classic_builder_can_do(bench: Bench, tmp_path: Path) -> None:
    """With a network of the user's own: the rules that are published have lines more, and nothing else is there."""
    if bench.podman:
        pytest.skip("its API builds on the host's network")
    (tmp_path / "file").write_text("x")
    (tmp_path / ".dockerignore").write_text("a")
    network = bench.name("net")
    await bench.backend.create_network(network, NetworkSpec())
    inline = f"FROM {IMAGE}\nCOPY . /app/\n"
    await bench.backend.build_image(spec(tmp_path, dockerfile_inline=inline, network=network), tag(bench))
    assert await published(bench, tag(bench), "/app") == [".dockerignore", "file"]
    assert (await said(bench, tag(bench), "cat", "/app/.dockerignore")).startswith("a\n!.dockerignore\n.dockerfile.")
